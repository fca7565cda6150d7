#!/usr/bin/env python3
"""Verify a case pack without the product that made it.

    python3 verify.py --key 'name+id+base64' [--checkpoint kept.txt] [FOLDER]

FOLDER is the unpacked pack, by default the one this file lies in. The key, or a checkpoint you kept, must come from
somewhere else than the pack: whoever could change the pack could change what lies beside it.

It checks that every file is the one that SHA256SUMS names and none was added; that each picture is the one whose
commitment was logged when it was received, and that decisions were made on pictures of the pack; and that each entry
of the timeline stands in the log that the checkpoint signs. It cannot see that an entry is missing from the timeline:
for that, ask for the log itself.

Needs Python 3.11 or newer, and the files verify_log.py and plain_ed25519.py beside it.
Exit status: 0 sound, 1 not sound (one sentence says why), 2 the call cannot be understood.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.dont_write_bytecode = True  # nothing is added to the folder that is looked at
try:  # in a pack the log's verifier lies beside this file
    from verify_log import (  # type: ignore[import-not-found]
        Checkpoint,
        Key,
        Trust,
        UnsoundError,
        in_order,
        leaf_hash,
        node_hash,
    )
except ImportError:
    from kyc_portal.audit.proof.verifier import Checkpoint, Key, Trust, UnsoundError, in_order, leaf_hash, node_hash

SUMS = "SHA256SUMS"
_SUM = re.compile(r"([0-9a-f]{64})  ([^/\\].*)")


@dataclass(frozen=True)
class Found:
    """What a sound pack holds: `pictures_logged` match an entry of their receipt, `unsigned` entries came too late."""

    files: int
    pictures: int
    pictures_logged: int
    entries: int
    unsigned: int
    checkpoint: Checkpoint


def verify_pack(folder: Path, keys: Sequence[Key], kept: str = "") -> Found:
    """Check a pack whole. `kept`: the text of a checkpoint from elsewhere. Raises UnsoundError with one sentence."""
    files = _files(folder)
    timeline = _timeline(folder)
    checkpoint, root = _checkpoint(timeline["checkpoints"], keys, kept)
    proven = [_proven(each, checkpoint.size, root) for each in timeline["entries"]]
    if len({entry["id"] for entry in proven}) < len(proven):
        raise UnsoundError("an entry of the timeline stands twice")
    pictures, logged = _pictures(folder, proven)
    return Found(
        files=files,
        pictures=pictures,
        pictures_logged=logged,
        entries=len(proven),
        unsigned=len(timeline["unsigned"]),
        checkpoint=checkpoint,
    )


def _files(folder: Path) -> int:
    """Every file but the list itself stands in the list with its hash, and nothing else does."""
    try:
        listed = dict(_sum_line(line) for line in (folder / SUMS).read_text(encoding="utf-8").splitlines())
        there = {each.relative_to(folder).as_posix() for each in folder.rglob("*") if not each.is_dir()}
        for name in sorted(set(listed) ^ (there - {SUMS})):
            raise UnsoundError(f"{name} {'is missing' if name in listed else f'does not stand in {SUMS}'}")
        for name, expected in sorted(listed.items()):
            if sha256((folder / name).read_bytes()).hexdigest() != expected:
                raise UnsoundError(f"{name} is not the file that was put into the pack")
    except (OSError, ValueError) as error:
        raise UnsoundError(f"{SUMS} cannot be read") from error
    return len(listed)


def _sum_line(line: str) -> tuple[str, str]:
    found = _SUM.fullmatch(line)
    if not found or ".." in found[2].split("/"):
        raise ValueError(line)
    return found[2], found[1]


def _timeline(folder: Path) -> dict[str, list[Any]]:
    try:
        held = json.loads((folder / "timeline.json").read_text(encoding="utf-8"))
        return {name: list(held[name]) for name in ("checkpoints", "entries", "unsigned")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnsoundError("timeline.json cannot be read") from error


def _checkpoint(notes: Sequence[str], keys: Sequence[Key], kept: str) -> tuple[Checkpoint, bytes]:
    """The pack's last checkpoint, signed by a key that is believed or equal to the one that was kept."""
    if not notes:
        raise UnsoundError("nothing was signed when the pack was made: nothing vouches for the timeline")
    found = [Checkpoint.parse(note) for note in notes]
    last = found[-1]
    if keys:
        in_order(found, Trust(keys))
    if kept:
        mine = Checkpoint.parse(kept)
        if (mine.origin, mine.size) != (last.origin, last.size):
            raise UnsoundError(f"the checkpoint you kept is of size {mine.size}, the pack's is of size {last.size}")
        if mine.root != last.root:
            raise UnsoundError("the pack's checkpoint is not the one you kept")
    return last, last.root


def _proven(held: Any, size: int, root: bytes) -> dict[str, Any]:
    """One entry, once its line leads to the signed root."""
    try:
        line, position = held["line"].encode(), int(held["position"])
        path = [bytes.fromhex(each) for each in held["path"]]
        entry: dict[str, Any] = json.loads(line)
        number = str(entry["id"])
    except (AttributeError, ValueError, KeyError, TypeError) as error:
        raise UnsoundError("an entry of the timeline cannot be read") from error
    if root_of(leaf_hash(line), position, size, path) != root:
        raise UnsoundError(f"entry {number} is not one of the entries that were signed")
    return entry


def root_of(leaf: bytes, position: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a path leads to (RFC 9162, section 2.1.3.2), or None where the path is too long or too short."""
    if not 0 <= position < size:
        return None
    at, last, root = position, size - 1, leaf
    for beside in path:
        if last == 0 or len(beside) != 32:
            return None
        if at & 1 or at == last:
            root = node_hash(beside, root)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, beside)
        at, last = at >> 1, last >> 1
    return root if last == 0 else None


def _pictures(folder: Path, entries: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """Each picture is the one whose commitment a proven entry wrote down when it came in."""
    received = {
        entry["object_id"]: entry["after"]["commitment"]["sealed"]
        for entry in entries
        if entry.get("object_type") == "submissions.scan" and entry.get("action") == "insert"
    }
    try:
        held, commitments = json.loads((folder / "case.json").read_text(encoding="utf-8"))["pictures"], set()
        for each in held:
            data = (folder / each["file"]).read_bytes()
            commitment = sha256(bytes.fromhex(each["salt"]) + data).digest()
            commitments.add(commitment.hex())
            logged = received.get(each["id"])
            if logged is not None and logged != f"sha256:{sha256(commitment).hexdigest()}":
                raise UnsoundError(f"{each['file']} is not the picture that was received")
        for entry in entries:
            is_decision = entry.get("object_type") == "submissions.decision" and entry.get("action") == "insert"
            if is_decision and not set(entry["after"]["receipt"]["pictures"].values()) <= commitments:
                raise UnsoundError(f"decision {entry['object_id']} was made on a picture that is not in the pack")
        return len(held), sum(each["id"] in received for each in held)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnsoundError("the pictures in case.json cannot be read") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Verify a case pack.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--key", action="append", default=[], help="name+id+base64, from outside the pack")
    parser.add_argument("--checkpoint", type=Path, help="a checkpoint you kept, of the pack's size")
    given = parser.parse_args(arguments)
    if not given.key and not given.checkpoint:
        parser.error("give --key or --checkpoint: a pack cannot vouch for itself")
    try:
        keys = [Key.parse(each) for each in given.key]
        kept = given.checkpoint.read_text(encoding="utf-8") if given.checkpoint else ""
    except (ValueError, OSError) as error:
        parser.error(str(error))
    try:
        found = verify_pack(given.folder, keys, kept)
    except UnsoundError as error:
        print(f"NOT SOUND: {error}.")
        return 1
    listed = sha256((given.folder / SUMS).read_bytes()).hexdigest()
    print(f"Sound: {found.files} files, {found.entries} entries of the log.")
    print(f"{found.pictures_logged} of {found.pictures} pictures are the ones whose receipt stands in the log.")
    print(f"The checkpoint is of {found.checkpoint.time:%Y-%m-%d %H:%M:%S} UTC, size {found.checkpoint.size}.")
    if not keys:
        print("No key was given: the checkpoint equals the one you kept, its signature was not checked.")
    print(f"SHA-256 of {SUMS}: {listed}")
    print("Compare it with the log's entry case_pack.made (sums_sha256): pages and values stand on it alone.")
    if found.unsigned:
        print(f"{found.unsigned} entries came after that checkpoint: NOT SIGNED when the pack was made.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
