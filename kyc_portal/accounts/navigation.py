"""What the staff's navigation holds for each role: only pages the role may open. A test opens each of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kyc_portal.accounts.models import Role

_DECIDE = frozenset({Role.REVIEWER, Role.SENIOR_REVIEWER})
_LOOK = _DECIDE | {Role.AUDITOR}
_OVERSEE = frozenset({Role.SENIOR_REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR})


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
            Page(_("Queue"), "console:queue", "", "queue", _LOOK),
            Page(_("Search"), "console:search", "", "search", _LOOK),
            Page(_("My claims"), "console:lane", "mine", "lock", _DECIDE),
            Page(_("Second review"), "console:lane", "second", "people", _LOOK),
            Page(_("Second looks"), "console:samples", "", "eye", frozenset({Role.SENIOR_REVIEWER})),
            Page(_("Parked"), "console:lane", "parked", "pause", _LOOK),
        ),
    ),
    Group(
        _("Run"),
        (
            Page(_("Exports"), "administration:exports", "", "export", frozenset({Role.ADMINISTRATOR})),
            Page(_("Privacy"), "administration:privacy", "", "shield", frozenset({Role.ADMINISTRATOR, Role.AUDITOR})),
            Page(_("Consents"), "administration:consents", "", "tick", frozenset({Role.ADMINISTRATOR, Role.AUDITOR})),
            Page(_("Policy"), "administration:policy", "", "sliders", _OVERSEE),
            Page(
                _("Invitations"),
                "administration:invitations",
                "",
                "plus",
                frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
            ),
            Page(_("People"), "administration:people", "", "people", frozenset({Role.ADMINISTRATOR, Role.AUDITOR})),
        ),
    ),
    Group(
        _("Oversight"),
        (
            Page(_("Dashboard"), "console:dashboard", "", "chart", _LOOK | _OVERSEE),
            Page(_("Agreement"), "console:agreement", "", "people", _OVERSEE),
            Page(_("Audit log"), "administration:audit-log", "", "log", _OVERSEE),
            Page(
                _("Submissions"),
                "admin:submissions_submission_changelist",
                "",
                "table",
                frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
            ),
        ),
    ),
    Group(_("Me"), (Page(_("Shortcuts"), "console:shortcuts", "", "sliders", _DECIDE),)),
)


def pages_of(role: Role) -> list[tuple[Promise, list[Page]]]:
    """The groups of one role, without those that would be empty."""
    found = [(group.label, [page for page in group.pages if role in page.roles]) for group in GROUPS]
    return [(label, pages) for label, pages in found if pages]
