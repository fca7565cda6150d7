"""The API without its transport: one request in, one envelope out. Checks first, then the waiting room, then a reader.

Nothing personal is logged: code, request id, sizes and time only.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from ocr_integration import wire
from ocr_integration.contract import ACTION, API_VERSION, PermitReading, Side
from ocr_integration.errors import ServiceError, error_for_code
from ocr_integration.server import parameters
from ocr_integration.server.door import Admitted, RawRequest, admit
from ocr_integration.server.fetch import Fetcher
from ocr_integration.server.pictures import Picture
from ocr_integration.server.rate import RateGate
from ocr_integration.server.refusals import RefusedError
from ocr_integration.server.room import WaitingRoom

log = logging.getLogger(__name__)


class Reader(Protocol):
    """What really reads a picture. Called from several threads, never more than the app's bound at once."""

    def read(self, image: bytes, *, side: Side, with_portrait: bool) -> PermitReading:
        """The reading (its request_id is filled in by the server), regions and zone too where the reader knows.

        Raises ServiceError with the code to answer.
        """


@dataclass(frozen=True, slots=True)
class Api:
    """Answers requests; blocks while it reads. Safe from any number of threads."""

    reader: Reader
    keys: Mapping[str, str]
    tokens: Mapping[str, str]
    rate: RateGate
    fetcher: Fetcher
    clock: Callable[[], float]
    room: WaitingRoom

    def answer(self, raw: RawRequest) -> bytes:
        """The envelope of the outcome, whatever it is."""
        return _told(lambda request_id: self._success(raw, request_id), size=len(raw.body))

    def _success(self, raw: RawRequest, request_id: str) -> bytes:
        """The envelope of a success. Raises RefusedError or ServiceError."""
        admitted = admit(raw, keys=self.keys, tokens=self.tokens, now=self.clock())
        self.rate.require_place(admitted.secret_id)
        _require_action(admitted)
        asked = parameters.parse(admitted.parameters)
        wants_regions = raw.headers.get(wire.REGIONS_HEADER.lower()) == "1"
        with self.room.place():
            picture = Picture.of(asked, self.fetcher)
            try:
                reading = self.room.turn(lambda: self._read(picture, asked))
            except ServiceError as error:
                raise error if wants_regions else _as_published(error) from error
        if not asked.with_portrait:
            reading = replace(reading, profile=b"")
        return wire.envelope(
            wire.answer_body(replace(reading, request_id=request_id)),
            regions=(reading.regions or ()) if wants_regions else None,
            zone=reading.zone if wants_regions else None,
        )

    def _read(self, picture: Picture, asked: parameters.Parameters) -> PermitReading:
        picture.require_readable()
        return self.reader.read(picture.data, side=asked.side, with_portrait=asked.with_portrait)


def refusal(error: RefusedError) -> bytes:
    """The envelope of a request that was refused before it was whole."""

    def fail(_request_id: str) -> bytes:
        raise error

    return _told(fail, size=0)


def _as_published(error: ServiceError) -> ServiceError:
    """The error in the codes published for this action: it has none for the other side of a card."""
    if error.code == "FailedOperation.CardSideError":
        return error_for_code("FailedOperation.ImageNoSpecifiedCard", message=error.message)
    return error


def _require_action(admitted: Admitted) -> None:
    if admitted.action != ACTION:
        raise RefusedError("InvalidAction", "The action is not known.")
    if admitted.version != API_VERSION:
        raise RefusedError("NoSuchVersion", "The version is not known.")


def _told(act: Callable[[str], bytes], *, size: int) -> bytes:
    request_id, began, code = str(uuid.uuid4()), time.monotonic(), ""
    try:
        answer = act(request_id)
    except RefusedError as error:
        code, answer = error.code, _failure(error.code, error.message, request_id)
    except ServiceError as error:
        code, answer = error.code, _failure(error.code, error.message or error.code, request_id)
    except Exception as error:  # a process edge: the caller gets an answer, the operator the kind of fault
        code = "InternalError"
        answer = _failure(code, "An internal error has occurred.", request_id)
        log.error("reader fault %s at %s, request %s", type(error).__name__, _place(error), request_id)
    log.info("%s %s %d bytes %.0f ms", request_id, code or "ok", size, (time.monotonic() - began) * 1000)
    return answer


def _failure(code: str, message: str, request_id: str) -> bytes:
    return wire.envelope(wire.error_body(code, message, request_id))


def _place(error: Exception) -> str:
    """File and line of the fault: enough to find it, without values that a traceback's message may hold."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
