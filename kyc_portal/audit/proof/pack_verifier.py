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
    sys.path.insert(0, str(Path(__file__).resolve().parent))  # which `python3 -I` leaves out
try:  # in a pack the log's verifier lies beside this file
    from verify_log import (  # type: ignore[import-not-found]
        Checkpoint,
        Key,
        UnsoundError,
        proven,
        vouching,
    )
except ImportError:
    from kyc_portal.audit.proof.verifier import Checkpoint, Key, UnsoundError, proven, vouching

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
    checkpoint = vouching(timeline["checkpoints"], keys, kept)
    entries = proven(timeline["entries"], checkpoint.size, checkpoint.root)
    pictures, logged = _pictures(folder, entries)
    return Found(
        files=files,
        pictures=pictures,
        pictures_logged=logged,
        entries=len(entries),
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
