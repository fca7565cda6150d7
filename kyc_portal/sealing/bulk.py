"""Values of many customers opened one after the other, as an export does; past the key cache and the model layer.

A key comes beside the value it sealed, in the same row (`key_beside`), or those of some customers by one statement
(`KeysOfMany`). Customers and rows go by their sixteen bytes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db.models import BinaryField, F, Func, OuterRef, SmallIntegerField, Subquery, Value
from django.db.models.functions import Cast

from kyc_portal.rows import binary_rows
from kyc_portal.sealing.errors import SealBrokenError
from kyc_portal.sealing.keys import context_of, ring
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.sealing.values import FORM, HEADER, NONCE, bound_to, place_of, require_form

# Where in a sealed value what the cipher gave begins.
_SEALED = HEADER + NONCE
# The version by its two bytes, as it stands in what it sealed.
_KEYS = (
    "SELECT uuid_send(customer), int2send(version::int2), master_id, wrapped"
    " FROM sealing_customerkey WHERE customer = ANY(%s::uuid[])"
)

Opened = dict[str, Any] | None


def key_beside(*, customer: str, sealed: str) -> Subquery:
    """For a row of the statement it stands in: the wrapped key that sealed this column, behind its master key's id."""
    version = Func(Cast("version", SmallIntegerField()), function="int2send", output_field=BinaryField())
    sealed_by = Func(OuterRef(sealed), Value(len(FORM) + 1), Value(HEADER - len(FORM)), function="substring")
    # `textsend` gives UTF-8, which is what Django's connections speak.
    told = Func(
        Func(F("master_id"), function="textsend", output_field=BinaryField()),
        F("wrapped"),
        arg_joiner=r" || '\x00'::bytea || ",
        template="%(expressions)s",
        output_field=BinaryField(),
    )
    keys = CustomerKey.objects.annotate(two_bytes=version, told=told)
    return Subquery(keys.filter(customer=OuterRef(customer), two_bytes=sealed_by).values("told")[:1])


def open_beside(
    *,
    table: str,
    column: str,
    customers: Sequence[bytes],
    row_ids: Sequence[bytes],
    blobs: Sequence[bytes | None],
    keys: Sequence[bytes | None],
) -> list[Opened]:
    """One column's values opened by the keys that `key_beside` gave; the answer and its errors are `open_json`'s.

    Raises MasterKeyError, too, when the ring does not fit.
    """
    masters, place = ring(), place_of(table, column)
    texts: list[bytes] = []
    with _one_kind_of_error():
        for customer, row_id, blob, key in zip(customers, row_ids, blobs, keys, strict=True):
            if blob is None or key is None:
                texts.append(_unopened(blob))
                continue
            master_id, _end, wrapped = key.partition(b"\0")
            header = blob[:HEADER]
            context = context_of(customer, header[len(FORM) :])
            cipher = AESGCM(masters.unwrap(master_id.decode(), wrapped, context=context))
            bound = bound_to(customer, place, row_id, header)  # as `_opened` does, whose call alone a million rows feel
            texts.append(cipher.decrypt(blob[HEADER:_SEALED], blob[_SEALED:], bound))
        return _parsed(texts)


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
        place = place_of(table, column)
        texts: list[bytes] = []
        with _one_kind_of_error():
            for customer, row_id, blob in zip(customers, row_ids, blobs, strict=True):
                cipher = None if blob is None else self._ciphers.get(customer + blob[:HEADER])
                if blob is None or cipher is None:
                    texts.append(_unopened(blob))
                else:
                    texts.append(_opened(cipher, customer, place, row_id, blob))
            return _parsed(texts)


@contextmanager
def _one_kind_of_error() -> Iterator[None]:
    try:
        yield
    except (InvalidTag, ValueError) as error:  # too short for a nonce, or no JSON, is an error of values
        raise SealBrokenError("the sealed value was changed or moved") from error


def _unopened(blob: bytes | None) -> bytes:
    """What stands for a value that is not there, and for one whose key is gone."""
    if blob is None:
        return b"{}"
    require_form(blob)
    return b"null"


def _opened(cipher: AESGCM, customer: bytes, place: bytes, row_id: bytes, blob: bytes) -> bytes:
    bound = bound_to(customer, place, row_id, blob[:HEADER])
    return cipher.decrypt(blob[HEADER:_SEALED], blob[_SEALED:], bound)


def _parsed(texts: Sequence[bytes]) -> list[Opened]:
    """What opened is JSON as we wrote it, so many are one list: parsed at once they take half the time."""
    found: list[Opened] = json.loads(b"[%s]" % b",".join(texts))
    return found
