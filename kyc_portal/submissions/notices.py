"""Telling the customer an outcome by e-mail: owed in the outcome's transaction, sent after it, kept until sent."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import translation

from kyc_portal import audit
from kyc_portal.audit import Actor
from kyc_portal.submissions import nudges
from kyc_portal.submissions.models import Decision, Notice, NoticeKind, Submission

# One sender at a time; a killed one is followed by another after this.
_SENDING = timedelta(minutes=2)


def owe(*, submission: Submission, kind: NoticeKind, now: datetime, decision: Decision | None = None) -> None:
    """Owe the customer a message, once an attempt and decision; call it in the transaction of what there is to tell."""
    notice, _made = Notice.objects.get_or_create(
        submission=submission,
        kind=kind,
        attempt=submission.attempt,
        decision=decision,
        defaults={"customer_id": submission.customer_id, "created_at": now},
    )
    transaction.on_commit(lambda: nudges.tell(str(notice.pk)), robust=True)


def send(*, notice: Notice, actor: Actor, now: datetime) -> bool:
    """Send one notice, if it is still owed. False when another sender has it or it is sent.

    The mail server is spoken to outside of any transaction.
    """
    free = Q(sending_until__isnull=True) | Q(sending_until__lt=now)
    with audit.acting(actor):
        taken = Notice.objects.filter(free, pk=notice.pk, sent_at__isnull=True).update(sending_until=now + _SENDING)
    if not taken:
        return False
    _mail(notice)
    with audit.acting(actor):
        Notice.objects.filter(pk=notice.pk, sent_at__isnull=True).update(sent_at=now, sending_until=None)
        audit.record(
            "customer.told",
            object_type="submissions.notice",
            object_id=str(notice.pk),
            subject=notice.customer_id,
            details={"kind": notice.kind, "submission": str(notice.submission_id)},
        )
    return True


def _mail(notice: Notice) -> None:
    submission = notice.submission
    context = {"submission": submission, "site_url": settings.SITE_URL}
    with translation.override(submission.customer.language):
        subject = render_to_string(f"emails/{notice.kind}_subject.txt", context).strip()
        message = EmailMultiAlternatives(
            subject=subject,
            body=render_to_string(f"emails/{notice.kind}.txt", context),
            to=[submission.customer.user.email],
        )
        message.attach_alternative(render_to_string(f"emails/{notice.kind}.html", context), "text/html")
        message.send()
