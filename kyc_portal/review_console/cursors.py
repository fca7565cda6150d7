"""Where a page of the queue ended, as signed text for an address: it names no person, and cannot be forged."""

from __future__ import annotations

from datetime import datetime

from django.core import signing

from kyc_portal.submissions.queue import Cursor

_SALT = "queue-cursor"


def to_text(cursor: Cursor) -> str:
    """The cursor for a link."""
    return signing.dumps(
        [cursor.cutoff.isoformat(), cursor.is_rescued, cursor.rank, cursor.waiting_since.isoformat(), cursor.number],
        salt=_SALT,
    )


def from_text(text: str) -> Cursor | None:
    """The cursor of a link, or None when it is not one of ours: the list then starts at its head."""
    try:
        cutoff, is_rescued, rank, waiting_since, number = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError):
        return None
    return Cursor(datetime.fromisoformat(cutoff), is_rescued, rank, datetime.fromisoformat(waiting_since), number)
