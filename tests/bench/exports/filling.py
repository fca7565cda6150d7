"""Many customers with a key, a consent and a submission each, put in past the writers: they are only there to be read.

One of each is made by the models; the others are copies of it in the database, with keys and sealed values of their
own and instants that differ, as in life.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from uuid import UUID, uuid4

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils import timezone

from kyc_portal.accounts.models import Customer, User
from kyc_portal.sealing import keys, values
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.submissions import masks
from kyc_portal.submissions.models import Consent, Submission

_AT_ONCE = 10_000
# Each table with what differs in a copy; the order is that of the foreign keys.
_TABLES: Mapping[str, Mapping[str, str]] = {
    "accounts_user": {"id": "1000 + m.number", "email": "'b' || m.number || '@kyc.example'"},
    "accounts_customer": {"id": "m.customer", "user_id": "1000 + m.number", "reference": "'C-B' || m.number"},
    "sealing_customerkey": {"id": "m.customer", "customer": "m.customer", "wrapped": "m.wrapped"},
    "submissions_consent": {"id": "m.customer", "customer_id": "m.customer"},
    "submissions_submission": {
        "id": "m.submission",
        "number": "1000 + m.number",
        "reference": "'S-B' || m.number",
        "customer_id": "m.customer",
        "consent_id": "m.customer",
        "codes": "CASE WHEN m.number % 7 = 0 THEN '{-9103}'::int[] ELSE '{}' END",
        "received_at": "t.received_at - m.number * interval '1 second'",
        "waiting_since": "t.waiting_since - m.number * interval '1.1 second'",
        "summary_sealed": "m.sealed",
    },
}
_MORE = "(number int, customer uuid, submission uuid, wrapped bytea, sealed bytea)"


def fill(first: int, many: int) -> None:
    """Rows from number `first` up to `many`. The triggers are off: these rows are nobody's acts."""
    with psycopg.connect(os.environ["MIGRATION_DATABASE_URL"], autocommit=True) as owner:
        owner.execute(f"CREATE TEMP TABLE more {_MORE}")
        for table in _TABLES:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        first = first or _first()
        for start in range(first, many, _AT_ONCE):
            _copy(owner, start, min(start + _AT_ONCE, many))
        for table in _TABLES:
            owner.execute(f"ANALYZE {table}")


def _first() -> int:
    """Make the one that the others are copies of; 1, which is how many there are then."""
    now, customer = timezone.now(), Customer(reference="C-A", user=User.objects.create(email="a@kyc.example"))
    customer.save()
    consent = Consent.objects.create(
        customer=customer, text_version="1", language="en", provider="p", region="r", given_at=now
    )
    case = uuid4()
    master_id, wrapped, sealed = _sealed(customer.pk, case, 0)
    CustomerKey.objects.create(id=customer.pk, customer=customer.pk, master_id=master_id, wrapped=wrapped)
    Submission.objects.create(
        id=case,
        reference="S-A",
        customer=customer,
        consent=consent,
        state="to_review",
        state_since=now,
        waiting_since=now,
        received_at=now,
        started_at=now,
        policy_version="1",
        language="en",
        declared_type="taiwan_resident",
        permit_type="taiwan_resident",
        summary_sealed=sealed,
    )
    return 1


def _copy(owner: psycopg.Connection, start: int, end: int) -> None:
    owner.execute("TRUNCATE more")
    with owner.cursor().copy("COPY more FROM STDIN") as rows:
        for number in range(start, end):
            customer, submission = uuid4(), uuid4()
            _master, wrapped, sealed = _sealed(customer, submission, number)
            rows.write_row((number, customer, submission, wrapped, sealed))
    for table, differs in _TABLES.items():
        columns = [
            name
            for (name,) in owner.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
                " AND attgenerated = ''",
                [table],
            )
        ]
        made = ", ".join(differs.get(name, f't."{name}"') for name in columns)
        named = ", ".join(f'"{name}"' for name in columns)
        one = f"(SELECT * FROM {table} {'ORDER BY number' if 'number' in columns else ''} LIMIT 1)"
        owner.execute(f"INSERT INTO {table} ({named}) SELECT {made} FROM more m, {one} t".encode())


def _sealed(customer: UUID, submission: UUID, number: int) -> tuple[str, bytes, bytes]:
    """(master key's id, wrapped key, sealed summary) of one customer."""
    plain, nonce = os.urandom(32), os.urandom(values.NONCE)
    master_id, wrapped = keys.ring().wrap(plain, context=keys.context_of(customer.bytes, b"\x00\x01"))
    text = json.dumps(masks.summary(name="李優圖", number=f"{number:08d}"), ensure_ascii=False).encode()
    header, place = values.header_of(1), values.place_of("submission", "summary_sealed")
    bound = values.bound_to(customer.bytes, place, submission.bytes, header)
    return master_id, wrapped, header + nonce + AESGCM(plain).encrypt(nonce, text, bound)
