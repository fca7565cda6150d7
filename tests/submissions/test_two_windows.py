"""The same picture from two windows at once is one picture; two different ones leave the later."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from kyc_portal.sealing import files
from kyc_portal.submissions import intake
from kyc_portal.submissions.models import Scan, Submission
from tests import cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_bound]


def send_at_once(submission: Submission, pictures: list[bytes], monkeypatch: pytest.MonkeyPatch) -> list[Scan]:
    """Send each from a thread of its own; nobody goes on to the row before all have stored their bytes."""
    stored = threading.Barrier(len(pictures), timeout=30)
    store = files.store

    def store_and_wait(*given: object) -> object:
        made = store(*given)  # type: ignore[arg-type]
        stored.wait()
        return made

    monkeypatch.setattr(files, "store", store_and_wait)
    actor = submission.customer.actor

    def send(data: bytes) -> Scan:
        try:
            return intake.add_scan(submission=submission, side="FRONT", data=data, actor=actor, now=cast.NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(pictures)) as windows:
        return list(windows.map(send, pictures))


def test_one_picture_from_three_windows_is_one_scan_and_one_file(monkeypatch: pytest.MonkeyPatch, log) -> None:
    submission = cast.collecting(cast.make_customer())
    log.start()
    sent = send_at_once(submission, [cast.picture(5)] * 3, monkeypatch)
    (scan,) = Scan.objects.filter(submission=submission)
    assert {each.pk for each in sent} == {scan.pk}
    assert scan.state == "kept"
    assert list(files.listed()) == [scan.pk]
    assert log.acts().count("picture.added") == 1


def test_two_pictures_from_two_windows_leave_the_later(monkeypatch: pytest.MonkeyPatch) -> None:
    submission = cast.collecting(cast.make_customer())
    send_at_once(submission, [cast.picture(5), cast.picture(6)], monkeypatch)
    states = sorted(Scan.objects.filter(submission=submission).values_list("state", flat=True))
    assert states == ["kept", "replaced"]
