"""How an export is made: part by part, stopped and gone on with, killed for real, called off, run out, called back."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import signal
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, connections
from django.utils import timezone, translation

from kyc_portal import audit
from kyc_portal.accounts import people
from kyc_portal.accounts.models import Role, User
from kyc_portal.exports import asking, blocks, making, store, sweeps, tasks
from kyc_portal.exports.errors import NotAllowedError, RefusedError, StoppedError, TooLateError
from kyc_portal.exports.models import Export, ExportPart, ExportState
from kyc_portal.exports.wanted import Wanted
from kyc_portal.privacy import erasure, retention
from kyc_portal.privacy.models import Cause
from kyc_portal.sealing.errors import KeyDestroyedError
from kyc_portal.sealing.keys import held
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.submissions import intake
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.rounds import RoundFailedError
from tests import cast

PURPOSE = "Monthly report to the compliance officer"
SWEEP = audit.system("sweep")
pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows a statement and a part, so that five rows are three parts."""
    monkeypatch.setattr(blocks, "READ", 2)
    monkeypatch.setattr(making, "PART", 2)


@pytest.fixture
def ada() -> User:
    return cast.make_staff(Role.ADMINISTRATOR, "Ada")


@pytest.fixture
def ben() -> User:
    return cast.make_staff(Role.ADMINISTRATOR, "Ben")


def asked(by: User, *, form: str = "csv", in_clear: bool = False, wanted: Wanted | None = None) -> Export:
    return asking.ask(
        purpose=PURPOSE, wanted=wanted or Wanted(), form=form, in_clear=in_clear, by=by, now=timezone.now()
    )


def made(by: User, **more: Any) -> Export:
    """An export whose worker has done."""
    export = asked(by, **more)
    tasks.make_export(str(export.pk))
    export.refresh_from_db()
    return export


def file_of(export: Export, by: User) -> bytes:
    return b"".join(asking.take(export=export, by=by, now=timezone.now()))


def written(**change: Any) -> None:
    """Rows of exports as something other than the writers left them."""
    with audit.acting(SWEEP):
        Export.objects.filter(state__in=[ExportState.RUNNING, ExportState.READY]).update(**change)


def references(data: bytes) -> list[str]:
    return [row["reference"] for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig")))]


def five() -> list[str]:
    """Five submissions' references, in the order of their keys."""
    return [cast.collecting(cast.make_customer()).reference for _each in range(5)]


def stored(export: Export) -> int:
    """How many objects lie in the store for an export."""
    try:
        return len(default_storage.listdir(f"export/{export.pk}")[1])
    except FileNotFoundError:
        return 0


def test_a_file_is_made_in_parts_and_the_log_knows_its_hash(ada: User, log) -> None:
    expected = five()
    export = made(ada)
    assert [part.rows for part in export.parts.order_by("number")] == [2, 2, 1]
    data = file_of(export, ada)
    assert (export.state, export.rows, export.size_bytes) == (ExportState.READY, 5, len(data))
    assert references(data) == expected
    entry, taken = log.entries(action="list.exported")[0], log.entries(action="export.taken")[0]
    assert entry.actor == "system:exporter"
    assert taken.actor == ada.actor.name
    for each in (entry, taken):
        assert each.details["sha256"] == export.sha256 == hashlib.sha256(data).hexdigest()
        assert (each.details["rows"], each.details["purpose"], each.details["masked"]) == ("5", PURPOSE, "yes")
        assert each.details["columns"].startswith("reference,customer_reference,")


def test_a_file_does_not_depend_on_the_reader_s_language(ada: User) -> None:
    gone = cast.to_review(warnings=(-9104,))
    with audit.acting(SWEEP):
        CustomerKey.objects.filter(customer=gone.customer_id).delete()
    held.clear()
    files = []
    for language in ("en", "zh-hant", "zh-hans"):
        with translation.override(language):
            (row,) = csv.DictReader(io.StringIO(file_of(made(ada), ada).decode("utf-8-sig")))
        files.append({name: text for name, text in row.items() if name != "as_of"})
    assert files[0] == files[1] == files[2]
    assert (files[0]["state"], files[0]["gravest_warning"], files[0]["name_masked"]) == (
        "to_review",
        "edited",
        "(erased)",
    )


def test_a_workbook_is_packed_of_its_parts(ada: User) -> None:
    expected = five()
    export = made(ada, form="xlsx")
    with zipfile.ZipFile(io.BytesIO(file_of(export, ada))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert [sheet.count(reference) for reference in expected] == [1] * 5


def test_nothing_of_a_file_lies_in_clear(ada: User, ben: User) -> None:
    cast.to_review()
    export = asked(ada, in_clear=True)
    asking.approve(export=export, by=ben, now=timezone.now())
    tasks.make_export(str(export.pk))
    export.refresh_from_db()
    assert "李優圖".encode() in file_of(export, ada)
    (name,) = default_storage.listdir(f"export/{export.pk}")[1]
    with default_storage.open(f"export/{export.pk}/{name}") as part:
        assert "李優圖".encode() not in part.read()


def test_an_interrupted_worker_s_work_is_gone_on_with(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, export = five(), asked(ada)
    put, left = store.put, [True]

    def put_once_then_fail(*given: Any) -> None:
        put(*given)
        if left and ExportPart.objects.filter(export=export).exists():
            left.clear()
            raise OSError("the store went away")

    monkeypatch.setattr(store, "put", put_once_then_fail)
    tasks.make_export(str(export.pk))
    export.refresh_from_db()
    assert (export.state, export.fault, export.parts.count()) == (ExportState.RUNNING, "OSError", 1)
    tasks.make_export(str(export.pk))
    assert export.parts.count() == 1, "not before it is due"
    written(lease_until=timezone.now())
    tasks.make_export(str(export.pk))
    export.refresh_from_db()
    assert references(file_of(export, ada)) == expected


def test_what_does_not_fit_into_one_go_is_handed_on(ada: User) -> None:
    expected, export = five(), asked(ada)
    for parts in (1, 2, 3):
        begun = making.begin(export=export, now=timezone.now())
        assert begun is not None
        assert making.write(export=begun, seconds=-1) is False
        assert export.parts.count() == parts
        making.hand_on(export=begun, now=timezone.now())
    tasks.make_export(str(export.pk))
    export.refresh_from_db()
    assert (references(file_of(export, ada)), export.tries) == (expected, 1)


def test_a_late_twin_s_part_does_not_count(ada: User) -> None:
    five()
    export = asked(ada)
    twin = making.begin(export=export, now=timezone.now())
    assert twin is not None
    assert making.begin(export=export, now=timezone.now()) is None, "one worker has it"
    other = making.begin(export=export, now=timezone.now() + timedelta(minutes=2))
    assert other is not None
    with pytest.raises(StoppedError):
        making.write(export=twin)
    assert (export.parts.count(), stored(export)) == (0, 0)
    assert making.write(export=other)
    assert export.parts.count() == 3


def test_one_that_fails_again_and_again_is_given_up(ada: User, monkeypatch: pytest.MonkeyPatch, log) -> None:
    five()
    export = asked(ada)

    def away(*given: Any) -> None:
        raise OSError("away")

    monkeypatch.setattr(store, "put", away)
    for _try in range(making.TRIES_LIMIT):
        written(lease_until=timezone.now())
        tasks.make_export(str(export.pk))
    export.refresh_from_db()
    assert (export.state, export.fault, export.tries) == (ExportState.FAILED, "OSError", making.TRIES_LIMIT)
    assert log.entries(action="export.failed")[0].details["fault"] == "OSError"


def test_cancelling_stops_between_two_parts_and_leaves_nothing(ada: User, monkeypatch: pytest.MonkeyPatch, log) -> None:
    five()
    export, put = asked(ada), store.put

    def put_and_cancel(*given: Any) -> None:
        put(*given)
        if export.parts.count() == 1:
            asking.cancel(export=export, by=ada, now=timezone.now())

    monkeypatch.setattr(store, "put", put_and_cancel)
    tasks.make_export(str(export.pk))
    export.refresh_from_db()
    assert (export.state, export.ended_by, export.parts.count()) == (ExportState.CANCELLED, ada, 1)
    with pytest.raises(KeyDestroyedError):
        store.get(export.pk, export.parts.get().pk)
    sweeps.sweep(actor=SWEEP, now=timezone.now() + timedelta(minutes=3))
    export.refresh_from_db()
    assert stored(export) == 0
    assert export.cleared_at
    assert "export.cancelled" in log.acts()
    with pytest.raises(TooLateError):
        asking.cancel(export=export, by=ada, now=timezone.now())


def test_in_clear_nothing_is_made_before_a_second_administrator_agrees(ada: User, ben: User, log) -> None:
    cast.to_review()
    export = asked(ada, in_clear=True)
    tasks.make_export(str(export.pk))
    assert not export.parts.exists()
    with pytest.raises(NotAllowedError):
        asking.approve(export=export, by=ada, now=timezone.now())
    with pytest.raises(NotAllowedError):
        asking.approve(export=export, by=cast.make_staff(Role.SENIOR_REVIEWER), now=timezone.now())
    asking.approve(export=export, by=ben, now=timezone.now())
    tasks.make_export(str(export.pk))
    export.refresh_from_db()
    assert export.state == ExportState.READY
    with pytest.raises(NotAllowedError):
        file_of(export, ben)
    entry = log.entries(action="list.exported")[0]
    assert (entry.details["masked"], entry.details["approved_by"]) == ("no", str(ben.pk))
    with pytest.raises(TooLateError):
        asking.approve(export=export, by=ben, now=timezone.now())


@pytest.mark.parametrize("approves_itself", [True, False])
def test_the_database_holds_the_second_person_too(ada: User, approves_itself: bool) -> None:
    cast.to_review()
    export = asked(ada, in_clear=True)
    change: dict[str, Any] = {"approved_by": ada} if approves_itself else {"state": ExportState.ASKED}
    with pytest.raises(IntegrityError), audit.acting(SWEEP):
        Export.objects.filter(pk=export.pk).update(**change)


def test_a_file_is_gone_after_a_day_and_an_approval_never_given_too(ada: User, log) -> None:
    cast.to_review()
    export, waiting = made(ada), asked(ada, in_clear=True)
    part = export.parts.get()
    tomorrow = timezone.now() + timedelta(hours=25)
    with pytest.raises(TooLateError):
        asking.take(export=export, by=ada, now=tomorrow)
    sweeps.sweep(actor=SWEEP, now=tomorrow)
    for each in (export, waiting):
        each.refresh_from_db()
        assert each.state == ExportState.EXPIRED
    with pytest.raises(KeyDestroyedError):
        store.get(export.pk, part.pk)
    assert log.acts().count("export.expired") == 2


def test_a_changed_stored_part_is_noticed_before_the_end(ada: User) -> None:
    five()
    export = made(ada)
    written(sha256="0" * 64)
    export.refresh_from_db()
    with pytest.raises(OSError, match="not the one"):
        file_of(export, ada)


def test_who_lost_the_role_gets_nothing(ada: User, ben: User) -> None:
    cast.to_review()
    ready, export = made(ada), asked(ada)
    people.change_role(person_id=ada.pk, seen=Role.ADMINISTRATOR, role=Role.REVIEWER, actor=ben.actor)
    ada.refresh_from_db()
    tasks.make_export(str(export.pk))
    export.refresh_from_db()
    assert (export.state, export.fault) == (ExportState.FAILED, "asker_left")
    with pytest.raises(NotAllowedError):
        file_of(ready, ada)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"purpose": "short"}, "purpose"),
        ({"wanted": Wanted(code=-9104)}, "nothing"),
        ({"form": "xlsx"}, "too_many"),
        ({}, "busy"),
    ],
)
def test_what_is_refused_leaves_no_row_and_no_entry(
    ada: User, change: dict[str, Any], reason: str, monkeypatch: pytest.MonkeyPatch, log
) -> None:
    five()
    if reason == "busy":
        monkeypatch.setattr(asking, "OPEN_LIMIT", 0)
    if reason == "too_many":
        smaller = {**asking.FORMATS, "xlsx": _with_limit(4)}
        monkeypatch.setattr(asking, "FORMATS", smaller)
    wanted: dict[str, Any] = {"purpose": PURPOSE, "wanted": Wanted(), "form": "csv", "in_clear": False, **change}
    with pytest.raises(RefusedError) as caught:
        asking.ask(**wanted, by=ada, now=timezone.now())
    assert caught.value.reason == reason
    assert not Export.objects.exists()
    assert not log.entries(action="export.asked")


def _with_limit(many: int) -> Any:
    return replace(asking.FORMATS["xlsx"], rows_limit=many)


def test_the_sweep_wakes_what_was_left_behind(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    five()
    left, taken = asked(ada), asked(ada)
    making.begin(export=taken, now=timezone.now())
    woken: list[str] = []
    monkeypatch.setattr(sweeps.nudges, "make", woken.append)
    sweeps.wake(now=timezone.now())
    assert woken == [str(left.pk)]
    sweeps.wake(now=timezone.now() + timedelta(minutes=2))
    assert woken == [str(left.pk), str(taken.pk)]


def test_a_file_that_cannot_be_ended_keeps_no_other_one_waiting(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    cast.to_review()
    broken, other, left = made(ada), made(ada), asked(ada)
    destroy, woken = store.destroy_key, list[str]()

    def fails_for_one(export_id: UUID) -> None:
        if export_id == broken.pk:
            raise ValueError(PURPOSE)
        destroy(export_id)

    monkeypatch.setattr(store, "destroy_key", fails_for_one)
    monkeypatch.setattr(sweeps.nudges, "make", woken.append)
    with pytest.raises(RoundFailedError, match=r"^expire_exports$"):
        sweeps.sweep(actor=SWEEP, now=timezone.now() + timedelta(hours=25))
    for each in (broken, other):
        each.refresh_from_db()
    assert (broken.state, other.state) == (ExportState.READY, ExportState.EXPIRED), "all of one row, or nothing"
    assert woken == [str(left.pk)]


def test_bytes_that_cannot_be_removed_keep_no_others_and_a_store_that_is_down_is_not_asked_for_all(
    ada: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cast.to_review()
    ended = []
    for _each in range(6):
        ended.append(asked(ada))
        asking.cancel(export=ended[-1], by=ada, now=timezone.now())
    clear, later, asked_for = store.clear, timezone.now() + timedelta(minutes=3), list[UUID]()

    def fails_for_one(export_id: UUID) -> None:
        if export_id == ended[0].pk:
            raise OSError("denied")
        clear(export_id)

    def away(export_id: UUID) -> None:
        asked_for.append(export_id)
        raise OSError("away")

    monkeypatch.setattr(store, "clear", away)
    with pytest.raises(RoundFailedError):
        sweeps.sweep(actor=SWEEP, now=later)
    assert len(asked_for) == sweeps.STORE_FAILURES
    monkeypatch.setattr(store, "clear", fails_for_one)
    caplog.clear()
    with pytest.raises(RoundFailedError):
        sweeps.sweep(actor=SWEEP, now=later)
    assert list(Export.objects.filter(cleared_at=None)) == [ended[0]]
    said = [record for record in caplog.records if record.msg == "sweep_failed"]
    assert [record.row for record in said] == [str(ended[0].pk)]  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_an_erasure_calls_back_the_files_that_may_hold_the_person(ada: User) -> None:
    before = cast.to_review()
    without = made(ada)
    gone = cast.to_review()
    with_them = made(ada, wanted=Wanted(state="to_review"))
    part, end = with_them.parts.get(), cast.NOW + timedelta(days=366 * 9)
    _end(gone)
    assert before.customer_id != gone.customer_id
    assert retention.clock(gone.customer).is_due(end.date())
    erasure.erase(customer=gone.customer, cause=Cause.RETENTION, actor=SWEEP, now=end)
    with_them.refresh_from_db()
    without.refresh_from_db()
    assert (with_them.state, with_them.fault) == (ExportState.EXPIRED, "erasure")
    assert without.state == ExportState.READY
    with pytest.raises(KeyDestroyedError):
        store.get(with_them.pk, part.pk)


def _end(submission: Submission) -> None:
    """Withdrawn, so that its clock runs."""
    intake.withdraw(submission=submission, actor=submission.customer.actor, now=cast.NOW)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_for_real_loses_and_doubles_nothing(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGKILL between a stored part and its row, in a process of its own with a connection of its own."""
    expected, export = five(), asked(ada)
    connections.close_all()
    child = os.fork()
    if not child:
        put = store.put

        def put_and_die(*given: Any) -> None:
            put(*given)
            if ExportPart.objects.filter(export=export).count() == 1:
                os.kill(os.getpid(), signal.SIGKILL)

        monkeypatch.setattr(store, "put", put_and_die)
        try:
            tasks.make_export(str(export.pk))
        finally:
            os._exit(1)
    _pid, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    export.refresh_from_db()
    assert (export.state, export.parts.count(), stored(export)) == (ExportState.RUNNING, 1, 2)
    written(lease_until=timezone.now())
    tasks.make_export(str(export.pk))
    export.refresh_from_db()
    assert references(file_of(export, ada)) == expected
    asking.cancel(export=export, by=ada, now=timezone.now())
    sweeps.sweep(actor=SWEEP, now=timezone.now() + timedelta(minutes=3))
    assert stored(export) == 0, "what the killed worker left goes too"
