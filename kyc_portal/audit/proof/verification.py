"""Whether the log in the database is the one that was sealed and signed: what `verify_audit` does.

One pass over entries and leaves in blocks, so memory does not grow with the log. Findings are sentences; none means
sound. What could not be checked is said beside, never passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg

from kyc_portal.audit.definitions import Definitions
from kyc_portal.audit.proof import guards, lines, sealer
from kyc_portal.audit.proof.places import Place, PlaceError
from kyc_portal.audit.proof.verifier import LATE, Checkpoint, Edge, Key, Trust, UnsoundError, in_order, leaf_hash

_PAGE = 10_000
# An entry this old without a leaf means that the sealer does not run, or that somebody put it in afterwards.
UNSEALED = timedelta(seconds=60)
_ENOUGH = 20


@dataclass
class Report:
    """What was found. `size`: entries proven; `root`: over them; `unsealed`: entries younger than the tree.

    `good_up_to`: so many entries stand before the first that does not, None where no entry is at fault. `is_part`: more
    of the log comes after `size`, and is for another go.
    """

    size: int = 0
    root: bytes = b""
    since: int = 0
    is_part: bool = False
    unsealed: int = 0
    late: int = 0
    signatures: int = 0
    good_up_to: int | None = None
    signed_at: datetime | None = None
    findings: list[str] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not self.findings

    def fail(self, sentence: str, *, good_up_to: int | None = None) -> None:
        """Keep a finding; after so many the rest adds nothing. `good_up_to`: how many entries stand before it."""
        if good_up_to is not None:
            self.good_up_to = good_up_to if self.good_up_to is None else min(self.good_up_to, good_up_to)
        if len(self.findings) < _ENOUGH:
            self.findings.append(sentence)


@contextmanager
def snapshot(connection: psycopg.Connection) -> Iterator[None]:
    """One unmoving, read-only look at the log. `connection` must be in autocommit."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def kept_outside(outside: Place | None, report: Report, *, size: int = 0, upto: int | None = None) -> set[str]:
    """The notes kept outside, of logs of at least this size, and at most `upto`.

    Read before the snapshot: the sealer puts a note there first, so none is then unknown.
    """
    if outside is None:
        report.not_checked.append("the checkpoints kept outside: no CHECKPOINT_URL was given")
        return set()
    try:
        return set(outside.notes(size=size, upto=upto))
    except PlaceError as error:
        report.not_checked.append(f"the checkpoints kept outside: {error}")
        return set()


def verify(
    connection: psycopg.Connection,
    report: Report,
    *,
    keys: Sequence[Key],
    kept: set[str],
    ours: Definitions,
    since: tuple[int, bytes] | None = None,
    upto: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Check guards, entries against leaves, leaves against roots, roots against signed checkpoints here and outside.

    `kept`: notes from outside. `since`: (size, root) of an earlier sound verification; what lies before is then proven
    by its root alone, from the stored tree, and its entries are not read again. `upto`: the size of a checkpoint to
    stop at; what follows it is not looked at. `ours`: what must stand as installed. Fills and gives back `report`;
    writes nothing.
    """
    for sentence in (*guards.findings(connection, ours), *guards.rights(connection)):
        report.fail(sentence)
    try:
        _signed(connection, report, keys, kept, since, upto, progress)
    except UnsoundError as error:
        report.fail(str(error))
    return report


def _signed(
    connection: psycopg.Connection,
    report: Report,
    keys: Sequence[Key],
    kept: set[str],
    since: tuple[int, bytes] | None,
    upto: int | None,
    progress: Callable[[int, int], None],
) -> None:
    size = sealer.sealed_size(connection)
    if upto is not None and upto < size:
        size, report.is_part = upto, True
    notes = _notes(connection, since[0] if since else 0, upto)
    # The outside keeps what the database may have lost; both are read as one succession.
    checkpoints = sorted({*notes, *kept}, key=_place_of)
    parsed = [Checkpoint.parse(note) for note in checkpoints]
    if not keys:
        report.not_checked.append("the signatures: no key was given")
        roots = {each.size: each.root for each in parsed}
    else:
        roots = in_order(parsed, Trust(keys))
        report.signatures = sum(each.size > (since[0] if since else -1) for each in parsed)
    longest = max((each.size for each in parsed), default=0)
    if longest > size:
        report.fail(
            f"a checkpoint covers {longest} entries, and only {size} have a leaf: the end was cut off", good_up_to=size
        )
    now = connection.execute("SELECT clock_timestamp()").fetchone()
    for missing in sorted((Checkpoint.parse(note) for note in kept - set(notes)), key=lambda each: each.size)[:1]:
        # One that is being put at this moment is not in the database yet.
        if now and missing.time < now[0] - UNSEALED:
            report.fail(f"a checkpoint of size {missing.size} stands outside and is gone from the database")
    if parsed:
        report.signed_at = parsed[-1].time
    else:
        report.not_checked.append("the root: there is no checkpoint yet")
    _walk(connection, report, size, roots, parsed, since, progress)
    if not report.is_part:
        _without_leaf(connection, report)


def _notes(connection: psycopg.Connection, since: int, upto: int | None) -> list[str]:
    """The checkpoints here, as they were made: those from the last one before `since` on, and each hand-over of keys.

    What was signed before an earlier sound result was checked then.
    """
    asked = "SELECT note FROM audit.checkpoint WHERE (note LIKE %s OR size >="
    asked += " (SELECT coalesce(max(size), 0) FROM audit.checkpoint WHERE size <= %s))"
    asked += " AND (%s::bigint IS NULL OR size <= %s) ORDER BY id"
    return [row[0] for row in connection.execute(asked.encode(), ["%\nretires %", since, upto, upto])]


def _place_of(note: str) -> tuple[int, datetime]:
    parsed = Checkpoint.parse(note)
    return parsed.size, parsed.time


def _walk(
    connection: psycopg.Connection,
    report: Report,
    size: int,
    roots: dict[int, bytes],
    checkpoints: Sequence[Checkpoint],
    since: tuple[int, bytes] | None,
    progress: Callable[[int, int], None],
) -> None:
    """Every leaf against its entry, every root that was signed against the leaves."""
    edge = Edge()
    if since is not None:
        edge = sealer.edge_at(connection, since[0])
        report.since = since[0]
        if edge.root() != since[1]:
            report.fail(f"the first {since[0]} entries are not the ones that were verified before")
    blocks = {row[0]: bytes(row[1]) for row in _blocks(connection, edge.size)}
    inner = Edge()
    for leaf in sealer.leaves(connection, edge.size // sealer.BLOCK * sealer.BLOCK, edge.size):
        inner.append(leaf)
    _compare(report, edge, roots)
    times = _Times(checkpoints, edge.size)
    start = edge.size
    while edge.size < size:
        rows = _page(connection, edge.size, size)
        if not rows:
            report.fail(f"the leaf at position {edge.size} is gone", good_up_to=edge.size)
            break
        for position, stored, *row in rows:
            if position != edge.size:
                report.fail(f"the leaf at position {edge.size} is gone", good_up_to=edge.size)
                return
            leaf = bytes(stored)
            if row[0] is None:
                report.fail(f"the entry at position {position} is gone", good_up_to=position)
            elif leaf_hash(lines.of_row(tuple(row))) != leaf:
                report.fail(
                    f"entry {row[0]}, at position {position}, is not the one that was sealed", good_up_to=position
                )
            else:
                times.see(report, str(row[0]), str(row[2]), position)
            edge.append(leaf)
            inner.append(leaf)
            if edge.size % sealer.BLOCK == 0:
                index = edge.size // sealer.BLOCK - 1
                if blocks.get(index) != inner.root():
                    report.fail(f"the stored root of block {index} does not fit its leaves")
                inner = Edge()
            _compare(report, edge, roots)
        progress(edge.size - start, size - start)
    report.size, report.root = edge.size, edge.root()


def _blocks(connection: psycopg.Connection, size: int) -> Iterable[tuple[int, bytes]]:
    return connection.execute(
        "SELECT index, hash FROM audit.node WHERE level = %s AND index >= %s",
        [sealer.BLOCK_LEVEL, size // sealer.BLOCK],
    )


def _page(connection: psycopg.Connection, start: int, size: int) -> list[tuple[int, bytes, str | None]]:
    asked = f"SELECT l.position, l.hash, {lines.SELECTED}"
    asked += " FROM audit.leaf l LEFT JOIN audit.entry e ON e.id = l.entry_id"
    asked += " WHERE l.position >= %s AND l.position < %s ORDER BY l.position"
    return connection.execute(asked.encode(), [start, min(start + _PAGE, size)]).fetchall()


def _compare(report: Report, edge: Edge, roots: dict[int, bytes]) -> None:
    expected = roots.get(edge.size)
    if expected is not None and edge.root() != expected:
        report.fail(f"the first {edge.size} entries are not the ones that were signed")


class _Times:
    """No entry is later than the checkpoint that covers it; one much older than the checkpoint before is late."""

    def __init__(self, checkpoints: Sequence[Checkpoint], size: int) -> None:
        self._ahead = [each for each in checkpoints if each.size > size]
        self._before = max((each.time for each in checkpoints if each.size <= size), default=None)

    def see(self, report: Report, number: str, at: str, position: int) -> None:
        while self._ahead and self._ahead[0].size <= position:
            self._before = self._ahead.pop(0).time
        when = datetime.fromisoformat(at)
        if self._ahead and when > self._ahead[0].time:
            report.fail(f"entry {number} is later than the checkpoint that covers it", good_up_to=position)
        report.late += self._before is not None and when < self._before - LATE


def _without_leaf(connection: psycopg.Connection, report: Report) -> None:
    """Entries the tree does not hold: the young are expected, an old one is a finding."""
    row = connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE e.at < clock_timestamp() - %s), min(e.id) FROM audit.entry e"
        " WHERE NOT EXISTS (SELECT FROM audit.leaf l WHERE l.entry_id = e.id)",
        [UNSEALED],
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always has a row
    report.unsealed = int(row[0])
    if row[1]:
        report.fail(
            f"{row[1]} entries are older than a minute and have no leaf, the first of them {row[2]}:"
            " the sealer stands still, or they were put in afterwards"
        )
