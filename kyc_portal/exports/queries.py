"""Exports as the page shows them, newest first. Changes nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kyc_portal.accounts.models import Role, User
from kyc_portal.exports.formats import FORMATS
from kyc_portal.exports.models import OPEN, Export, ExportState
from kyc_portal.submissions import policy
from kyc_portal.submissions.states import State

SHOWN = 30
_UNDER_WAY = frozenset({ExportState.WAITING, ExportState.ASKED, ExportState.RUNNING})
_FAULTS: dict[str, Promise] = {
    "asker_left": _("Who asked is no administrator any more."),
    "columns_changed": _("The columns have changed since it was asked for."),
    "gave_up": _("Its worker was stopped again and again."),
    "erasure": _("A customer in it was erased."),
}
_STORE = _("The store or a key did not answer. Ask again once it does.")


@dataclass(frozen=True, slots=True)
class Line:
    """One export for one reader: what it is, how far, and what this reader may do with it."""

    export: Export
    format: str
    filters: list[str]
    rows_done: int
    percent: int
    why: str
    may_approve: bool
    may_cancel: bool
    may_take: bool

    @property
    def is_under_way(self) -> bool:
        """Whether something is still to be done before there is a file."""
        return self.export.state in _UNDER_WAY


def newest(reader: User, *, now: datetime) -> list[Line]:
    """What is under way or was lately."""
    done = Coalesce(Sum("parts__rows", filter=Q(parts__is_packed=False)), 0)
    found = Export.objects.select_related("asked_by", "approved_by", "ended_by").annotate(rows_done=done)
    return [_line(export, reader, now) for export in found.order_by("-asked_at")[:SHOWN]]


def made_with(sha256: str) -> Export | None:
    """The export whose file has this hash, in hexadecimal letters; what ended since counts too."""
    return Export.objects.select_related("asked_by").filter(sha256=sha256).exclude(sha256="").first()


def others_who_may_approve(person: User) -> list[str]:
    """The names of the other administrators: somebody else says yes to values in clear."""
    others = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=person.pk)
    return list(others.order_by("display_name").values_list("display_name", flat=True))


def etag(lines: list[Line], *, language: str) -> str:
    """Another one as soon as anything a reader sees has changed."""
    stands = "".join(f"{each.export.pk.hex[:8]}{each.export.state[:2]}{each.rows_done}" for each in lines)
    return f'"{language}{hash_of(stands)}"'


def hash_of(text: str) -> str:
    """A short name for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _line(export: Export, reader: User, now: datetime) -> Line:
    mine = export.asked_by_id == reader.pk
    done: int = export.rows_done  # type: ignore[attr-defined]
    return Line(
        export=export,
        format=FORMATS[export.format].label if export.format in FORMATS else export.format,
        filters=_filters(export),
        rows_done=done,
        percent=min(100, 100 * done // export.rows_expected) if export.rows_expected else 0,
        why=_why(export),
        may_approve=export.state == ExportState.WAITING and not mine,
        may_cancel=export.state in OPEN,
        may_take=mine
        and export.state == ExportState.READY
        and export.expires_at is not None
        and export.expires_at > now,
    )


def _why(export: Export) -> str:
    if export.state == ExportState.FAILED or (export.fault in _FAULTS and export.state == ExportState.EXPIRED):
        return str(_FAULTS.get(export.fault, _STORE))
    return ""


def _filters(export: Export) -> list[str]:
    """The filter in words; none is everything."""
    wanted = export.wanted
    found = []
    if "state" in wanted:
        found.append(str(State(wanted["state"]).label))
    if "code" in wanted:
        found.append(policy.words(policy.signal_of_code(wanted["code"])))
    if "permit_type" in wanted:
        found.append(str(policy.PERMIT_WORDS.get(wanted["permit_type"], wanted["permit_type"])))
    days = [wanted.get("received_from", "…"), wanted.get("received_to", "…")]
    if days != ["…", "…"]:
        found.append(" – ".join(days))
    return found
