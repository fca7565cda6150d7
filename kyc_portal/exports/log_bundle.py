"""The audit log, or a part of it, as one zip for somebody who does not trust us; taking it is an act.

Written beside the request, so only up to a number of entries: what is longer an operator writes by `export_audit`.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection

from kyc_portal import audit
from kyc_portal.accounts.models import KEEPING, User
from kyc_portal.audit.proof import bundle
from kyc_portal.audit.proof.standing import standing
from kyc_portal.exports import archive
from kyc_portal.exports.archive import Made
from kyc_portal.exports.errors import NotAllowedError, RefusedError

# About 20 MB as lines; some seconds.
ENTRIES_LIMIT = 50_000


def make(*, start: int, end: int | None, by: User, now: datetime) -> Made:
    """Positions start…end (end not included; None: up to the last signature), recorded before the first byte leaves.

    Raises NotAllowedError, and RefusedError: "nothing" (no signature covers it), "too_many".
    """
    if by.role not in KEEPING:
        raise NotAllowedError
    signed = standing().signed_size
    end = signed if end is None else end
    if not start < end <= signed:
        raise RefusedError("nothing")
    if end - start > ENTRIES_LIMIT:
        raise RefusedError("too_many")
    connection.ensure_connection()
    with TemporaryDirectory() as folder:
        written = bundle.export(connection.connection, Path(folder) / "log", start=start, end=end)
        files = {path.name: path.read_bytes() for path in sorted((Path(folder) / "log").iterdir())}
    made = archive.made(f"audit-log-{start}-{end - 1}-{now:%Y%m%d-%H%M%S}", files, at=now)
    with audit.acting(by.actor):
        audit.record(
            "audit.exported",
            object_type="audit_log",
            object_id=str(written.covered),
            details={"from": str(start), "to": str(end), "sha256": written.sha256, "zip_sha256": made.sha256},
        )
    return made
