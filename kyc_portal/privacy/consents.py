"""The register of consents: who agreed to which text, in which language, for which provider, and who took it back.

It names customers by their reference only. Handing it out as a file is an act in the log.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.exports.asking import PURPOSE_MIN
from kyc_portal.exports.errors import NotAllowedError, RefusedError
from kyc_portal.exports.formats import FORMATS
from kyc_portal.exports.parting import parted
from kyc_portal.submissions.models import Consent

COLUMNS = (
    "customer_reference", "text_version", "language", "given_at", "provider", "region", "withdrawn_at",
    "portraits_given_at", "portraits_withdrawn_at",
)  # fmt: skip
# Rows held at once while the file is written; what is above a megabyte goes to the disk.
_ROWS = 2_000
_IN_MEMORY = 1 << 20


@dataclass(frozen=True, slots=True)
class Sought:
    """What narrows the register; empty does not. `standing` is "", "stands" or "withdrawn"."""

    customer: str = ""
    text_version: str = ""
    language: str = ""
    standing: str = ""

    def rows(self) -> QuerySet[Consent]:
        """What matches, newest first."""
        found = Consent.objects.select_related("customer").order_by("-given_at", "-pk")
        if self.customer:
            found = found.filter(customer__reference=self.customer)
        if self.text_version:
            found = found.filter(text_version=self.text_version)
        if self.language:
            found = found.filter(language=self.language)
        if self.standing:
            found = found.filter(withdrawn_at__isnull=self.standing == "stands")
        return found


@dataclass(frozen=True, slots=True)
class VersionCount:
    """How often one version of the text was agreed to and taken back, and over which time."""

    text_version: str
    given: int
    withdrawn: int
    first_at: datetime
    last_at: datetime


def by_version() -> list[VersionCount]:
    """One line a version of the text, the one given last first."""
    counted = (
        Consent.objects.order_by()
        .values_list("text_version")
        .annotate(
            given=Count("pk"),
            withdrawn=Count("pk", filter=Q(withdrawn_at__isnull=False)),
            first=Min("given_at"),
            last=Max("given_at"),
        )
    )
    return sorted((VersionCount(*row) for row in counted), key=lambda each: each.last_at, reverse=True)


def after(found: QuerySet[Consent], last: UUID) -> QuerySet[Consent]:
    """What follows a consent in the register's order; everything where that consent is not known."""
    row = Consent.objects.filter(pk=last).values_list("given_at", "pk").first()
    return found.filter(Q(given_at__lt=row[0]) | Q(given_at=row[0], pk__lt=row[1])) if row else found


@dataclass(frozen=True, slots=True)
class Taken:
    """The file made: an open, unnamed one at its start, its SHA-256, its size in bytes and its rows."""

    file: IO[bytes]
    sha256: str
    size_bytes: int
    rows: int


def take(*, sought: Sought, purpose: str, by: User) -> Taken:
    """The register as CSV, for an administrator with a purpose; recorded with the file's hash before it leaves.

    Raises NotAllowedError, and RefusedError("purpose"). Instants are UTC; a cell a spreadsheet would run is made text.
    """
    if by.role != Role.ADMINISTRATOR or not by.is_active:
        raise NotAllowedError("an administrator does this")
    if len(purpose.strip()) < PURPOSE_MIN:
        raise RefusedError("purpose")
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by whoever hands it out
    seen, rows = hashlib.sha256(), 0
    for block, many in _blocks(sought):
        file.write(block)
        seen.update(block)
        rows += many
    size = file.tell()
    file.seek(0)
    with audit.acting(by.actor):
        audit.record(
            "consents.exported",
            object_type="submissions.consent",
            object_id="register",
            details={
                "purpose": purpose.strip(),
                "filter": " ".join(
                    f"{name}={value}" for name in Sought.__slots__ if (value := str(getattr(sought, name)))
                ),
                "rows": str(rows),
                "sha256": seen.hexdigest(),
            },
        )
    return Taken(file=file, sha256=seen.hexdigest(), size_bytes=size, rows=rows)  # type: ignore[arg-type]


def _blocks(sought: Sought) -> Iterator[tuple[bytes, int]]:
    """The file's bytes, block by block, with the rows in each; the first brings the header."""
    form, held, done = FORMATS["csv"], [], 0
    for consent in sought.rows().iterator(chunk_size=_ROWS):
        held.append(parted(_cells(consent)))
        if len(held) == _ROWS:
            yield form.block(COLUMNS, held, done), len(held)
            done, held = done + len(held), []
    if held or not done:
        yield form.block(COLUMNS, held, done), len(held)


def _cells(consent: Consent) -> list[str]:
    return [
        consent.customer.reference,
        consent.text_version,
        consent.language,
        _instant(consent.given_at),
        consent.provider,
        consent.region,
        _instant(consent.withdrawn_at),
        _instant(consent.portraits_given_at),
        _instant(consent.portraits_withdrawn_at),
    ]


def _instant(value: datetime | None) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds") if value else ""
