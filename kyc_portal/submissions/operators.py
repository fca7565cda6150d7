"""Telling operators by e-mail: every active administrator, what happened and what to do. Never a personal value."""

from __future__ import annotations

import logging

from django.core.cache import cache
from django.core.mail import EmailMessage

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.audit import Actor
from kyc_portal.audit.models import Entry

log = logging.getLogger(__name__)

_HOUR_SECONDS = 3600
# A mail server that is down is asked again this often.
_TELL_AGAIN_SECONDS = 60
AT_ONCE = 200


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


def tell_once(*, object_type: str, ids: list[str], subject: str, body: str, actor: Actor) -> int:
    """Tell of each of these rows once: the log says of which administrators know. One mail however many are new.

    Returns of how many they were told now. A mail that could not be sent is tried again a minute later.
    """
    known = Entry.objects.filter(object_type=object_type, object_id__in=ids, action="operator.told")
    new = sorted(set(ids) - set(known.values_list("object_id", flat=True)))
    if not new or not cache.add(f"telling:{object_type}", 1, _TELL_AGAIN_SECONDS) or not tell(subject, body):
        return 0
    with audit.acting(actor):
        for each in new:
            audit.record("operator.told", object_type=object_type, object_id=each)
    cache.delete(f"telling:{object_type}")
    return len(new)
