"""Keyed digests: find the same number, holder or picture again without keeping any of them in clear."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from kyc_portal.sealing.folding import fold_name
from kyc_portal.sealing.models import SearchDigest
from kyc_portal.sealing.rings import derive, parse

KINDS = frozenset({"number", "life_number", "name_born", "picture"})


@cache
def _keys(text: str) -> dict[str, bytes]:
    return parse(text, name="DIGEST_KEY")


@cache
def _derived(text: str, key_id: str, kind: str) -> bytes:
    return derive(_keys(text)[key_id], f"kyc digest {kind}")


def newest() -> str:
    """The name of the key that digests what comes."""
    return next(iter(_keys(settings.DIGEST_KEY)))


def _normal(kind: str, text: str) -> bytes:
    """What is digested: names folded; numbers in plain characters, upper case, without blanks."""
    if kind in ("number", "life_number"):
        return "".join(unicodedata.normalize("NFKC", text).upper().split()).encode()
    if kind == "name_born":
        name, _bar, born = text.rpartition("|")
        return f"{fold_name(name)}|{born}".encode()
    return text.encode()


def digest(kind: str, text: str, *, key_id: str | None = None) -> bytes:
    """The keyed digest of a value of one kind (32 bytes)."""
    if kind not in KINDS:
        raise ValueError(f"no such kind of digest: {kind}")
    key = _derived(settings.DIGEST_KEY, key_id or newest(), kind)
    return hmac.digest(key, _normal(kind, text), hashlib.sha256)


def picture_digest(data: bytes) -> bytes:
    """The keyed digest of a picture's SHA-256."""
    return digest("picture", hashlib.sha256(data).hexdigest())


def picture_digests(data: bytes) -> list[bytes]:
    """The picture's digest under every key of the ring, the newest first: to look it up by."""
    text = hashlib.sha256(data).hexdigest()
    return [digest("picture", text, key_id=key_id) for key_id in _keys(settings.DIGEST_KEY)]


def veil(bits: int, *, width: int, key_id: str | None = None) -> tuple[str, int]:
    """(key id, the bits in a secret order, some of them flipped): how many bits differ between two stays the same.

    Hides what a picture looks like from who has the rows alone. It is no encryption: what two pictures have in common
    stays visible, as it must be for them to be found.
    """
    name = key_id or newest()
    order, flipped = _veil(settings.DIGEST_KEY, name, width)
    return name, sum((bits >> origin & 1) << at for at, origin in enumerate(order)) ^ flipped


def unveil(veiled: int, *, width: int, key_id: str) -> int:
    """The bits that `veil` hid under this key. Raises KeyError for a key that is not in the ring any more."""
    order, flipped = _veil(settings.DIGEST_KEY, key_id, width)
    mixed = veiled ^ flipped
    return sum((mixed >> at & 1) << origin for at, origin in enumerate(order))


def veil_keys() -> list[str]:
    """The ids of every key under which something may be veiled, newest first."""
    return list(_keys(settings.DIGEST_KEY))


@cache
def _veil(text: str, key_id: str, width: int) -> tuple[tuple[int, ...], int]:
    key = derive(_keys(text)[key_id], f"kyc veil of {width} bits")
    marks = [hmac.digest(key, at.to_bytes(2, "big"), hashlib.sha256) for at in range(width)]
    flipped = sum((mark[-1] & 1) << at for at, mark in enumerate(marks))
    return tuple(sorted(range(width), key=marks.__getitem__)), flipped


def put_digests(customer_id: UUID, texts: Mapping[str, str]) -> None:
    """Remember values of a customer by digest; inside the caller's `acting`. Safe to repeat."""
    SearchDigest.objects.bulk_create(
        [
            SearchDigest(customer=customer_id, kind=kind, key_id=newest(), digest=digest(kind, text))
            for kind, text in texts.items()
        ],
        ignore_conflicts=True,
    )


def customers_sharing(kind: str, text: str) -> list[UUID]:
    """The customers for whom this value was seen, under any key of the ring."""
    wanted = [digest(kind, text, key_id=key_id) for key_id in _keys(settings.DIGEST_KEY)]
    return list(SearchDigest.objects.filter(kind=kind, digest__in=wanted).values_list("customer", flat=True).distinct())


def sharing(customer_id: UUID) -> list[tuple[UUID, str]]:
    """(other customer, kind of value) for everything that somebody else has in common with this customer."""
    own = SearchDigest.objects.filter(customer=customer_id)
    wanted = Q()
    for kind, value in own.values_list("kind", "digest"):
        wanted |= Q(kind=kind, digest=value)
    if not wanted:
        return []
    others = SearchDigest.objects.filter(wanted).exclude(customer=customer_id)
    return list(others.values_list("customer", "kind").distinct())
