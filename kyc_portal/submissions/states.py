"""States of a submission and of a scan, and the table of allowed moves. The table is the machine.

Nothing here touches rows: `moves.move` makes the one guarded UPDATE a move is.
"""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Where a submission stands; `docs/states.md` draws the arrows."""

    COLLECTING = "collecting", _("Collecting pictures")
    RECEIVED = "received", _("Received")
    READING = "reading", _("Reading")
    CONFIRMING = "confirming", _("Check your details")
    ASKED_AGAIN = "asked_again", _("Asked again")
    TO_REVIEW = "to_review", _("In review")
    SECOND_REVIEW = "second_review", _("In second review")
    PARKED = "parked", _("Parked")
    DECIDING = "deciding", _("Deciding")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    LAPSED = "lapsed", _("Lapsed")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    ABANDONED = "abandoned", _("Abandoned")


ENDS = frozenset({State.APPROVED, State.REJECTED, State.LAPSED, State.WITHDRAWN, State.ABANDONED})
IN_REVIEW = frozenset({State.TO_REVIEW, State.SECOND_REVIEW, State.PARKED, State.DECIDING})
# Everything a customer may still walk away from: not once a decision's window runs.
WITHDRAWABLE = frozenset(State) - ENDS - {State.DECIDING}

# from -> to. An arrow missing here does not exist on any route.
MOVES: dict[State, frozenset[State]] = {
    State.COLLECTING: frozenset({State.RECEIVED, State.ABANDONED, State.WITHDRAWN}),
    State.ASKED_AGAIN: frozenset({State.RECEIVED, State.ABANDONED, State.WITHDRAWN}),
    State.RECEIVED: frozenset({State.READING, State.WITHDRAWN}),
    State.READING: frozenset({State.RECEIVED, State.CONFIRMING, State.ASKED_AGAIN, State.TO_REVIEW, State.WITHDRAWN}),
    State.CONFIRMING: frozenset({State.TO_REVIEW, State.ASKED_AGAIN, State.WITHDRAWN}),
    State.TO_REVIEW: frozenset({State.DECIDING, State.SECOND_REVIEW, State.PARKED, State.WITHDRAWN}),
    State.SECOND_REVIEW: frozenset({State.DECIDING, State.TO_REVIEW, State.WITHDRAWN}),
    State.PARKED: frozenset({State.TO_REVIEW, State.WITHDRAWN}),
    State.DECIDING: frozenset(
        {State.TO_REVIEW, State.SECOND_REVIEW, State.APPROVED, State.REJECTED, State.ASKED_AGAIN}
    ),
    State.APPROVED: frozenset({State.LAPSED, State.TO_REVIEW}),
    State.REJECTED: frozenset({State.TO_REVIEW}),
    State.LAPSED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.ABANDONED: frozenset(),
}


class ScanState(TextChoices):
    """Where one picture stands. Reading belongs to the scan; the submission only sums up."""

    KEPT = "kept", _("Stored, not yet sent in")
    DUE = "due", _("Waiting to be read")
    READING = "reading", _("Being read")
    READ = "read", _("Read")
    FAULTY = "faulty", _("The picture must be taken again")
    UNREAD = "unread", _("Could not be read for a reason of ours")
    REPLACED = "replaced", _("Replaced by a newer picture")


UNFINISHED_SCANS = frozenset({ScanState.DUE, ScanState.READING})
