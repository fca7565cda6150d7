"""The way from one entry to a signed root: the hashes beside it, level by level, as in RFC 6962, section 2.1.1.

With them a stranger sees that the entry stands in the log without seeing any other: about 20 hashes at a million.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import psycopg

from kyc_portal.audit.proof import lines, sealer
from kyc_portal.audit.proof.sealer import BLOCK, BLOCK_LEVEL
from kyc_portal.audit.proof.verifier import Checkpoint, UnsoundError, node_hash


@dataclass(frozen=True, slots=True)
class Proven:
    """One entry's canonical line with its position and path; both are empty while no checkpoint covers it."""

    id: int
    line: bytes
    position: int | None
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """Entries in the order of their ids, and the notes that vouch for them: hand-overs of keys, the newest last.

    `notes` is empty, and no entry has a position, while nothing was ever signed.
    """

    entries: tuple[Proven, ...]
    notes: tuple[str, ...]

    def as_record(self) -> dict[str, Any]:
        """As it leaves: lines with their paths, the checkpoints, and apart what no checkpoint covers yet."""
        proven = [each for each in self.entries if each.position is not None]
        return {
            "checkpoints": list(self.notes),
            "entries": [
                {"position": each.position, "path": [beside.hex() for beside in each.path], "line": each.line.decode()}
                for each in proven
            ],
            "unsigned": [{"line": each.line.decode()} for each in self.entries if each.position is None],
        }

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The checkpoint the paths lead to."""
        return Checkpoint.parse(self.notes[-1]) if self.notes else None


def prove(connection: psycopg.Connection, ids: Collection[int]) -> Proof:
    """The lines of these entries and their paths to the newest checkpoint. Raises UnsoundError for a tree with holes.

    Leaves and checkpoints never change, so no snapshot is needed.
    """
    notes = [row[0] for row in connection.execute("SELECT note FROM audit.checkpoint ORDER BY id")]
    kept = tuple(note for note in notes[:-1] if Checkpoint.parse(note).retires) + tuple(notes[-1:])
    size = Checkpoint.parse(notes[-1]).size if notes else 0
    tree = Tree(connection, size)
    asked = f"SELECT l.position, {lines.SELECTED} FROM audit.entry e"  # noqa: S608 - our own column names
    asked += " LEFT JOIN audit.leaf l ON l.entry_id = e.id WHERE e.id = ANY(%s) ORDER BY e.id"
    found = []
    for position, *row in connection.execute(asked.encode(), [list(ids)]).fetchall():
        covered = position is not None and position < size
        found.append(
            Proven(
                id=int(row[0]),
                line=lines.of_row(tuple(row)),
                position=position if covered else None,
                path=tree.path(position) if covered else (),
            )
        )
    return Proof(entries=tuple(found), notes=kept)


class Tree:
    """The log's tree as it was at one size. Reads block roots once, and leaves by the block when they are asked for."""

    def __init__(self, connection: psycopg.Connection, size: int) -> None:
        self.size = size
        self._connection = connection
        self._full: dict[tuple[int, int], bytes] = {}
        self._blocks: dict[int, list[bytes]] = {}

    def path(self, position: int) -> tuple[bytes, ...]:
        """The hashes beside the leaf at a position, from the leaf upwards. Raises UnsoundError, ValueError."""
        if not 0 <= position < self.size:
            raise ValueError("the tree has no leaf there")
        if self.size >= BLOCK and not self._full:
            self._read_roots()
        return tuple(self._path(position, 0, self.size))

    def _path(self, position: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + _half(end - start)
        if position < middle:
            return [*self._path(position, start, middle), self._root(middle, end)]
        return [*self._path(position, middle, end), self._root(start, middle)]

    def _root(self, start: int, end: int) -> bytes:
        many = end - start
        if many == 1:
            return self._leaf(start)
        whole = many & (many - 1) == 0 and many >= BLOCK
        key = (many.bit_length() - 1, start // many)
        if whole and key in self._full:
            return self._full[key]
        middle = start + _half(many)
        root = node_hash(self._root(start, middle), self._root(middle, end))
        if whole:
            self._full[key] = root
        return root

    def _read_roots(self) -> None:
        asked = "SELECT index, hash FROM audit.node WHERE level = %s AND index < %s"
        for index, root in self._connection.execute(asked, [BLOCK_LEVEL, self.size // BLOCK]):
            self._full[BLOCK_LEVEL, index] = bytes(root)
        if len(self._full) != self.size // BLOCK:
            raise UnsoundError(f"roots of the tree are missing below position {self.size}")

    def _leaf(self, position: int) -> bytes:
        block = position // BLOCK
        if block not in self._blocks:
            start, end = block * BLOCK, min(block * BLOCK + BLOCK, self.size)
            self._blocks[block] = sealer.leaves(self._connection, start, end)
            if len(self._blocks[block]) != end - start:
                raise UnsoundError(f"leaves are missing below position {end}")
        return self._blocks[block][position - block * BLOCK]


def _half(many: int) -> int:
    """The largest power of two below a number of leaves."""
    return 1 << ((many - 1).bit_length() - 1)
