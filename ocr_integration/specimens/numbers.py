"""The numbers on the cards, cut from a holder's stock of digits. The grammar's sources stand beside
the portal's check of it (`FORMS` in `submissions/checks/grammar.py`)."""

from __future__ import annotations

from ocr_integration.specimens.holders import Generation, Holder

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O
_HK_LETTERS = "ABCDGHKPRVYZ"


def hk_macao(who: Holder) -> str:
    """H or M and eight digits; HA or MA and seven for residents who are not Chinese; of the first make, eleven."""
    place = "M" if who.digits[39] in "012" else "H"
    if who.name.nationality:
        return f"{place}A{who.digits[:7]}"
    return place + who.digits[:8] + (f"{who.issues:02d}" if who.generation is Generation.OLD else "")


def earlier(who: Holder) -> str:
    """The number of the card before: the first make's, with a count less by one, where there was one."""
    number = hk_macao(who)
    if who.name.nationality or who.digits[38] in "0123":
        return number[:9]
    return f"{number[:9]}{max(0, who.issues - 1):02d}"


def taiwan(who: Holder) -> str:
    """Eight digits; of the first make ten, with a letter in brackets on some."""
    if who.generation is Generation.NEW:
        return who.digits[:8]
    return who.digits[:10] + (f"({_LETTERS[int(who.digits[30])]})" if who.digits[31] in "01234" else "")


def exit_entry(who: Holder, *, to_taiwan: bool) -> str:
    """C and eight digits or a letter and seven; to Taiwan L on cards and T on booklets (unverified)."""
    if to_taiwan:
        return ("T" if who.digits[32] in "01" else "L") + who.digits[:8]
    if who.digits[32] in "012":
        return "C" + _LETTERS[int(who.digits[30:32]) % len(_LETTERS)] + who.digits[:7]
    return "C" + who.digits[:8]


def other(number: str) -> str:
    """A number of the same form with two other digits, as a forger writes it."""
    swapped = "".join(str((int(each) + 4) % 10) for each in number[4:6])
    return number[:4] + swapped + number[6:]


def identity(who: Holder) -> str:
    """A Hong Kong identity number with its check digit, or a Macao one (its check is not public: any digit)."""
    if hk_macao(who)[0] == "M":
        return f"{'157'[int(who.digits[20]) % 3]}{who.digits[21:27]}({who.digits[27]})"
    body = _HK_LETTERS[int(who.digits[20:22]) % len(_HK_LETTERS)] + who.digits[22:28]
    return f"{body}({hong_kong_check(body)})"


def hong_kong_check(body: str) -> str:
    """Weights 9 (a blank, worth 36), 8 for the letter (A is 10), 7 to 2 for the digits; the sum is 0 modulo 11."""
    values = [36, *(int(each, 36) for each in body)]
    rest = -sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True)) % 11
    return "A" if rest == 10 else str(rest)
