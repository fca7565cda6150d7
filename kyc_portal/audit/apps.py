"""Django's name for the audit log."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "kyc_portal.audit"
    label = "audit"

    def ready(self) -> None:
        from kyc_portal.audit import system_checks  # noqa: F401 - registers the checks
