"""What the staff's navigation holds for each role: only pages the role may open. A test opens each of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kyc_portal.accounts.models import DECIDING, KEEPING, OVERSEEING, QUEUE_READING, Role


@dataclass(frozen=True, slots=True)
class Page:
    """One entry: its words, its address by name, its shape, who sees it."""

    label: Promise
    view: str
    argument: str
    icon: str
    roles: frozenset[Role]

    @property
    def arguments(self) -> list[str]:
        return [self.argument] if self.argument else []


@dataclass(frozen=True, slots=True)
class Group:
    """A heading over pages that belong together."""

    label: Promise
    pages: tuple[Page, ...]


GROUPS: tuple[Group, ...] = (
    Group(
        _("Work"),
        (
            Page(_("Queue"), "console:queue", "", "queue", QUEUE_READING),
            Page(_("Search"), "console:search", "", "search", QUEUE_READING),
            Page(_("My claims"), "console:lane", "mine", "lock", DECIDING),
            Page(_("Second review"), "console:lane", "second", "people", QUEUE_READING),
            Page(_("Second looks"), "console:samples", "", "eye", frozenset({Role.SENIOR_REVIEWER})),
            Page(_("Parked"), "console:lane", "parked", "pause", QUEUE_READING),
        ),
    ),
    Group(
        _("Run"),
        (
            Page(_("Reading service"), "administration:reading-service", "", "system", OVERSEEING),
            Page(_("Exports"), "administration:exports", "", "export", frozenset({Role.ADMINISTRATOR})),
            Page(_("Privacy"), "administration:privacy", "", "shield", KEEPING),
            Page(_("Consents"), "administration:consents", "", "tick", KEEPING),
            Page(_("Policy"), "administration:policy", "", "sliders", OVERSEEING),
            Page(
                _("Invitations"),
                "administration:invitations",
                "",
                "plus",
                KEEPING,
            ),
            Page(_("People"), "administration:people", "", "people", KEEPING),
        ),
    ),
    Group(
        _("Oversight"),
        (
            Page(_("Dashboard"), "console:dashboard", "", "chart", OVERSEEING),
            Page(_("Agreement"), "console:agreement", "", "people", OVERSEEING),
            Page(_("Audit log"), "administration:audit-log", "", "log", OVERSEEING),
            Page(
                _("Submissions"),
                "admin:submissions_submission_changelist",
                "",
                "table",
                KEEPING,
            ),
        ),
    ),
    Group(_("Me"), (Page(_("Shortcuts"), "console:shortcuts", "", "sliders", DECIDING),)),
)


def pages_of(role: Role) -> list[tuple[Promise, list[Page]]]:
    """The groups of one role, without those that would be empty."""
    found = [(group.label, [page for page in group.pages if role in page.roles]) for group in GROUPS]
    return [(label, pages) for label, pages in found if pages]
