"""How personal values, and the ids of keys, look where they are not shown in clear: lists, exports, pages. Pure."""

from __future__ import annotations

DOT = "•"


def name(text: str) -> str:
    """The first character stays: 颜咏俊 becomes 颜••, CHAN,TAI MAN becomes C•••."""
    text = text.strip()
    if not text:
        return ""
    return text[0] + DOT * (3 if text.isascii() else max(1, min(len(text) - 1, 3)))


def ending(number: str) -> str:
    """The last four characters of a number; a number too short to hide anything shows nothing."""
    text = "".join(number.split())
    return text[-4:] if len(text) >= 7 else ""


def id_number(text: str) -> str:
    """An identity card number with its last two digits: A123456(7) becomes ••••••56(7)."""
    text = "".join(text.split())
    if len(text) < 6:
        return DOT * len(text)
    keep = 5 if text.endswith(")") else 2
    return DOT * (len(text) - keep) + text[-keep:]


def key_id(text: str) -> str:
    """The id of a key to a service, as an administrator tells one from another: AKIDz8krbsJ5 becomes AKID••••••••bsJ5.

    A short one shows its first two characters; how long it is never shows.
    """
    if not text:
        return ""
    return text[:4] + DOT * 8 + text[-4:] if len(text) >= 12 else text[:2] + DOT * 8


def summary(*, name: str, number: str) -> dict[str, str]:
    """What lists show of a submission: {"name", "number"}, both masked."""
    return {"name": _name(name), "number": ending(number)}


_name = name
