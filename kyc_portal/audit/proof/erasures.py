"""Who was erased, told outside beside the checkpoints: a backup that is restored does not know it.

The sealer puts one signed note for each erasure in the log, under `erased/`; a restore reads them and repeats the
erasures. A note names a customer by key, which tells nothing by itself, and when.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from kyc_portal.audit.proof.places import Place
from kyc_portal.audit.proof.signing import Signer
from kyc_portal.audit.proof.verifier import Key

ACTION = "customer.erased"
FOLDER = "erased"


@dataclass(slots=True)
class Told:
    """How far a sealer's process has told: positions of the tree below this are done."""

    position: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What the outside says: who was erased, and how many notes no believed key has signed."""

    customers: list[UUID] = field(default_factory=list)
    unbelieved: int = 0


def tell(connection: psycopg.Connection, *, signer: Signer, outside: Place, told: Told) -> int:
    """Put a note for each erasure sealed since the last look; a new process begins at the start, as is safe.

    Gives how many were put or were there. Raises PlaceError: the next look tries again from the same position.
    """
    asked = (
        "SELECT e.object_id, e.at, l.position FROM audit.leaf l JOIN audit.entry e ON e.id = l.entry_id"
        " WHERE l.position >= %s AND e.kind = 'act' AND e.action = %s ORDER BY l.position"
    )
    many = 0
    end = connection.execute("SELECT coalesce(max(position) + 1, 0) FROM audit.leaf").fetchone()
    for customer, at, position in connection.execute(asked, [told.position, ACTION]).fetchall():
        outside.put(f"{FOLDER}/{customer}.txt", note(UUID(customer), at=at, by=signer))
        told.position = position + 1
        many += 1
    told.position = max(told.position, end[0] if end else 0)
    return many


def note(customer: UUID, *, at: datetime, by: Signer) -> str:
    """A signed note of one erasure."""
    text = f"{by.origin}\nerased {customer}\ntime {at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}\n"
    return f"{text}\n{by.line(text)}"


def read(outside: Place, *, keys: Iterable[Key]) -> Known:
    """Every erasure the outside knows. Raises PlaceError."""
    believed, customers, unbelieved = list(keys), [], 0
    for each in outside.notes(FOLDER):
        customer = _customer(each, believed)
        if customer is None:
            unbelieved += 1
        else:
            customers.append(customer)
    return Known(customers, unbelieved)


def _customer(text: str, keys: list[Key]) -> UUID | None:
    """Whom a note names, None unless one of the keys signed it."""
    body, _blank, tail = text.partition("\n\n")
    signed = f"{body}\n"
    try:
        origin, erased, _time = body.split("\n")
        _dash, name, encoded = tail.rstrip("\n").split(" ")
        raw = base64.b64decode(encoded, validate=True)
        customer = UUID(erased.removeprefix("erased "))
    except ValueError:
        return None
    by = next((key for key in keys if (key.name, key.id) == (name, raw[:4]) and key.name == origin), None)
    return customer if by is not None and by.signed(signed, raw[4:]) else None
