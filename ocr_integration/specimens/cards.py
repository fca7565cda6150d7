"""The faces of the cards as a printer would make them: 1500 x 945 pixels, 85.6 x 54 mm, marked as specimens.

Layouts vary with the seed (labels above, beside or in the value's line; faces and sizes), because real cards do.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import numpy as np
import pylopdf_fonts_zh_cn
import pylopdf_fonts_zh_tw
from PIL import Image, ImageDraw, ImageFont

from ocr_integration.contract import BackFields, PermitReading, PermitType
from ocr_integration.specimens import zones
from ocr_integration.specimens.holders import Holder, holder
from ocr_integration.specimens.kinds import SpecimenKind
from ocr_integration.specimens.portraits import portrait

WIDTH, HEIGHT = 1500, 945
INK = (38, 36, 44)
_CN = Path(pylopdf_fonts_zh_cn.__file__).parent
_TW = Path(pylopdf_fonts_zh_tw.__file__).parent
_FONTS = {
    "sans": _CN / "NotoSansSC-Regular.otf",
    "serif": _CN / "NotoSerifSC-Regular.otf",
    "sans-hant": _TW / "NotoSansTC-Regular.otf",
    "serif-hant": _TW / "NotoSerifTC-Regular.otf",
}
# Zones are printed with letters of one width; where the machine has no such face, any will do.
_MONO = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")


@dataclass(frozen=True, slots=True)
class Printed:
    """A value on the card: its text, its place (left, top), its face and size in pixels."""

    text: str
    at: tuple[int, int]
    face: str
    size: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the ink in pixels of the card."""
        left, top, right, bottom = font(self.face, self.size).getbbox(self.text)
        x, y = self.at
        return int(left) + x, int(top) + y, int(right) + x, int(bottom) + y


@dataclass(frozen=True, slots=True)
class Card:
    """A printed face (RGB), what it says, and where its portrait (pixels) and its number stand."""

    image: Image.Image
    truth: PermitReading
    portrait_box: tuple[int, int, int, int] | None = None
    number: Printed | None = None


@cache
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A face at a size in pixels; `zone` is the machine-readable lines' face."""
    if name == "zone":
        return ImageFont.truetype(str(_MONO if _MONO.exists() else _FONTS["sans"]), size)
    return ImageFont.truetype(str(_FONTS[name]), size)


def _ground(seed: int) -> Image.Image:
    """A tinted ground with fine waves, as security print has; coloured, so that a grey copy differs."""
    chance = np.random.default_rng(seed + 77)
    tint = np.array(
        [(212, 228, 240), (236, 222, 230), (220, 236, 222), (232, 228, 212)][int(chance.integers(4))], dtype=float
    )
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(float)
    waves = np.sin((y + 26 * np.sin(x / chance.uniform(70, 120))) / chance.uniform(5.2, 7.5))
    sweep = np.sin(x / 480 + chance.uniform(0, 6)) * np.cos(y / 330)
    pixels = np.empty((HEIGHT, WIDTH, 3))
    for channel in range(3):
        pixels[..., channel] = tint[channel] + 4.5 * waves + sweep * (10, -4, -9)[channel]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


class _Layout(StrEnum):
    """Where a value stands: under its label, right of it in a column, or in one line with it."""

    ABOVE = "above"
    BESIDE = "beside"
    INLINE = "inline"


@dataclass(frozen=True, slots=True)
class _Style:
    face: str
    layout: _Layout
    label_size: int
    value_size: int
    label_ink: tuple[int, int, int]
    latin_label: bool
    photo_shift: int


def _style(seed: int) -> _Style:
    chance = random.Random(f"style {seed}")  # noqa: S311 - drawings, not secrets
    return _Style(
        face=chance.choice(("sans", "serif")),
        layout=chance.choice((_Layout.ABOVE, _Layout.ABOVE, _Layout.BESIDE, _Layout.BESIDE, _Layout.INLINE)),
        label_size=chance.choice((30, 32, 34)),
        value_size=chance.choice((42, 46, 48)),
        label_ink=chance.choice(((70, 84, 130), (90, 70, 90), (60, 90, 80))),
        latin_label=chance.random() < 0.5,
        photo_shift=chance.randrange(-20, 40),
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    """A label (empty: none is printed) and its value."""

    label: str
    value: str
    face: str = ""


_Rows = list[list[_Entry]]


def _print_entry(draw: ImageDraw.ImageDraw, style: _Style, entry: _Entry, at: tuple[int, int]) -> Printed:
    x, y = at
    label_font = font("sans", style.label_size)
    size = style.value_size
    if style.layout is _Layout.INLINE:
        size = style.label_size + 8
        label_font = font("sans", size)
        place = (x + int(label_font.getlength(entry.label)) + (14 if entry.label else 0), y)
    elif style.layout is _Layout.BESIDE:
        place = (x + (180 if len(entry.label) != 2 or x < 700 else 110), y)
    else:
        place = (x, y + (style.label_size + 6 if entry.label else 0))
    if entry.label:
        drop = 8 if style.layout is _Layout.BESIDE else 0
        draw.text((x, y + drop), entry.label, font=label_font, fill=style.label_ink)
    value = Printed(entry.value, place, entry.face or style.face, size)
    draw.text(place, entry.value, font=font(value.face, size), fill=INK)
    return value


def _mark(draw: ImageDraw.ImageDraw) -> None:
    draw.text((1180, HEIGHT - 36), "SPECIMEN 样本", font=font("sans", 22), fill=(150, 110, 100))


def _front(who: Holder, seed: int, rows: _Rows, truth: PermitReading, *, zone: str = "") -> Card:
    """A front as every kind has it: portrait left, title on top, rows of entries, perhaps a machine-readable line."""
    image, style = _ground(seed), _style(seed)
    draw = ImageDraw.Draw(image)
    draw.text((500, 42), truth.type, font=font("serif", 60), fill=(60, 40, 70))
    top = 205 + style.photo_shift
    photo_box = (96, top, 96 + 330, top + 440)
    image.paste(portrait(seed, width=330, height=440, woman=who.sex == "女"), photo_box[:2])
    step = (650 if zone else 730) // len(rows)
    number = None
    for at, row in enumerate(rows):
        for column, entry in enumerate(row):
            printed = _print_entry(draw, style, entry, (500 + 500 * column, 152 + at * step))
            number = printed if entry.value == truth.number else number
    if zone:
        draw.text((100, HEIGHT - 112), zone, font=font("zone", 68), fill=INK)
    _mark(draw)
    return Card(image, truth, photo_box, number)


def _rows(seed: int, truth: PermitReading, *, count_label: str, name_face: str) -> _Rows:
    """The entries of a front in the usual order; the Latin name stands under the name, with or without a label."""
    style = _style(seed)
    latin_label = "英文姓名" if style.latin_label else ""
    rows: _Rows = [
        [_Entry("姓名", truth.name, name_face if style.face == "sans" else name_face.replace("sans", "serif"))],
        [_Entry(latin_label, truth.english_name)],
        [_Entry("出生日期", truth.birthday), _Entry("性别", truth.sex)],
    ]
    if truth.nationality:
        rows[2:] = [
            [_Entry("出生日期", truth.birthday)],
            [_Entry("性别", truth.sex), _Entry("国籍", truth.nationality)],
        ]
    rows += [[_Entry("有效期限", truth.valid_date)], [_Entry("签发机关", truth.issue_authority)]]
    last = [_Entry("证件号码", truth.number)]
    if count_label:
        last.append(_Entry(count_label, truth.issue_number))
    if truth.issue_address and count_label:
        rows.append([_Entry("签发地点", truth.issue_address)])
    elif truth.issue_address:
        last.append(_Entry("签发地点", truth.issue_address))
    return [*rows, last]


def _truth(kind: PermitType, who: Holder, **fields: str) -> PermitReading:
    return PermitReading(
        sex=who.sex,
        birthday=f"{who.born_on:%Y.%m.%d}",
        valid_date=who.valid,
        type=kind.value,
        back=BackFields(type=kind.value),
        warnings=(),
        **fields,  # type: ignore[arg-type]
    )


def _hk_holder(seed: int) -> Holder:
    """Every eighth holder of a HK/Macao card is not Chinese."""
    return holder(seed, foreign=seed % 8 == 5)


def _hk_number(seed: int, who: Holder) -> str:
    place = "H" if seed % 3 else "M"
    return f"{place}A{who.digits[:7]}" if who.nationality else place + who.digits[:8]


def _id_number(who: Holder) -> str:
    return f"{'ABCDGHKPRVYZ'[int(who.digits[20]) % 12]}{who.digits[21:27]}({who.digits[27]})"


def hk_macao_front(seed: int) -> Card:
    """港澳居民来往内地通行证, front; every fourth is of the generation that prints the renewal count in its number."""
    who = _hk_holder(seed)
    hant = seed % 2 == 1
    truth = _truth(
        PermitType.HK_MACAO_RESIDENT,
        who,
        name=who.traditional if hant else who.simplified,
        english_name=who.cantonese,
        number=_hk_number(seed, who) + (f"{who.issues:02d}" if seed % 4 == 3 else ""),
        issue_authority=("中华人民共和国出入境管理局", "公安部出入境管理局", "国家移民管理局")[seed % 3],
        issue_number=f"{who.issues:02d}",
        nationality=who.nationality,
    )
    rows = _rows(seed, truth, count_label="换证次数", name_face="sans-hant" if hant else "sans")
    return _front(who, seed, rows, truth)


def taiwan_front(seed: int) -> Card:
    """台湾居民来往大陆通行证, front."""
    who = holder(seed)
    truth = _truth(
        PermitType.TAIWAN_RESIDENT,
        who,
        name=who.traditional if seed % 3 else who.simplified,
        english_name=who.wade_giles,
        number=who.digits[:8],
        issue_authority=("公安部出入境管理局", "国家移民管理局")[seed % 2],
        issue_number=f"{who.issues:02d}",
        issue_address=who.place,
    )
    rows = _rows(seed, truth, count_label="签发次数", name_face="sans-hant" if seed % 3 else "sans")
    return _front(who, seed, rows, truth)


def exit_entry_front(seed: int, *, to_taiwan: bool, disagreeing: bool = False) -> Card:
    """往来港澳通行证 or 往来台湾通行证, front, with its machine-readable line.

    `disagreeing` prints a number that is not the one in the line. Every sixth holder has a name in several parts.
    """
    who = holder(seed, long=seed % 6 == 4)
    kind = PermitType.EXIT_ENTRY_TAIWAN if to_taiwan else PermitType.EXIT_ENTRY_HK_MACAO
    number = ("L" if to_taiwan else "C") + who.digits[:8]
    if not to_taiwan and seed % 4 == 2:
        number = "C" + "ABCDEFGHJKLMNPQRSTUVWXYZ"[int(who.digits[30])] + who.digits[:7]
    truth = _truth(
        kind,
        who,
        name=who.simplified,
        english_name=who.pinyin,
        number=other_number(number) if disagreeing else number,
        issue_authority=("国家移民管理局", "公安部出入境管理局", "中华人民共和国出入境管理局")[seed % 3],
        issue_address=who.place,
    )
    rows = _rows(seed, truth, count_label="", name_face="sans")
    return _front(who, seed, rows, truth, zone=zones.exit_entry(who, number))


def other_number(number: str) -> str:
    """A number of the same form with two other digits, as a forger writes it."""
    swapped = "".join(str((int(each) + 4) % 10) for each in number[4:6])
    return number[:4] + swapped + number[6:]


def hk_macao_back(seed: int) -> Card:
    """The back of a HK/Macao residents' permit: name, identity card number, earlier number, three lines."""
    who = _hk_holder(seed)
    image, style = _ground(seed + 1), _style(seed)
    draw = ImageDraw.Draw(image)
    kind, name, id_number = PermitType.HK_MACAO_RESIDENT.value, who.simplified, _id_number(who)
    # The cards of residents who are not Chinese are younger than the generation whose number ended in the count.
    history = _hk_number(seed, who) + ("" if who.nationality else f"{who.issues - 1:02d}")
    id_label = "香港身份证号码" if seed % 3 else "澳门身份证号码"
    draw.text((130, 62), kind, font=font("serif", 52), fill=(60, 40, 70))
    earlier = None
    for at, (label, value) in enumerate((("姓名", name), (id_label, id_number), ("曾用证件号码", history))):
        y = 180 + at * 140
        draw.text((130, y + 8), label, font=font("sans", style.label_size), fill=style.label_ink)
        earlier = Printed(value, (430, y), style.face, style.value_size)
        draw.text(earlier.at, value, font=font(earlier.face, earlier.size), fill=INK)
    for at, line in enumerate(zones.hk_macao_back(who, _hk_number(seed, who), id_number)):
        draw.text((100, 630 + at * 88), line, font=font("zone", 68), fill=INK)
    _mark(draw)
    back = BackFields(type=kind, name=name, id_number=id_number, history_number=history)
    return Card(image, PermitReading(back=back, warnings=()), None, earlier)


def not_a_card(seed: int) -> Card:
    """A shop's receipt, the page of a book or a view of hills: no permit."""
    draw_it = (_receipt, _book_page, _hills)[seed % 3]
    return Card(draw_it(random.Random(f"no card {seed}")), PermitReading(warnings=()))  # noqa: S311 - drawings


def _receipt(chance: random.Random) -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), (244, 242, 236))
    draw = ImageDraw.Draw(image)
    draw.text((520, 60), "購物收據 RECEIPT", font=font("sans-hant", 54), fill=INK)
    for at, item in enumerate(("牛奶 Milk", "麵包 Bread", "茶葉 Tea", "橙 Oranges", "合計 Total")):
        y, price = 190 + at * 120, f"HK$ {chance.randrange(8, 300)}.{chance.randrange(10)}0"
        draw.text((180, y), item, font=font("sans-hant", 46), fill=INK)
        draw.text((1080, y), price, font=font("sans", 46), fill=INK)
    return image


def _book_page(chance: random.Random) -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), (240, 232, 214))
    draw = ImageDraw.Draw(image)
    words = ("山上的雪", "慢慢地化了", "河水", "流过村庄", "孩子们", "在桥上", "看船", "风从南方来", "一天", "又过去")
    for at in range(14):
        line = "，".join(chance.sample(words, 6))[:28]
        draw.text((130, 70 + at * 58), line, font=font("serif", 42), fill=INK)
    return image


def _hills(chance: random.Random) -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), (168, 200, 228))
    draw = ImageDraw.Draw(image)
    for at, ink in enumerate(((126, 150, 168), (92, 128, 110), (62, 98, 66))):
        line = [(x, 380 + at * 150 + chance.randrange(-70, 70)) for x in range(0, WIDTH + 150, 150)]
        draw.polygon([(0, HEIGHT), *line, (WIDTH + 150, HEIGHT)], fill=ink)
    draw.ellipse((1100, 80, 1220, 200), fill=(250, 236, 190))
    return image


def print_card(kind: SpecimenKind, seed: int) -> Card:
    """The printed face of a kind and seed."""
    if kind is SpecimenKind.HK_MACAO_FRONT:
        return hk_macao_front(seed)
    if kind is SpecimenKind.HK_MACAO_BACK:
        return hk_macao_back(seed)
    if kind is SpecimenKind.TAIWAN_FRONT:
        return taiwan_front(seed)
    if kind is SpecimenKind.NOT_A_CARD:
        return not_a_card(seed)
    return exit_entry_front(seed, to_taiwan=kind is SpecimenKind.EXIT_ENTRY_TAIWAN_FRONT)
