"""What a backup cannot know, told outside beside the checkpoints: who was erased and who was put under a hold since.

The sealer puts one signed note for each such act in the log, under `erased/`, `held/` and `released/`; a restore reads
them and repeats them. A note names customers and holds by key, which tells nothing by itself, and when.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from kyc_portal.audit.proof.places import Place
from kyc_portal.audit.proof.signing import Signer
from kyc_portal.audit.proof.verifier import Key

# An act of the log with the word of its notes, which is their folder's name too.
WORDS = {"customer.erased": "erased", "hold.set": "held", "hold.lifted": "released"}
_ASKED = (
    "SELECT e.action, e.subject, e.object_id, e.at, l.position"
    " FROM audit.leaf l JOIN audit.entry e ON e.id = l.entry_id"
    " WHERE l.position >= %s AND e.kind = 'act' AND e.action = ANY(%s) ORDER BY l.position"
)


@dataclass(slots=True)
class Told:
    """How far a sealer's process has told: positions of the tree below this are done."""

    position: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What the outside says: who was erased, the holds that were not lifted with whom they keep, and how many notes no
    believed key has signed."""

    customers: list[UUID] = field(default_factory=list)
    unbelieved: int = 0
    holds: dict[UUID, UUID] = field(default_factory=dict)


def tell(connection: psycopg.Connection, *, signer: Signer, outside: Place, told: Told) -> int:
    """Put a note for each such act sealed since the last look; a new process begins at the start, as is safe.

    Gives how many were put or were there. Raises PlaceError: the next look tries again from the same position.
    """
    many = 0
    end = connection.execute("SELECT coalesce(max(position) + 1, 0) FROM audit.leaf").fetchone()
    found = connection.execute(_ASKED, [told.position, list(WORDS)]).fetchall()
    for action, customer, thing, at, position in found:
        word = WORDS[action]
        # With the time: what a restore repeats is an act of its own, and a note is written once.
        name = f"{word}/{thing}-{at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}.txt"
        outside.put(name, note(word, customer, UUID(thing), at=at, by=signer))
        told.position = position + 1
        many += 1
    told.position = max(told.position, end[0] if end else 0)
    return many


def note(word: str, customer: UUID, thing: UUID, *, at: datetime, by: Signer) -> str:
    """A signed note of one act on a thing: a hold, or the customer."""
    of_whom = f"{customer}" if thing == customer else f"{customer} {thing}"
    text = f"{by.origin}\n{word} {of_whom}\ntime {at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}\n"
    return f"{text}\n{by.line(text)}"


def read(outside: Place, *, keys: Iterable[Key]) -> Known:
    """Everything the outside knows. Raises PlaceError."""
    believed = list(keys)
    said = {word: list(_said(outside, word, believed)) for word in WORDS.values()}
    released = {each[-1] for each in said["released"] if each}
    return Known(
        customers=[each[0] for each in said["erased"] if each],
        unbelieved=sum(each is None for found in said.values() for each in found),
        holds={each[-1]: each[0] for each in said["held"] if each and each[-1] not in released},
    )


def _said(outside: Place, word: str, keys: list[Key]) -> Iterator[list[UUID] | None]:
    """The keys each note of a folder names, the customer's first; None for one that no believed key has signed."""
    for text in outside.notes(word):
        body, _blank, tail = text.partition("\n\n")
        try:
            origin, what, _time = body.split("\n")
            _dash, name, encoded = tail.rstrip("\n").split(" ")
            raw = base64.b64decode(encoded, validate=True)
            first, *named = what.split(" ")
            found = [UUID(each) for each in named]
        except ValueError:
            yield None
            continue
        by = next((key for key in keys if (key.name, key.id) == (name, raw[:4]) and key.name == origin), None)
        is_one = by is not None and by.signed(f"{body}\n", raw[4:])
        yield found if is_one and first == word and found else None
