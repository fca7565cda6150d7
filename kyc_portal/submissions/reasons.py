"""Reasons a reviewer gives, each in two voices: the staff's label, and what the customer reads.

Fraud reasons share one neutral text: telling a customer what gave a forgery away would tip them off.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Outcome(TextChoices):
    """What a decision does."""

    APPROVE = "approve", _("Approve")
    ASK_AGAIN = "ask_again", _("Ask again")
    REJECT = "reject", _("Reject")


NEUTRAL_TEXT = _(
    "We could not confirm your identity. With what you gave us we cannot open an account for now. "
    "If you think this is wrong, contact us within 30 days; another colleague will look again."
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason code. `digit` is the key that picks it in the dialog of its outcome."""

    code: str
    outcome: Outcome
    digit: int
    label: Promise
    customer_text: Promise
    is_fraud: bool = False


def _ask(code: str, digit: int, label: Promise, customer_text: Promise) -> Reason:
    return Reason(code, Outcome.ASK_AGAIN, digit, label, customer_text)


def _fraud(code: str, digit: int, label: Promise) -> Reason:
    return Reason(code, Outcome.REJECT, digit, label, NEUTRAL_TEXT, is_fraud=True)


ALL: tuple[Reason, ...] = (
    _ask("blurred", 1, _("Blurred"), _("The picture is blurred. Hold the phone still and tap to focus.")),
    _ask("glare", 2, _("Glare"), _("Light is reflected on the card. Tilt it a little, away from the lamp.")),
    _ask("too_dark", 3, _("Too dark"), _("The picture is too dark. Take it near a window or a lamp.")),
    _ask("cut_off", 4, _("Cut off or covered"), _("Part of the card is missing. Show all four corners.")),
    _ask(
        "wrong_side",
        5,
        _("Wrong side"),
        _("This is the other side of the card. Please take the side we ask for."),
    ),
    _ask(
        "not_original",
        6,
        _("Not the original card"),
        _("Please photograph the card itself, not a copy or a screen."),
    ),
    _ask("wrong_document", 7, _("Another document"), _("This is not one of the travel permits we accept.")),
    _ask(
        "expired_renewed",
        8,
        _("Expired; a newer card may exist"),
        _("This permit has run out. Use your new one."),
    ),
    _ask(
        "details_differ",
        9,
        _("Details differ"),
        _("Some details do not agree. Please take the picture again."),
    ),
    _fraud("edited", 1, _("Edited picture")),
    _fraud("photocopy", 2, _("Photocopy offered as a card")),
    _fraud("recapture", 3, _("Screen or print offered as a card")),
    _fraud("forged", 4, _("Forged document")),
    _fraud("someone_elses", 5, _("Document of another person")),
    _fraud("duplicate_identity", 6, _("Identity already used by another customer")),
    Reason(
        "not_accepted",
        Outcome.REJECT,
        7,
        _("Document type not accepted"),
        _("We cannot accept this kind of travel permit. You may start again with another one."),
    ),
    Reason(
        "expired",
        Outcome.REJECT,
        8,
        _("Document expired"),
        _("Your permit has run out. Please start again once you have a new one."),
    ),
    Reason(
        "unreadable",
        Outcome.REJECT,
        9,
        _("Not readable after several tries"),
        _("We could not read your permit. Contact us and we will help you another way."),
    ),
)
BY_CODE: dict[str, Reason] = {reason.code: reason for reason in ALL}


def for_outcome(outcome: Outcome) -> list[Reason]:
    """The reasons of one outcome, in the order of their digits."""
    return sorted((reason for reason in ALL if reason.outcome == outcome), key=lambda reason: reason.digit)


def customer_texts(codes: list[str]) -> list[Promise]:
    """What the customer reads, once each, in the order given; one fraud reason makes the whole text neutral."""
    chosen = [BY_CODE[code] for code in codes]
    if any(reason.is_fraud for reason in chosen):
        return [NEUTRAL_TEXT]
    return [reason.customer_text for reason in chosen]
