"""Cases that have something in common with one, or with what a person looks for: by keyed digests, shown masked.

A meeting is a hint for a person and never a finding: simplified names merge what traditional ones keep apart.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kyc_portal import audit
from kyc_portal.audit import Actor
from kyc_portal.sealing import digests
from kyc_portal.submissions import queue
from kyc_portal.submissions.checks import dates, grammar
from kyc_portal.submissions.models import Reading, Scan, Submission
from kyc_portal.submissions.pictures import near_pictures, portraits
from ocr_integration.contract import PermitType

SHOWN = 10
_REFERENCE = re.compile(r"(?:S-?)?([23456789BCDFGHJKLMNPQRSTVWXZ]{6})")


class Tie(StrEnum):
    """What two cases have in common, the strongest first."""

    PICTURE = "picture"
    NEAR_PICTURE = "near_picture"
    PORTRAIT = "portrait"
    NUMBER = "number"
    LIFE_NUMBER = "life_number"
    NAME_BORN = "name_born"
    CUSTOMER = "customer"


TIES: Mapping[Tie, Promise] = {
    Tie.PICTURE: _("Same picture"),
    Tie.NEAR_PICTURE: _("Near-same picture"),
    Tie.PORTRAIT: _("Portrait looks the same"),
    Tie.NUMBER: _("Same number"),
    Tie.LIFE_NUMBER: _("Same number for life"),
    Tie.NAME_BORN: _("Same name and date of birth"),
    Tie.CUSTOMER: _("Same customer"),
}


@dataclass(frozen=True, slots=True)
class Related:
    """One case as lists show it, and what ties it to the one looked at; `portraits` where both show one face."""

    row: queue.QueueRow
    ties: Sequence[Tie]
    portraits: portraits.Meeting | None = None

    @property
    def words(self) -> list[str]:
        return [str(TIES[tie]) for tie in self.ties]

    @property
    def is_own(self) -> bool:
        return Tie.CUSTOMER in self.ties


def related(submission: Submission, *, now: datetime) -> list[Related]:
    """The newest cases that share a number, a holder or a picture with this one, another customer's first."""
    ties = _ties_of_customers(digests.sharing(submission.customer_id))
    scans = list(submission.scans.all())
    by_picture: dict[UUID, set[Tie]] = defaultdict(set)
    for meeting in near_pictures.elsewhere(scans):
        by_picture[meeting.submission_id].add(Tie.PICTURE if meeting.is_exact else Tie.NEAR_PICTURE)
    pictures = [scan.picture_digest for scan in scans if scan.picture_digest is not None]
    own_again = Scan.objects.filter(customer_id=submission.customer_id, picture_digest__in=pictures)
    for again in own_again.exclude(submission=submission).values_list("submission_id", flat=True)[: SHOWN * 5]:
        by_picture[again].add(Tie.PICTURE)
    faces = {each.theirs.submission_id: each for each in reversed(portraits.elsewhere(_readings(scans)))}
    for alike in faces:
        by_picture[alike].add(Tie.PORTRAIT)
    ties[submission.customer_id].append(Tie.CUSTOMER)
    found = _found(ties, by_picture, now=now, without=submission.pk)
    return [replace(each, portraits=faces.get(each.row.submission.pk)) for each in found]


def _readings(scans: Iterable[Scan]) -> list[Reading]:
    return list(Reading.objects.filter(scan__in=scans, has_profile=True))


@dataclass(frozen=True, slots=True)
class Sought:
    """What was looked for: a case by reference, a permit number, or a name with its date of birth.

    `problem` says why nothing could be looked for.
    """

    kind: str
    reference: str = ""
    texts: Mapping[str, str] | None = None
    problem: str = ""


def understand(text: str, born: str) -> Sought:
    """Tell what somebody typed. Nothing is looked up here."""
    plain = grammar.plain(text)
    if not plain:
        return Sought("", problem="empty")
    life = {life for permit in PermitType if (life := grammar.life_number(permit, plain))}
    if life:
        return Sought("number", texts={"number": plain, "life_number": life.pop()})
    reference = _REFERENCE.fullmatch(plain)
    if reference:
        return Sought("reference", reference=f"S-{reference[1]}")
    if re.search(r"\d", plain):
        return Sought("", problem="no_number")
    day = dates.day(born.strip().replace("-", "."))
    if day is None:
        return Sought("", problem="no_birthday")
    return Sought("name_born", texts={"name_born": f"{text.strip()}|{day}"})


def search(sought: Sought, *, actor: Actor, now: datetime) -> list[Related]:
    """Look for cases, after recording that it is done: what kind, and the keyed digest of what was looked for.

    The digest lets an auditor ask whether a known value was looked for, and tells nobody else what it was.
    """
    texts = dict(sought.texts or {})
    asked = next(((kind, digests.digest(kind, text)) for kind, text in texts.items()), None)
    ties: dict[UUID, list[Tie]] = defaultdict(list)
    by_reference: set[UUID] = set()
    if sought.reference:
        by_reference = set(Submission.objects.filter(reference=sought.reference).values_list("pk", flat=True))
    for kind, text in texts.items():
        for customer in digests.customers_sharing(kind, text):
            ties[customer].append(Tie(kind))
    found = _found(ties, dict.fromkeys(by_reference, ()), now=now)
    with audit.acting(actor):
        audit.record(
            "case.searched",
            object_type="submissions.search",
            object_id=sought.kind,
            details={
                "found": str(len(found)),
                **({"digest": asked[1].hex()} if asked else {"reference": sought.reference}),
            },
        )
    return found


def _ties_of_customers(shared: Iterable[tuple[UUID, str]]) -> dict[UUID, list[Tie]]:
    ties: dict[UUID, list[Tie]] = defaultdict(list)
    for customer, kind in shared:
        ties[customer].append(Tie(kind))
    return ties


def _found(
    ties: Mapping[UUID, Sequence[Tie]],
    by_submission: Mapping[UUID, Collection[Tie]],
    *,
    now: datetime,
    without: UUID | None = None,
) -> list[Related]:
    """Cases of the customers in `ties` and those in `by_submission`, each with what ties it."""
    wanted = Submission.objects.filter(
        Q(customer_id__in=list(ties)) | Q(pk__in=list(by_submission)), received_at__isnull=False
    )
    if without is not None:
        wanted = wanted.exclude(pk=without)
    newest = wanted.select_related("customer", "claimed_by").order_by("-number")[: SHOWN * 5]
    rows = queue.as_rows(list(newest), now=now)
    order = list(Tie)
    found = []
    for row in rows:
        own = {*ties.get(row.submission.customer_id, ()), *by_submission.get(row.submission.pk, ())}
        found.append(Related(row, sorted(own, key=order.index)))
    return sorted(found, key=lambda each: (each.is_own, Tie.PORTRAIT not in each.ties, -len(each.ties)))[:SHOWN]
