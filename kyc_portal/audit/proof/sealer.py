"""Gives every entry its place in the tree, without a lock on the hot path, and signs checkpoints over it.

"Sealed" means that an entry has a leaf; the watermark only saves work. Entries commit out of the order of their ids, so
a step looks at transactions: the snapshot's horizon is taken before the read, every transaction below it has ended and
is visible to the read, and whatever comes later carries a higher number. An open transaction holds nobody up: its
entries join a later batch. One step is one transaction at READ COMMITTED behind an advisory lock that writers never
take; any number of sealers may run.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg

from kyc_portal.audit.proof import afterwards, lines, signing
from kyc_portal.audit.proof.places import Place, PlaceError, name_of
from kyc_portal.audit.proof.verifier import Checkpoint, Edge, UnsoundError, leaf_hash

log = logging.getLogger(__name__)

BATCH = 20_000
# Leaves of one stored node: a root over a million leaves is found from 3,906 of them and a tail.
BLOCK = 256
BLOCK_LEVEL = 8
SIGN_EVERY = timedelta(seconds=60)
# Silence is a sign too: without a change there is a checkpoint an hour.
SIGN_ANYWAY = timedelta(hours=1)
_LOCK = 4_212_026_12


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did: leaves made, the size now, whether more waits, whether entries were found out of turn."""

    made: int
    size: int
    more: bool
    strays: int = 0


def connect(url: str) -> psycopg.Connection:
    """A connection as the sealer wants it: a prepared statement would keep the plan of the backlog for empty looks."""
    return psycopg.connect(url, prepare_threshold=None)


def seal(connection: psycopg.Connection, *, limit: int = BATCH, whole: bool = False) -> Step | None:
    """One step. None when another sealer has the lock.

    `whole` looks at every entry for one without a leaf, as also happens by itself when the watermark means nothing
    here: a restored cluster counts transactions anew.
    """
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        connection.execute("SET LOCAL synchronous_commit = on")
        if not _value(connection, "SELECT pg_try_advisory_xact_lock(%s)", _LOCK):
            return None
        horizon = int(str(_value(connection, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text")))
        system = str(_value(connection, "SELECT system_identifier FROM pg_control_system()"))
        last = connection.execute(
            "SELECT size, watermark, system_id FROM audit.seal ORDER BY id DESC LIMIT 1"
        ).fetchone()
        size, watermark, known = last or (0, 0, system)
        restored = known != system or horizon < watermark
        found = _without_leaf(connection, limit, above=None if whole or restored else watermark)
        moved = horizon if len(found) < limit else min(horizon, int(str(found[-1][1])))
        if found:
            _append(connection, size, found)
        if found or restored or moved // 1000 != watermark // 1000:
            connection.execute(
                "INSERT INTO audit.seal(size, watermark, system_id) VALUES (%s, %s, %s)",
                [size + len(found), moved, system],
            )
        strays = sum(int(str(row[1])) < watermark for row in found) if whole and not restored else 0
        return Step(made=len(found), size=size + len(found), more=len(found) == limit, strays=strays)


def _without_leaf(connection: psycopg.Connection, limit: int, *, above: int | None) -> list[tuple[str | None, ...]]:
    asked = f"SELECT {lines.SELECTED} FROM audit.entry e WHERE NOT EXISTS"  # noqa: S608 - our own column names
    asked += " (SELECT FROM audit.leaf l WHERE l.entry_id = e.id) AND e.tx >= %s ORDER BY e.tx, e.id LIMIT %s"
    return connection.execute(asked.encode(), [above or 0, limit]).fetchall()


def _append(connection: psycopg.Connection, size: int, found: list[tuple[str | None, ...]]) -> None:
    """Leaves at the next positions, and the root of each block that became full."""
    hashes = [leaf_hash(lines.of_row(row)) for row in found]
    with connection.cursor() as cursor:
        with cursor.copy("COPY audit.leaf(position, entry_id, hash) FROM STDIN") as copy:
            for offset, (row, leaf) in enumerate(zip(found, hashes, strict=True)):
                copy.write_row((size + offset, row[0], leaf))
        first = size // BLOCK * BLOCK
        row_of_blocks = leaves(connection, first, size) + hashes
        for start in range(0, len(row_of_blocks) - BLOCK + 1, BLOCK):
            edge = Edge()
            for leaf in row_of_blocks[start : start + BLOCK]:
                edge.append(leaf)
            cursor.execute(
                "INSERT INTO audit.node(level, index, hash) VALUES (%s, %s, %s)",
                [BLOCK_LEVEL, (first + start) // BLOCK, edge.root()],
            )


def leaves(connection: psycopg.Connection, start: int, end: int) -> list[bytes]:
    """The hashes at positions from start to before end."""
    asked = "SELECT hash FROM audit.leaf WHERE position >= %s AND position < %s ORDER BY position"
    return [bytes(row[0]) for row in connection.execute(asked, [start, end])]


def sealed_size(connection: psycopg.Connection) -> int:
    """How many entries have a leaf: positions have no gap, which `verify_audit` holds."""
    return int(str(_value(connection, "SELECT coalesce(max(position) + 1, 0) FROM audit.leaf")))


def edge_at(connection: psycopg.Connection, size: int) -> Edge:
    """The tree's right edge at an earlier or today's size, from block roots and a tail of leaves.

    Raises UnsoundError when roots or leaves are missing.
    """
    edge, blocks = Edge(), size // BLOCK
    asked = "SELECT hash FROM audit.node WHERE level = %s AND index < %s ORDER BY index"
    for row in connection.execute(asked, [BLOCK_LEVEL, blocks]):
        edge.append_full(bytes(row[0]), level=BLOCK_LEVEL)
    if edge.size != blocks * BLOCK:
        raise UnsoundError(f"roots of the tree are missing below position {blocks * BLOCK}")
    for leaf in leaves(connection, blocks * BLOCK, size):
        edge.append(leaf)
    if edge.size != size:
        raise UnsoundError(f"leaves are missing below position {size}")
    return edge


def last_checkpoint(connection: psycopg.Connection) -> Checkpoint | None:
    """The newest checkpoint the database knows."""
    row = connection.execute("SELECT note FROM audit.checkpoint ORDER BY id DESC LIMIT 1").fetchone()
    return Checkpoint.parse(row[0]) if row else None


def sign(connection: psycopg.Connection, *, signers: list[signing.Signer], outside: Place) -> Checkpoint | None:
    """Sign today's size when it is due, put the note outside, then keep it. None when nothing is due.

    In that order: signing before the leaves are committed could publish a head that never exists. Raises PlaceError
    when the outside does not take it (nothing is kept, the next round tries again), UnsoundError for a tree with holes.
    """
    with connection.transaction():
        if not _value(connection, "SELECT pg_try_advisory_xact_lock(%s)", _LOCK + 1):
            return None
        size = sealed_size(connection)
        before = last_checkpoint(connection)
        now = _now(connection)
        retires = _retiring(before, signers)
        if before and not retires:
            waited = now - before.time
            if waited < (SIGN_EVERY if size > before.size else SIGN_ANYWAY):
                return None
        note = signing.note(size=size, root=edge_at(connection, size).root(), at=now, by=signers[0], retires=retires)
        outside.put(name_of(size, now), note)
        connection.execute("INSERT INTO audit.checkpoint(size, note, at) VALUES (%s, %s, %s)", [size, note, now])
        return Checkpoint.parse(note)


def _retiring(before: Checkpoint | None, signers: list[signing.Signer]) -> signing.Signer | None:
    """The older key that signed last, if the newest has not signed yet."""
    if before is None:
        return None
    signed = {(name, short) for name, short, _signature in before.signatures}
    if (signers[0].origin, signers[0].key.id) in signed:
        return None
    return next((each for each in signers[1:] if (each.origin, each.key.id) in signed), None)


def _now(connection: psycopg.Connection) -> datetime:
    """The database's clock, which also dates the entries."""
    found = _value(connection, "SELECT clock_timestamp()")
    assert isinstance(found, datetime)  # noqa: S101
    return found.astimezone(UTC)


def _value(connection: psycopg.Connection, asked: str, *given: object) -> object:
    row = connection.execute(asked.encode(), given or None).fetchone()
    return row[0] if row else None


def round_of(
    connection: psycopg.Connection,
    *,
    signers: list[signing.Signer],
    outside: Place,
    whole: bool,
    told: afterwards.Told | None = None,
) -> int:
    """Seal all that waits, sign if due, tell the outside what a backup cannot know. Gives the leaves made.

    A place that is away is logged, never fatal.
    """
    made = 0
    while (step := seal(connection, whole=whole)) is not None:
        made += step.made
        if step.strays:
            log.error("audit_entries_out_of_turn", extra={"many": step.strays})
        if not step.more:
            break
    try:
        sign(connection, signers=signers, outside=outside)
        afterwards.tell(connection, signer=signers[0], outside=outside, told=told or afterwards.Told())
    except PlaceError as error:
        log.error("audit_checkpoint_not_put", extra={"error": str(error)})
    return made
