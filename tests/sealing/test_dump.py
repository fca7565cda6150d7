"""Whoever takes database and pictures, without the keys, finds no name, number or picture in them."""

import base64
import os
import secrets
import time
import uuid
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from allauth.account.models import EmailAddress
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from kyc_portal import audit
from kyc_portal.privacy import erasure
from kyc_portal.privacy.models import Cause
from kyc_portal.sealing import files, keys
from kyc_portal.sealing.digests import picture_digest, put_digests
from kyc_portal.sealing.models import SearchDigest
from kyc_portal.sealing.values import seal_json
from kyc_portal.submissions import intake
from kyc_portal.submissions.models import Submission
from ocr_integration.contract import ZoneValues
from tests import cast

pytestmark = [pytest.mark.db_bound, pytest.mark.django_db(transaction=True)]
NAME, NUMBER, ZONE_NUMBER = "陳大文的金絲雀", "H98765432", "C99887766"
# No other test plants these, and no other run: what lies in a heap or a server's write-ahead log stays there a while.
HEAP_NAME, HEAP_NUMBER = f"畫眉鳥{secrets.token_hex(4)}唱歌", f"Q{secrets.randbelow(10**8):08d}"


def forms(value: bytes) -> set[bytes]:
    """The ways a value could lie in a dump: as it is, UTF-16, hex, base64 at three offsets, URL, escaped."""
    text = value.decode("utf-8", "ignore")
    found = {value, value.hex().encode(), quote(value).encode()}
    found |= {text.encode("utf-16-le"), text.encode("utf-16-be"), text.encode("unicode_escape")}
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + value)
        found.add(encoded[4 if offset else 0 : -4])  # without what the neighbours decide
    return {each for each in found if len(each) > 5}


def everything_kept(owner: psycopg.Connection) -> bytes:
    """Every table as `pg_dump --data-only` would copy it, and every file of the store."""
    tables = owner.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'audit') ORDER BY 1, 2"
    ).fetchall()
    parts: list[bytes] = []
    for schema, table in tables:
        with owner.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(schema, table))) as lines:
            parts.extend(bytes(line) for line in lines)
    folder = Path(default_storage.path(""))
    parts.extend(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return b"\n".join(parts)


def on_the_servers_disk(*, tables_only: bool = False) -> bytes:
    """Heap, indexes and write-ahead log of this database, and whatever the server has written to its own log."""
    with psycopg.connect(os.environ["ADMIN_DATABASE_URL"], autocommit=True) as admin:
        name = conninfo_to_dict(os.environ["DATABASE_URL"])["dbname"]
        folder, oid = admin.execute(
            "SELECT current_setting('data_directory'), oid::text FROM pg_database WHERE datname = %s", [name]
        ).fetchone() or ("", "")
        admin.execute("CHECKPOINT")
    data = Path(folder)
    if not os.access(data, os.R_OK | os.X_OK):
        pytest.skip(f"the server's folder {data} cannot be read by whoever runs the tests")
    sockets = Path(str(conninfo_to_dict(os.environ["ADMIN_DATABASE_URL"]).get("host", "")))
    places = [data / "base" / oid]
    if not tables_only:
        places += [data / "pg_wal", data / "log", *sockets.glob("*.log")]
    found = [path for place in places for path in (place.rglob("*") if place.is_dir() else [place]) if path.is_file()]
    return b"\n".join(path.read_bytes() for path in found)


def found_in(kept: bytes, value: bytes) -> set[bytes]:
    # COPY writes bytea as hex and doubles backslashes: both are searched by the hex form.
    return {form for form in forms(value) if form in kept or form.hex().encode() in kept}


def test_a_whole_case_leaves_nothing_in_clear(owner):
    customer = cast.make_customer()
    picture = cast.picture(77)
    submission = cast.collecting(customer)
    intake.add_scan(submission=submission, side="FRONT", data=picture, actor=customer.actor, now=cast.NOW)
    intake.submit(submission=submission, actor=customer.actor, now=cast.NOW)
    zone = ZoneValues(number=ZONE_NUMBER)
    cast.answer(submission, read=replace(cast.TAIWAN_READING, name=NAME, number=NUMBER, zone=zone))
    submission.refresh_from_db()
    with audit.acting(audit.system("setup")):  # overwritten once, so that the vault is looked through too
        Submission.objects.filter(pk=submission.pk).update(
            summary_sealed=seal_json(
                customer.id, table="submission", column="summary_sealed", row_id=submission.id, value={"name": NAME}
            )
        )
    kept = everything_kept(owner)
    assert str(submission.pk).encode() in kept
    assert b"update" in kept
    for value in (
        NAME.encode(),
        NUMBER.encode(),
        ZONE_NUMBER.encode(),
        picture[:64],
        picture[2000:2064],
        picture[-64:],
    ):
        assert found_in(kept, value) == set()


def a_case() -> bytes:
    """One whole case with values like no other's; gives its picture."""
    customer, picture = cast.make_customer(), cast.picture(79)
    submission = cast.collecting(customer)
    intake.add_scan(submission=submission, side="FRONT", data=picture, actor=customer.actor, now=cast.NOW)
    intake.submit(submission=submission, actor=customer.actor, now=cast.NOW)
    cast.answer(submission, read=replace(cast.TAIWAN_READING, name=HEAP_NAME, number=HEAP_NUMBER))
    return picture


def test_nothing_lies_in_clear_in_the_servers_own_files():
    """Not in heap or indexes, nor in the write-ahead log, nor in what the server says of a failed statement."""
    picture = a_case()
    with pytest.raises(IntegrityError), audit.acting(audit.system("setup")):
        SearchDigest.objects.create(customer=uuid.uuid4(), kind="k" * 20, key_id=None, digest=HEAP_NAME.encode())
    kept = on_the_servers_disk()
    for value in (HEAP_NUMBER.encode(), picture[2000:2064], picture[-64:]):
        assert found_in(kept, value) == set()
    assert found_in(kept, HEAP_NAME.encode()) == set()
    with audit.acting(audit.system("setup")):
        SearchDigest.objects.create(customer=uuid.uuid4(), kind="planted", key_id="k", digest=HEAP_NUMBER.encode())
    assert found_in(on_the_servers_disk(), HEAP_NUMBER.encode()), "the search finds what does lie there"


def test_after_an_erasure_a_dump_has_nothing_and_after_the_owners_vacuum_no_file_has_the_address(owner):
    """The one value that is kept in clear: gone from every row at once, from the tables' files by VACUUM FULL."""
    customer = cast.make_customer()
    address = customer.user.email.encode()
    with audit.acting(audit.system("setup")):
        EmailAddress.objects.create(user=customer.user, email=customer.user.email, verified=True, primary=True)
    assert address in everything_kept(owner)
    erasure.erase(customer=customer, cause=Cause.REQUEST, actor=audit.system("setup"), now=cast.NOW)
    assert found_in(everything_kept(owner), address) == set()
    assert address in on_the_servers_disk(tables_only=True), (
        "the rows of before lie there still; docs/privacy.md says so"
    )
    for _try in range(20):  # while the server analyses a table by itself, it keeps the rows that were there
        for table in ("accounts_user", "account_emailaddress", "accounts_session"):
            owner.execute(sql.SQL("VACUUM (FULL) {}").format(sql.Identifier(table)))
        left = found_in(on_the_servers_disk(tables_only=True), address)
        if not left:
            break
        time.sleep(0.5)
    assert left == set()


@pytest.mark.parametrize("value", [NAME.encode(), NUMBER.encode()])
def test_the_search_does_find_what_lies_in_clear(owner, value):
    with audit.acting(audit.system("setup")):
        SearchDigest.objects.create(customer=uuid.uuid4(), kind="planted", key_id="k", digest=value)
    assert found_in(everything_kept(owner), value)


def test_the_search_does_find_a_picture_kept_in_clear(owner):
    picture = cast.picture(78)
    default_storage.save("scan/planted", ContentFile(picture))
    assert found_in(everything_kept(owner), picture[2000:2064])


def test_neither_the_unwrapped_key_nor_the_master_keys_are_kept(owner):
    customer = uuid.uuid4()
    keys.ensure_key(customer)
    files.store(customer, uuid.uuid4(), b"picture" * 100)
    with audit.acting(audit.system("setup")):
        put_digests(customer, {"number": NUMBER, "picture": picture_digest(b"p").hex()})
    _version, key = keys.newest_for_sealing(customer)
    kept = everything_kept(owner)
    unwanted = [os.environ[name].partition(":")[2] for name in ("MASTER_KEY", "DIGEST_KEY")]
    for secret in (key, *(base64.b64decode(each) for each in unwanted)):
        assert secret.hex().encode() not in kept
        assert base64.b64encode(secret) not in kept
        assert secret not in kept
