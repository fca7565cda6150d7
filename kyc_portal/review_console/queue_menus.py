"""The queue's filters as an address says them, and as menus of links: they work without scripts, by Tab and Enter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kyc_portal.submissions import policies, policy
from kyc_portal.submissions.queue import PERMITS
from kyc_portal.submissions.queue_filters import WAITED_HOURS, Filters, Holder

_TITLES: dict[str, Promise] = {
    "warning": _("Warning"),
    "check": _("Check"),
    "permit": _("Permit"),
    "waited": _("Waiting"),
    "holder": _("Held by"),
    "language": _("Language"),
    "tag": _("Tag"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One value a filter may have, and the address that sets it and keeps the other filters."""

    label: str
    address: str


@dataclass(frozen=True, slots=True)
class Menu:
    """One filter: its values, or the chosen one with the address that clears it."""

    name: str
    title: str
    chosen: str
    clear: str
    choices: Sequence[Choice]


def values() -> dict[str, dict[str, str]]:
    """Every filter with the values it knows, in words."""
    return {
        "warning": {signal: policy.words(signal) for signal in policy.CODE_SIGNALS},
        "check": {signal: policy.words(signal) for signal in policy.CHECK_SIGNALS},
        "permit": {value: str(label) for value, label in PERMITS.items()},
        "waited": {str(hours): str(_("%d working hours or more") % hours) for hours in WAITED_HOURS},
        "holder": {value: str(label) for value, label in Holder.choices},
        "language": {code: str(label) for code, label in settings.LANGUAGES},
        "tag": {word: word for word in policies.in_force().tags},
    }


def from_query(query: QueryDict) -> Filters:
    """What an address asks for; a value that no menu offers is left out."""
    return Filters(**{name: query.get(name, "") for name, known in values().items() if query.get(name) in known})


def to_query(filters: Filters) -> str:
    """The filters for an address, with its question mark; empty where nothing is filtered."""
    asked = {name: value for name, value in asdict(filters).items() if value}
    return f"?{urlencode(asked)}" if asked else ""


def menus(filters: Filters, *, address: str) -> list[Menu]:
    """All filters of the lane at this address."""
    return [_menu(name, known, filters, address) for name, known in values().items() if known]


def _menu(name: str, known: dict[str, str], filters: Filters, address: str) -> Menu:
    def to(value: str) -> str:
        changed: dict[str, Any] = {name: value}
        return address + to_query(replace(filters, **changed))

    return Menu(
        name=name,
        title=str(_TITLES[name]),
        chosen=known.get(getattr(filters, name), ""),
        clear=to(""),
        choices=[Choice(label, to(value)) for value, label in known.items()],
    )
