"""Telling operators by e-mail: every active administrator, what happened and what to do. Never a personal value."""

from __future__ import annotations

import logging

from django.core.cache import cache
from django.core.mail import EmailMessage

from kyc_portal.accounts.models import Role, User

log = logging.getLogger(__name__)

_HOUR_SECONDS = 3600


def tell(subject: str, body: str) -> bool:
    """Send to every active administrator. False, and a line in the log, when nobody could be told."""
    addresses = list(User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).values_list("email", flat=True))
    if not addresses:
        log.error("operator_not_told", extra={"about": subject, "error": "no administrator"})
        return False
    try:
        EmailMessage(subject, body, to=addresses).send()
    except OSError as error:
        log.error("operator_not_told", extra={"about": subject, "error": type(error).__name__})
        return False
    return True


def tell_hourly(key: str, subject: str, body: str) -> None:
    """Tell of something that may happen to many rows at once: one mail an hour for each key while the cache lives."""
    if cache.add(f"told:{key}", 1, _HOUR_SECONDS) and not tell(subject, body):
        cache.delete(f"told:{key}")
