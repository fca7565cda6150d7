"""Whether there is anybody who may be the second person: a rule of two people must not strand a case in silence."""

from __future__ import annotations

import logging

from django.db.models import Exists, OuterRef, QuerySet

from kyc_portal.accounts.models import Role, User
from kyc_portal.audit import Actor
from kyc_portal.submissions import operators
from kyc_portal.submissions.models import Decision, DecisionStage

log = logging.getLogger(__name__)


def stranded() -> QuerySet[Decision]:
    """Proposals that nobody may decide: every active senior reviewer has proposed on the case, or there is none."""
    seniors = User.objects.filter(role=Role.SENIOR_REVIEWER, is_active=True)
    eligible = seniors.exclude(pk=OuterRef("decided_by")).exclude(
        pk__in=Decision.objects.filter(pk=OuterRef(OuterRef("instead_of"))).values("decided_by")
    )
    return Decision.objects.filter(~Exists(eligible), stage=DecisionStage.PROPOSED).order_by("decided_at")


def tell_operators(*, actor: Actor) -> None:
    """Tell administrators once of each stranded proposal; a mail that could not be sent is tried again."""
    ids = [str(pk) for pk in stranded().values_list("pk", flat=True)[: operators.AT_ONCE]]
    told = operators.tell_once(
        object_type="submissions.decision",
        ids=ids,
        subject="A case waits for a second person, and there is none",
        body="A proposed decision needs a senior reviewer who did not propose it, and nobody active is one.\n"
        "Give a colleague that role on the page People; the case waits in the lane Second review and is not lost.",
        actor=actor,
    )
    if told:
        log.error("nobody_may_be_the_second_person", extra={"cases": told})
