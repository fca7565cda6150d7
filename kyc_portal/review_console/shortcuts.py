"""The console's keys, in one table: the map of keys shows those of a role, and a browser test presses them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kyc_portal.accounts.models import DECIDING, Role


@dataclass(frozen=True, slots=True)
class Keys:
    """A group of keys: (caps as they read, what they do)."""

    label: Promise
    keys: tuple[tuple[tuple[str, ...], Promise], ...]
    roles: frozenset[Role] = DECIDING


# Three columns, as the map shows them.
COLUMNS: tuple[tuple[Keys, ...], ...] = (
    (
        Keys(
            _("Queue"),
            (
                (("J", "K"), _("Move down, up")),
                (("Enter",), _("Open to read")),
                (("C",), _("Claim this")),
                (("X", "B"), _("Choose the row, act on the chosen")),
                (("N",), _("Claim next")),
                (("/",), _("Find")),
                (("F",), _("Filters; Enter opens one")),
                (("G", "1–7"), _("Go to lane")),
                (("I",), _("Why it stands here, on a narrow page")),
                (("U",), _("Back to queue")),
            ),
        ),
        Keys(_("Everywhere"), ((("?",), _("This map")), (("Esc",), _("Close, clear")))),
    ),
    (
        Keys(
            _("Picture"),
            (
                (("1", "2", "3"), _("Front, back, portrait")),
                (("+", "−", "0"), _("Zoom in, out, fit")),
                (("T",), _("Rotate")),
                (("X", "I"), _("Contrast, invert")),
                (("P",), _("Point out field")),
                (("V",), _("Compare attempts")),
                (("←", "↑", "↓", "→"), _("Move, when it has the focus")),
            ),
        ),
        Keys(
            _("Fields"),
            (
                (("Tab", "⇧ Tab"), _("Next, previous field")),
                (("↵",), _("Zoom in on the field")),
                (("F",), _("Correct field")),
                (("H",), _("History")),
            ),
        ),
    ),
    (
        Keys(
            _("Decide"),
            (
                (("A",), _("Approve")),
                (("S", "1–9"), _("Ask again, then reasons")),
                (("F", "B"), _("Another side to take again than the one in view")),
                (("R", "1–9"), _("Reject, then reasons")),
                (("Ctrl", "↵"), _("Send and open next")),
                (("Z",), _("Undo, for some seconds")),
                (("E",), _("Escalate")),
                (("W",), _("Park")),
            ),
        ),
        Keys(
            _("Second review"),
            (
                (("Y",), _("Confirm")),
                (("B",), _("Return")),
                (("D",), _("Decide otherwise")),
            ),
            frozenset({Role.SENIOR_REVIEWER}),
        ),
    ),
)


def columns_of(role: Role) -> list[list[Keys]]:
    """The map of one role, without the keys it never needs."""
    return [[group for group in column if role in group.roles] for column in COLUMNS]
