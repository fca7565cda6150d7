"""What an entry reads as on screen: who did what. A test holds every act the code records to a sentence here."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kyc_portal.audit.models import Entry

ACTS: dict[str, Promise] = {
    "audit.exported": _("Exported the audit log"),
    "audit.key_made": _("Made a signing key of the audit log"),
    "audit.part_verified": _("Verified a part of the audit log: sound so far"),
    "audit.verified": _("Verified the audit log: sound"),
    "audit.verification_failed": _("Verified the audit log: NOT sound"),
    "backup.restored": _("Restored a backup"),
    "backup.taken": _("Took a backup"),
    "case.opened": _("Opened the case"),
    "case_pack.asked": _("Asked for a case pack"),
    "case_pack.made": _("Took a case pack"),
    "case.searched": _("Searched for cases"),
    "claim.released": _("Gave the case back"),
    "claim.taken": _("Claimed the case"),
    "claim.taken_over": _("Took the case over"),
    "consent.withdrawn": _("Took the consent back"),
    "portrait_consent.withdrawn": _("Took back that portraits are compared"),
    "consents.exported": _("Took the register of consents"),
    "customer.told": _("Told the customer"),
    "decision.confirmed": _("Confirmed a proposal"),
    "decision.made": _("Decided"),
    "decision.proposed": _("Proposed a decision"),
    "decision.proposed_otherwise": _("Proposed another outcome"),
    "decision.made_otherwise": _("Decided otherwise than two proposals"),
    "decision.returned": _("Returned a proposal"),
    "decision.took_effect": _("A decision took effect"),
    "decision.undone": _("Took a decision back"),
    "customer.asked_deletion": _("Asked to be deleted"),
    "customer.invited": _("Made a link for a customer"),
    "invitation.used": _("Started by an invitation"),
    "customer.erased": _("Erased a customer"),
    "hold.lifted": _("Lifted a legal hold"),
    "hold.set": _("Set a legal hold"),
    "relationship.ended": _("Said that the relationship ended"),
    "retention.run": _("Ran the retention"),
    "field.corrected": _("Corrected a field"),
    "digests.renewed": _("Digested a customer's values by another digest key"),
    "key.renewed": _("Gave a customer a new key"),
    "key.rewrapped": _("Wrapped keys by another master key"),
    "export.approved": _("Approved an export in clear"),
    "export.asked": _("Asked for an export"),
    "export.cancelled": _("Called an export off"),
    "export.expired": _("An export ran out"),
    "export.failed": _("An export failed"),
    "export.taken": _("Took an export's file"),
    "list.exported": _("Exported a list"),
    "person.factor_forgotten": _("Took off a colleague's second factor"),
    "person.invited": _("Made a colleague's account"),
    "person.readmitted": _("Let a colleague back in"),
    "person.role_changed": _("Gave a colleague another role"),
    "person.stopped": _("Stopped a colleague's account"),
    "permission.refused": _("Was refused a page"),
    "picture.added": _("Uploaded a picture"),
    "picture.faulty": _("A picture must be taken again"),
    "picture.refused": _("A picture was refused at upload"),
    "picture.all_verified": _("Verified all pictures"),
    "picture.orphans_removed": _("Removed pictures without a row"),
    "picture.viewed": _("Viewed a picture"),
    "portrait.viewed": _("Viewed a portrait"),
    "picture.fetched_ahead": _("Fetched a picture for a page"),
    "policy.proposed": _("Proposed a policy"),
    "policy.published": _("Published a policy"),
    "policy.withdrawn": _("Withdrew or refused a proposed policy"),
    "provider.budget_spent": _("The day's budget of calls is spent"),
    "provider.held": _("Held all calls to the reading service"),
    "provider.probe_asked": _("Sent a probe to the reading service"),
    "provider.released": _("Let calls to the reading service go on"),
    "provider.resumed": _("The reading service answered again"),
    "provider.stopped": _("Calls to the reading service stopped"),
    "reading.delayed": _("Put a reading back for later"),
    "reading.all_tried_now": _("Had delayed readings tried now"),
    "reading.given_up": _("Gave a reading up to a person"),
    "reading.handed_over": _("Gave a stuck reading to a reviewer"),
    "reading.tried_now": _("Had a reading tried now"),
    "operator.told": _("Told the operators"),
    "reading.stored": _("Stored a reading"),
    "sample.answered": _("Answered a second look"),
    "sample.drawn": _("Drawn for a second look"),
    "sample.given_back": _("Gave a second look back"),
    "sample.opened": _("Opened a second look"),
    "sample.taken": _("Took a second look"),
    "factor.added": _("Added a second factor"),
    "passkey.added": _("Added a passkey"),
    "passkey.removed": _("Removed a passkey"),
    "sign_in.ended": _("Signed out"),
    "sign_in.failed": _("Failed to sign in"),
    "sign_in.succeeded": _("Signed in"),
    "subject_pack.asked": _("Asked for a customer's data pack"),
    "subject_pack.made": _("Took a customer's data pack"),
    "submission.confirmed": _("Confirmed the details"),
    "submission.escalated": _("Escalated the case"),
    "submission.offered": _("Offered the case to a reviewer first"),
    "submission.tagged": _("Put a tag on the case"),
    "submission.untagged": _("Took a tag off the case"),
    "submission.lapsed": _("The permit ran out"),
    "submission.abandoned": _("Ended as abandoned"),
    "submission.not_confirmed": _("Went on without the customer's answer"),
    "submission.unparked": _("Came back from parking"),
    "submission.taken_up": _("Took a parked case up"),
    "submission.reopened": _("Reopened the case"),
    "submission.parked": _("Parked the case"),
    "submission.started": _("Started a submission"),
    "submission.stuck": _("A reading is stuck"),
    "submission.submitted": _("Sent the pictures in"),
    "submission.taken_again": _("Takes a picture again"),
    "submission.withdrawn": _("Withdrew"),
    "value.revealed": _("Revealed sealed values of an entry"),
}
CHANGES: dict[str, Promise] = {
    "insert": _("Row added"),
    "update": _("Row changed"),
    "delete": _("Row removed"),
}
# Through what an entry came.
WAYS: dict[str, Promise] = {
    "web": _("A page"),
    "task": _("A task"),
    "command": _("A command"),
    "shell": _("A shell or a release"),
    "sql": _("SQL, without saying who"),
}
# The shape beside the name: a person of the staff, a customer, or the system itself.
_ICONS = {"staff": "person", "customer": "card"}


@dataclass(frozen=True, slots=True)
class Change:
    """One column of a row change; a sealed value shows its digest only, which is all the log holds."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as a reader takes it in. `on` is the kind of thing it is about; `cause` the task or the request."""

    entry: Entry
    act: str
    who: str
    icon: str
    on: str
    through: str
    cause: str
    changes: tuple[Change, ...]


def told(entry: Entry) -> Told:
    """One entry in words. An act without a sentence shows its own name, never nothing."""
    words = ACTS.get(entry.action) or CHANGES.get(entry.action.lower())
    before, after = entry.before or {}, entry.after or {}
    changes = tuple(
        Change(column, _text(before.get(column)), _text(after.get(column)))
        for column in sorted({*before, *after})
        if before.get(column) != after.get(column)
    )
    return Told(
        entry=entry,
        act=str(words) if words else entry.action,
        who=entry.actor_label or entry.actor,
        icon=_ICONS.get(entry.actor.split(":")[0], "system"),
        on=entry.object_type.rpartition(".")[2].replace("_", " "),
        through=str(WAYS.get(entry.via, entry.via)),
        cause=_cause(entry),
        changes=changes,
    )


def _cause(entry: Entry) -> str:
    """The task, its try and the request it was sent for, or the request alone; in short, the entry has the whole."""
    request = entry.request[:8]
    if not entry.task:
        return request
    name, _colon, rest = entry.task.partition(":")
    tries = rest.rpartition(":")[2]
    said = name.rpartition(".")[2] + (f", {_('try')} {int(tries) + 1}" if tries.isdigit() else "")
    return f"{said}, {_('from')} {request}" if request else said


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, dict) and "sealed" in value:
        digest = str(value["sealed"]).removeprefix("sha256:")
        return str(_("sealed, digest %(start)s…%(end)s") % {"start": digest[:8], "end": digest[-4:]})
    if isinstance(value, dict) and value.get("hidden"):
        return str(_("hidden"))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
