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

_FORM = b"\x01"
_HEADER = 3
_NONCE = 12


def _bound_to(customer: UUID, table: str, column: str, row_id: UUID, header: bytes) -> bytes:
    return b"kyc1\x00\x10" + customer.bytes + _place(table, column) + b"\x00\x10" + row_id.bytes + header


@cache
def _place(table: str, column: str) -> bytes:
    return b"".join(len(part).to_bytes(2, "big") + part for part in (table.encode(), column.encode()))


def seal(customer_id: UUID, *, table: str, column: str, row_id: UUID, plaintext: bytes) -> bytes:
    """Seal bytes for one place. Raises KeyDestroyedError when the customer has no key (any more)."""
    version, key = newest_for_sealing(customer_id)
    header = _FORM + version.to_bytes(2, "big")
    nonce = os.urandom(_NONCE)
    bound = _bound_to(customer_id, table, column, row_id, header)
    return header + nonce + AESGCM(key).encrypt(nonce, plaintext, bound)


def open_sealed(customer_id: UUID, *, table: str, column: str, row_id: UUID, blob: bytes) -> bytes:
    """Open what `seal` made for this very place.

    Raises SealBrokenError when it was changed or moved, KeyDestroyedError after erasure.
    """
    if len(blob) < _HEADER + _NONCE + 16 or blob[:1] != _FORM:
        raise SealBrokenError("not a sealed value")
    header, nonce, body = blob[:_HEADER], blob[_HEADER : _HEADER + _NONCE], blob[_HEADER + _NONCE :]
    key = key_of(customer_id, int.from_bytes(header[1:], "big"))
    try:
        return AESGCM(key).decrypt(nonce, body, _bound_to(customer_id, table, column, row_id, header))
    except InvalidTag as error:
        raise SealBrokenError("the sealed value was changed or moved") from error


def seal_json(customer_id: UUID, *, table: str, column: str, row_id: UUID, value: Any) -> bytes:
    """Seal a JSON value as one blob, so that the lengths of single fields do not show."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return seal(customer_id, table=table, column=column, row_id=row_id, plaintext=text)


def open_json(customer_id: UUID, *, table: str, column: str, row_id: UUID, blob: bytes) -> Any:
    """Open what `seal_json` made."""
    return json.loads(open_sealed(customer_id, table=table, column=column, row_id=row_id, blob=blob).decode())
