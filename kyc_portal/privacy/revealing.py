"""What an entry of the log holds sealed, opened for one look: who looked is recorded before anything is opened.

An entry keeps digests of ciphertexts only. The bytes are still in the row, or in the log's vault once it moved on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps

from kyc_portal import audit
from kyc_portal.accounts.models import KEEPING, User
from kyc_portal.audit.models import Entry, Vault
from kyc_portal.privacy.errors import NotAllowedError, NothingSealedError
from kyc_portal.sealing.values import open_sealed

# (the entry's object, the column) to the (table, column) under which its value was sealed.
PLACES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("submissions.submission", "summary_sealed"): ("submission", "summary_sealed"),
    ("submissions.reading", "fields_sealed"): ("reading", "fields_sealed"),
    ("submissions.confirmation", "differences_sealed"): ("confirmation", "differences_sealed"),
    ("submissions.fieldcorrection", "value_sealed"): ("field_correction", "value_sealed"),
    ("submissions.decision", "note_sealed"): ("decision", "note_sealed"),
    ("submissions.reopening", "why_sealed"): ("reopening", "why"),
    ("submissions.casenote", "text_sealed"): ("case_note", "text_sealed"),
    ("submissions.reviewsample", "note_sealed"): ("review_sample", "note_sealed"),
    ("privacy.hold", "why_sealed"): ("hold", "why"),
}
# Sealed columns that tell a person nothing.
NOT_TOLD: Mapping[tuple[str, str], str] = {
    ("submissions.scan", "salt_sealed"): "random bytes of a commitment",
    ("submissions.scan", "commitment"): "a digest, sealed in the log only",
    ("submissions.scanlikeness", "relief_sealed"): "what pictures are compared by",
    ("submissions.portraitlikeness", "numbers_sealed"): "what portraits are compared by",
    (
        "submissions.reading",
        "regions_sealed",
    ): "places in a picture, and the machine-readable line",
}


@dataclass(frozen=True, slots=True)
class Revealed:
    """One sealed value of a row as it was and as it became; empty where there was none, or its bytes are gone."""

    column: str
    before: str
    after: str


def columns(entry: Entry) -> list[str]:
    """The columns of a row change that somebody who may could have revealed."""
    shown = {**(entry.before or {}), **(entry.after or {})}
    return [
        name
        for name, value in sorted(shown.items())
        if isinstance(value, dict) and "sealed" in value and (entry.object_type, name) in PLACES
    ]


def reveal(*, entry: Entry, by: User) -> list[Revealed]:
    """Open what one entry sealed. Raises NotAllowedError, NothingSealedError, KeyDestroyedError, SealBrokenError."""
    if by.role not in KEEPING or not by.is_active:
        raise NotAllowedError("an auditor or an administrator does this")
    names = columns(entry)
    if not names or entry.subject is None:
        raise NothingSealedError(str(entry.id))
    with audit.acting(by.actor):
        audit.record(
            "value.revealed",
            object_type="audit_entry",
            object_id=str(entry.id),
            subject=entry.subject,
            details={"object": f"{entry.object_type} {entry.object_id}", "columns": ",".join(names)},
        )
    return [
        Revealed(name, *(_opened(entry, name, (side or {}).get(name)) for side in (entry.before, entry.after)))
        for name in names
    ]


def _opened(entry: Entry, column: str, held: Any) -> str:
    """One side of one column in words; empty without a value, or where its bytes are nowhere any more."""
    if not isinstance(held, dict) or entry.subject is None:
        return ""
    blob = _bytes(entry, column, bytes.fromhex(str(held["sealed"]).removeprefix("sha256:")))
    if blob is None:
        return ""
    table, place = PLACES[entry.object_type, column]
    plain = open_sealed(entry.subject, table=table, column=place, row_id=UUID(entry.object_id), blob=blob).decode()
    return "; ".join(_told(plain))


def _bytes(entry: Entry, column: str, digest: bytes) -> bytes | None:
    kept = Vault.objects.filter(digest=digest).values_list("bytes", flat=True).first()
    if kept is not None:
        return bytes(kept)
    model = apps.get_model(entry.object_type)
    stands = model._default_manager.filter(pk=entry.object_id).values_list(column, flat=True).first()
    return bytes(stands) if stands is not None and hashlib.sha256(bytes(stands)).digest() == digest else None


def _told(plain: str) -> Iterator[str]:
    """A sealed text as it is; a sealed record name by name."""
    try:
        value = json.loads(plain)
    except ValueError:
        value = plain
    if not isinstance(value, dict):
        yield str(value)
        return
    for name, each in value.items():
        text = ", ".join(map(str, filter(None, each.values()))) if isinstance(each, dict) else str(each or "")
        if text:
            yield f"{name}: {text}"
