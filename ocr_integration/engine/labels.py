"""The words printed beside the fields, and cutting a line into its labels and its values.

Wording varies from card to card and much of it is unverified, so each field lists what may stand there, in
simplified and traditional script and in English.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
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
_FOLD = str.maketrans(_TRADITIONAL + "：（）／，．－", _SIMPLIFIED + ":()/,.-")


def folded(text: str) -> str:
    """Fold script and width for comparing with our own words only; the length stays the same."""
    return text.translate(_FOLD)


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
_EDGES = " :/|,.;·-—_*"


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


def split(line: Line) -> tuple[list[Label], list[Value]]:
    """Cut a line into labels and values, each with the part of the box its characters take."""
    text = folded(line.text)
    labels: list[Label] = []
    values: list[Value] = []
    reached, last = 0, None
    for match in _matches(text):
        values += _values(line, reached, match[0], last)
        labels.append(Label(match[2], _part(line, match[0], match[1]), line))
        reached, last = match[1], match[2]
    values += _values(line, reached, len(text), last)
    return labels, values


def _matches(text: str) -> list[tuple[int, int, Field]]:
    found = []
    for match in _LABEL.finditer(text):
        name = match.lastgroup or ""
        found.append((match.start(), match.end(), Field[name.rpartition("_")[0]]))
    return found or _nearly(text)


def _nearly(text: str) -> list[tuple[int, int, Field]]:
    """A label of four or more characters with one of them misread, at the start of the line."""
    for field, words in _CHINESE.items():
        for word in words:
            wrong = sum(a != b for a, b in zip(word, text, strict=False))
            if len(word) >= 4 and len(text) >= len(word) and wrong == 1:
                return [(0, len(word), field)]
    return []


def _values(line: Line, start: int, end: int, after: Field | None) -> list[Value]:
    while start < end and line.text[start] in _EDGES + "：":
        start += 1
    while end > start and line.text[end - 1] in _EDGES.replace(".", "") + "：":
        end -= 1
    if start >= end:
        return []
    return [Value(line.text[start:end], line.scores[start:end], _part(line, start, end), line, after)]


def _part(line: Line, start: int, end: int) -> Box:
    if start == 0 and end == len(line.text):
        return line.box
    half = 0.5 * line.box.height / max(line.box.width, 1.0)
    left = 0.0 if start == 0 else max(0.0, line.places[start] - half)
    right = 1.0 if end == len(line.text) else min(1.0, line.places[end - 1] + half)
    box = line.box
    return Box(box.left + left * box.width, box.top, box.left + right * box.width, box.bottom)
