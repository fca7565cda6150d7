"""How the log stands, for the page above its entries, the alarms and the figures: nothing is verified here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection

from kyc_portal.audit.models import Entry
from kyc_portal.audit.proof.checking import SOUND, UNSOUND
from kyc_portal.audit.proof.sealer import SIGN_ANYWAY, SIGN_EVERY
from kyc_portal.audit.proof.verifier import Checkpoint

# The sealer looks every five seconds and signs at least hourly; beat verifies hourly.
BEHIND = timedelta(minutes=2)
SILENT = timedelta(hours=2)
KNOWN_FOR = timedelta(hours=24)


class State(StrEnum):
    """What is said about the log, the gravest first."""

    BROKEN = "broken"
    BEHIND = "behind"
    SILENT = "silent"
    UNKNOWN = "unknown"
    SOUND = "sound"


@dataclass(frozen=True, slots=True)
class Standing:
    """The last results of verification, and what sealer and signer did.

    `verified`, `whole`, `failed`: the entries of the last sound result, of the last that read everything, and of a
    failure that no sound result followed. `note`: the last checkpoint as it was signed, empty where there is none;
    `number`: how many there are. `verified_entry`: the entry that
    stands last among those verified.
    """

    verified: Entry | None
    whole: Entry | None
    failed: Entry | None
    verified_entry: int | None
    sealed: int
    note: str
    number: int
    unsealed_since: datetime | None
    now: datetime

    @property
    def state(self) -> State:
        """What is to be said; a result older than a day says nothing of today."""
        if self.failed is not None:
            return State.BROKEN
        if self.is_behind:
            return State.BEHIND
        if self.is_silent:
            return State.SILENT
        return State.UNKNOWN if self.verified is None or self.is_forgotten else State.SOUND

    @property
    def is_forgotten(self) -> bool:
        """It was verified once and has not been for longer than a day: the workers that do it stand still."""
        return self.verified is not None and self.now - self.verified.at > KNOWN_FOR

    @property
    def verified_size(self) -> int:
        """How many entries the last sound result covers."""
        return int(self.verified.object_id) if self.verified else 0

    @property
    def good_up_to(self) -> int | None:
        """How many entries stand before the first that does not, where the failure says so."""
        said = (self.failed.details or {}).get("good_up_to") if self.failed else None
        return int(said) if said else None

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The last checkpoint, read."""
        return Checkpoint.parse(self.note) if self.note else None

    @property
    def signed_at(self) -> datetime | None:
        """When the last checkpoint was signed."""
        return self.checkpoint.time if self.checkpoint else None

    @property
    def signed_size(self) -> int:
        """How many entries the last checkpoint covers."""
        return self.checkpoint.size if self.checkpoint else 0

    @property
    def unsigned(self) -> int:
        """Entries in the tree that no checkpoint covers yet."""
        return max(0, self.sealed - self.signed_size)

    @property
    def key_id(self) -> str:
        """Which key signed last, by the id that stands in its text."""
        return self.checkpoint.signatures[0][1].hex() if self.checkpoint else ""

    @property
    def next_at(self) -> datetime | None:
        """When the next checkpoint is due."""
        return self.signed_at + (SIGN_EVERY if self.unsigned else SIGN_ANYWAY) if self.signed_at else None

    @property
    def is_behind(self) -> bool:
        """The sealer does not keep up: entries wait for their leaf."""
        return self.unsealed_since is not None and self.now - self.unsealed_since > BEHIND

    @property
    def is_silent(self) -> bool:
        """No checkpoint for longer than one is due, or none at all though entries are sealed."""
        return self.sealed > 0 and (self.signed_at is None or self.now - self.signed_at > SILENT)


_LOOKS = """
SELECT (SELECT coalesce(max(position) + 1, 0) FROM audit.leaf),
    (SELECT note FROM audit.checkpoint ORDER BY id DESC LIMIT 1),
    (SELECT coalesce(max(id), 0) FROM audit.checkpoint),
    (SELECT min(e.at) FROM audit.entry e
     WHERE e.tx >= coalesce((SELECT watermark FROM audit.seal ORDER BY id DESC LIMIT 1), 0)
         AND NOT EXISTS (SELECT FROM audit.leaf l WHERE l.entry_id = e.id)),
    (SELECT entry_id FROM audit.leaf WHERE position = %s),
    clock_timestamp()
"""


def standing() -> Standing:
    """How the log stands, from a few indexed looks."""
    results = Entry.objects.filter(object_type="audit_log", kind="act").order_by("-id")
    last = results.filter(action__in=(SOUND, UNSOUND)).first()
    is_failed = last is not None and last.action == UNSOUND
    verified = results.filter(action=SOUND).first() if is_failed else last
    with connection.cursor() as cursor:
        cursor.execute(_LOOKS, [int(verified.object_id) - 1 if verified else -1])
        sealed, note, number, unsealed_since, verified_entry, now = cursor.fetchone()
    return Standing(
        verified=verified,
        whole=results.filter(action=SOUND, details__from="0").first(),
        failed=last if is_failed else None,
        verified_entry=verified_entry,
        sealed=sealed,
        note=note or "",
        number=number,
        unsealed_since=unsealed_since,
        now=now,
    )
