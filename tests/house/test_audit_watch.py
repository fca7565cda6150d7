"""The log's page says how the log stands, and operators are told when it stands still or does not verify."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.administration import log_views
from kyc_portal.audit.proof import checking, signing
from kyc_portal.audit.proof import standing as stand
from kyc_portal.audit.proof.standing import Standing
from kyc_portal.oversight import tasks
from kyc_portal.submissions.templatetags.figures import NARROW_SPACE
from tests import cast
from tests.audit.proof.conftest import ORIGIN, SIGNING_KEY

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


@pytest.fixture(autouse=True)
def _told_nobody_yet() -> None:
    cache.clear()


def stands(monkeypatch: pytest.MonkeyPatch, *, signed_at: datetime | None = None, **facts: object) -> None:
    """The log as it stands, but for these facts."""
    now, by = timezone.now(), signing.signers(SIGNING_KEY, origin=ORIGIN)[0]
    found = {
        "verified": None, "whole": None, "failed": None, "verified_entry": 1200, "sealed": 1234, "number": 7,
        "note": signing.note(size=1200, root=bytes(32), at=signed_at, by=by) if signed_at else "",
        "unsealed_since": None, "now": now,
    }  # fmt: skip
    made = Standing(**{**found, **facts})  # type: ignore[arg-type]
    monkeypatch.setattr(stand, "standing", lambda: made)
    monkeypatch.setattr(log_views, "standing", lambda: made)


def result(action: str, **details: str) -> Standing:
    with audit.acting(audit.system("test")):
        audit.record(
            action,
            object_type="audit_log",
            object_id="1200",
            details={"late": "0", "not_checked": "0", "findings": "0", "first": "", "from": "0", **details},
        )
    return stand.standing()


@pytest.fixture
def log_page(sign_in: Callable[[User], Client]) -> Callable[[], str]:
    client = sign_in(cast.make_staff(Role.AUDITOR))
    return lambda: client.get(reverse("administration:audit-log")).content.decode()


def test_a_sound_result_is_shown_with_its_position(log_page, monkeypatch: pytest.MonkeyPatch) -> None:
    found = result(checking.SOUND)
    stands(monkeypatch, verified=found.verified, signed_at=timezone.now())
    assert f"Verified up to entry 1{NARROW_SPACE}200, position 1{NARROW_SPACE}200" in log_page()


def test_what_could_not_be_checked_is_said(log_page, monkeypatch: pytest.MonkeyPatch) -> None:
    stands(monkeypatch, verified=result(checking.SOUND, not_checked="2").verified, signed_at=timezone.now())
    assert "Not all could be checked" in log_page()


def test_a_failed_result_stands_above_everything_until_a_sound_one(log_page, monkeypatch: pytest.MonkeyPatch) -> None:
    result(checking.SOUND)
    found = result(checking.UNSOUND, findings="2", first="the entry at position 7 is gone")
    sound_again = result(checking.SOUND)
    stands(monkeypatch, failed=found.failed, verified=found.verified, unsealed_since=timezone.now() - timedelta(days=1))
    text = log_page()
    assert "Does not verify: the entry at position 7 is gone" in text
    assert "2 findings" in text
    assert sound_again.failed is None


@pytest.mark.parametrize(
    ("facts", "said", "subject"),
    [
        (
            {"unsealed_since": timedelta(minutes=3), "signed_at": timedelta(0)},
            "not sealed yet",
            "The audit log is not being sealed",
        ),
        (
            {"signed_at": timedelta(hours=3)},
            "No checkpoint was signed since",
            "No checkpoint of the audit log was signed",
        ),
        ({"signed_at": None}, "No checkpoint was ever signed", "No checkpoint of the audit log was signed"),
        ({"unsealed_since": timedelta(minutes=1), "signed_at": timedelta(0)}, "Not verified yet", None),
    ],
)
def test_a_sealer_that_stands_still_is_shown_and_operators_are_told_once(
    facts: dict[str, timedelta | None], said: str, subject: str | None, log_page, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.make_staff(Role.ADMINISTRATOR)
    stands(monkeypatch, **{name: None if ago is None else timezone.now() - ago for name, ago in facts.items()})
    assert said in log_page()
    tasks.watch_audit()
    tasks.watch_audit()
    assert [each.subject for each in mail.outbox] == ([subject] if subject else [])


def test_a_log_that_nobody_verified_for_a_day_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cast.make_staff(Role.ADMINISTRATOR)
    verified, now = result(checking.SOUND).verified, timezone.now()
    stands(monkeypatch, verified=verified, signed_at=now, now=now + timedelta(hours=1))
    tasks.watch_audit()
    assert mail.outbox == []
    stands(monkeypatch, verified=verified, signed_at=now + timedelta(hours=25), now=now + timedelta(hours=25))
    tasks.watch_audit()
    tasks.watch_audit()
    assert [each.subject for each in mail.outbox] == ["The audit log was not verified for a day"]


@pytest.mark.django_db(transaction=True)
def test_a_log_that_does_not_verify_is_mailed_with_its_findings(monkeypatch: pytest.MonkeyPatch, log) -> None:
    cast.make_staff(Role.ADMINISTRATOR)
    found = checking.Report(findings=["entry 7, at position 6, is not the one that was sealed"])
    monkeypatch.setattr(checking, "verify", lambda own, report, **how: report.findings.extend(found.findings))
    log.start()
    tasks.verify_audit()
    assert "entry 7" in mail.outbox[0].body
    assert log.acts() == [checking.UNSOUND]


def test_an_auditor_has_the_log_verified_by_a_worker(
    sign_in: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, object]] = []
    monkeypatch.setattr(tasks.verify_audit, "delay", lambda **how: sent.append(how))
    client = sign_in(cast.make_staff(Role.AUDITOR))
    assert "is being verified" in client.post(reverse("administration:audit-verify"), follow=True).content.decode()
    assert sent == [{"since_last": False}]


def test_without_workers_it_is_said_that_nothing_was_verified(
    sign_in: Callable[[User], Client], settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**how: object) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.verify_audit, "delay", away)
    client = sign_in(cast.make_staff(Role.AUDITOR))
    assert "Nothing was verified" in client.post(reverse("administration:audit-verify"), follow=True).content.decode()
