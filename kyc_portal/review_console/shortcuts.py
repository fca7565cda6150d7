"""The console's keys, in one table: the page of shortcuts shows it, and a browser test presses them."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Groups of (keys, what they do); keys as their caps read.
SHORTCUTS: tuple[tuple[Promise, tuple[tuple[tuple[str, ...], Promise], ...]], ...] = (
    (
        _("Queue"),
        (
            (("J", "K"), _("Next and previous row")),
            (("Enter",), _("Open to read")),
            (("C",), _("Claim this case and open it")),
            (("N",), _("Claim the next case and open it")),
            (("/",), _("Find a case")),
            (("F",), _("Go to the filters; Enter opens one, Escape closes it")),
            (("G", "1–7"), _("Go to a lane, in their order")),
            (("?",), _("This page")),
        ),
    ),
    (
        _("Picture"),
        (
            (("1", "2"), _("Front, back")),
            (("+", "−", "0"), _("Zoom in, zoom out, fit")),
            (("T",), _("Turn by a quarter")),
            (("X",), _("More contrast")),
            (("I",), _("Invert")),
            (("P",), _("Point out the field you are on, or stop")),
            (("Tab", "↵"), _("Among the fields: point out, zoom in on it")),
            (("← ↑ ↓ →",), _("Move the picture, when it has the focus")),
        ),
    ),
    (
        _("Decide"),
        (
            (("C",), _("Claim this case")),
            (("A",), _("Approve, once every picture was shown")),
            (("S",), _("Ask again")),
            (("R",), _("Reject")),
            (("1–9",), _("In the dialog: choose a reason")),
            (("F", "B"), _("In the dialog of Ask again: front, back")),
            (("Ctrl", "↵"), _("In the dialog: send, and open the next case")),
            (("Esc",), _("In the dialog: cancel; the note is kept")),
            (("Y", "B"), _("Second review: confirm, return")),
            (("E", "W"), _("Escalate, park for a day")),
            (("Z",), _("Undo, for a few seconds")),
            (("U",), _("Back to the queue")),
        ),
    ),
)
