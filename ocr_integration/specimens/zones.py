"""Machine-readable lines as the cards print them, with ICAO 9303 check digits (weights 7, 3, 1; A is 10)."""

from __future__ import annotations

from ocr_integration.specimens.holders import Holder


def check_digit(text: str) -> str:
    """The check digit of a stretch of a line."""
    values = (0 if each == "<" else int(each, 36) for each in text)
    total = sum(value * (7, 3, 1)[at % 3] for at, value in enumerate(values))
    return str(total % 10)


def exit_entry(holder: Holder, number: str) -> str:
    """The one line of 30 on an exit-entry permit's front."""
    number_part = number + check_digit(number)
    expiry = f"{holder.expires_on:%y%m%d}"
    born = f"{holder.born_on:%y%m%d}"
    line = f"CS{number_part}<{expiry}{check_digit(expiry)}<{born}{check_digit(born)}<"
    return line + check_digit(line[2:12] + line[13:20] + line[21:28])


def hk_macao_back(holder: Holder, number: str, id_number: str) -> tuple[str, str, str]:
    """The three lines of 30 on the back of a HK/Macao residents' permit."""
    count = f"{holder.issues:02d}"
    expiry = f"{holder.expires_on:%y%m%d}"
    born = f"{holder.born_on:%y%m%d}"
    first = f"CR{number}{check_digit(number)}{count}{check_digit(count)}{expiry}{check_digit(expiry)}"
    first += ("1" if holder.sex == "男" else "0") + born + check_digit(born)
    compact = id_number.replace("(", "").replace(")", "").ljust(9, "<")
    century = "ABC"[holder.born_on.year // 100 - 18]
    second = "<" * 18 + century + compact + check_digit(compact)
    second += check_digit(first[2:22] + first[23:30] + second[19:29])
    surname, _comma, given = holder.cantonese.partition(",")
    third = f"{surname}<<{given.replace(' ', '<')}".ljust(30, "<")[:30]
    return first, second, third
