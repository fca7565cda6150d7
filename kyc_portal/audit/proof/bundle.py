"""Exports the log as a folder that a stranger verifies without the product: entries, checkpoints, the verifier."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import psycopg

from kyc_portal.audit.proof import lines, plain_ed25519, sealer, verifier
from kyc_portal.audit.proof.verification import snapshot
from kyc_portal.audit.proof.verifier import Checkpoint

_PAGE = 10_000
README = """An audit log, or a part of it, and what proves it.

entries.jsonl      one entry a line, in the order they were sealed; {"leaf": …} stands for an entry not shown
checkpoints.jsonl  the signed checkpoints, as they were made
bundle.json        the position it starts at, and the tree's edge there
verify.py          checks all of it:  python3 verify.py . --key 'THE KEY' --known a-checkpoint-you-kept.txt

The key is not here on purpose: ask for it where you ask for things you trust. verify.py needs Python 3.11 and nothing
of the product; signatures are checked by the package "cryptography" where there is one, else by plain_ed25519.py.
Read them; they are short.
Personal values stand here as the digests of their ciphertexts only.
"""


class NothingSignedError(Exception):
    """There is no checkpoint that covers the range: nothing would prove it."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: positions start to end (end not included), entries, and the SHA-256 of entries.jsonl."""

    start: int
    end: int
    covered: int
    sha256: str


def export(
    connection: psycopg.Connection,
    folder: Path,
    *,
    start: int = 0,
    end: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Exported:
    """Write a bundle of positions start…end (default: all that is signed) into a new or empty folder.

    After `end`, hashes alone lead to the next checkpoint. Raises NothingSignedError, FileExistsError, and ValueError
    for a range that is none. Memory does not grow with the log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    with snapshot(connection):
        notes = [row[0] for row in connection.execute("SELECT note FROM audit.checkpoint ORDER BY id")]
        sizes = [Checkpoint.parse(note).size for note in notes]
        if not sizes or max(sizes) == 0:
            raise NothingSignedError
        end = max(sizes) if end is None else end
        covered = min((size for size in sizes if size >= end), default=0)
        if not covered:
            raise NothingSignedError
        if not 0 <= start < end:
            raise ValueError("a range starts before it ends")
        edge = sealer.edge_at(connection, start)
        digest = _entries(connection, folder / "entries.jsonl", start, end, covered, progress)
    upto = max(index for index, size in enumerate(sizes) if size <= covered)
    with (folder / "checkpoints.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"note": note}, ensure_ascii=False) + "\n" for note in notes[: upto + 1])
    is_part = start > 0 or end < max(sizes)
    about = {"format": "1", "from": start, "to": end, "is_part": is_part, "edge": [each.hex() for each in edge.roots]}
    (folder / "bundle.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    (folder / "README.txt").write_text(README, encoding="utf-8")
    shutil.copyfile(verifier.__file__, folder / "verify.py")
    shutil.copyfile(plain_ed25519.__file__, folder / "plain_ed25519.py")
    return Exported(start=start, end=end, covered=covered, sha256=digest)


def _entries(
    connection: psycopg.Connection,
    path: Path,
    start: int,
    end: int,
    covered: int,
    progress: Callable[[int, int], None],
) -> str:
    asked = f"SELECT {lines.SELECTED} FROM audit.leaf l JOIN audit.entry e ON e.id = l.entry_id"  # noqa: S608
    asked += " WHERE l.position >= %s AND l.position < %s ORDER BY l.position"
    written = sha256()
    with path.open("wb") as file:
        for page in range(start, end, _PAGE):
            rows = connection.execute(asked.encode(), [page, min(page + _PAGE, end)]).fetchall()
            block = b"".join(lines.of_row(row) + b"\n" for row in rows)
            file.write(block)
            written.update(block)
            progress(min(page + _PAGE, end) - start, end - start)
        for page in range(end, covered, _PAGE):
            leaves = sealer.leaves(connection, page, min(page + _PAGE, covered))
            block = b"".join(b'{"leaf":"%s"}\n' % leaf.hex().encode() for leaf in leaves)
            file.write(block)
            written.update(block)
    return written.hexdigest()
