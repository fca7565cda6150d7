"""The Celery application: its queues, and what beat wakes. Tasks carry ids only; the row is the truth."""

import os

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_portal.settings")

app = Celery("kyc_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_routes = {
    "kyc_portal.submissions.tasks.read_scan": {"queue": "reading"},
}
app.conf.beat_schedule = {
    "sweep": {"task": "kyc_portal.submissions.tasks.sweep", "schedule": 5.0, "options": {"expires": 5}},
}
app.autodiscover_tasks()


@worker_init.connect
def refuse_an_unsafe_start(**kwargs: object) -> None:
    """Keys and rights are compared before the first task, not at it."""
    from kyc_portal.sealing.start import require_safe_start

    require_safe_start()
