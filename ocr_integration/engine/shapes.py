"""What a printed value of each field looks like: pure functions from recognised text to the text to report.

Each returns the empty string where the text cannot be that field. Mending is limited to what the grammar leaves
no choice about (a letter O among digits, a lost dot in a date); names are kept as read, never converted.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from ocr_integration.contract import PermitType
from ocr_integration.engine.labels import folded, simplified_office
from ocr_integration.engine.permits import PERMITS
from ocr_integration.engine.romanisation import with_whole_names

_DIGIT_FOR = str.maketrans("OoQDIl|ZSGB", "00001112568")
_LETTER_FOR = str.maketrans("01", "OI")
_ONE_DATE = r"([12]\d{3})[.,\-/年·:]?(0[1-9]|1[0-2]|[1-9])[.,\-/月·:]?(0[1-9]|[12]\d|3[01]|[1-9])日?"
# What the dot between the parts of a long name is read as.
DOTS = "·•・∙‧."
_HAN = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇"
_NOT_A_NAME = re.compile(
    "通行证|居民|管理局|公安|出入境|中华人民|共和国|样本|样卡|样张|测试|签发|机关|护照|有效|证件|储蓄|信用卡|银行|银联|"
    "[仅僅]供|用途|他用|[无無]效|使用|业务|業務|身份|核[实實]|[开開][户戶]|[验驗]证|[复複]印"
)
# Of an identity card's name that a back says beside its number.
_NOT_A_HOLDER = re.compile("香港|澳门|永久")
_PROVINCES = (
    "河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|"
    "广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾"
)
# Cities of two characters that end so: 四川 misread as 四州 is none.
_CITIES_ON_ZHOU = "[福泉漳杭温湖台衢苏常徐扬泰广惠梅潮柳梧钦贺赣抚郑荆鄂郴永滁宿亳池沧忻朔锦德滨兖青兰泸达儋]州"
# Provinces and what is of their rank, cities that issue under their own name, and how other places end.
_PLACE = re.compile(
    f"{_PROVINCES}|北京|天津|上海|重庆|广西|西藏|宁夏|新疆|内蒙古|香港|澳门|广州|深圳|珠海|汕头|佛山|东莞|中山|江门|湛江|惠州|"
    "厦门|福州|泉州|漳州|莆田|杭州|宁波|温州|南京|苏州|无锡|武汉|成都|大连|青岛|沈阳|西安|哈尔滨|长春|济南|长沙|郑州|合肥|南昌|南宁|昆明|"
    f"贵阳|海口|石家庄|太原|呼和浩特|兰州|西宁|银川|乌鲁木齐|拉萨|.+[省市区县旗盟]$|.{{2,}}州$|{_CITIES_ON_ZHOU}$"
)
# An office's name that has lost its first characters: no province is called so, and no city by one character.
# (津市市 and 沙市区 are cities, 市场 is a market.)
_BEHEADED = re.compile(rf"[（(]?+(?!(?:{_PROVINCES})省).{{0,3}}省|(?:.+省)?.?市(?![市区场])")
# Before the offices of the whole country nothing stands but its name; there a label or a watermark may end.
_NATION = "中华人民共和国"
_ALMOST_THE_NATION = re.compile("|".join(f"{_NATION[:at]}.{_NATION[at + 1 :]}" for at in range(len(_NATION))))
_NATIONAL = "(?:国家移民|公安部出入境)管理局$"
_BEFORE_A_NATIONAL = re.compile(rf"^[^{_NATION}]{{1,3}}(?={_NATIONAL})")
_BEHEADED_NATION = re.compile(rf"(?!{_NATION}{_NATIONAL})[{_NATION}]+{_NATIONAL}")
_ENGLISH_NOT_A_NAME = re.compile(
    r"SPECIMEN|SAMPLE|PERMIT|PEOPLE|REPUBLIC|CHINA|EXIT|ENTRY|TRAVEL|MAINLAND|RESIDENT|ADMINISTRATION|IMMIGRATION|"
    r"MINISTRY|SECURITY|HONG ?KONG|MACAO|MACAU|TAIWAN|AUTHORITY|VALID|BUREAU|CARD"
)
# Between capitals no small letter stands: that one was misread.
_SMALL_L = re.compile(r"(?<=[A-Z])l(?=[A-Z ,'\-]|$)")
_FIGURE_AMONG_CAPITALS = re.compile(r"(?<=[A-Z])[01]+|[01]+(?=[A-Z])")


def spaceless(text: str) -> str:
    return re.sub(r"\s+", "", text)


def with_narrow_commas(text: str) -> str:
    """The text for comparing with another model's: which of the two commas it gives is chance."""
    return text.replace("，", ",")


def number(text: str, permit: PermitType) -> str:
    """A document number of this permit, letters O, I and the like mended where only digits may stand."""
    plain = spaceless(folded(text)).upper().strip(".:-_·")
    grammar = PERMITS[permit]
    if grammar.number.fullmatch(plain):
        return plain
    for letters in grammar.letters:
        mended = plain[:letters] + plain[letters:].translate(_DIGIT_FOR)
        if grammar.number.fullmatch(mended):
            return mended
    return ""


def permit_of_number(text: str) -> PermitType | None:
    """The permit whose number begins with its own letter and reads like this; bare digits tell nothing."""
    plain = spaceless(text)
    for permit, grammar in PERMITS.items():
        if grammar.letters[0] > 0 and grammar.number.fullmatch(plain):
            return permit
    return None


def _as_date(parts: tuple[str, str, str]) -> str:
    try:
        return date(int(parts[0]), int(parts[1]), int(parts[2])).strftime("%Y.%m.%d")
    except ValueError:
        return ""


def single_date(text: str) -> str:
    """One date as `YYYY.MM.DD`; empty when there are two, none, or one that does not exist."""
    match = re.fullmatch(_ONE_DATE, spaceless(folded(text)).replace("、", ".").strip(".,:"))
    return _as_date((match[1], match[2], match[3])) if match else ""


def date_range(text: str) -> str:
    """`YYYY.MM.DD-YYYY.MM.DD`, or an open end as `长期`; empty when it is no range or runs backwards."""
    plain = re.sub(r"[—–~～一至到]+", "-", spaceless(folded(text)).replace("長", "长").replace("、", ".")).strip(".,:")
    match = re.fullmatch(_ONE_DATE + r"-*(?:" + _ONE_DATE + r"|(长期))", plain)
    if match is None:
        return ""
    start = _as_date((match[1], match[2], match[3]))
    end = match[7] or _as_date((match[4], match[5], match[6]))
    if not start or not end or (end != "长期" and end <= start):
        return ""
    return f"{start}-{end}"


def sex(text: str) -> str:
    """男 or 女, alone or with its English letter."""
    plain = spaceless(text).strip("/|.()")
    match = re.fullmatch(r"([男女])[/|]?(?:M|F|Male|Female)?|(?:M|F|Male|Female)[/|]([男女])", plain)
    return (match[1] or match[2]) if match else ""


def count(text: str) -> str:
    """The number of issues: two digits as printed, or three; one alone has lost another."""
    plain = spaceless(text).strip(".:")
    mended = plain.translate(_DIGIT_FOR)
    return mended if re.fullmatch(r"\d{2,3}", mended) else ""


def name(text: str) -> str:
    """A Chinese name of two or more characters, dots between parts of a long one kept."""
    plain = re.sub(rf"[{DOTS}]", "·", spaceless(text)).strip("·,:")
    if not re.fullmatch(rf"[{_HAN}]+(?:·[{_HAN}]+)*", plain) or _NOT_A_NAME.search(folded(plain)):
        return ""
    if _NOT_A_HOLDER.search(folded(plain)):
        return ""
    return plain if 2 <= len(plain) <= 30 else ""


def english_name(text: str) -> str:
    """A Latin name in capitals, as printed: surname before a comma where there is one, never a surname alone.

    The cards spell with the letters of the machine-readable lines: a mark above one was misread.
    """
    if text.rstrip(" .").endswith((",", "，")):
        return ""
    text = "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))
    text = _with_letters_for_figures(_SMALL_L.sub("I", text))
    plain = re.sub(r"\s*[,，、]\s*", ",", text.strip(" .,:'’·-")).replace("’", "'")
    if "," not in plain and re.fullmatch(r"[A-Z'\- ]{2,}\.\s*[A-Z'\- ]{2,}", plain):
        plain = re.sub(r"\.\s*", ",", plain)
    plain = re.sub(r"\s{2,}", " ", plain)
    if not re.fullmatch(r"[A-Z][A-Z ,'\-]+", plain) or _ENGLISH_NOT_A_NAME.search(plain):
        return ""
    return plain if sum(map(str.isalpha, plain)) >= 3 else ""


def _with_letters_for_figures(text: str) -> str:
    """A Latin name with the letters that noughts and ones beside capitals were misread from (K00, L1)."""
    mended = _FIGURE_AMONG_CAPITALS.sub(lambda match: match[0].translate(_LETTER_FOR), text)
    return mended if 2 * sum(map(str.isdigit, text)) < sum(map(str.isalpha, mended)) else text


def pinyin_name(text: str) -> str:
    """The same where it is pinyin, of which a given name is one word."""
    return with_whole_names(english_name(text))


def authority(text: str) -> str:
    """An issuing authority: Chinese, ending as offices do, and whole where its beginning tells."""
    plain = simplified_office(spaceless(text)).strip(".,:·").replace("出人境", "出入境")
    nation = _ALMOST_THE_NATION.search(plain)
    if nation:  # nothing stands before the nation's name but a label that was misread
        plain = _NATION + plain[nation.end() :]
    plain = _BEFORE_A_NATIONAL.sub("", plain)
    if _BEHEADED.match(plain) or _BEHEADED_NATION.match(plain):
        return ""
    return plain if re.fullmatch(rf"[{_HAN}（）()]{{3,30}}(?:局|部|厅|廳|处|處|署|办|辦|委|总队|大队)", plain) else ""


def place(text: str) -> str:
    """A place of issue: a province, region or city we know, or what says that it is one; up to ten characters.

    A holder's name is as short, and stands near.
    """
    plain = simplified_office(spaceless(text)).strip(".,:·")
    if not re.fullmatch(rf"[{_HAN}/]{{2,10}}", plain) or _NOT_A_NAME.search(folded(plain)):
        return ""
    return plain if _PLACE.match(folded(plain)) else ""


def nationality(text: str) -> str:
    """A nationality: Chinese characters, or a Latin country name or code."""
    plain = simplified_office(text).strip(" .,:·")
    if re.fullmatch(rf"[{_HAN}/·]{{2,16}}", spaceless(plain)):
        return spaceless(plain)
    return plain if re.fullmatch(rf"[{_HAN}]*/?[A-Z][A-Za-z /]{{2,40}}", plain) else ""


# Macao's numbers begin with one of these; with another digit a Hong Kong number's letter was misread for it.
_MACAO_BEGINS = "157"
_LETTERS_LIKE = {"0": "DOQ", "2": "Z", "3": "B", "4": "A", "6": "G", "8": "B"}


def identity_number(text: str) -> str:
    """A Hong Kong (A123456(7)) or Macao (1234567(8)) identity number as printed."""
    plain = spaceless(folded(text)).upper().strip(".:")
    match = re.fullmatch(r"([A-Z]{1,2}\d{6})\(?([0-9A])\)?|(\d{7})\(?([0-9A])\)?|(\d/\d{6}/\d)", plain)
    if match is None:
        return ""
    if match[5]:
        return plain
    body, check = (match[1], match[2]) if match[1] else (match[3], match[4])
    if body[0].isdigit() and (body[0] not in _MACAO_BEGINS or check == "A"):
        body = _with_its_letter(body, check)
    if not body:
        return ""
    return f"{body}({check})" if "(" in plain or ")" in plain else body + check


def _with_its_letter(digits: str, check: str) -> str:
    """The Hong Kong number of which the letter was read as a digit, where just one makes the check digit hold."""
    bodies = [letter + digits[1:] for letter in _LETTERS_LIKE.get(digits[0], "")]
    holding = [body for body in bodies if identity_holds(body + check)]
    return holding[0] if len(holding) == 1 else ""


def identity_holds(text: str) -> bool:
    """Whether a Hong Kong identity number's own check digit holds (weights 9-2, modulo 11; Macao's is not public)."""
    match = re.fullmatch(r"([A-Z]{1,2})(\d{6})\(?([0-9A])\)?", text)
    if match is None:
        return False
    letters = [36, *(ord(letter) - 55 for letter in match[1])][-2:]
    worth = [*letters, *map(int, match[2]), 10 if match[3] == "A" else int(match[3])]
    return sum(weight * each for weight, each in zip(range(9, 0, -1), worth, strict=True)) % 11 == 0


def history_number(text: str) -> str:
    """A former permit number of a HK/Macao resident."""
    return number(text, PermitType.HK_MACAO_RESIDENT)
