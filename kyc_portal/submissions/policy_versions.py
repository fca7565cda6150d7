"""Changing the policy: a senior reviewer proposes, an administrator publishes. Nobody does both, on any route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.audit import Actor
from kyc_portal.submissions import operators, policies, policy
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, TooLateError
from kyc_portal.submissions.models import PolicyStage, PolicyVersion
from kyc_portal.submissions.pictures import faces
from kyc_portal.submissions.policy import Problem

WHY_MIN = 20


class PolicyRefusedError(Exception):
    """A content that is no policy; `problems` says what is wrong with which part."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{each.part}: {each.sentence}" for each in problems))
        self.problems = problems


def propose(
    *, content: Mapping[str, Any], why: str, based_on: PolicyVersion, by: User, actor: Actor, now: datetime
) -> PolicyVersion:
    """Put a changed content forward, as the next number.

    Raises NotAllowedError (not an active senior reviewer), IncompleteError (no reason of twenty characters, or nothing
    changed), PolicyRefusedError, and TooLateError when another version is in force than the one it was made from.
    """
    if by.role != Role.SENIOR_REVIEWER or not by.is_active:
        raise NotAllowedError("a senior reviewer proposes a policy")
    if len(why.strip()) < WHY_MIN:
        raise IncompleteError("why")
    wrong = policy.problems(content)
    if content.get("compares_portraits") and not faces.is_available():
        wrong.append(Problem("compares_portraits", str(_("What portraits are compared with is not installed here."))))
    if wrong:
        raise PolicyRefusedError(wrong)
    if not policy.changes(based_on.content, content):
        raise IncompleteError("change")
    with audit.acting(actor):
        standing = _locked_standing()
        if standing != based_on:
            raise TooLateError("another version is in force by now")
        newest = PolicyVersion.objects.aggregate(most=Max("number"))["most"]
        made = PolicyVersion.objects.create(
            number=newest + 1,
            content=content,
            why=why.strip(),
            stage=PolicyStage.PROPOSED,
            based_on=standing,
            proposed_by=by,
            proposed_at=now,
        )
        _record("policy.proposed", made)
    return made


def publish(*, version: PolicyVersion, by: User, actor: Actor, now: datetime) -> PolicyVersion:
    """Put a proposal in force: new cases open under it, open ones keep theirs.

    Raises NotAllowedError (not an active administrator, or the proposer), and TooLateError when it is withdrawn,
    published, or made from a version that is not in force any more.
    """
    if by.role != Role.ADMINISTRATOR or not by.is_active:
        raise NotAllowedError("an administrator publishes a policy")
    try:
        with audit.acting(actor):
            standing = _locked_standing()
            locked = PolicyVersion.objects.select_for_update().get(pk=version.pk)
            if locked.proposed_by_id == by.pk:
                raise NotAllowedError("somebody else publishes your policy")
            if locked.stage != PolicyStage.PROPOSED or locked.based_on_id != standing.pk:
                raise TooLateError("another version is in force, or this one is closed")
            PolicyVersion.objects.filter(pk=locked.pk, stage=PolicyStage.PROPOSED).update(
                stage=PolicyStage.PUBLISHED, published_by=by, published_at=now
            )
            _record("policy.published", locked)
            transaction.on_commit(policies.forget, robust=True)
    except IntegrityError as error:  # two followers of one version: the database lets only one be
        raise TooLateError("another version was published first") from error
    version.refresh_from_db()
    return version


def withdraw(*, version: PolicyVersion, by: User, actor: Actor) -> None:
    """Close a proposal without publishing it: the proposer, or an administrator who refuses it."""
    if by.pk != version.proposed_by_id and by.role != Role.ADMINISTRATOR:
        raise NotAllowedError("the proposer withdraws, or an administrator refuses")
    with audit.acting(actor):
        changed = PolicyVersion.objects.filter(pk=version.pk, stage=PolicyStage.PROPOSED).update(
            stage=PolicyStage.WITHDRAWN
        )
        if not changed:
            raise TooLateError("it is published or withdrawn")
        _record("policy.withdrawn", version)


def tell_administrators(*, actor: Actor) -> None:
    """Tell administrators once that a proposed policy waits; neither who nor what stands in the mail."""
    waiting = PolicyVersion.objects.filter(stage=PolicyStage.PROPOSED).order_by("pk")
    operators.tell_once(
        object_type="submissions.policyversion",
        ids=[str(pk) for pk in waiting.values_list("pk", flat=True)[: operators.AT_ONCE]],
        subject="A change of the policy is proposed",
        body="It waits for an administrator, who publishes or refuses it on the page Policy.\n"
        "Until then the version in force stands.",
        actor=actor,
    )


def _locked_standing() -> PolicyVersion:
    """The version in force, locked: who changes the policy queues here and then looks again."""
    standing = policies.standing()
    PolicyVersion.objects.select_for_update().get(pk=standing.pk)
    return policies.standing()


def _record(action: str, version: PolicyVersion) -> None:
    audit.record(
        action,
        object_type="submissions.policyversion",
        object_id=str(version.pk),
        details={"based_on": str(version.based_on_id)},
    )
