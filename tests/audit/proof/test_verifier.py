"""The tree, the notes and the stand-alone verifier, without a database: every byte of a bundle counts."""

from __future__ import annotations

import base64
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kyc_portal.audit.proof import lines, plain_ed25519, signing, verifier
from kyc_portal.audit.proof.verifier import Checkpoint, Edge, Key, UnsoundError, leaf_hash, node_hash, verify_bundle

ORIGIN = "desk.example/audit"
START = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
OLD, NEW = (
    signing.signers(f"k:{base64.b64encode(bytes([number]) * 32).decode()}", origin=ORIGIN)[0] for number in (1, 2)
)
# Inputs and roots of the tree that implementations of RFC 6962 are tried on.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def entry(number: int) -> bytes:
    at = START + timedelta(seconds=number)
    return lines.of_values(
        {
            "id": str(number + 10),
            "at": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}",
            "action": "picture.viewed",
            "actor": f"staff:{number % 3}",
        }
    )


def bundle(folder: Path, *, sizes: tuple[int, ...] = (5, 12, 20), rotate_at: int | None = None) -> Path:
    """A sound bundle of as many entries as the last size says, one checkpoint a size."""
    folder.mkdir()
    edge, notes, by = Edge(), [], OLD
    made = [entry(number) for number in range(sizes[-1])]
    for number, line in enumerate(made, 1):
        edge.append(leaf_hash(line))
        if number in sizes:
            retires = OLD if number == rotate_at else None
            by = NEW if retires else by
            at = START + timedelta(seconds=number, milliseconds=500)
            notes.append(signing.note(size=number, root=edge.root(), at=at, by=by, retires=retires))
    (folder / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in made))
    save_notes(folder, notes)
    (folder / "bundle.json").write_text(
        json.dumps({"format": "1", "from": 0, "to": sizes[-1], "is_part": False, "edge": []})
    )
    return folder


def save_notes(folder: Path, notes: list[str]) -> None:
    (folder / "checkpoints.jsonl").write_text("".join(json.dumps({"note": note}) + "\n" for note in notes))


def notes_of(folder: Path) -> list[str]:
    return [json.loads(line)["note"] for line in (folder / "checkpoints.jsonl").read_text().splitlines()]


def test_roots_are_those_of_the_published_test_tree() -> None:
    edge = Edge()
    for data, root in zip(INPUTS, ROOTS, strict=True):
        edge.append(leaf_hash(bytes.fromhex(data)))
        assert edge.root().hex() == root


def test_full_subtrees_and_single_leaves_give_the_same_root() -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(70)]
    for size in range(1, 71):
        single = Edge()
        for leaf in leaves[:size]:
            single.append(leaf)
        in_pairs = Edge()
        for start in range(0, size - 1, 2):
            in_pairs.append_full(node_hash(leaves[start], leaves[start + 1]), level=1)
        if size % 2:
            in_pairs.append(leaves[size - 1])
        assert single.root() == in_pairs.root()
        assert (single.size, len(single.roots)) == (size, bin(size).count("1"))


@given(
    some.dictionaries(
        some.from_regex(r"[a-z_]{1,9}", fullmatch=True), some.text() | some.none() | some.lists(some.text())
    )
)
def test_a_line_is_one_line_of_ascii_and_says_what_it_was_given(values: dict[str, object]) -> None:
    line = lines.of_values(values)
    assert b"\n" not in line
    assert line.isascii()
    assert json.loads(line) == {**values, "v": "1"}


def test_numbers_keep_every_digit() -> None:
    row = ("7", "1", "2026-11-20T04:00:00.000000Z", "row", "insert", "a", "b", None, None,
           '{"n": 12345678901234567890.10, "deep": [1, true, null]}', None, "x", "", "", "", "", "", "app")  # fmt: skip
    found = json.loads(lines.of_row(row))
    assert found["after"] == {"n": "12345678901234567890.10", "deep": ["1", True, None]}
    assert "subject" not in found


def test_a_sound_bundle_is_sound(tmp_path: Path) -> None:
    found = verify_bundle(bundle(tmp_path / "b"), [OLD.key], notes_of(tmp_path / "b")[:1])
    assert (found.entries, found.size, found.late) == (20, 20, 0)


def change_line(at: int, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        found = (folder / "entries.jsonl").read_bytes().splitlines(keepends=True)
        found[at] = change(found[at])
        (folder / "entries.jsonl").write_bytes(b"".join(found))

    return do


def rearrange(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        found = (folder / "entries.jsonl").read_bytes().splitlines(keepends=True)
        (folder / "entries.jsonl").write_bytes(b"".join(change(found)))

    return do


def change_notes(change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    return lambda folder: save_notes(folder, change(notes_of(folder)))


def cut_log_and_checkpoints(folder: Path) -> None:
    rearrange(lambda found: found[:12])(folder)
    change_notes(lambda notes: notes[:2])(folder)


ATTACKS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a word changed": (change_line(3, lambda line: line.replace(b"viewed", b"hidden")), "first 5 entries"),
    "an actor changed": (change_line(19, lambda line: line.replace(b"staff:1", b"staff:2")), "first 20 entries"),
    "a space added": (change_line(0, lambda line: line.replace(b'","', b'", "', 1)), "first 5 entries"),
    "a line taken out": (rearrange(lambda found: found[:7] + found[8:]), "first 12 entries"),
    "a line put in": (rearrange(lambda found: [*found[:7], entry(90) + b"\n", *found[7:]]), "later than|first 12"),
    "a line twice": (rearrange(lambda found: [*found[:7], found[6], *found[7:]]), "stands twice"),
    "two lines swapped": (rearrange(lambda found: [found[1], found[0], *found[2:]]), "first 5 entries"),
    "a line swapped for its hash": (change_line(2, lambda line: b'{"leaf":"%s"}\n' % (b"0" * 64)), "first 5 entries"),
    "the last line cut short": (rearrange(lambda found: [*found[:-1], found[-1][:-1]]), "is cut"),
    "the last line gone": (rearrange(lambda found: found[:-1]), "a checkpoint covers 20"),
    "a line after the end": (rearrange(lambda found: [*found, entry(21) + b"\n"]), "entries follow"),
    "log and checkpoints cut": (cut_log_and_checkpoints, "a checkpoint you kept covers 20"),
    "no checkpoint": (change_notes(lambda notes: []), "no checkpoint"),
    "a checkpoint's size": (change_notes(lambda notes: [notes[0].replace("\n5\n", "\n6\n"), *notes[1:]]), "not signed"),
    "a checkpoint's time": (change_notes(lambda notes: [notes[0].replace("04:00:05", "04:00:06"), *notes[1:]]), "not signed"),
    "a checkpoint's origin": (change_notes(lambda notes: [notes[0].replace("desk", "disk"), *notes[1:]]), "not signed"),
    "a checkpoint without its signature": (change_notes(lambda notes: [notes[0].split("\n\n")[0]]), "cannot be read"),
    "checkpoints swapped": (change_notes(lambda notes: [notes[1], notes[0], notes[2]]), "older or smaller"),
    "the edge": (lambda folder: (folder / "bundle.json").write_text('{"from":0,"is_part":false,"edge":["00"]}') and None, "left edge"),
    "no entries": (lambda folder: (folder / "entries.jsonl").write_bytes(b"") and None, "a checkpoint covers 20"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_what_was_done_to_a_bundle_is_said(name: str, tmp_path: Path) -> None:
    attack, said = ATTACKS[name]
    folder = bundle(tmp_path / "b")
    kept = notes_of(folder)
    attack(folder)
    with pytest.raises(UnsoundError, match=said):
        verify_bundle(folder, [OLD.key], kept[-1:])


def test_at_every_place_a_line_taken_out_doubled_or_swapped_is_caught(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "b")
    lines_ = (folder / "entries.jsonl").read_bytes().splitlines(keepends=True)
    for at in range(len(lines_)):
        for other in (
            lines_[:at] + lines_[at + 1 :],
            [*lines_[:at], lines_[at], *lines_[at:]],
            [*lines_[:at], entry(90 + at) + b"\n", *lines_[at:]],
            *(
                [*lines_[:at], lines_[to], *lines_[at + 1 : to], lines_[at], *lines_[to + 1 :]]
                for to in range(at + 1, len(lines_))
            ),
        ):
            (folder / "entries.jsonl").write_bytes(b"".join(other))
            with pytest.raises(UnsoundError):
                verify_bundle(folder, [OLD.key])


def test_a_cut_tail_is_not_seen_without_a_kept_checkpoint(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "b")
    cut_log_and_checkpoints(folder)
    assert verify_bundle(folder, [OLD.key]).size == 12


def test_a_log_written_anew_and_signed_with_another_key_is_refused(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "b", sizes=(20,), rotate_at=None)
    edge = Edge()
    for number in range(20):
        edge.append(leaf_hash(entry(number)))
    forged = signing.note(size=20, root=edge.root(), at=START + timedelta(seconds=21), by=NEW)
    save_notes(folder, [forged])
    with pytest.raises(UnsoundError, match="not signed by a key"):
        verify_bundle(folder, [OLD.key])


def test_any_changed_byte_of_an_entry_is_caught(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "b")
    whole = (folder / "entries.jsonl").read_bytes()
    chance = random.Random(7)
    for place in chance.sample(range(len(whole)), 300):
        other = (whole[place] + chance.randrange(1, 255)) % 256
        (folder / "entries.jsonl").write_bytes(whole[:place] + bytes([other]) + whole[place + 1 :])
        with pytest.raises(UnsoundError):
            verify_bundle(folder, [OLD.key])


def test_any_changed_byte_of_a_checkpoint_is_caught(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "b")
    notes = notes_of(folder)
    for place in range(len(notes[1])):
        changed = notes[1][:place] + ("x" if notes[1][place] != "x" else "y") + notes[1][place + 1 :]
        save_notes(folder, [notes[0], changed, notes[2]])
        with pytest.raises(UnsoundError):
            verify_bundle(folder, [OLD.key])


class TestKeys:
    def test_the_old_key_alone_leads_to_the_new_one(self, tmp_path: Path) -> None:
        assert verify_bundle(bundle(tmp_path / "b", rotate_at=12), [OLD.key]).size == 20

    def test_after_the_hand_over_the_old_key_signs_nothing_more(self, tmp_path: Path) -> None:
        folder = bundle(tmp_path / "b", rotate_at=12)
        notes = notes_of(folder)
        root = Checkpoint.parse(notes[2]).root
        late = signing.note(size=20, root=root, at=START + timedelta(seconds=25), by=OLD)
        save_notes(folder, [*notes, late])
        with pytest.raises(UnsoundError, match="not signed by a key"):
            verify_bundle(folder, [OLD.key])

    def test_a_hand_over_that_the_heir_did_not_sign_is_refused(self, tmp_path: Path) -> None:
        folder = bundle(tmp_path / "b", rotate_at=12)
        notes = notes_of(folder)
        head, tail = notes[1].split("\n\n")
        old_only = [line for line in tail.splitlines() if base64.b64decode(line.split()[2])[:4] == OLD.key.id]
        save_notes(folder, [notes[0], f"{head}\n\n{old_only[0]}\n", notes[2]])
        with pytest.raises(UnsoundError, match="did not sign"):
            verify_bundle(folder, [OLD.key])

    def test_a_checkpoint_kept_from_before_a_rotation_still_counts(self, tmp_path: Path) -> None:
        folder = bundle(tmp_path / "b", rotate_at=12)
        kept = notes_of(folder)
        assert verify_bundle(folder, [OLD.key], [kept[0], kept[2]]).size == 20

    @pytest.mark.parametrize("text", ["", "desk", "desk+00000000+AAAA", str(OLD.key)[:-4], "x" + str(OLD.key)])
    def test_what_is_no_key_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="a key is"):
            Key.parse(text)

    def test_a_keys_text_leads_back_to_it(self) -> None:
        assert Key.parse(str(OLD.key)) == OLD.key

    @pytest.mark.parametrize("text", ["", "first", "first:AAAA", "first:***"])
    def test_a_signing_key_of_no_form_is_refused(self, text: str) -> None:
        with pytest.raises(signing.SigningKeyError):
            signing.signers(text, origin=ORIGIN)


class TestTheCommand:
    """As a stranger runs it: another directory, no portal on the path, nothing of ours imported."""

    def run(self, folder: Path, *arguments: str, bare: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        shutil.copyfile(verifier.__file__, folder.parent / "verify.py")
        shutil.copyfile(plain_ed25519.__file__, folder.parent / "plain_ed25519.py")
        return subprocess.run(
            [sys.executable, "-I", *bare, str(folder.parent / "verify.py"), str(folder), *arguments],
            capture_output=True, text=True, cwd=folder.parent, env={}, timeout=60, check=False,
        )  # fmt: skip

    def test_sound_not_sound_and_not_understood_have_their_exits(self, tmp_path: Path) -> None:
        folder = bundle(tmp_path / "b")
        kept = tmp_path / "kept.txt"
        kept.write_text(notes_of(folder)[-1])
        sound = self.run(folder, "--key", str(OLD.key), "--known", str(kept))
        assert (sound.returncode, sound.stdout.splitlines()[0]) == (0, "Sound: 20 entries, up to position 20.")
        cut_log_and_checkpoints(folder)
        unsound = self.run(folder, "--key", str(OLD.key), "--known", str(kept))
        assert (unsound.returncode, unsound.stdout) == (
            1, "NOT SOUND: a checkpoint you kept covers 20 entries, this log ends at 12.\n",
        )  # fmt: skip
        assert self.run(folder, "--key", "nonsense").returncode == 2
        assert self.run(folder).returncode == 2

    def test_without_any_package_the_signatures_are_checked_all_the_same(self, tmp_path: Path) -> None:
        folder = bundle(tmp_path / "b")
        sound = self.run(folder, "--key", str(OLD.key), bare=("-S",))
        assert (sound.returncode, sound.stderr) == (0, "")
        save_notes(folder, [notes_of(folder)[0].replace("04:00:05", "04:00:06"), *notes_of(folder)[1:]])
        unsound = self.run(folder, "--key", str(OLD.key), bare=("-S",))
        assert (unsound.returncode, "not signed" in unsound.stdout) == (1, True)

    def test_an_entry_dated_back_is_pointed_at(self, tmp_path: Path) -> None:
        folder = tmp_path / "b"
        folder.mkdir()
        edge, notes, made = Edge(), [], []
        for number, minutes in enumerate((0, 1, 30, 2)):
            at = START + timedelta(minutes=minutes)
            line = lines.of_values({"id": str(number), "at": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"})
            made.append(line)
            edge.append(leaf_hash(line))
            if number >= 2:
                signed = START + timedelta(minutes=31 + number)
                notes.append(signing.note(size=number + 1, root=edge.root(), at=signed, by=OLD))
        (folder / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in made))
        (folder / "bundle.json").write_text('{"from": 0, "is_part": false, "edge": []}')
        save_notes(folder, notes)
        assert "1 entries are dated long before" in self.run(folder, "--key", str(OLD.key)).stdout
