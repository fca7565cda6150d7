"""Pictures: examined before anything is stored, sealed at rest, opened only with an audit entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from PIL import Image

from kyc_portal import audit
from kyc_portal.audit import Actor
from kyc_portal.audit import queries as audit_queries
from kyc_portal.sealing import digests, files
from kyc_portal.sealing.values import open_sealed
from kyc_portal.submissions.errors import PictureRefusedError
from kyc_portal.submissions.models import Reading, Scan
from kyc_portal.submissions.pictures import approximate_regions, framing, quality
from kyc_portal.submissions.pictures.likeness import Likeness, known_by
from ocr_integration import images


@dataclass(frozen=True, slots=True)
class Examined:
    """A picture that may be stored. Sizes in pixels of the stored file, before any turn.

    `fault` names what is wrong with how it was taken (quality.fault), empty where nothing is. `likenesses` is what it
    is known again by. `card` is where the card lies on the upright copy (approximate_regions.upright_corners).
    """

    data: bytes
    media_type: str
    width: int
    height: int
    fault: str
    likenesses: Sequence[Likeness] = ()
    card: Sequence[framing.Point] | None = None


def examine(data: bytes, *, side: str = "") -> Examined:
    """Check format, size, pixels and wholeness, and measure how it was taken and what it is known by.

    `side`: the side asked for, where the card's two sides can be told apart at once.

    One reduced decode, and for a small picture a second that is less reduced.

    Raises PictureRefusedError with the fault's code; nothing has been stored then.
    """
    try:
        facts = images.inspect(data)
        reduced = images.reduced(data)
    except images.ImageRefusedError as error:
        raise PictureRefusedError(error.fault.value) from error
    fault = quality.fault(reduced, scale=facts.width / reduced.width, side=side)
    return Examined(
        data=data,
        media_type=f"image/{facts.format.lower()}",
        width=facts.width,
        height=facts.height,
        fault=fault,
        likenesses=known_by(data, reduced),
        card=_card(reduced, facts),
    )


def _card(reduced: Image.Image, facts: images.PictureFacts) -> Sequence[framing.Point] | None:
    outline = framing.outline(reduced)
    if outline is None:
        return None
    return approximate_regions.upright_corners(outline, orientation=facts.orientation, size=(facts.width, facts.height))


def picture_digest(data: bytes) -> bytes:
    """The keyed digest by which the same picture is found again."""
    return digests.picture_digest(data)


def picture_digests(data: bytes) -> list[bytes]:
    """The same under every digest key there is, for looking it up."""
    return digests.picture_digests(data)


def original(scan: Scan) -> bytes:
    """The stored bytes as received, for the reading service; people see `display_copy`."""
    return files.load(scan.customer_id, scan.id)


def display_copy(scan: Scan, *, actor: Actor, is_ahead: bool = False) -> bytes:
    """A re-encoded, upright copy without metadata (JPEG). That it was asked for is recorded before any byte is opened.

    `is_ahead` is a copy that waits in the reader's browser ahead of being seen: behind the tab of another side, below
    the fold, or of the next case. That is recorded as such, and an approval stands on it only after `shown`.

    Raises what the audit log raises when the view cannot be recorded: then nothing is shown. Raises OSError when
    the store does not answer: then nothing was seen, and no view is recorded, on which an approval could stand.
    """
    sealed = files.fetch(scan.id)
    with audit.acting(actor):
        _record("picture.fetched_ahead" if is_ahead else "picture.viewed", scan)
    return images.display_copy(files.opened(scan.customer_id, scan.id, sealed))


def portrait(reading: Reading, *, actor: Actor) -> bytes:
    """The portrait the service cut out of a card, as it answered it (JPEG). The view is recorded before it is opened.

    Raises OSError when the store does not answer, and KeyDestroyedError.
    """
    sealed = files.fetch(reading.pk)
    with audit.acting(actor):
        audit.record(
            "portrait.viewed",
            object_type="submissions.reading",
            object_id=str(reading.pk),
            subject=reading.customer_id,
            details={"submission": str(reading.submission_id)},
        )
    return files.opened(reading.customer_id, reading.pk, sealed)


@dataclass(frozen=True, slots=True)
class Copies:
    """A picture for a pack: as received, and an upright copy without metadata (JPEG). `salt` opens its commitment."""

    original: bytes
    display: bytes
    salt: bytes


def copies(scan: Scan, *, max_side: int) -> Copies:
    """Both copies of a picture, the second one's longer side in pixels at most; the caller has recorded the view.

    Raises KeyDestroyedError, and OSError when the store does not answer.
    """
    data = original(scan)
    salt = open_sealed(
        scan.customer_id, table="scan", column="salt_sealed", row_id=scan.pk, blob=bytes(scan.salt_sealed)
    )
    return Copies(original=data, display=images.display_copy(data, max_side=max_side), salt=salt)


def shown(scan: Scan, *, actor: Actor) -> bool:
    """A copy that was fetched ahead stood before its reader: the view is recorded. False where none was fetched."""
    if not audit_queries.did_with(actor, "picture.fetched_ahead", [scan.pk]):
        return False
    with audit.acting(actor):
        _record("picture.viewed", scan)
    return True


def _record(action: str, scan: Scan) -> None:
    audit.record(
        action,
        object_type="submissions.scan",
        object_id=str(scan.pk),
        subject=scan.customer_id,
        details={"submission": str(scan.submission_id), "side": scan.side},
    )


def record_view(*, scan_id: UUID, submission_id: UUID, customer_id: UUID, side: str) -> None:
    """The act "somebody looked at this picture"; inside the caller's `acting`."""
    audit.record(
        "picture.viewed",
        object_type="submissions.scan",
        object_id=str(scan_id),
        subject=customer_id,
        details={"submission": str(submission_id), "side": side},
    )
