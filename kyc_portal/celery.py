"""The Celery application: its queues, and what beat wakes. Tasks carry ids only; the row is the truth."""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_portal.settings")

app = Celery("kyc_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_routes = {
    "kyc_portal.submissions.tasks.read_scan": {"queue": "reading"},
    "kyc_portal.exports.tasks.make_export": {"queue": "exports"},
}
app.conf.beat_schedule = {
    "erase whose time is over": {
        "task": "kyc_portal.privacy.tasks.run_retention",
        "schedule": crontab(minute="7", hour="18"),  # UTC; two in the morning in Hong Kong
        "options": {"expires": 3000},
    },
    "remove pictures without a row": {
        "task": "kyc_portal.submissions.tasks.remove_orphans",
        "schedule": crontab(minute="17", hour="18"),
        "options": {"expires": 3000},
    },
    "remove sessions that ran out": {
        "task": "kyc_portal.accounts.tasks.remove_sessions",
        "schedule": crontab(minute="27"),
        "options": {"expires": 3000},
    },
    "sweep": {"task": "kyc_portal.submissions.tasks.sweep", "schedule": 5.0, "options": {"expires": 5}},
    "sweep exports": {"task": "kyc_portal.exports.tasks.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "watch the audit log": {
        "task": "kyc_portal.oversight.tasks.watch_audit",
        "schedule": 60.0,
        "options": {"expires": 50},
    },
    "verify what is new in the audit log": {
        "task": "kyc_portal.oversight.tasks.verify_audit",
        "schedule": crontab(minute="7"),
        "options": {"expires": 3000},
    },
    "verify the whole audit log": {
        "task": "kyc_portal.oversight.tasks.verify_audit",
        "schedule": crontab(minute="37", hour="19"),  # UTC; the small hours in Hong Kong
        "kwargs": {"since_last": False},
        "options": {"expires": 3000},
    },
}
app.autodiscover_tasks()


@worker_init.connect
def refuse_an_unsafe_start(**kwargs: object) -> None:
    """Keys and rights are compared before the first task, not at it."""
    from kyc_portal.audit import AuditError
    from kyc_portal.sealing.errors import SealError
    from kyc_portal.start import require_safe_start

    try:
        require_safe_start()
    except (AuditError, SealError) as error:
        # A signal's receiver may raise what it likes: only an exit ends the worker.
        raise SystemExit(str(error)) from error
