"""A picture without a row goes; one with a row, a young one, and any of too many stay."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Role
from kyc_portal.audit import Actor
from kyc_portal.sealing import files
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.submissions.models import Scan
from kyc_portal.submissions.pictures import orphans
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
SWEEP = audit.system("sweep")


@pytest.fixture(autouse=True)
def _empty_store() -> None:
    for picture_id in files.listed():
        files.delete(picture_id)


def later() -> datetime:
    return timezone.now() + timedelta(hours=1, minutes=1)


def orphan() -> uuid.UUID:
    """A picture whose upload was killed before its row was written."""
    picture_id = uuid.uuid4()
    files.store(cast.collecting(cast.make_customer()).customer_id, picture_id, b"a picture")
    return picture_id


def test_only_the_old_one_without_a_row_goes(log) -> None:
    submission = cast.received()
    kept = set(submission.scans.values_list("pk", flat=True))
    lost = orphan()
    assert orphans.remove(actor=SWEEP, now=timezone.now()) == 0, "an upload may be writing its row just now"
    assert orphans.remove(actor=SWEEP, now=later()) == 1
    assert set(files.listed()) == kept
    (entry,) = log.entries(action="picture.orphans_removed")
    assert entry.details == {"pictures": str(lost)}


def test_what_an_erasure_could_not_remove_goes_later() -> None:
    submission = cast.received()
    with audit.acting(Actor(kind="operator", id="1", label="test", role="operator")):
        CustomerKey.objects.filter(customer=submission.customer_id).delete()
    assert orphans.remove(actor=SWEEP, now=later()) == Scan.objects.filter(submission=submission).count()
    assert files.listed() == []


def test_many_at_once_are_left_to_a_person(monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks) -> None:
    cast.make_staff(Role.ADMINISTRATOR)
    monkeypatch.setattr(orphans, "_AT_ONCE", 2)
    for _each in range(3):
        orphan()
    with django_capture_on_commit_callbacks(execute=True):
        assert orphans.remove(actor=SWEEP, now=later()) == 0
    assert len(files.listed()) == 3
    assert any("belong to no row" in str(message.body) for message in mail.outbox)
