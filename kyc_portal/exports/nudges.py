"""Messages that wake the worker of exports. The row is the truth, the sweep finds what was lost."""

from __future__ import annotations

from kyc_portal.submissions.nudges import send

MAKE_EXPORT = "kyc_portal.exports.tasks.make_export"


def make(export_id: str) -> None:
    """Wake a worker for one export."""
    send(MAKE_EXPORT, export_id, queue="exports")
