"""What the customer reads in their pack for each state, role, field and outcome. Nothing here hints at a suspicion.

A second reviewer, a parked case and an escalated one read as any other review: which cases take those is our secret.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kyc_portal.accounts.models import Role
from kyc_portal.submissions.models import NoticeKind
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import IN_REVIEW, State

STATES: dict[State, Promise] = {
    State.COLLECTING: _("Waiting for your photos"),
    State.RECEIVED: _("Being read"),
    State.READING: _("Being read"),
    State.CONFIRMING: _("Waiting for your check"),
    State.ASKED_AGAIN: _("Waiting for another photo"),
    **dict.fromkeys(IN_REVIEW, _("In review")),
    State.APPROVED: _("Your identity is confirmed"),
    State.REJECTED: _("We could not go on"),
    State.LAPSED: _("Your permit has expired"),
    State.WITHDRAWN: _("You have withdrawn"),
    State.ABANDONED: _("This application has ended"),
}
_REVIEWER = _("A reviewer")
ROLES: dict[str, Promise] = {
    Role.REVIEWER: _REVIEWER,
    Role.SENIOR_REVIEWER: _REVIEWER,
    Role.AUDITOR: _("An auditor"),
    Role.ADMINISTRATOR: _("An administrator"),
    Role.CUSTOMER: _("You"),
}
SYSTEM = _("Our system")
PORTRAIT = _("Portrait, cut out of your photo")
LOOKS: dict[str, Promise] = {
    "case.opened": _("Opened your application"),
    "sample.opened": _("Opened your application"),
    "picture.viewed": _("Looked at a photo"),
    "picture.fetched_ahead": _("Loaded a photo into a page"),
    "portrait.viewed": _("Looked at your portrait"),
    "value.revealed": _("Looked at what was kept of your details"),
}
OUTCOMES: dict[str, Promise] = {
    Outcome.APPROVE: _("Your identity is confirmed"),
    Outcome.ASK_AGAIN: _("We asked for another photo"),
    Outcome.REJECT: _("We could not go on"),
}
NOTICES: dict[str, Promise] = {
    NoticeKind.APPROVED: OUTCOMES[Outcome.APPROVE],
    NoticeKind.REJECTED: OUTCOMES[Outcome.REJECT],
    NoticeKind.ASKED_AGAIN: OUTCOMES[Outcome.ASK_AGAIN],
    NoticeKind.LAPSED: STATES[State.LAPSED],
}
FIELDS: dict[str, Promise] = {
    "type": _("Permit type"),
    "name": _("Name"),
    "english_name": _("Name in Latin letters"),
    "birthday": _("Date of birth"),
    "sex": _("Sex"),
    "nationality": _("Nationality"),
    "number": _("Permit number"),
    "valid_date": _("Valid"),
    "issue_authority": _("Issued by"),
    "issue_address": _("Place of issue"),
    "issue_number": _("Times issued"),
    "back_type": _("Permit type, on the back"),
    "back_name": _("Name, on the back"),
    "back_id_number": _("Hong Kong or Macao identity card"),
    "back_history_number": _("Earlier permit number"),
}
# What a photo was refused for at once, as the customer read it then.
FAULTS: dict[str, Promise] = {
    "dark": _("The photo is too dark"),
    "glare": _("Glare covers part of the card"),
    "blur": _("The photo is blurred"),
    "cut_off": _("The card is cut off"),
    "too_small_card": _("The card is too small on the photo"),
    "wrong_side": _("This is the other side of the card"),
    "two_cards": _("There is more than one card on the photo"),
    "no_card": _("We could not see one of the accepted permits on this photo"),
    "same_as_failed": _("This is the same photo as before"),
}


def role(name: str) -> str:
    """Who, by kind only: two kinds of reviewers read alike."""
    return str(ROLES.get(name, SYSTEM))


def fault(code: str) -> str:
    """What a refused photo was refused for; a fault without words shows none."""
    return str(FAULTS.get(code, ""))
