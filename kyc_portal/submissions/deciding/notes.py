"""What colleagues write to a case as they hand it on; sealed, for staff only."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from kyc_portal.accounts.models import User
from kyc_portal.sealing.values import open_json, seal_json
from kyc_portal.submissions.errors import IncompleteError
from kyc_portal.submissions.models import CaseNote, NoteKind, Submission

_SEALED = {"table": "case_note", "column": "text_sealed"}


@dataclass(frozen=True, slots=True)
class Told:
    """A note, opened."""

    note: CaseNote
    text: str = field(repr=False)


def require_text(text: str) -> str:
    """The text without blanks around it. Raises IncompleteError where nothing is left."""
    if not text.strip():
        raise IncompleteError("why")
    return text.strip()


def write(submission: Submission, *, kind: NoteKind, text: str, by: User, now: datetime) -> CaseNote:
    """Keep a note with a locked case; inside the caller's `acting`."""
    note_id = uuid.uuid4()
    return CaseNote.objects.create(
        id=note_id,
        submission=submission,
        customer_id=submission.customer_id,
        kind=kind,
        text_sealed=seal_json(submission.customer_id, row_id=note_id, value={"text": text}, **_SEALED),
        written_by=by,
        written_at=now,
    )


def opened(found: Iterable[CaseNote]) -> list[Told]:
    """Notes with their texts, in the order given. Raises KeyDestroyedError."""
    return [Told(each, _text(each)) for each in found]


def _text(note: CaseNote) -> str:
    value = open_json(note.customer_id, row_id=note.pk, blob=bytes(note.text_sealed), **_SEALED)
    return str(value["text"])
