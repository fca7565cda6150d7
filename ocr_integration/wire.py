"""The contract as the service's JSON, both ways. The only place that knows the JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from ocr_integration.contract import (
    BACK_FIELDS,
    TEXT_FIELDS,
    BackFields,
    FieldRegion,
    KnownWarning,
    PermitReading,
    ReadRequest,
    Side,
    ZoneValues,
)
from ocr_integration.errors import RetryError, ServiceError, class_of_code, error_for_code

BAD_ANSWER = "Transport.BadAnswer"
# Ours, not the service's: a request header, and what then stands beside `Response` in the answer.
REGIONS_HEADER = "X-Permit-Portal-Regions"
_REGIONS = "PermitPortalRegions"
_ZONE = "PermitPortalZone"
_FAULT = "PermitPortalFault"
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
_BACK = "MainlandTravelPermitBackInfos"
_ZONE_NAMES = {"number": "Number", "birth": "Birth", "expiry": "Expiry", "sex": "Sex", "id_number": "IDNumber"}
_REGION_NAMES = _NAMES | {f"back.{name}": f"{_BACK}.{wire_name}" for name, wire_name in _BACK_NAMES.items()}
_NAMES_OF_REGIONS = {wire_name: name for name, wire_name in _REGION_NAMES.items()}


def request_body(request: ReadRequest) -> bytes:
    """The JSON of a request, serialised once: exactly these bytes are signed and sent. Optional parts are left out."""
    others: dict[str, Any] = {}
    if request.image_url is not None:
        others["ImageUrl"] = request.image_url
    if request.side is not Side.FRONT:
        others["CardSide"] = request.side.value
    if request.with_portrait:
        others["RetProfile"] = True
    rest = json.dumps(others, separators=(",", ":")).encode()
    if request.image is None:
        return rest
    # Nothing in Base64 needs an escape, so the largest part is not looked at letter by letter.
    return b'{"ImageBase64":"' + base64.b64encode(request.image) + (b'",' + rest[1:] if others else b'"}')


def parse_answer(body: bytes) -> PermitReading:
    """An answer's reading. Missing, null and "" alike are "not read"; extra fields are ignored.

    Raises the error of the service's code, or RetryError (Transport.BadAnswer) when this is no answer of the service.
    """
    try:
        whole = json.loads(body)
        response = whole["Response"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RetryError(BAD_ANSWER) from error
    if not isinstance(response, dict):
        raise RetryError(BAD_ANSWER)
    # The service states it in every answer, so one without it comes from something in between: it neither blames a
    # customer nor counts as a reading.
    request_id = _text(response.get("RequestId")).strip()
    if not request_id:
        raise RetryError(BAD_ANSWER)
    if "Error" in response:
        raise _error(response["Error"], request_id, finer=_text(whole.get(_FAULT)))
    return _reading(whole, response, request_id)


def _error(failure: object, request_id: str, *, finer: str) -> ServiceError:
    """The error of the service's code; what stands beside the answer may name it more precisely, never reclass it."""
    told = failure if isinstance(failure, dict) else {}
    code = _text(told.get("Code"))
    if not code:
        return RetryError(BAD_ANSWER, request_id)
    error = error_for_code(code, request_id, _text(told.get("Message")))
    if finer and class_of_code(finer) is error.error_class:
        error.finer_code = finer
    return error


def _text(value: object) -> str:
    """The text as sent, less what no store takes: zero bytes go, halves of broken pairs become a mark."""
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _reading(whole: Mapping[str, Any], response: Mapping[str, Any], request_id: str) -> PermitReading:
    back = response.get(_BACK)
    back = back if isinstance(back, dict) else {}
    texts = {name: _text(response.get(_NAMES[name])) for name in TEXT_FIELDS}
    return PermitReading(
        **texts,
        profile=_picture(response.get("Profile")),
        back=BackFields(**{name: _text(back.get(_BACK_NAMES[name])) for name in BACK_FIELDS}),
        warnings=_warnings(response.get("WarnCardInfos")),
        request_id=request_id,
        regions=_regions(whole.get(_REGIONS)),
        zone=_zone(whole.get(_ZONE)),
    )


def _picture(value: object) -> bytes:
    try:
        return base64.b64decode(_text(value), validate=True)
    except ValueError:
        return b""


def _warnings(value: object) -> tuple[int, ...] | None:
    """None where the service said nothing about forgery; what is no code among codes makes the whole unchecked."""
    if not isinstance(value, list):
        return None
    codes = tuple(each for each in value if type(each) is int)
    if len(codes) == len(value):
        return codes
    return (*codes, KnownWarning.NOT_ENABLED.value) if codes else None


def _regions(value: object) -> tuple[FieldRegion, ...] | None:
    """None where nothing is said, or something that is no list of regions."""
    if not isinstance(value, list):
        return None
    try:
        return tuple(_region(each) for each in value)
    except (KeyError, TypeError, ValueError):
        return None


def _region(value: Mapping[str, Any]) -> FieldRegion:
    first, second, third, fourth = ((float(x), float(y)) for x, y in value["Corners"])
    return FieldRegion(_NAMES_OF_REGIONS[value["Field"]], float(value["Confidence"]), (first, second, third, fourth))


def _zone(value: object) -> ZoneValues | None:
    """None where nothing is said about a machine-readable line."""
    if not isinstance(value, dict):
        return None
    return ZoneValues(**{name: _text(value.get(wire_name)) for name, wire_name in _ZONE_NAMES.items()})


def answer_body(reading: PermitReading) -> dict[str, Any]:
    """A reading as the object the service answers with; every published field is there."""
    return {
        **{_NAMES[name]: getattr(reading, name) for name in TEXT_FIELDS},
        "Profile": base64.b64encode(reading.profile).decode("ascii"),
        _BACK: {_BACK_NAMES[name]: getattr(reading.back, name) for name in BACK_FIELDS},
        # null, not [], where nothing was tested: an empty list would claim "clean".
        "WarnCardInfos": None if reading.warnings is None else list(reading.warnings),
        "RequestId": reading.request_id,
    }


def error_body(code: str, message: str, request_id: str) -> dict[str, Any]:
    """A failure as the service answers it."""
    return {"Error": {"Code": code, "Message": message}, "RequestId": request_id}


def envelope(
    response: Mapping[str, Any],
    *,
    regions: tuple[FieldRegion, ...] | None = None,
    zone: ZoneValues | None = None,
    fault: str = "",
) -> bytes:
    """The one object every answer is. Regions, zone and fault stand beside the published answer, only where given."""
    whole: dict[str, Any] = {"Response": response}
    if regions is not None:
        whole[_REGIONS] = [
            {"Field": _REGION_NAMES[each.name], "Confidence": each.confidence, "Corners": each.corners}
            for each in regions
        ]
    if zone is not None:
        whole[_ZONE] = {wire_name: getattr(zone, name) for name, wire_name in _ZONE_NAMES.items()}
    if fault:
        whole[_FAULT] = fault
    return json.dumps(whole, ensure_ascii=False).encode()
