"""What a customer's own pack says, as plain records: no form, no database, nothing sealed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from kyc_portal.exports.records import OUTSIDE, as_json


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """What was agreed to, when, and when it was taken back."""

    text_version: str
    language: str
    provider: str
    region: str
    given_at: datetime
    withdrawn_at: datetime | None
    portraits_given_at: datetime | None
    portraits_withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo as it was received, or a portrait the reading service cut out of one; `file` is where it lies.

    `original` opens it again, so that not all of them are in memory at once.
    """

    side: str
    attempt: int
    received_at: datetime
    file: str
    sha256: str
    display: bytes = field(repr=False, metadata=OUTSIDE)
    original: Callable[[], bytes] = field(repr=False, metadata=OUTSIDE)


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A photo that was refused at once and not kept."""

    side: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One value: what was read, what the customer said instead, what a reviewer put beside it."""

    name: str
    label: str
    read: str
    you_said: str
    your_note: str
    corrected: str
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class ReadingLine:
    """One reading of one photo. `zone` is what the card's machine-readable line says, where it was read."""

    side: str
    attempt: int
    read_at: datetime
    request: str
    fields: Sequence[FieldLine]
    zone: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """A decision that stands or stood, by which kind of person, and the text that told it."""

    outcome: str
    decided_at: datetime
    by: str
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """An e-mail that told an outcome; None while it is still owed."""

    about: str
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class ApplicationLine:
    """One go at proving identity, as the customer saw it."""

    reference: str
    state: str
    permit: str
    language: str
    attempts: int
    started_at: datetime
    received_at: datetime | None
    confirmed_at: datetime | None
    decided_at: datetime | None
    permit_expires_on: date | None
    photos: Sequence[Photo]
    refused_photos: Sequence[RefusedLine]
    readings: Sequence[ReadingLine]
    decisions: Sequence[DecisionLine]
    notices: Sequence[NoticeLine]


@dataclass(frozen=True, slots=True)
class LookLine:
    """A look at the data: which kind of person, at what, when."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class SubjectFile:
    """The whole pack but its forms. `language` is the one it is written in."""

    reference: str
    language: str
    made_at: datetime
    email: str
    emails: Sequence[str]
    account_since: datetime
    last_sign_in: datetime | None
    invited_as: Sequence[str]
    asked_deletion_at: datetime | None
    relationship_ended_on: date | None
    consents: Sequence[ConsentLine]
    applications: Sequence[ApplicationLine]
    looks: Sequence[LookLine]

    @property
    def photos(self) -> list[Photo]:
        """Every photo of every application."""
        return [photo for application in self.applications for photo in application.photos]

    def as_json(self) -> bytes:
        """The whole file for machines; photos lie in files of their own."""
        return as_json(self)
