"""Records of a pack as JSON: dataclasses in dataclasses, without what lies in files of its own. Pure."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

# A field's metadata that keeps it out of the JSON.
OUTSIDE = {"outside": True}


def as_json(record: Any) -> bytes:
    """A record for machines: UTF-8, instants in UTC, anything else that JSON does not know as its text."""
    return json.dumps(_plain(record), ensure_ascii=False, indent=1, default=_text).encode() + b"\n"


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        kept = [each.name for each in fields(value) if not each.metadata.get("outside")]
        return {name: _plain(getattr(value, name)) for name in kept}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _text(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
