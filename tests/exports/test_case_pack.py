"""The examiner's pack: what is in it, that a stranger's machine verifies it, and that no changed byte passes."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.audit.models import Entry
from kyc_portal.audit.proof import sealer, signing
from kyc_portal.audit.proof.inclusion import Proof
from kyc_portal.customer_site import words
from kyc_portal.exports.archive import Made
from kyc_portal.exports.case_pack import contents, making, paper
from kyc_portal.exports.case_pack.case_file import NOT_SEEN, Making
from kyc_portal.exports.errors import NotAllowedError, RefusedError
from kyc_portal.sealing.errors import KeyDestroyedError
from kyc_portal.sealing.keys import held
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.submissions import card_fields, review
from kyc_portal.submissions.deciding import corrections, verdicts
from kyc_portal.submissions.models import DeclaredType, Submission
from kyc_portal.submissions.reasons import Outcome
from ocr_integration.contract import ZoneValues
from tests import cast
from tests.audit.proof.conftest import ORIGIN, SIGNING_KEY, signed_all
from tests.signing_in import freshly_signed_in

PURPOSE = "Examination by the regulator, letter of 20 November"
NOTE = "NOTE-FOR-COLLEAGUES-ONLY"
NASTY = "<script>alert(1)</script>"


@pytest.fixture
def aud() -> User:
    return cast.make_staff(Role.AUDITOR, "Aud Mak")


def rejected() -> Submission:
    """A case with a warning, a correction and a note, rejected."""
    rob, now = cast.make_staff(name="Rob Lam"), timezone.now()
    submission = cast.to_review(warnings=(-9102,), now=now)
    cast.looked_at(cast.claimed(submission, rob, now=now), rob)
    corrections.correct(
        submission=submission, reviewer=rob, reading=submission.readings.get(), field_name="issue_authority",
        value=f"国家移民管理局{NASTY}", reason="misread", version_seen=submission.version, actor=rob.actor, now=now,
    )  # fmt: skip
    submission.refresh_from_db()
    review.decide(
        submission=submission, reviewer=rob, verdict=verdicts.Verdict(Outcome.REJECT, ("photocopy",), note=NOTE),
        version_seen=submission.version, actor=rob.actor, now=now,
    )  # fmt: skip
    submission.refresh_from_db()
    return submission


def made(submission: Submission, by: User, *, with_notes: bool = False) -> Made:
    return making.make(submission=submission, purpose=PURPOSE, with_notes=with_notes, by=by, now=timezone.now())


def files(pack: Made) -> dict[str, bytes]:
    """{path in the pack: bytes}."""
    with zipfile.ZipFile(io.BytesIO(b"".join(pack.pieces))) as archive:
        assert archive.testzip() is None
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


@pytest.mark.django_db
@pytest.mark.db_bound
class TestWhatIsInIt:
    def test_every_hash_is_listed_and_right(self, aud: User) -> None:
        held = files(made(rejected(), aud))
        listed = dict(reversed(line.split("  ", 1)) for line in held.pop("SHA256SUMS").decode().splitlines())
        assert listed == {name: hashlib.sha256(data).hexdigest() for name, data in held.items()}
        assert {"index.html", "case.pdf", "case.json", "timeline.json", "verify.py"} <= set(held)

    def test_the_page_says_the_box_first_and_who_decided_what(self, aud: User) -> None:
        submission = rejected()
        held = files(made(submission, aud))
        page = held["index.html"].decode()
        assert page.index(NOT_SEEN.split(".")[0]) < page.index("<h2>")
        for text in (
            submission.reference, "Aud Mak, Auditor", PURPOSE, "李優圖", "Rob Lam, reviewer", "Photocopy offered as a card",
            "-9102", "corrected by Rob Lam: misread", "Remote, original not seen", "what was seen: version",
            hashlib.sha256(held["case.json"]).hexdigest(),
        ):  # fmt: skip
            assert text in page, text
        assert NASTY not in page
        assert not re.search(r"<script|(src|href)=\"(https?:|//)|url\(", page)

    def test_what_was_not_checked_stands_in_capitals_and_is_counted(self, aud: User) -> None:
        submission = cast.to_review(warnings=None, now=timezone.now())
        held = files(made(submission, aud))
        checks = json.loads(held["case.json"])["checks"]
        many = sum(check["result"] == "NOT CHECKED" for check in checks)
        assert many >= 1
        assert f"{many} NOT CHECKED" in held["index.html"].decode()

    def test_pictures_are_the_bytes_that_came_in(self, aud: User) -> None:
        submission = cast.received(declared=DeclaredType.TAIWAN_RESIDENT, now=timezone.now())
        held = files(made(submission, aud))
        [picture] = json.loads(held["case.json"])["pictures"]
        scan = submission.scans.get()
        data = held[picture["file"]]
        assert hashlib.sha256(data).hexdigest() == picture["sha256"]
        assert hashlib.sha256(bytes.fromhex(picture["salt"]) + data).digest() == bytes(scan.commitment)

    def test_the_staffs_notes_come_only_where_they_were_asked_for(self, aud: User, log) -> None:
        submission = rejected()
        log.start()
        for with_notes in (False, True):
            held = files(made(submission, aud, with_notes=with_notes))
            texts = (held["index.html"] + held["case.json"] + held["timeline.json"]).decode()
            assert (NOTE in texts) is with_notes
        assert [each.details["notes"] for each in log.entries(action="case_pack.made")] == ["no", "yes"]

    def test_that_it_was_handed_on_is_told_and_why_only_with_the_notes(self, aud: User) -> None:
        rob, now = cast.make_staff(name="Rob Lam"), timezone.now()
        submission = cast.claimed(cast.to_review(now=now), rob, now=now)
        review.park(
            submission=submission, reviewer=rob, until=now + timedelta(hours=2), why=NOTE,
            version_seen=submission.version, actor=rob.actor, now=now,
        )  # fmt: skip
        submission.refresh_from_db()
        for with_notes in (False, True):
            held = files(made(submission, aud, with_notes=with_notes))
            page = held["index.html"].decode()
            assert "Parked the case" in page
            assert "by Rob Lam, reviewer" in page
            assert (NOTE in page + held["case.json"].decode()) is with_notes

    def test_no_other_customer_is_in_it(self, aud: User) -> None:
        other = cast.to_review(
            read=replace(cast.TAIWAN_READING, name="區麗珍", english_name="AU,LAI CHUN"), now=timezone.now()
        )
        held = files(made(rejected(), aud))
        for name, data in held.items():
            for value in ("區麗珍", "AU,LAI CHUN", other.customer.reference, str(other.customer_id)):
                assert value.encode() not in data, (name, value)

    def test_making_is_an_act_and_a_look_at_every_picture(self, aud: User, log) -> None:
        submission = rejected()
        log.start()
        pack = made(submission, aud)
        assert log.acts() == ["case_pack.asked", "picture.viewed", "case_pack.made"]
        [entry] = log.entries(action="case_pack.made")
        assert entry.details["sha256"] == pack.sha256 == hashlib.sha256(b"".join(pack.pieces)).hexdigest()
        assert (entry.details["purpose"], entry.subject) == (PURPOSE, submission.customer_id)

    def test_without_a_checkpoint_page_and_paper_say_so(self, aud: User) -> None:
        asked = Making("Aud Mak", "Auditor", timezone.now(), PURPOSE, False, "Harbour", "1")
        case = replace(contents.gather(rejected(), made=asked, now=timezone.now()), proof=Proof((), ()))
        assert "NOT SIGNED YET: there is no checkpoint" in making.files_of(case)["index.html"].decode()

    def test_only_what_the_customer_was_shown_is_called_confirmed(self, aud: User) -> None:
        assert set(words.FIELDS) == card_fields.CONFIRMED_FIELDS
        lines = {each["name"]: each for each in json.loads(files(made(rejected(), aud))["case.json"])["fields"]}
        assert (lines["name"]["source"], lines["issue_address"]["source"]) == ("confirmed by customer", "read")

    def test_a_letter_no_face_can_draw_stands_as_its_code(self, aud: User, caplog: pytest.LogCaptureFixture) -> None:
        """A blank box would be a name that nobody wrote, and the library would tell the log which letter it was."""
        asked = Making("Aud Mak", "Auditor", timezone.now(), "为了 𠮷 reason of twenty", False, "Harbour", "1")
        case = contents.gather(rejected(), made=asked, now=timezone.now())
        drawn = paper._Paper(case, "0" * 64)
        assert drawn.normalize_text("李優圖 𠮷\n") == "李優圖 [U+20BB7]\n"
        assert paper.render(case, data_sha256="0" * 64).startswith(b"%PDF-")
        assert "missing" not in caplog.text

    @pytest.mark.parametrize("size", [(900, 600), (600, 900), (400, 2400), (2400, 300)])
    def test_no_picture_is_stretched_on_paper(self, size: tuple[int, int], aud: User) -> None:
        asked = Making("Aud Mak", "Auditor", timezone.now(), PURPOSE, False, "Harbour", "1")
        [picture] = contents.gather(rejected(), made=asked, now=timezone.now()).pictures
        width, height = paper._fitted(replace(picture, display=cast.picture(5, size)), 88.0)
        assert width / height == pytest.approx(size[0] / size[1])
        assert width <= 88.001
        assert height <= 90.001

    def test_the_machine_readable_line_is_told_beside_the_print(self, aud: User) -> None:
        zone = ZoneValues(number="08320271", birth="860302", sex="女")
        submission = cast.to_review(read=replace(cast.TAIWAN_READING, zone=zone), now=timezone.now())
        lines = {each["name"]: each for each in json.loads(files(made(submission, aud))["case.json"])["fields"]}
        assert lines["sex"]["source"].endswith("machine-readable line 女: DIFFERS")
        assert lines["birthday"]["source"].endswith("machine-readable line 860302: agrees")
        assert lines["name"]["zone"] == ""

    def test_no_letter_of_it_comes_into_the_logs(self, aud: User, caplog: pytest.LogCaptureFixture) -> None:
        """A library of fonts tells what it embeds, letter by letter, to whoever listens."""
        made(rejected(), aud)
        assert not [each for each in caplog.records if each.name.startswith(("fontTools", "fpdf"))]

    def test_the_paper_embeds_its_fonts_and_runs_nothing(self, aud: User) -> None:
        data = files(made(rejected(), aud))["case.pdf"]
        assert data.startswith(b"%PDF-")
        assert data.count(b"/FontFile") >= 1
        assert b"/JavaScript" not in data
        assert b"/URI" not in data

    @pytest.mark.parametrize("role", [Role.REVIEWER, Role.SENIOR_REVIEWER, Role.CUSTOMER])
    def test_others_are_refused_by_the_writer_too(self, role: Role, log) -> None:
        submission, person = rejected(), cast.make_staff(role)
        log.start()
        with pytest.raises(NotAllowedError):
            made(submission, person)
        assert log.acts() == []

    def test_without_a_purpose_nothing_is_opened(self, aud: User, log) -> None:
        submission = rejected()
        log.start()
        with pytest.raises(RefusedError):
            making.make(submission=submission, purpose="  why  ", with_notes=False, by=aud, now=timezone.now())
        assert log.acts() == []

    def test_of_an_erased_customer_there_is_no_pack(self, aud: User, sign_in: Callable[[User], Client]) -> None:
        submission = rejected()
        with audit.acting(audit.system("command_test")):
            CustomerKey.objects.filter(customer=submission.customer_id).delete()
        held.clear()
        with pytest.raises(KeyDestroyedError):
            made(submission, aud)
        client = freshly_signed_in(sign_in(aud), aud)
        address = reverse("administration:case-pack", args=[submission.pk])
        assert client.post(address, {"purpose": PURPOSE}).status_code == 410


@pytest.mark.django_db
@pytest.mark.db_bound
class TestThePage:
    def test_a_fresh_factor_and_a_purpose_give_the_zip(self, aud: User, sign_in: Callable[[User], Client]) -> None:
        submission = rejected()
        address = reverse("administration:case-pack", args=[submission.pk])
        stale = freshly_signed_in(sign_in(aud), aud, method="password")
        assert stale.post(address, {"purpose": PURPOSE})["Location"].startswith(reverse("mfa_reauthenticate"))
        client = freshly_signed_in(sign_in(aud), aud)
        assert client.post(address, {"purpose": "short"}).status_code == 400
        answer = client.post(address, {"purpose": PURPOSE})
        assert answer["Content-Type"] == "application/zip"
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Content-SHA256"] == hashlib.sha256(answer.getvalue()).hexdigest()
        assert "alert" not in answer["Content-Disposition"]

    def test_the_case_offers_it_to_who_may(self, aud: User, sign_in: Callable[[User], Client]) -> None:
        submission = rejected()
        for person, may in ((aud, True), (cast.make_staff(), False)):
            page = sign_in(person).get(reverse("console:case", args=[submission.pk])).content.decode()
            assert (reverse("administration:case-pack", args=[submission.pk]) in page) is may

    def test_a_case_never_sent_in_is_not_found(self, aud: User, sign_in: Callable[[User], Client]) -> None:
        submission = cast.collecting(cast.make_customer())
        client = freshly_signed_in(sign_in(aud), aud)
        assert client.get(reverse("administration:case-pack", args=[submission.pk])).status_code == 404


@pytest.fixture
def signed(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Seal and sign all there is, and keep the checkpoint outside."""
    with sealer.connect(os.environ["SEALER_DATABASE_URL"]) as connection:
        connection.autocommit = True

        def sign() -> None:
            (tmp_path / "kept.txt").write_text(signed_all(connection))

        yield sign


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As a stranger runs it: an empty environment, isolated, no package but Python's own, outside of the project."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", *arguments],
        cwd=folder, env={}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.db_bound
class TestOnAStrangersMachine:
    def unpacked(self, tmp_path: Path, pack: Made) -> Path:
        with zipfile.ZipFile(io.BytesIO(b"".join(pack.pieces))) as archive:
            archive.extractall(tmp_path / "pack")
        [folder] = (tmp_path / "pack").iterdir()
        return folder

    @pytest.fixture
    def folder(self, tmp_path: Path, signed: Callable[[], None], aud: User) -> Path:
        """A pack whose timeline is signed but for what came with its making."""
        submission = rejected()
        signed()
        return self.unpacked(tmp_path, made(submission, aud))

    def key(self) -> str:
        return str(signing.signers(SIGNING_KEY, origin=ORIGIN)[0].key)

    def test_it_verifies_and_adds_no_file(self, folder: Path) -> None:
        before = sorted(folder.rglob("*"))
        answer = run(folder, "--key", self.key())
        assert (answer.returncode, answer.stderr) == (0, ""), answer.stdout
        entries = len(json.loads((folder / "timeline.json").read_text())["entries"])
        assert f"{entries} entries of the log" in answer.stdout
        assert entries > 15
        assert "1 of 1 pictures are the ones whose receipt stands in the log" in answer.stdout
        assert "2 entries came after that checkpoint: NOT SIGNED" in answer.stdout  # the asking, the look
        assert sorted(folder.rglob("*")) == before

    def test_a_checkpoint_that_was_kept_does_as_well(self, folder: Path, tmp_path: Path) -> None:
        answer = run(folder, "--checkpoint", str(tmp_path / "kept.txt"))
        assert answer.returncode == 0, answer.stdout
        assert "its signature was not checked" in answer.stdout

    def test_it_does_not_vouch_for_itself(self, folder: Path) -> None:
        answer = run(folder)
        assert answer.returncode == 2
        assert "cannot vouch for itself" in answer.stderr

    def test_another_key_is_not_believed(self, folder: Path) -> None:
        other = signing.signers(f"t:{base64.b64encode(b'q' * 32).decode()}", origin=ORIGIN)[0]
        answer = run(folder, "--key", str(other.key))
        assert answer.returncode == 1
        assert "not signed by a key that is believed" in answer.stdout

    def test_one_changed_byte_of_any_file_is_refused(self, folder: Path) -> None:
        names = [each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()]
        for name in sorted(set(names) - {"verify.py", "verify_log.py", "plain_ed25519.py"}):
            path, whole = folder / name, (folder / name).read_bytes()
            at = len(whole) // 2
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            assert run(folder, "--key", self.key()).returncode == 1, name
            path.write_bytes(whole)
        assert run(folder, "--key", self.key()).returncode == 0

    def summed_anew(self, folder: Path, name: str) -> None:
        """What somebody who changes a file also does."""
        lines = (folder / "SHA256SUMS").read_text().splitlines()
        fresh = f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}"
        (folder / "SHA256SUMS").write_text(
            "".join(f"{fresh if each.endswith(f'  {name}') else each}\n" for each in lines)
        )

    def test_an_entry_changed_together_with_its_hash_is_refused(self, folder: Path) -> None:
        held = json.loads((folder / "timeline.json").read_text())
        held["entries"][5]["line"] = (
            held["entries"][5]["line"].replace("staff", "stuff").replace("customer", "kustomer")
        )
        (folder / "timeline.json").write_text(json.dumps(held))
        self.summed_anew(folder, "timeline.json")
        answer = run(folder, "--key", self.key())
        assert answer.returncode == 1
        assert "is not one of the entries that were signed" in answer.stdout

    def test_another_picture_with_its_own_hash_is_refused(self, folder: Path) -> None:
        held = json.loads((folder / "case.json").read_text())
        name = held["pictures"][0]["file"]
        (folder / name).write_bytes(cast.picture(9999))
        held["pictures"][0]["sha256"] = hashlib.sha256(cast.picture(9999)).hexdigest()
        (folder / "case.json").write_text(json.dumps(held))
        for each in (name, "case.json"):
            self.summed_anew(folder, each)
        answer = run(folder, "--key", self.key())
        assert answer.returncode == 1
        assert "is not the picture that was received" in answer.stdout

    def test_a_picture_left_out_of_all_lists_is_missed_by_its_decision(self, folder: Path) -> None:
        held = json.loads((folder / "case.json").read_text())
        name = held["pictures"].pop()["file"]
        (folder / name).unlink()
        (folder / "case.json").write_text(json.dumps(held))
        self.summed_anew(folder, "case.json")
        sums = (folder / "SHA256SUMS").read_text().splitlines(keepends=True)
        (folder / "SHA256SUMS").write_text("".join(line for line in sums if not line.endswith(f"  {name}\n")))
        answer = run(folder, "--key", self.key())
        assert answer.returncode == 1
        assert "was made on a picture that is not in the pack" in answer.stdout

    def test_a_page_changed_together_with_its_hash_differs_from_the_logs_entry(self, folder: Path) -> None:
        """Nothing inside can tell; the hash of the list, which the log holds, does."""
        [entry] = Entry.objects.filter(action="case_pack.made").order_by("-id")[:1]
        assert entry.details["sums_sha256"] in run(folder, "--key", self.key()).stdout
        page = (folder / "index.html").read_text()
        (folder / "index.html").write_text(page.replace("Photocopy", "Nothing"))
        self.summed_anew(folder, "index.html")
        answer = run(folder, "--key", self.key())
        assert answer.returncode == 0
        assert entry.details["sums_sha256"] not in answer.stdout

    def test_an_entry_shown_twice_is_refused(self, folder: Path) -> None:
        held = json.loads((folder / "timeline.json").read_text())
        held["entries"].append(held["entries"][3])
        (folder / "timeline.json").write_text(json.dumps(held))
        self.summed_anew(folder, "timeline.json")
        assert "stands twice" in run(folder, "--key", self.key()).stdout

    def test_a_file_added_or_removed_is_named(self, folder: Path) -> None:
        (folder / "extra.txt").write_text("x")
        assert "extra.txt does not stand in SHA256SUMS" in run(folder, "--key", self.key()).stdout
        (folder / "extra.txt").unlink()
        (folder / "case.pdf").unlink()
        assert "case.pdf is missing" in run(folder, "--key", self.key()).stdout

    def test_a_pack_made_before_anything_was_signed_says_so(self, folder: Path) -> None:
        """Its timeline as it would be then."""
        held = {
            "checkpoints": [],
            "entries": [],
            "unsigned": json.loads((folder / "timeline.json").read_text())["entries"],
        }
        (folder / "timeline.json").write_text(json.dumps(held))
        self.summed_anew(folder, "timeline.json")
        answer = run(folder, "--key", self.key())
        assert answer.returncode == 1
        assert "nothing was signed when this was made" in answer.stdout
