"""Seal and open one value: AES-256-GCM under the customer's key, bound to customer, table, column and row.

A sealed value is `01`, key version (2 bytes), nonce (12), ciphertext, tag (16).
"""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kyc_portal.sealing.errors import SealBrokenError
from kyc_portal.sealing.keys import key_of, newest_for_sealing

FORM = b"\x01"
HEADER = 3
# How what a value is bound to begins; the customer, the place, the row and the value's header follow.
BOUND = b"kyc1\x00\x10"
NONCE = 12


def bound_to(customer: bytes, place: bytes, row_id: bytes, header: bytes) -> bytes:
    """What a sealed value is bound to; customer and row by their sixteen bytes, `place` as `place_of` gives it."""
    return BOUND + customer + place + row_id + header


@cache
def place_of(table: str, column: str) -> bytes:
    """A table's column as part of what a value is bound to."""
    return b"".join(len(part).to_bytes(2, "big") + part for part in (table.encode(), column.encode())) + b"\x00\x10"


def header_of(version: int) -> bytes:
    """How a value sealed under this version of a key begins."""
    return FORM + version.to_bytes(2, "big")


def require_form(blob: bytes) -> None:
    """Raise SealBrokenError for what cannot be a sealed value."""
    if len(blob) < HEADER + NONCE + 16 or blob[:1] != FORM:
        raise SealBrokenError("not a sealed value")


def seal(customer_id: UUID, *, table: str, column: str, row_id: UUID, plaintext: bytes) -> bytes:
    """Seal bytes for one place. Raises KeyDestroyedError when the customer has no key (any more)."""
    version, key = newest_for_sealing(customer_id)
    header = header_of(version)
    nonce = os.urandom(NONCE)
    bound = bound_to(customer_id.bytes, place_of(table, column), row_id.bytes, header)
    return header + nonce + AESGCM(key).encrypt(nonce, plaintext, bound)


def open_sealed(customer_id: UUID, *, table: str, column: str, row_id: UUID, blob: bytes) -> bytes:
    """Open what `seal` made for this very place.

    Raises SealBrokenError when it was changed or moved, KeyDestroyedError after erasure.
    """
    require_form(blob)
    header, nonce, body = blob[:HEADER], blob[HEADER : HEADER + NONCE], blob[HEADER + NONCE :]
    bound = bound_to(customer_id.bytes, place_of(table, column), row_id.bytes, header)
    key = key_of(customer_id, int.from_bytes(header[1:], "big"))
    try:
        return AESGCM(key).decrypt(nonce, body, bound)
    except InvalidTag as error:
        raise SealBrokenError("the sealed value was changed or moved") from error


def seal_json(customer_id: UUID, *, table: str, column: str, row_id: UUID, value: Any) -> bytes:
    """Seal a JSON value as one blob, so that the lengths of single fields do not show."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return seal(customer_id, table=table, column=column, row_id=row_id, plaintext=text)


def open_json(customer_id: UUID, *, table: str, column: str, row_id: UUID, blob: bytes) -> Any:
    """Open what `seal_json` made."""
    return json.loads(open_sealed(customer_id, table=table, column=column, row_id=row_id, blob=blob).decode())
