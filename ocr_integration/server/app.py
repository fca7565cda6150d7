"""The API without its transport: one request in, one envelope out. Checks first, then a download, then a turn to read.

Checks, downloads and readings have threads of their own, so that none of them can keep the others from being done.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

from ocr_integration import wire
from ocr_integration.contract import ACTION, API_VERSION, PermitReading, Side
from ocr_integration.errors import ServiceError
from ocr_integration.server import parameters, pictures
from ocr_integration.server.call_log import Call
from ocr_integration.server.door import Admitted, Door, RawRequest
from ocr_integration.server.downloads import Downloads
from ocr_integration.server.pictures import Picture
from ocr_integration.server.rate import RateGate
from ocr_integration.server.refusals import RefusedError
from ocr_integration.server.room import WaitingRoom

# The codes published for this action have one for whatever is not the card that was asked for.
_PUBLISHED_AS = {
    "FailedOperation.CardSideError": "FailedOperation.ImageNoSpecifiedCard",
    "FailedOperation.MultiCardError": "FailedOperation.ImageNoSpecifiedCard",
}


class Reader(Protocol):
    """What really reads a picture. Called from several threads, never more than the app's bound at once."""

    def read(self, image: bytes, *, side: Side, with_portrait: bool) -> PermitReading:
        """The reading (its request_id is filled in by the server), regions and zone too where the reader knows.

        Raises ServiceError with the code to answer; one that is not published for this action is answered as the one
        that is, and named beside it to who asks for regions.
        """


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that passed every check of its words: what to read and how. `picture` is None where a URL names it."""

    key_id: str
    parameters: parameters.Parameters
    picture: Picture | None
    wants_regions: bool


@dataclass(frozen=True, slots=True)
class Api:
    """Answers requests on one event loop."""

    reader: Reader
    door: Door
    rate: RateGate
    checks: ThreadPoolExecutor
    downloads: Downloads
    room: WaitingRoom

    async def checked(self, raw: RawRequest, call: Call) -> Asked:
        """The call, once its words are found right. Nothing here keeps the request itself. Raises RefusedError."""
        return await asyncio.get_running_loop().run_in_executor(self.checks, self._check, raw, call)

    def _check(self, raw: RawRequest, call: Call) -> Asked:
        admitted = self.door.admit(raw, call)
        self.rate.require_place(admitted.secret_id)
        _require_action(admitted)
        asked = parameters.parse(admitted.parameters)
        # The flags only: the text of a picture is as large as the picture.
        kept = replace(asked, image_base64="")
        picture = None if asked.image_url else Picture.of_base64(asked.image_base64)
        return Asked(admitted.secret_id, kept, picture, raw.headers.get(wire.REGIONS_HEADER.lower()) == "1")

    async def answer(self, asked: Asked, call: Call) -> bytes:
        """The envelope of a reading. Raises RefusedError or ServiceError."""
        picture = asked.picture or await self._downloaded(asked)
        call.picture_bytes, call.width, call.height = len(picture.data), picture.width, picture.height
        reading = await self.room.turn(
            lambda: self._read(picture, asked.parameters), key=asked.key_id, pixels=picture.width * picture.height
        )
        return wire.envelope(
            wire.answer_body(replace(reading, request_id=call.request_id)),
            regions=(reading.regions or ()) if asked.wants_regions else None,
            zone=reading.zone if asked.wants_regions else None,
        )

    async def _downloaded(self, asked: Asked) -> Picture:
        with pictures.download_faults():
            file = await self.downloads.fetch(
                asked.parameters.image_url, key=asked.key_id, max_bytes=pictures.MAX_FILE_BYTES
            )
        return await asyncio.get_running_loop().run_in_executor(self.checks, Picture.of_file, file)

    def _read(self, picture: Picture, asked: parameters.Parameters) -> PermitReading:
        picture.require_readable()
        reading = self.reader.read(picture.data, side=asked.side, with_portrait=asked.with_portrait)
        return reading if asked.with_portrait else replace(reading, profile=b"")


def failure(error: Exception, call: Call, *, wants_regions: bool = False) -> bytes:
    """The envelope of a call that failed, and its line in the log. A fault of ours is an internal error."""
    if not isinstance(error, (RefusedError, ServiceError)):
        # The caller gets an answer, the operator the kind of fault.
        call.say_fault(error)
        error = RefusedError("InternalError", "An internal error has occurred.")
    published = _PUBLISHED_AS.get(error.code, error.code)
    fault = error.code if published != error.code else ""
    call.say(published, fault=fault)
    body = wire.error_body(published, error.message or published, call.request_id)
    return wire.envelope(body, fault=fault if wants_regions else "")


def _require_action(admitted: Admitted) -> None:
    if admitted.action != ACTION:
        raise RefusedError("InvalidAction", "The action is not known.")
    if admitted.version != API_VERSION:
        raise RefusedError("NoSuchVersion", "The version is not known.")
