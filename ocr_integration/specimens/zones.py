"""Machine-readable lines as the cards print them, with ICAO 9303 check digits (weights 7, 3, 1; A is 10)."""

from __future__ import annotations

from ocr_integration.specimens.holders import Holder


def check_digit(text: str) -> str:
    """The check digit of a stretch of a line."""
    values = (0 if each == "<" else int(each, 36) for each in text)
    total = sum(value * (7, 3, 1)[at % 3] for at, value in enumerate(values))
    return str(total % 10)


def _checked(text: str) -> str:
    return text + check_digit(text)


def exit_entry(holder: Holder, number: str) -> str:
    """The one line of 30 on an exit-entry permit's front."""
    line = f"CS{_checked(number)}<{_checked(f'{holder.expires_on:%y%m%d}')}<{_checked(f'{holder.born_on:%y%m%d}')}<"
    return line + check_digit(line[2:12] + line[13:20] + line[21:28])


def hk_macao_back(holder: Holder, number: str, id_number: str) -> tuple[str, str, str]:
    """The three lines of 30 on the back of a HK/Macao residents' permit; `number` has nine characters."""
    first = f"CR{_checked(number)}{_checked(f'{holder.issues:02d}')}{_checked(f'{holder.expires_on:%y%m%d}')}"
    first += ("1" if holder.sex == "男" else "0") + _checked(f"{holder.born_on:%y%m%d}")
    compact = id_number.replace("(", "").replace(")", "").ljust(9, "<")
    century = "ABC"[holder.born_on.year // 100 - 18]
    second = "<" * 18 + century + _checked(compact)
    second += check_digit(first[2:22] + first[23:30] + second[19:29])
    return first, second, _names(holder)


def hk_macao_back_of_1999(holder: Holder, number: str) -> tuple[str, str, str]:
    """The three lines of the 1999 card: born, sex, expiry and a number of eleven characters in line two.

    Only those places are known (medium sure); line one and the place of the name are guessed.
    """
    first = f"C<CHN{_checked(number[:9])}".ljust(30, "<")
    sex = "M" if holder.sex == "男" else "F"
    second = f"{_checked(f'{holder.born_on:%y%m%d}')}{sex}{_checked(f'{holder.expires_on:%y%m%d}')}{number}".ljust(
        29, "<"
    )
    return first, _checked(second), _names(holder)


def _names(holder: Holder) -> str:
    surname, _comma, given = holder.name.latin.replace("'", "").replace("-", " ").partition(",")
    return f"{surname.replace(' ', '<')}<<{given.replace(' ', '<')}".ljust(30, "<")[:30]
