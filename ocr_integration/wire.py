"""The contract as the service's JSON, both ways. The only place that knows the JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from ocr_integration.contract import BACK_FIELDS, TEXT_FIELDS, BackFields, PermitReading, ReadRequest, Side
from ocr_integration.errors import RetryError, error_for_code

BAD_ANSWER = "Transport.BadAnswer"
_NAMES = {
    "name": "Name",
    "english_name": "EnglishName",
    "sex": "Sex",
    "birthday": "Birthday",
    "issue_authority": "IssueAuthority",
    "valid_date": "ValidDate",
    "number": "Number",
    "issue_address": "IssueAddress",
    "issue_number": "IssueNumber",
    "type": "Type",
    "nationality": "Nationality",
}
_BACK_NAMES = {"type": "Type", "name": "Name", "id_number": "IDNumber", "history_number": "HistoryNumber"}


def request_body(request: ReadRequest) -> bytes:
    """The JSON of a request, serialised once: exactly these bytes are signed and sent. Optional parts are left out."""
    body: dict[str, Any] = {}
    if request.image is not None:
        body["ImageBase64"] = base64.b64encode(request.image).decode("ascii")
    else:
        body["ImageUrl"] = request.image_url
    if request.side is not Side.FRONT:
        body["CardSide"] = request.side.value
    if request.with_portrait:
        body["RetProfile"] = True
    return json.dumps(body, separators=(",", ":")).encode()


def parse_answer(body: bytes) -> PermitReading:
    """An answer's reading. Missing, null and "" alike are "not read"; extra fields are ignored.

    Raises the error of the service's code, or RetryError (Transport.BadAnswer) when this is no answer of the service.
    """
    try:
        response = json.loads(body)["Response"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RetryError(BAD_ANSWER) from error
    if not isinstance(response, dict):
        raise RetryError(BAD_ANSWER)
    request_id = _text(response.get("RequestId"))
    failure = response.get("Error")
    if failure is not None:
        code = _text(failure.get("Code")) if isinstance(failure, dict) else ""
        if not code:
            raise RetryError(BAD_ANSWER, request_id)
        raise error_for_code(code, request_id, _text(failure.get("Message")))
    return _reading(response, request_id)


def _text(value: object) -> str:
    """The text as sent, less what no store takes: zero bytes go, halves of broken pairs become a mark."""
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _reading(response: Mapping[str, Any], request_id: str) -> PermitReading:
    back = response.get("MainlandTravelPermitBackInfos")
    back = back if isinstance(back, dict) else {}
    texts = {name: _text(response.get(_NAMES[name])) for name in TEXT_FIELDS}
    return PermitReading(
        **texts,
        profile=_picture(response.get("Profile")),
        back=BackFields(**{name: _text(back.get(_BACK_NAMES[name])) for name in BACK_FIELDS}),
        warnings=_warnings(response.get("WarnCardInfos")),
        request_id=request_id,
    )


def _picture(value: object) -> bytes:
    try:
        return base64.b64decode(_text(value), validate=True)
    except ValueError:
        return b""


def _warnings(value: object) -> tuple[int, ...] | None:
    """None where the service said nothing about forgery. A list with anything but numbers says nothing either."""
    if not isinstance(value, list) or not all(type(each) is int for each in value):
        return None
    return tuple(value)


def answer_body(reading: PermitReading) -> dict[str, Any]:
    """A reading as the object the service answers with; every published field is there."""
    return {
        **{_NAMES[name]: getattr(reading, name) for name in TEXT_FIELDS},
        "Profile": base64.b64encode(reading.profile).decode("ascii"),
        "MainlandTravelPermitBackInfos": {_BACK_NAMES[name]: getattr(reading.back, name) for name in BACK_FIELDS},
        # null, not [], where nothing was tested: an empty list would claim "clean".
        "WarnCardInfos": None if reading.warnings is None else list(reading.warnings),
        "RequestId": reading.request_id,
    }


def error_body(code: str, message: str, request_id: str) -> dict[str, Any]:
    """A failure as the service answers it."""
    return {"Error": {"Code": code, "Message": message}, "RequestId": request_id}


def envelope(response: Mapping[str, Any]) -> bytes:
    """The one object every answer is."""
    return json.dumps({"Response": response}, ensure_ascii=False).encode()
