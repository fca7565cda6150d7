"""The action's own parameters: types, names and values, from JSON or from pairs of text, as one frozen record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ocr_integration.contract import Side
from ocr_integration.server.door import json_object
from ocr_integration.server.refusals import RefusedError

_TEXTS = ("ImageBase64", "ImageUrl", "CardSide")
_NAMES = frozenset((*_TEXTS, "RetProfile"))


@dataclass(frozen=True, slots=True)
class Parameters:
    """What to read. A URL wins over Base64, which is then not even looked at."""

    image_base64: str
    image_url: str
    side: Side
    with_portrait: bool


def parse(given: bytes | bytearray | dict[str, str]) -> Parameters:
    """Check types, then names, then values. Raises RefusedError."""
    values = _from_text(given) if isinstance(given, dict) else json_object(given)
    _require_types(values)
    unknown = sorted(set(values) - _NAMES)
    if unknown:
        raise RefusedError("UnknownParameter", "The request holds a parameter that is not known.")
    side = values.get("CardSide", Side.FRONT.value)
    image_base64, image_url = values.get("ImageBase64", ""), values.get("ImageUrl", "")
    if side not in set(Side) or not (image_base64 or image_url):
        raise RefusedError(
            "InvalidParameterValue.InvalidParameterValueLimit", "A parameter value is outside its limits."
        )
    return Parameters(image_base64, image_url, Side(side), values.get("RetProfile", False))


def _from_text(pairs: dict[str, str]) -> dict[str, Any]:
    """Forms and queries know only text: the flag becomes a flag where it reads as one."""
    flags = {"true": True, "false": False}
    return {name: flags.get(value.lower(), value) if name == "RetProfile" else value for name, value in pairs.items()}


def _require_types(values: Mapping[str, Any]) -> None:
    wrong = [name for name in _TEXTS if name in values and not isinstance(values[name], str)]
    if wrong or not isinstance(values.get("RetProfile", False), bool):
        name = wrong[0] if wrong else "RetProfile"
        raise RefusedError("InvalidParameter", f"The parameter `{name}` has the wrong type.")
