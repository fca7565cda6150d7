"""Values of many customers opened one after the other, as an export does; past the key cache and the model layer.

A key comes beside the value it sealed, in the same row (`key_beside`, `open_beside`), or those of some customers by one
statement (`KeysOfMany`). Customers and rows go by their sixteen bytes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db.models import BinaryField, F, Func, OuterRef, SmallIntegerField, Subquery, Value
from django.db.models.functions import Cast

from kyc_portal.rows import binary_rows
from kyc_portal.sealing.errors import SealBrokenError
from kyc_portal.sealing.keys import CONTEXT, context_of, ring
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.sealing.values import BOUND, FORM, HEADER, NONCE, bound_to, header_of, place_of, require_form

# Where in a sealed value what the cipher gave begins.
_SEALED = HEADER + NONCE
# A key of 32 bytes as the cipher gives it, behind its nonce.
_WRAPPED = 32 + 16
# The version by its two bytes, as it stands in what it sealed.
_KEYS = (
    "SELECT uuid_send(customer), int2send(version::int2), master_id, wrapped"
    " FROM sealing_customerkey WHERE customer = ANY(%s::uuid[])"
)

Opened = dict[str, Any] | None


def key_beside(*, table: str, column: str, customer: str, row_id: str, sealed: str) -> Subquery:
    """For a row of the statement it stands in, all that opens one of its values: what `open_beside` cuts up again.

    The wrapped key, what it is bound to, what the value is bound to, the master key's id. The database puts them
    together from the columns `customer`, `row_id` and `sealed`: in Python a million rows would feel it.
    """
    whose, which = _sent("uuid_send", OuterRef(customer)), _sent("uuid_send", OuterRef(row_id))
    version, header = _part_of(sealed, len(FORM) + 1, HEADER - len(FORM)), _part_of(sealed, 1, HEADER)
    context = (_constant(CONTEXT), whose, version)
    bound = (_constant(BOUND), whose, _constant(place_of(table, column)), which, header)
    master_id = _sent("textsend", F("master_id"))  # in UTF-8, which is what Django's connections speak
    told = Func(F("wrapped"), *context, *bound, master_id, arg_joiner=" || ", template="%(expressions)s")
    keys = CustomerKey.objects.annotate(two_bytes=_sent("int2send", Cast("version", SmallIntegerField())))
    found = keys.filter(customer=OuterRef(customer), two_bytes=version)
    return Subquery(found.values(told=told)[:1], output_field=BinaryField())


@cache
def _parts(table: str, column: str) -> struct.Struct:
    """(nonce, wrapped key, what it is bound to, what the value is bound to); the master key's id is what is left."""
    sixteen, two = bytes(16), bytes(HEADER - len(FORM))
    bound = bound_to(sixteen, place_of(table, column), sixteen, header_of(1))
    return struct.Struct(f"{NONCE}s{_WRAPPED}s{len(context_of(sixteen, two))}s{len(bound)}s")


def _constant(value: bytes) -> Value:
    return Value(value, output_field=BinaryField())


def _sent(function: str, value: Any) -> Func:
    """A value's bytes as the database sends them."""
    return Func(value, function=function, output_field=BinaryField())


def _part_of(sealed: str, first: int, many: int) -> Func:
    return Func(OuterRef(sealed), Value(first), Value(many), function="substring", output_field=BinaryField())


def open_beside(
    *, table: str, column: str, blobs: Sequence[bytes | None], keys: Sequence[bytes | None]
) -> list[Opened]:
    """One column's values opened by the keys that `key_beside` gave; the answer and its errors are `open_json`'s.

    Raises MasterKeyError, too, when the ring does not fit.
    """
    masters, parts = ring(), _parts(table, column)
    ciphers, cut, rest = masters.ciphers, parts.unpack_from, parts.size  # looked up once: a million rows feel it
    texts: list[bytes] = []
    with _one_kind_of_error():
        for blob, key in zip(blobs, keys, strict=True):
            if blob is None or key is None:
                texts.append(_unopened(blob))
                continue
            nonce, wrapped, context, bound = cut(key)
            try:
                plain = ciphers[key[rest:]].decrypt(nonce, wrapped, context)
            except (KeyError, InvalidTag):
                masters.unwrap(key[rest:].decode(), nonce + wrapped, context=context)  # says which of the two
                raise
            texts.append(AESGCM(plain).decrypt(blob[HEADER:_SEALED], blob[_SEALED:], bound))
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
    except (InvalidTag, ValueError, struct.error) as error:  # too short, or no JSON, is none of the cipher's
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
