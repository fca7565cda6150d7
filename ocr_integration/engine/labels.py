"""The words printed beside the fields, and cutting a line into its labels and its values.

Wording varies from card to card and much of it is unverified, so each field lists what may stand there, in
simplified and traditional script and in English.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from ocr_integration.engine.lines import Line
from ocr_integration.engine.page import Box


class Field(StrEnum):
    """What a label may announce; the values are the contract's field names, back fields with a prefix."""

    NAME = "name"
    ENGLISH_NAME = "english_name"
    SEX = "sex"
    BIRTHDAY = "birthday"
    VALID_DATE = "valid_date"
    AUTHORITY = "issue_authority"
    PLACE = "issue_address"
    NUMBER = "number"
    COUNT = "issue_number"
    NATIONALITY = "nationality"
    ID_NUMBER = "back.id_number"
    HISTORY = "back.history_number"


_CHINESE: dict[Field, tuple[str, ...]] = {
    Field.ENGLISH_NAME: ("英文姓名", "外文姓名", "英文名", "拼音姓名", "姓名拼音", "姓名(英文)", "拼音"),
    Field.NAME: ("中文姓名", "姓名(中文)", "持证人姓名", "姓名"),
    Field.SEX: ("性别",),
    Field.BIRTHDAY: ("出生年月日", "出生日期", "出生"),
    Field.VALID_DATE: ("有效期限", "有效期至", "有效日期", "有效期"),
    Field.AUTHORITY: ("签发机关", "签发机构", "发证机关", "发证机构"),
    Field.PLACE: ("签发地点", "发证地点", "签发地"),
    Field.COUNT: ("换证次数", "签发次数", "换发次数", "补换发次数", "发证次数"),
    Field.NATIONALITY: ("国籍",),
    Field.HISTORY: (
        "原通行证号码", "曾用通行证号码", "历史通行证号码", "历史证件号码", "原证件号码", "旧证件号码", "前证件号码",
        "曾用证件号码", "曾持证件号码", "上次证件号码", "历史号码", "原证号码", "旧证号码", "原证号", "原证件号",
    ),
    Field.ID_NUMBER: (
        "香港永久性居民身份证号码", "澳门永久性居民身份证号码", "香港永久居民身份证号码", "香港居民身份证号码",
        "澳门居民身份证号码", "港澳居民身份证号码", "香港身份证号码", "澳门身份证号码", "港澳身份证号码",
        "港澳居民身份证", "港澳身份证号", "香港身份证", "澳门身份证", "居民身份证号码", "身份证件号码", "身份证号码",
        "身份证件号", "身份证号",
    ),
    Field.NUMBER: ("通行证号码", "证件号码", "证件编号", "证件号", "通行证号"),
}  # fmt: skip

_ENGLISH: dict[Field, tuple[str, ...]] = {
    Field.ENGLISH_NAME: ("English name", "Name in English", "Name (English)"),
    Field.NAME: ("Chinese name", "Name in Chinese", "Full name", "Name (Chinese)", "Name"),
    Field.SEX: ("Sex", "Gender"),
    Field.BIRTHDAY: ("Date of birth", "Birth date", "Birthday"),
    Field.VALID_DATE: (
        "Period of validity", "Validity period", "Date of expiry", "Valid period", "Valid through", "Valid until",
        "Valid thru", "Validity", "Valid",
    ),
    Field.AUTHORITY: ("Issuing authority", "Issue authority", "Authority", "Issued by"),
    Field.PLACE: ("Place of issue", "Issuing place", "Issued at", "Place"),
    Field.COUNT: (
        "Number of issues", "Times of issuance", "Times of issue", "Times of renewal", "Number of renewals",
        "Renewal times", "Issue number", "Issue No.", "Issues", "Renewals", "Renewal", "Times",
    ),
    Field.NATIONALITY: ("Nationality",),
    Field.HISTORY: (
        "Previous permit number", "Previous permit No.", "Previous document No.", "Former permit No.", "Previous No.",
        "Former No.", "History No.", "Old No.", "Previous permit", "Former number",
    ),
    Field.ID_NUMBER: (
        "Hong Kong ID card No.", "Macao ID card No.", "HK/Macao ID No.", "HK/Macao ID number", "Identity card number",
        "Identity card No.", "ID card number", "ID card No.", "HKID No.", "ID number", "ID No.", "Identity card",
        "ID card",
    ),
    Field.NUMBER: (
        "Document number", "Document No.", "Permit number", "Permit No.", "Card number", "Card No.", "Number", "No.",
    ),
}  # fmt: skip

_TRADITIONAL = "別證號碼簽發機關點換數國籍來臺陸內門區歷舊澳補構編際務總"
_SIMPLIFIED = "别证号码签发机关点换数国籍来台陆内门区历旧澳补构编际务总"
# What else offices, places and countries are spelt with; these are printed in simplified characters whoever holds the
# card.
_OFFICES = str.maketrans(
    "廈廣東蘇遼寧龍陝雲貴廳處隊辦慶華縣關湯灣濟漢瀋長滬肅亞馬賓羅爾紐蘭緬韓烏盧賽頓騰",
    "厦广东苏辽宁龙陕云贵厅处队办庆华县关汤湾济汉沈长沪肃亚马宾罗尔纽兰缅韩乌卢赛顿腾",
)
_FOLD = str.maketrans(_TRADITIONAL + "：（）／，．－", _SIMPLIFIED + ":()/,.-")

# Within a word; at the end of one it may be the value's first, but for the word that ends so.
_FIGURE_IN_A_WORD = re.compile(r"(?<=[A-Za-z])[10](?=[a-z])|(?<=[Rr]enewa)1(?![0-9A-Za-z])")


def folded(text: str) -> str:
    """Fold script and width for comparing with our own words only; the length stays the same."""
    return text.translate(_FOLD)


def _as_words(text: str) -> str:
    """Folded, and the figures among small letters taken for what they were misread from (Renewa1s)."""
    return _FIGURE_IN_A_WORD.sub(lambda match: "l" if match[0] == "1" else "o", folded(text))


def simplified_office(text: str) -> str:
    """The name of an office, a place or a country as it is printed; a traditional character in it was misread."""
    return folded(text).translate(_OFFICES)


def _chinese_pattern(word: str) -> str:
    return r"\s*".join(re.escape(character) for character in word)


def _english_pattern(words: str) -> str:
    pattern = r"[\s.]*".join(re.escape(word.rstrip(".")) for word in words.split())
    tail = r"\.?" if words.endswith(".") else ""
    return rf"(?<![A-Za-z]){pattern}(?![A-Za-z]){tail}"


def _compiled() -> re.Pattern[str]:
    words = [(len(word), field, _chinese_pattern(word)) for field, group in _CHINESE.items() for word in group]
    words += [(len(word), field, _english_pattern(word)) for field, group in _ENGLISH.items() for word in group]
    words.sort(key=lambda entry: -entry[0])
    parts = [f"(?P<{field.name}_{number}>{pattern})" for number, (_, field, pattern) in enumerate(words)]
    return re.compile("|".join(parts), re.IGNORECASE)


_LABEL = _compiled()
# A label whose weakest character is this sure when skimmed is taken for what it is.
SURE_LABEL = 0.6
_EDGES = " :/|,.;·-—_*#"


@dataclass(frozen=True, slots=True)
class Label:
    """A label as found; `box` is its own part of the line it stands in."""

    field: Field
    box: Box
    line: Line


@dataclass(frozen=True, slots=True)
class Value:
    """Printed text that is no label; `after` is the label standing before it in the same line, if any."""

    text: str
    scores: tuple[float, ...]
    box: Box
    line: Line
    after: Field | None = None

    @property
    def mean(self) -> float:
        return sum(self.scores) / len(self.scores) if self.scores else 0.0

    @property
    def weakest(self) -> float:
        return min(self.scores, default=0.0)


def _telling() -> dict[str, float]:
    """For each character of the labels one over the number of fields whose labels have it."""
    of: dict[str, set[Field]] = {}
    for field, words in _CHINESE.items():
        for character in "".join(words):
            of.setdefault(character, set()).add(field)
    return {character: 1 / len(fields) for character, fields in of.items()}


_TELLS = _telling()
# A misread label must keep this share of what tells it from others, and be this far ahead of the next likely one.
_ALIKE = 0.5
_AHEAD = 0.15

_ALIKE_ENGLISH = 0.8
_ENGLISH_WORDS = re.compile(r"[A-Z][a-z]+(?: [A-Za-z]+)*")
_TITLE = re.compile("来往|往来|中华人民|共和国")
# Characters of two-character labels that stand in no one's name.
_NEVER_IN_NAMES = frozenset("性别姓籍")

# The end of a line behind a label that was not recognised: digits and capitals, or Chinese after Latin letters.
_TAIL = re.compile(
    r"(?:(?<=[a-z:/\u3000-\uffff])[.\s]*|(?<=[A-Z]) )([A-Z]{0,2}\d[\dA-Z.、()\-/ ]{6,})$"
    r"|(?<=[A-Za-z0-9/:])\s?([\u3400-\u9fff·]{2,}|[男女])$"
)
# Labels of what is not reported.
_OTHER_LABELS = ("停留期限", "停留", "备注")
# Characters of labels that are surnames as well (曾用, 机关, 英文).
_SURNAMES_TOO = frozenset("曾关文史居原国年门")
_WORDS = tuple({frozenset(word) for words in (*_CHINESE.values(), _OTHER_LABELS) for word in words})
_SPECIMEN = re.compile(r"S.?P.?E.?C.?|MEN\b|样本|样张|樣本", re.IGNORECASE)


def is_no_label(text: str) -> bool:
    """Whether less than half of the characters are such as one label is made of."""
    plain = folded(text)
    own = set(plain[1:] if plain[:1] in _SURNAMES_TOO else plain)
    return 2 * max(len(own & word) for word in _WORDS) < len(text)


def split(line: Line) -> tuple[list[Label], list[Value]]:
    """Cut a line into labels and values, each with the part of the box its characters take."""
    if _SPECIMEN.search(line.text):
        return [], []
    text = _as_words(line.text)
    labels: list[Label] = []
    values: list[Value] = []
    reached, last = 0, None
    for match in _matches(text):
        values += _values(line, reached, match[0], last)
        labels.append(Label(match[2], _part(line, match[0], match[1]), line))
        reached, last = match[1], match[2]
    values += _values(line, reached, len(text), last)
    return labels, values


def says_nothing_new(line: Line) -> bool:
    """Whether the line is surely nothing but labels, whose wording we know: no need to read it again."""
    labels, values = split(line)
    return bool(labels) and not values and line.weakest >= SURE_LABEL


def _matches(text: str) -> list[tuple[int, int, Field]]:
    found = []
    for match in _LABEL.finditer(text):
        name = match.lastgroup or ""
        found.append((match.start(), match.end(), Field[name.rpartition("_")[0]]))
    if not found:
        return _nearly(text) or _nearly_english(text)
    start, end, _ = found[0]
    misread = _nearly(text[:start]) if start and text[0] > "\u3000" else []
    if misread:  # the Chinese label before it tells more than an English word many labels share
        found[0] = (0, end, misread[0][2])
    return found


def _nearly(text: str) -> list[tuple[int, int, Field]]:
    """A label that was misread: the likeliest, when enough of its telling characters stand at the line's start."""
    if _TITLE.search(text):
        return []
    if text.startswith("名") and len(text) >= 3:  # no surname, but what is left of the name's label
        return [(0, 1, Field.NAME)]
    best: tuple[float, int, Field] | None = None
    rival = 0.0
    for field, words in _CHINESE.items():
        score, end = max((_likeness(word, text) for word in words), default=(0.0, 0))
        if best is None or score > best[0]:
            rival, best = (best[0] if best else 0.0), (score, end, field)
        elif score > rival:
            rival = score
    if best is None or best[0] < _ALIKE or best[0] - rival < _AHEAD:
        return []
    return [(0, best[1], best[2])]


def _nearly_english(text: str) -> list[tuple[int, int, Field]]:
    """An English label with letters misread, alone in its line or behind a Chinese one."""
    match = _ENGLISH_WORDS.search(text)
    if match is None:
        return []
    read = match[0].strip().lower()
    scored = [
        (SequenceMatcher(None, read, word.lower(), autojunk=False).ratio(), field)
        for field, words in _ENGLISH.items()
        for word in words
        if len(word) >= 6
    ]
    score, field = max(scored)
    return [(0, match.end(), field)] if score >= _ALIKE_ENGLISH else []


def _likeness(word: str, text: str) -> tuple[float, int]:
    """How much of the word's telling characters the start of the text has in order (0-1), and where they end.

    A character that many labels share tells little.
    """
    head = text[: len(word) + 1]
    if len(word) < 3 and (len(text) > 3 or not set(head[: len(word)]) & _NEVER_IN_NAMES):
        return 0.0, 0
    if len(word) >= 3 and len(set(head) & set(word)) < 2:
        return 0.0, 0
    # Row by row: the weight of the best common subsequence, with the place in the text where it ends.
    row: list[tuple[float, int]] = [(0.0, 0)] * (len(head) + 1)
    for character in word:
        above, row = row, [(0.0, 0)]
        for place, read in enumerate(head, start=1):
            match = (above[place - 1][0] + _TELLS[character], place) if read == character else (0.0, 0)
            row.append(max(above[place], row[-1], match, key=lambda cell: cell[0]))
    weight, end = row[-1]
    missing = len(word) - max((word.find(read) for read in head[:end] if read in word), default=0) - 1
    return weight / sum(_TELLS[character] for character in word), min(end + missing, len(text))


def _values(line: Line, start: int, end: int, after: Field | None) -> list[Value]:
    while start < end and line.text[start] in _EDGES + "：":
        start += 1
    while end > start and line.text[end - 1] in _EDGES.replace(".", "") + "：":
        end -= 1
    if start >= end:
        return []
    tail = _TAIL.search(line.text, start, end)
    cut = tail.start(tail.lastindex or 0) if tail else start
    if cut > start:
        return _values(line, start, cut, after) + _values(line, cut, end, after)
    return [Value(line.text[start:end], line.scores[start:end], _part(line, start, end), line, after)]


def _part(line: Line, start: int, end: int) -> Box:
    if start == 0 and end == len(line.text):
        return line.box
    half = 0.5 * line.box.height / max(line.box.width, 1.0)
    left = 0.0 if start == 0 else max(0.0, line.places[start] - half)
    right = 1.0 if end == len(line.text) else min(1.0, line.places[end - 1] + half)
    box = line.box
    return Box(box.left + left * box.width, box.top, box.left + right * box.width, box.bottom)
