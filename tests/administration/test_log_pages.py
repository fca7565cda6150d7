"""The audit log's pages: how it stands, where the signature ends, one entry whole, and sealed values for a minute."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.administration import log_views
from kyc_portal.audit.models import Entry
from kyc_portal.audit.proof import checking
from kyc_portal.audit.proof.signing import Signer
from kyc_portal.audit.proof.standing import State, standing
from kyc_portal.audit.proof.verifier import UnsoundError, verify_bundle, verify_entries
from kyc_portal.audit.triggers import RowAudit
from kyc_portal.exports import errors as exports_errors
from kyc_portal.exports import log_bundle
from kyc_portal.privacy import holds, revealing
from kyc_portal.privacy.errors import NotAllowedError
from kyc_portal.sealing.keys import held
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.submissions.deciding import corrections
from kyc_portal.submissions.models import Submission
from tests import cast
from tests.audit.proof.conftest import forget_checkpoints, signed_all
from tests.signing_in import freshly_signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


@pytest.fixture
def auditor() -> User:
    return cast.make_staff(Role.AUDITOR, "Aud Mak")


@pytest.fixture
def log_page(auditor: User, sign_in: Callable[[User], Client]) -> Callable[..., str]:
    client = sign_in(auditor)
    return lambda name="audit-log", *args, **query: client.get(
        reverse(f"administration:{name}", args=args), query
    ).content.decode()


def result(action: str, **details: str) -> None:
    """A verification's result as the log keeps it."""
    with audit.acting(audit.system("verifier")):
        audit.record(
            action,
            object_type="audit_log",
            object_id="12",
            details={"late": "0", "not_checked": "0", "findings": "0", "first": "", "from": "0", **details},
        )


def corrected() -> tuple[Submission, Entry]:
    """A case with a corrected name, and the entry of that row."""
    rob = cast.make_staff(name="Rob Lam")
    submission = cast.to_review()
    cast.claimed(submission, rob)
    corrections.correct(
        submission=submission, reviewer=rob, reading=submission.readings.get(), field_name="name", value="李优图",
        reason="as printed", version_seen=submission.version, actor=rob.actor, now=cast.NOW,
    )  # fmt: skip
    return submission, Entry.objects.filter(object_type="submissions.fieldcorrection").latest("id")


class TestHowItStands:
    def test_a_result_of_today_is_green_and_one_of_yesterday_is_not(self, log_page, monkeypatch) -> None:
        result(checking.SOUND)
        # Whatever other tests left in the log, sealed or not.
        today = replace(standing(), unsealed_since=None, sealed=0, note="")
        monkeypatch.setattr(log_views, "standing", lambda: today)
        assert "banner-pass" in log_page()
        tomorrow = replace(today, now=timezone.now() + timedelta(hours=25))
        monkeypatch.setattr(log_views, "standing", lambda: tomorrow)
        text = log_page()
        assert "Not verified since" in text
        assert "banner-unknown" in text
        assert "banner-pass" not in text

    def test_a_broken_log_says_how_far_it_is_good_and_shows_no_green(self, log_page) -> None:
        result(checking.SOUND)
        result(
            checking.UNSOUND, findings="2", first="entry 7, at position 6, is not the one that was sealed",
            good_up_to="6",
        )  # fmt: skip
        text = log_page()
        for said in ("Does not verify: entry 7", "Good up to position 6", "2 findings", "Do not delete or repair"):
            assert said in text, said
        assert "log-table-grey" in text
        assert not re.search("banner-pass|tag-pass", text)

    def test_the_last_full_check_is_told_apart_from_the_last(self) -> None:
        result(checking.SOUND, seconds="41")
        result(checking.SOUND, **{"from": "7"})
        found = standing()
        assert found.whole is not None
        assert found.verified is not None
        assert (found.whole.details["seconds"], found.verified.details["from"]) == ("41", "7")
        result(checking.UNSOUND, good_up_to="9")
        broken = standing()
        assert (broken.state, broken.good_up_to) == (State.BROKEN, 9)
        assert broken.verified == found.verified


@pytest.mark.django_db(transaction=True)
class TestTakingTheLog:
    """An auditor, who has no shell here, takes the log to an outsider."""

    @pytest.fixture
    def auditors(self, auditor: User, sign_in: Callable[[User], Client], sealing: psycopg.Connection) -> Client:
        forget_checkpoints()
        cast.to_review()
        signed_all(sealing)
        return freshly_signed_in(sign_in(auditor), auditor)

    def taken(self, client: Client, **fields: str) -> Any:
        return client.post(reverse("administration:audit-take"), fields)

    def test_all_that_is_signed_and_a_part_of_it_verify_elsewhere(
        self, auditors: Client, signers: list[Signer], tmp_path: Path, log
    ) -> None:
        size = standing().signed_size
        for fields, entries in (({}, size), ({"first": "3", "last": str(size - 5)}, size - 7)):
            answer = self.taken(auditors, **fields)
            whole = b"".join(answer.streaming_content)
            with zipfile.ZipFile(io.BytesIO(whole)) as archive:
                archive.extractall(tmp_path)
                folder = tmp_path / archive.namelist()[0].partition("/")[0]
            assert verify_bundle(folder, [signers[0].key]).entries == entries
            assert (folder / "verify.py").exists()
            entry = log.entries(action="audit.exported")[-1]
            assert entry.details["zip_sha256"] == answer["X-Content-SHA256"] == hashlib.sha256(whole).hexdigest()
            assert (entry.actor_label, entry.details["to"]) == ("Aud Mak", str(int(fields.get("last", size - 1)) + 1))

    def test_what_is_not_signed_or_too_much_is_said_and_nothing_is_recorded(
        self, auditors: Client, monkeypatch: pytest.MonkeyPatch, log
    ) -> None:
        for fields in ({"last": "99999999"}, {"first": "7", "last": "6"}):
            answer = self.taken(auditors, **fields)
            assert (answer.status_code, "No signature covers" in answer.content.decode()) == (400, True)
        monkeypatch.setattr(log_bundle, "ENTRIES_LIMIT", 3)
        answer = self.taken(auditors)
        assert (answer.status_code, "Take a part" in answer.content.decode()) == (400, True)
        assert "audit.exported" not in log.acts()

    def test_an_old_factor_is_asked_for_again_and_leads_back(self, auditor: User, sign_in, log) -> None:
        client = sign_in(auditor)
        assert "reauthenticate" in self.taken(client)["Location"]
        assert "audit.exported" not in log.acts()

    def test_others_are_refused_by_the_writer_too(self) -> None:
        sue = cast.make_staff(Role.SENIOR_REVIEWER)
        with pytest.raises(exports_errors.NotAllowedError):
            log_bundle.make(start=0, end=None, by=sue, now=timezone.now())


@pytest.mark.django_db(transaction=True)
class TestTheSignature:
    def test_a_line_says_where_it_ends(self, log_page, sealing: psycopg.Connection) -> None:
        result(checking.SOUND)
        first = cast.make_customer()
        signed_all(sealing)
        later = cast.make_customer()
        text = log_page(show="")
        line = text.index('class="signed-line')
        assert text.index(str(later.reference)) < line < text.index(str(first.reference))
        assert text.count('class="signed-line') == 1

    def test_one_entry_is_proven_to_a_stranger(
        self, auditor, sign_in, sealing: psycopg.Connection, signers: list[Signer], tmp_path: Path
    ) -> None:
        _submission, entry = corrected()
        address = reverse("administration:audit-proof", args=[entry.pk])
        client = sign_in(auditor)
        assert client.get(address).status_code == 302, "nothing is signed yet"
        note = signed_all(sealing)
        file = tmp_path / "entry.json"
        file.write_bytes(client.get(address).content)
        (found,), checkpoint = verify_entries(file, [signers[0].key], [note])
        assert (found["id"], checkpoint.size) == (str(entry.pk), standing().signed_size)
        assert client.get(reverse("administration:audit-checkpoint")).content.decode() == note
        told = json.loads(file.read_text())
        told["entries"][0]["line"] = told["entries"][0]["line"].replace("insert", "delete")
        file.write_text(json.dumps(told))
        with pytest.raises(UnsoundError, match="not one of the entries that were signed"):
            verify_entries(file, [signers[0].key])


class TestEntries:
    def test_each_filter_narrows_and_older_keeps_them(self, log_page) -> None:
        submission, entry = corrected()
        row = f"/audit-log/{entry.pk}/"
        assert row in log_page(case=submission.reference)
        assert row in log_page(case=submission.customer.reference)
        assert row not in log_page(case="S-NOSUCH")
        assert row in log_page(action="insert", via="shell", day_from="2026-01-01")
        assert row not in log_page(action="insert", via="web", day_from="2026-01-01")
        assert row not in log_page(day_to="2026-01-01")
        assert row in log_page(case=submission.reference, before=str(entry.pk + 1))
        assert "before=" in log_page(case=submission.reference, via="shell")
        assert "via=shell" in log_page(case=submission.reference, via="shell")

    def test_one_entry_says_all_of_itself_and_what_its_transaction_did(self, log_page) -> None:
        submission, entry = corrected()
        text = log_page("audit-entry", entry.pk)
        for said in ("Rob Lam", submission.reference, "sealed, digest", "Corrected a field", entry.db_user):
            assert said in text, said
        assert "李优图" not in text

    def test_the_page_asks_as_much_for_fifty_entries_as_for_one(self, auditor, sign_in) -> None:
        client, many = sign_in(auditor), []
        for _round in range(2):
            corrected()
            with CaptureQueriesContext(connection) as asked:
                client.get(reverse("administration:audit-log"))
            many.append(len(asked))
        assert many[0] == many[1] <= 20


class TestRevealing:
    def test_a_fresh_factor_reveals_for_a_minute_and_leaves_an_entry(self, auditor, sign_in, log) -> None:
        submission, entry = corrected()
        address = reverse("administration:audit-reveal", args=[entry.pk])
        client = freshly_signed_in(sign_in(auditor), auditor)
        log.start()
        answer = client.post(address)
        text = answer.content.decode()
        assert "李优图" in text
        assert "as printed" in text
        assert answer["Refresh"] == f"60; url={reverse('administration:audit-entry', args=[entry.pk])}"
        assert "no-store" in answer["Cache-Control"]
        (act,) = log.entries(action="value.revealed")
        assert (act.actor, act.subject, act.object_id) == (auditor.actor.name, submission.customer_id, str(entry.pk))
        assert act.details["columns"] == "value_sealed"
        assert client.get(address).status_code == 302, "looking again is pressing again"

    def test_an_old_factor_is_asked_for_again(self, auditor, sign_in, log) -> None:
        _submission, entry = corrected()
        answer = sign_in(auditor).post(reverse("administration:audit-reveal", args=[entry.pk]))
        assert "reauthenticate" in answer["Location"]
        assert "value.revealed" not in log.acts()

    def test_a_value_the_row_no_longer_holds_comes_from_the_vault(self, auditor) -> None:
        submission, _entry = corrected()
        before = Entry.objects.filter(
            object_type="submissions.submission", object_id=str(submission.pk), after__has_key="summary_sealed"
        ).earliest("id")
        (shown,) = revealing.reveal(entry=before, by=auditor)
        assert (shown.column, shown.before) == ("summary_sealed", "")
        assert "李" in shown.after

    def test_others_are_refused_by_the_writer_too(self) -> None:
        _submission, entry = corrected()
        with pytest.raises(NotAllowedError):
            revealing.reveal(entry=entry, by=cast.make_staff(Role.SENIOR_REVIEWER))

    def test_of_an_erased_customer_it_says_so(self, auditor, sign_in) -> None:
        submission, entry = corrected()
        with audit.acting(audit.system("command_test")):
            CustomerKey.objects.filter(customer=submission.customer_id).delete()
        held.clear()
        client = freshly_signed_in(sign_in(auditor), auditor)
        text = client.post(reverse("administration:audit-reveal", args=[entry.pk])).content.decode()
        assert "erased" in text
        assert "李优图" not in text

    def test_a_reason_of_a_hold_is_a_text_and_opens_too(self, auditor) -> None:
        hold = holds.put_on(customer=cast.to_review().customer, why="letter of the police", by=auditor, now=cast.NOW)
        entry = Entry.objects.filter(object_type="privacy.hold", object_id=str(hold.pk), kind="row").get()
        (shown,) = revealing.reveal(entry=entry, by=auditor)
        assert shown.after == "letter of the police"

    def test_every_sealed_column_is_told_or_named_with_why_not(self) -> None:
        sealed = {
            (model._meta.label_lower, column)
            for model in apps.get_models()
            for trigger in getattr(model._meta, "triggers", [])
            if isinstance(trigger, RowAudit)
            for column, kind in trigger.classes.items()
            if kind == "sealed"
        }
        assert sealed == set(revealing.PLACES) | set(revealing.NOT_TOLD)
