#!/usr/bin/env python3
"""Verify an exported audit log without the product that wrote it.

    python verify.py BUNDLE --key 'name+id+base64' [--known checkpoint.txt] …
    python verify.py ENTRY.json --key 'name+id+base64' [--known checkpoint.txt]

BUNDLE is a folder with `bundle.json`, `entries.jsonl` and `checkpoints.jsonl`; ENTRY.json is one entry, or some, each
with its way to the signed root, which shows that it stands in the log and nothing of the others. The key must come from
somewhere else than the bundle: whoever could rewrite the log could rewrite a key beside it. `--known` names checkpoints
you kept; without one, a tail that was cut together with its checkpoints cannot be seen.

Needs Python 3.11 or newer. Signatures are checked by the package `cryptography` where it is installed, else by the
file plain_ed25519.py beside this one. One pass, constant memory but for the ids seen.
Exit status: 0 sound, 1 not sound (one sentence says why), 2 the call cannot be understood.

The tree is that of RFC 6962 (leaf SHA-256(00 ‖ line), node SHA-256(01 ‖ left ‖ right)); a checkpoint is a signed note
as in C2SP tlog-checkpoint: origin, size, root, extension lines, a blank line, Ed25519 signatures.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    if __name__ == "__main__":
        sys.path.insert(0, str(Path(__file__).resolve().parent))  # which `python3 -I` leaves out
    from plain_ed25519 import verifies  # type: ignore[import-not-found]
else:

    def verifies(public: bytes, signature: bytes, message: bytes) -> bool:
        """Whether 64 bytes are the signature of a 32-byte public key over the message."""
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


# An entry so much older than the checkpoint before it was written late, or dated back: people should look.
LATE = timedelta(minutes=5)
_ED25519 = b"\x01"
_decode = json.JSONDecoder().decode
_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")


class UnsoundError(Exception):
    """The log is not what was signed; the message is one sentence that says where."""


# ----- the tree


def leaf_hash(line: bytes) -> bytes:
    """The hash of one line, given without its newline."""
    return sha256(b"\x00" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two neighbours."""
    return sha256(b"\x01" + left + right).digest()


@dataclass
class Edge:
    """The right edge of a growing tree: the roots of its full subtrees, largest first. At most 64 hashes."""

    size: int = 0
    roots: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        root, at, roots = leaf, self.size, self.roots
        while at & 1:
            root = sha256(b"\x01" + roots.pop() + root).digest()
            at >>= 1
        roots.append(root)
        self.size += 1

    def append_full(self, root: bytes, *, level: int) -> None:
        """Add the root of a full subtree of 2**level leaves; the size must be a multiple of that."""
        if self.size % (1 << level):
            raise ValueError("a full subtree starts at a multiple of its size")
        at = self.size >> level
        while at & 1:
            root = node_hash(self.roots.pop(), root)
            at >>= 1
        self.roots.append(root)
        self.size += 1 << level

    def root(self) -> bytes:
        """The root over everything added; of nothing, the hash of nothing."""
        if not self.roots:
            return sha256(b"").digest()
        root = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            root = node_hash(left, root)
        return root


# ----- signed notes


def key_id(name: str, public: bytes) -> bytes:
    """The first four bytes that stand for a key in its signatures; `public` is 32 bytes of Ed25519."""
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


@dataclass(frozen=True)
class Key:
    """A key that signs checkpoints. Its text is `name+id+base64`."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        return key_id(self.name, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> Key:
        """Raises ValueError when the text is no key, or its id is not the key's."""
        name, shown, encoded = (text.strip().split("+", 2) + ["", ""])[:3]
        try:
            raw = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise ValueError("a key is name+id+base64") from error
        if len(raw) != 33 or raw[:1] != _ED25519 or key_id(name, raw[1:]).hex() != shown:
            raise ValueError("a key is name+id+base64 of an Ed25519 key")
        return cls(name, raw[1:])

    def signed(self, text: str, signature: bytes) -> bool:
        """Whether 64 bytes are this key's signature over a note's text."""
        return verifies(self.public, signature, text.encode())


@dataclass(frozen=True)
class Checkpoint:
    """A signed note as read: nothing in it is to be trusted before `Trust.accept`."""

    origin: str
    size: int
    root: bytes
    time: datetime
    retires: str
    key: str
    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]

    @classmethod
    def parse(cls, note: str) -> Checkpoint:
        """Raises UnsoundError when it is no checkpoint."""
        text, blank, tail = note.partition("\n\n")
        lines = text.split("\n")
        try:
            if not blank or not tail.endswith("\n"):
                raise ValueError("it ends early")
            origin, size, root = lines[0], lines[1], base64.b64decode(lines[2], validate=True)
            if not origin or not size.isascii() or not size.isdigit() or str(int(size)) != size or len(root) != 32:
                raise ValueError("its first three lines are not origin, size and root")
            named = dict(line.split(" ", 1) for line in lines[3:])
            if len(named) != len(lines) - 3 or not set(named) <= {"time", "retires", "key"}:
                raise ValueError("it has lines that are not known")
            signatures = tuple(_signature(line) for line in tail[:-1].split("\n"))
            return cls(
                origin=origin,
                size=int(size),
                root=root,
                time=read_time(named["time"]),
                retires=named.get("retires", ""),
                key=named.get("key", ""),
                text=text + "\n",
                signatures=signatures,
            )
        except (IndexError, KeyError, ValueError, binascii.Error) as error:
            raise UnsoundError(f"a checkpoint cannot be read: {error}") from error


def _signature(line: str) -> tuple[str, bytes, bytes]:
    dash, name, encoded = line.split(" ")
    raw = base64.b64decode(encoded, validate=True)
    if dash != "—" or len(raw) != 68:
        raise ValueError("a signature line is — name base64")
    return name, raw[:4], raw[4:]


def read_time(text: str) -> datetime:
    """A time as lines and notes write it: UTC with microseconds."""
    if not _TIME.match(text):
        raise ValueError("a time is YYYY-MM-DDTHH:MM:SS.ffffffZ")
    return datetime.fromisoformat(text)


class Trust:
    """The keys believed so far: one at a time; a checkpoint signed by it may hand over to the next."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self.keys = list(keys)
        self._retired: set[bytes] = set()

    def accept(self, checkpoint: Checkpoint) -> None:
        """Raises UnsoundError unless a believed key signed it; learns the next key from a signed hand-over."""
        signer = next((key for key in self.keys if self._signed(checkpoint, key)), None)
        if signer is None:
            raise UnsoundError(f"the checkpoint of size {checkpoint.size} is not signed by a key that is believed")
        if not checkpoint.retires:
            return
        try:
            heir = Key.parse(checkpoint.key)
        except ValueError as error:
            raise UnsoundError(f"the checkpoint of size {checkpoint.size} retires a key for none") from error
        if not self._signed(checkpoint, heir):
            raise UnsoundError(f"the checkpoint of size {checkpoint.size} hands over to a key that did not sign it")
        self._retired.add(bytes.fromhex(checkpoint.retires))
        self.keys = [key for key in self.keys if key.id not in self._retired and key.id != heir.id] + [heir]

    def _signed(self, checkpoint: Checkpoint, key: Key) -> bool:
        return key.id not in self._retired and any(
            name == key.name and short == key.id and key.signed(checkpoint.text, signature)
            for name, short, signature in checkpoint.signatures
        )


def in_order(checkpoints: Sequence[Checkpoint], trust: Trust) -> dict[int, bytes]:
    """Accept checkpoints as they were made. Gives the root for each size.

    Raises UnsoundError for a signature, a size or a time that goes back, another origin, or two roots of one size.
    """
    roots: dict[int, bytes] = {}
    before: Checkpoint | None = None
    for each in checkpoints:
        trust.accept(each)
        if before and each.origin != before.origin:
            raise UnsoundError(f"the checkpoint of size {each.size} belongs to another log")
        if before and (each.size < before.size or each.time < before.time):
            raise UnsoundError(f"the checkpoint of size {each.size} is older or smaller than the one before it")
        if roots.setdefault(each.size, each.root) != each.root:
            raise UnsoundError(f"there are two checkpoints of size {each.size} with different roots")
        before = each
    return roots


# ----- single entries


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


def proven(held: Iterable[Any], size: int, root: bytes) -> list[dict[str, Any]]:
    """Entries whose lines lead to the signed root. Raises UnsoundError for one that does not, or that stands twice."""
    found = [_proven(each, size, root) for each in held]
    if len({entry["id"] for entry in found}) < len(found):
        raise UnsoundError("an entry of the timeline stands twice")
    return found


def _proven(held: Any, size: int, root: bytes) -> dict[str, Any]:
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


def vouching(notes: Sequence[str], keys: Sequence[Key], kept: str = "") -> Checkpoint:
    """The last of some checkpoints, signed by a key that is believed or equal to the one that was kept."""
    if not notes:
        raise UnsoundError("nothing was signed when this was made: nothing vouches for the entries")
    found = [Checkpoint.parse(note) for note in notes]
    last = found[-1]
    if keys:
        in_order(found, Trust(keys))
    if kept:
        mine = Checkpoint.parse(kept)
        if (mine.origin, mine.size) != (last.origin, last.size):
            raise UnsoundError(f"the checkpoint you kept is of size {mine.size}, this one is of size {last.size}")
        if mine.root != last.root:
            raise UnsoundError("the checkpoint here is not the one you kept")
    return last


def verify_entries(
    path: Path, keys: Sequence[Key], known: Sequence[str] = ()
) -> tuple[list[dict[str, Any]], Checkpoint]:
    """Check single entries with their paths; `known` as for a bundle. Raises UnsoundError with one sentence."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        notes, entries = list(held["checkpoints"]), list(held["entries"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnsoundError(f"{path.name} cannot be read") from error
    checkpoint = vouching(notes, keys)
    for each in (Checkpoint.parse(note) for note in known):
        if (each.origin, each.size) == (checkpoint.origin, checkpoint.size) and each.root != checkpoint.root:
            raise UnsoundError("the checkpoint here is not the one you kept")
    return proven(entries, checkpoint.size, checkpoint.root), checkpoint


# ----- a bundle


@dataclass(frozen=True)
class Found:
    """What a sound bundle holds."""

    entries: int
    size: int
    late: int
    time: datetime
    is_part: bool = False
    uncompared: int = 0


def verify_bundle(folder: Path, keys: Iterable[Key], known: Sequence[str] = ()) -> Found:
    """Check a bundle whole. `known`: texts of checkpoints kept elsewhere. Raises UnsoundError with one sentence."""
    try:
        about = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
        start, edge = int(about["from"]), [bytes.fromhex(each) for each in about["edge"]]
        is_part = bool(about["is_part"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnsoundError("bundle.json cannot be read") from error
    if bin(start).count("1") != len(edge):
        raise UnsoundError("the left edge does not fit the position the bundle starts at")
    trust = Trust(keys)
    checkpoints = [Checkpoint.parse(note) for note in _notes(folder / "checkpoints.jsonl")]
    if not checkpoints:
        raise UnsoundError("there is no checkpoint: nothing vouches for the entries")
    roots = in_order(checkpoints, trust)
    last, uncompared = checkpoints[-1], 0
    for each in sorted((Checkpoint.parse(note) for note in known), key=lambda kept: (kept.size, kept.time)):
        _accept_known(each, keys, checkpoints)
        if each.origin != last.origin:
            raise UnsoundError("a checkpoint you kept belongs to another log")
        if is_part and not start <= each.size <= last.size:
            uncompared += 1
            continue
        if each.size > last.size:
            raise UnsoundError(f"a checkpoint you kept covers {each.size} entries, this log ends at {last.size}")
        if roots.setdefault(each.size, each.root) != each.root:
            raise UnsoundError(f"the log of size {each.size} is not the one a checkpoint you kept was signed for")
    found = _walk(folder / "entries.jsonl", Edge(start, edge), roots, checkpoints)
    return replace(found, is_part=is_part, uncompared=uncompared)


def _accept_known(kept: Checkpoint, keys: Iterable[Key], checkpoints: Sequence[Checkpoint]) -> None:
    """A kept checkpoint may bear any key of the succession; each is believed for what it signed."""
    believed = [*keys, *(Key.parse(each.key) for each in checkpoints if each.key)]
    if not any(
        name == key.name and short == key.id and key.signed(kept.text, signature)
        for key in believed
        for name, short, signature in kept.signatures
    ):
        raise UnsoundError(f"the checkpoint of size {kept.size} that you kept is not signed by a key that is believed")


def _notes(path: Path) -> Iterator[str]:
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)["note"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnsoundError("checkpoints.jsonl cannot be read") from error


def _walk(path: Path, edge: Edge, roots: dict[int, bytes], checkpoints: Sequence[Checkpoint]) -> Found:
    """One pass over the lines: hash each, compare the root at every size that was signed."""
    ids: set[int] = set()
    entries = late = 0
    ahead = [each for each in checkpoints if each.size > edge.size]
    before = max((each.time for each in checkpoints if each.size <= edge.size), default=None)
    _compare(edge, roots)
    with path.open("rb") as lines:
        for raw in lines:
            if not ahead:
                raise UnsoundError(f"entries follow position {edge.size}, where the last checkpoint ends")
            if not raw.endswith(b"\n"):
                raise UnsoundError(f"the line at position {edge.size} is cut")
            line = raw[:-1]
            if line.startswith(b'{"leaf":'):
                edge.append(_bare_leaf(line, edge.size))
            else:
                number, at = _entry(line, edge.size)
                if number in ids:
                    raise UnsoundError(f"entry {number} stands twice")
                ids.add(number)
                if at > ahead[0].time:
                    raise UnsoundError(f"entry {number} is later than the checkpoint that covers it")
                late += before is not None and at < before - LATE
                entries += 1
                edge.append(leaf_hash(line))
            _compare(edge, roots)
            while ahead and ahead[0].size == edge.size:
                before = ahead.pop(0).time
    if ahead:
        raise UnsoundError(f"the lines end at position {edge.size}, a checkpoint covers {ahead[-1].size}")
    return Found(entries=entries, size=edge.size, late=late, time=checkpoints[-1].time)


def _compare(edge: Edge, roots: dict[int, bytes]) -> None:
    expected = roots.get(edge.size)
    if expected is not None and edge.root() != expected:
        raise UnsoundError(f"the first {edge.size} entries are not the ones that were signed")


def _bare_leaf(line: bytes, position: int) -> bytes:
    try:
        leaf = bytes.fromhex(json.loads(line)["leaf"])
    except (ValueError, TypeError) as error:
        raise UnsoundError(f"the line at position {position} is no entry") from error
    if len(leaf) != 32:
        raise UnsoundError(f"the line at position {position} is no entry")
    return leaf


def _entry(line: bytes, position: int) -> tuple[int, datetime]:
    try:
        entry = _decode(line.decode("ascii"))
        return int(entry["id"]), read_time(entry["at"])
    except (ValueError, KeyError, TypeError) as error:
        raise UnsoundError(f"the line at position {position} is no entry") from error


def _told_of_entries(entries: Sequence[dict[str, Any]], checkpoint: Checkpoint) -> int:
    for each in entries:
        print(f"Sound: entry {each['id']} of {each['at']}: {each['actor']} {each['action']} {each['object_type']}.")
    print(f"It stands in the log of size {checkpoint.size}, signed on {checkpoint.time:%Y-%m-%d %H:%M:%S} UTC.")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Verify an exported audit log.")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--key", action="append", required=True, help="name+id+base64, from outside the bundle")
    parser.add_argument("--known", action="append", default=[], type=Path, help="a checkpoint you kept")
    given = parser.parse_args(arguments)
    try:
        keys = [Key.parse(each) for each in given.key]
        known = [path.read_text(encoding="utf-8") for path in given.known]
    except (ValueError, OSError) as error:
        parser.error(str(error))
    try:
        if given.bundle.is_file():
            return _told_of_entries(*verify_entries(given.bundle, keys, known))
        found = verify_bundle(given.bundle, keys, known)
    except UnsoundError as error:
        print(f"NOT SOUND: {error}.")
        return 1
    except OSError as error:
        print(f"NOT SOUND: {error.filename} cannot be read.")
        return 1
    print(f"Sound: {found.entries} entries, up to position {found.size}.")
    print(f"The last checkpoint is of {found.time:%Y-%m-%d %H:%M:%S} UTC.")
    if found.is_part:
        print("It is a part of the log, and says nothing of what lies before and after.")
    if found.uncompared:
        print(f"{found.uncompared} checkpoints you kept lie outside of it and were not compared.")
    if found.late:
        print(f"{found.late} entries are dated long before the checkpoint that precedes them. Ask why.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
