"""Values of many customers opened one after the other, as an export does.

Their keys come by one statement and are held for one block only, past the cache and the model layer. Customers and
rows go by their sixteen bytes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kyc_portal.rows import binary_rows
from kyc_portal.sealing.errors import SealBrokenError
from kyc_portal.sealing.keys import context_of, ring
from kyc_portal.sealing.values import FORM, HEADER, NONCE, bound_to, place_of, require_form

# The version by its two bytes, as it stands in what it sealed.
_KEYS = (
    "SELECT uuid_send(customer), int2send(version::int2), master_id, wrapped"
    " FROM sealing_customerkey WHERE customer = ANY(%s::uuid[])"
)
# What was sealed by us is compact JSON: no blank before it, nothing behind it.
_decode = json.JSONDecoder().raw_decode

Opened = dict[str, Any] | None


class KeysOfMany:
    """The unwrapped keys of some customers, all versions, for as long as this object lives."""

    def __init__(self, customers: Collection[bytes]) -> None:
        """Fetch and unwrap. Raises MasterKeyError when the ring does not fit."""
        unwrap = ring().unwrap
        found = binary_rows(_KEYS, ["{" + ",".join(set(map(bytes.hex, customers))) + "}"])
        self._ciphers = {
            customer + FORM + version: AESGCM(unwrap(master_id, wrapped, context=context_of(customer, version)))
            for customer, version, master_id, wrapped in found
        }

    def open_json(
        self,
        *,
        table: str,
        column: str,
        customers: Sequence[bytes],
        row_ids: Sequence[bytes],
        blobs: Sequence[bytes | None],
    ) -> list[Opened]:
        """One column's values, opened; an empty record where there is none, None where the customer's key is destroyed.

        Raises SealBrokenError when one was changed or moved.
        """
        place, ciphers = place_of(table, column), self._ciphers
        found: list[Opened] = []
        try:
            for customer, row_id, blob in zip(customers, row_ids, blobs, strict=True):
                if blob is None:
                    found.append({})
                    continue
                header = blob[:HEADER]
                cipher = ciphers.get(customer + header)
                if cipher is None:
                    require_form(blob)
                    found.append(None)
                    continue
                plain = cipher.decrypt(
                    blob[HEADER : HEADER + NONCE], blob[HEADER + NONCE :], bound_to(customer, place, row_id, header)
                )
                found.append(_decode(plain.decode())[0])
        except (InvalidTag, ValueError) as error:  # too short for a nonce is an error of values
            raise SealBrokenError("the sealed value was changed or moved") from error
        return found
