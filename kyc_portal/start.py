"""What must hold before a process serves: the log is not the web role's to write, and the keys are the known ones."""

from __future__ import annotations

from django.conf import settings

from kyc_portal.audit import AuditError
from kyc_portal.audit.system_checks import may_write_the_log
from kyc_portal.sealing.keys import require_known_master_keys


def require_safe_start() -> None:
    """Raises AuditError or MasterKeyError with a sentence for the operator; the process must end then."""
    if settings.ENV.is_production and may_write_the_log():
        raise AuditError("DATABASE_URL connects as a role that may write the audit log")
    require_known_master_keys()
