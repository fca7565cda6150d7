"""Who acts is said in the outermost transaction, and only there."""

import uuid

import pytest
from celery import Celery
from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from kyc_portal import audit
from kyc_portal.audit import Actor, AuditError
from kyc_portal.audit.context import forget, origin
from kyc_portal.audit.middleware import NoteWhoActs
from kyc_portal.audit.models import Vault
from kyc_portal.audit.tasks import AuditedTask
from kyc_portal.sealing.models import SearchDigest

pytestmark = pytest.mark.db_bound
SWEEP = audit.system("sweep")


def a_row() -> SearchDigest:
    return SearchDigest(customer=uuid.uuid4(), kind="number", key_id="k", digest=b"d")


@pytest.mark.django_db
def test_a_write_that_has_not_said_who_acts_is_refused():
    with pytest.raises(DatabaseError, match="nobody was said to act"), transaction.atomic():
        a_row().save()


@pytest.mark.django_db
def test_inside_a_test_case_too_the_context_ends_with_the_act():
    with audit.acting(SWEEP):
        a_row().save()
    with pytest.raises(DatabaseError, match="nobody was said to act"), transaction.atomic():
        a_row().save()


@pytest.mark.django_db(transaction=True)
def test_the_context_does_not_outlive_its_transaction():
    with audit.acting(SWEEP):
        a_row().save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('audit.context', true)")
        assert cursor.fetchone() == ("",)
    with pytest.raises(DatabaseError, match="nobody was said to act"):
        a_row().save()


@pytest.mark.django_db(transaction=True)
def test_the_context_does_not_outlive_a_failed_transaction():
    with pytest.raises(ZeroDivisionError), audit.acting(SWEEP):
        raise ZeroDivisionError
    assert audit.current_actor() is None
    with pytest.raises(DatabaseError, match="nobody was said to act"):
        a_row().save()


@pytest.mark.django_db(transaction=True)
def test_the_context_survives_a_savepoint_that_rolls_back(log):
    with audit.acting(SWEEP):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            raise ZeroDivisionError
        a_row().save()
    assert [entry.actor for entry in log.entries()] == ["system:sweep"]


@pytest.mark.django_db
def test_acting_is_not_opened_inside_acting():
    with audit.acting(SWEEP), pytest.raises(AuditError, match="already open"), audit.acting(SWEEP):
        pass


@pytest.mark.django_db(transaction=True)
def test_acting_is_not_opened_inside_another_transaction():
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"), audit.acting(SWEEP):
        pass


@pytest.mark.django_db(transaction=True)
def test_what_runs_on_commit_may_act_for_itself(log):
    def afterwards() -> None:
        with audit.acting(audit.system("notices")):
            a_row().save()

    with audit.acting(SWEEP):
        transaction.on_commit(afterwards)
        a_row().save()
    assert [entry.actor for entry in log.entries()] == ["system:sweep", "system:notices"]


@pytest.mark.django_db
def test_an_act_is_recorded_inside_acting_only():
    with pytest.raises(AuditError):
        audit.record("a.b", object_type="t", object_id="1")


@pytest.mark.django_db
def test_an_act_says_who_did_what_on_what_for_whom(log):
    subject = uuid.uuid4()
    ada = Actor(kind="staff", id="9", label="Ada", role="administrator")
    with audit.acting(ada, via="command", task="export:1"):
        audit.record("list.exported", object_type="exports", object_id=5, subject=subject, details={"rows": "12"})
    (entry,) = log.entries()
    assert (entry.kind, entry.action, entry.object_type, entry.object_id) == ("act", "list.exported", "exports", "5")
    assert (entry.subject, entry.details) == (subject, {"rows": "12"})
    assert (entry.actor, entry.role, entry.via, entry.task) == ("staff:9", "administrator", "command", "export:1")
    assert (entry.before, entry.after) == (None, None)


@pytest.mark.django_db
def test_a_sealed_detail_goes_to_the_vault_and_its_digest_to_the_entry(log):
    with audit.acting(SWEEP):
        audit.record("queue.searched", object_type="queue", object_id="", details={"found": "2"}, sealed=b"ciphertext")
    (entry,) = log.entries()
    digest = entry.details["sealed"]["sealed"].removeprefix("sha256:")
    assert entry.details["found"] == "2"
    assert entry.details["sealed"]["bytes"] == "10"
    assert bytes(Vault.objects.get(digest=bytes.fromhex(digest)).bytes) == b"ciphertext"


class TestRequests:
    """What the web's middleware notes."""

    def test_the_request_is_noted_for_its_own_time_only(self):
        seen = []

        def view(request):
            seen.append(origin())
            return HttpResponse()

        response = NoteWhoActs(view)(RequestFactory().get("/console/"))
        assert (seen[0].via, seen[0].request) == ("web", response["X-Request-Id"])
        assert origin().request == ""


@pytest.mark.django_db
def test_a_task_is_recorded_with_its_name_try_and_the_request_that_sent_it(log):
    app = Celery("test", task_cls=AuditedTask, set_as_current=False)
    app.conf.task_always_eager = True

    @app.task(name="tests.touch")
    def touch():
        with audit.acting(SWEEP):
            a_row().save()

    token = audit.note_request("req-9")
    try:
        sent = touch.apply_async()
    finally:
        forget(token)
    sent.get()
    (entry,) = log.entries()
    assert entry.via == "task"
    assert entry.task == f"tests.touch:{sent.id}:0"
    assert entry.request == "req-9"
