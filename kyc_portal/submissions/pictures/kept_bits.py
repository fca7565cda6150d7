"""Bits as the database keeps them: in signed parts of 64, the lowest first, as `bit_count` takes them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

_PART = 64


def signed(bits: int) -> int:
    """One part of 64 bits as a bigint."""
    return bits - 2**_PART if bits >> _PART - 1 else bits


def parts(bits: int, *, width: int) -> list[int]:
    """So many bits, a multiple of 64, in parts."""
    return [signed(bits >> at & 2**_PART - 1) for at in range(0, width, _PART)]


def joined(kept: Sequence[int]) -> int:
    """The bits of these parts."""
    return sum((part % 2**_PART) << _PART * at for at, part in enumerate(kept))
