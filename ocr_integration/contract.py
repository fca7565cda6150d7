"""What crosses the door of the recognition service, as frozen values: request, permit, back side, warning codes.

Nothing here knows JSON (see wire), HTTP (see client and server) or Django. A text field that the service
did not read is the empty string, never None.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import IntEnum, StrEnum

ACTION = "MainlandPermitOCR"
API_VERSION = "2018-11-19"


class Side(StrEnum):
    """The side of the card a picture shows, as the service names it."""

    FRONT = "FRONT"
    BACK = "BACK"


class PermitType(StrEnum):
    """The printed names of the documents we know; the wire carries exactly these strings."""

    HK_MACAO_RESIDENT = "港澳居民来往内地通行证"
    TAIWAN_RESIDENT = "台湾居民来往大陆通行证"
    EXIT_ENTRY_HK_MACAO = "往来港澳通行证"
    EXIT_ENTRY_TAIWAN = "往来台湾通行证"


class KnownWarning(IntEnum):
    """The warning codes the service publishes; a code outside this list is still a warning."""

    PHOTOCOPY = -9102
    RECAPTURE = -9103
    EDITED = -9104
    NOT_ENABLED = -9109


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """One picture to read. Exactly one of `image` (the file's bytes) and `image_url` is set.

    `with_regions` asks our own server where each field stands; another service does not know the question.
    """

    image: bytes | None = field(default=None, repr=False)
    image_url: str | None = field(default=None, repr=False)
    side: Side = Side.FRONT
    with_portrait: bool = False
    with_regions: bool = False

    def __post_init__(self) -> None:
        if (self.image is None) == (self.image_url is None):
            raise ValueError("give either the picture's bytes or its URL")


@dataclass(frozen=True, slots=True)
class BackFields:
    """What the back of a HK/Macao residents' permit says; on a front only `type` is filled."""

    type: str = ""
    name: str = field(default="", repr=False)
    id_number: str = field(default="", repr=False)
    history_number: str = field(default="", repr=False)


Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class FieldRegion:
    """Where one field stands on the picture, and how sure the reader is of it.

    `name` is a field of PermitReading, or one of BackFields with the prefix `back.`. `confidence` is 0-1. `corners` are
    the value's four, from its top left as it is read, clockwise: (x, y) as parts (0-1) of the width and the height of
    the picture as its EXIF orientation shows it. A field that was seen but not surely enough is left empty in the
    reading and still has its region here.
    """

    name: str
    confidence: float
    corners: tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class ZoneValues:
    """What the card's machine-readable line says, every check digit holding; "" where its layout says nothing.

    `birth` and `expiry` are YYMMDD, `sex` is 男 or 女, the numbers stand without fillers or brackets.
    """

    number: str = field(default="", repr=False)
    birth: str = field(default="", repr=False)
    expiry: str = field(default="", repr=False)
    sex: str = field(default="", repr=False)
    id_number: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PermitReading:
    """One answer of the service: the printed text of each field as read, never converted or completed.

    Dates are text as the service writes them (`YYYY.MM.DD`, a range with `-`); checks parse them.
    `warnings` is None where the service said nothing about forgery: that is "not checked", not "clean".
    `profile` holds the portrait's JPEG bytes, empty unless it was asked for and found. `regions` is None where the
    service said nothing about them, as all but our own do; so is `zone`, also where no line was seen or verified.
    """

    name: str = field(default="", repr=False)
    english_name: str = field(default="", repr=False)
    sex: str = field(default="", repr=False)
    birthday: str = field(default="", repr=False)
    issue_authority: str = field(default="", repr=False)
    valid_date: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    issue_address: str = field(default="", repr=False)
    issue_number: str = field(default="", repr=False)
    type: str = ""
    profile: bytes = field(default=b"", repr=False)
    nationality: str = field(default="", repr=False)
    back: BackFields = BackFields()
    warnings: tuple[int, ...] | None = None
    request_id: str = ""
    regions: tuple[FieldRegion, ...] | None = None
    zone: ZoneValues | None = None


TEXT_FIELDS: tuple[str, ...] = tuple(
    each.name
    for each in fields(PermitReading)
    if each.name not in {"profile", "back", "warnings", "request_id", "regions", "zone"}
)
BACK_FIELDS: tuple[str, ...] = tuple(each.name for each in fields(BackFields))
