"""The machine-readable line(s): find, mend by grammar, verify by check digits (ICAO 9303, weights 7-3-1).

Layouts: exit-entry permits print one line of 30 on the front, HK/Macao residents' permits three on the back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from ocr_integration.engine.lines import Line

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"
_LENGTH = 30
_FILLERS = str.maketrans("く《«〈＜≤⟨‹Λ∧^", "<<<<<<<<<<<")
_DIGIT_FOR = str.maketrans("OQDIZSGBLUT", "00012568107")
_LETTER_FOR = str.maketrans("01258", "OIZSB")
_WEIGHTS = (7, 3, 1)


@dataclass(frozen=True, slots=True)
class Zone:
    """What the zone says, every check digit verified; dates are YYMMDD, empty where the layout has none.

    `lines` are those it was read from, the number's first.
    """

    number: str
    birth: str
    expiry: str
    sex: str = ""
    renewals: str = ""
    id_number: str = ""
    lines: tuple[Line, ...] = field(default=(), compare=False, repr=False)


def check_digit(text: str) -> str:
    """The ICAO 9303 check digit of `text`; a letter counts 10-35 and `<` nothing."""
    total = sum(_worth(character) * _WEIGHTS[index % 3] for index, character in enumerate(text))
    return str(total % 10)


def _worth(character: str) -> int:
    if character.isdigit():
        return int(character)
    return ord(character) - 55 if "A" <= character <= "Z" else 0


def plain(text: str) -> str:
    """The text in the zone's own alphabet: blanks gone, look-alikes of `<` mapped."""
    mapped = text.translate(_FILLERS).replace(" ", "")
    return re.sub(r"(?<=<)[cCく](?=<)", "<", mapped).upper()


def names_line(text: str) -> str:
    """The text as a line of names: it has no figures, so one there was misread."""
    return plain(text).translate(_LETTER_FOR)


def is_zone_line(text: str) -> bool:
    """Whether this looks like a line of a zone: long, only its alphabet, and fillers or mostly digits."""
    candidate = plain(text)
    if not 22 <= len(candidate) <= 40 or re.search(r"[^A-Z0-9<]", candidate):
        return False
    return candidate.count("<") >= 2 or sum(map(str.isdigit, candidate)) >= 16


def find_zone_lines(lines: tuple[Line, ...]) -> list[Line]:
    return [line for line in lines if is_zone_line(line.text)]


def _digits(text: str) -> str:
    return text.translate(_DIGIT_FOR)


def parse_exit_entry(text: str) -> Zone | None:
    """Read the front's one line; None unless all four check digits hold. Lost fillers are put back."""
    match = re.fullmatch(r"C[A-Z0-9](.{9})(.)<{0,2}(.{6})(.)<{0,2}(.{6})(.)<{0,2}(.)", plain(text))
    if match is None:
        return None
    number, number_check, expiry, expiry_check, birth, birth_check, overall = match.groups()
    expiry, birth = _digits(expiry), _digits(birth)
    checks = [_digits(each) for each in (number_check, expiry_check, birth_check, overall)]
    for candidate in (number, number[0] + _digits(number[1:]), number[:2] + _digits(number[2:])):
        body = candidate + checks[0] + expiry + checks[1] + birth + checks[2]
        wanted = [check_digit(candidate), check_digit(expiry), check_digit(birth), check_digit(body)]
        if wanted == checks:
            return Zone(candidate.rstrip("<"), birth, expiry)
    return None


def parse_back(first: str, second: str) -> Zone | None:
    """Read lines one and two of the HK/Macao back; None unless line one's four check digits hold.

    The identity number's own check digit is an inferred position (see docs/warnings.md): used only when it holds.
    """
    line = plain(first)
    if len(line) != _LENGTH:
        return None
    number = (line[2:4] if line[3] == "A" else line[2] + _digits(line[3])) + _digits(line[4:11])
    renewals, expiry, birth = _digits(line[12:14]), _digits(line[15:21]), _digits(line[23:29])
    checks = [_digits(line[position]) for position in (11, 14, 21, 29)]
    if [check_digit(part) for part in (number, renewals, expiry, birth)] != checks:
        return None
    sex = {"1": "男", "M": "男", "0": "女", "F": "女", "2": "女"}.get(line[22], "")
    return Zone(number.rstrip("<"), birth, expiry, sex, renewals, _identity(plain(second)))


def _identity(line: str) -> str:
    if len(line) != _LENGTH or check_digit(line[19:28]) != _digits(line[28]):
        return ""
    return line[19:28].rstrip("<")


def might_be_zone_line(line: Line) -> bool:
    """Whether a line is worth reading again in the zone's alphabet: as long as one, and mostly capitals and digits."""
    candidate = plain(line.text)
    fitting = len(re.findall(r"[A-Z0-9<]", candidate))
    return 20 <= len(candidate) <= 44 and fitting >= 0.75 * len(candidate) and line.box.width > 12 * line.box.height


def read_zone(lines: tuple[Line, ...]) -> Zone | None:
    """The verified zone of a card, or None when there is none or its check digits do not hold."""
    found = find_zone_lines(lines)
    for index, line in enumerate(found):
        zone = parse_exit_entry(line.text)
        if zone is None:
            below = found[index + 1].text if index + 1 < len(found) else ""
            zone = parse_back(line.text, below)
        if zone is not None:
            return replace(zone, lines=tuple(found[index : index + 2]))
    return None
