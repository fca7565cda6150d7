"""The faces of the cards as a printer would make them: 1500 x 945 pixels, 85.6 x 54 mm, marked as specimens.

Layouts vary with the seed (labels above, beside or in the value's line; faces and sizes), because real cards do.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Card:
    """A printed face (RGB), what it says, and where its portrait and one of its values stand (pixels)."""

    image: Image.Image
    truth: PermitReading
    portrait_box: tuple[int, int, int, int] | None
    value_box: tuple[int, int, int, int]


@cache
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A face at a size in pixels."""
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


@dataclass(frozen=True, slots=True)
class _Style:
    label_face: str
    value_face: str
    beside: bool
    label_size: int
    value_size: int
    label_ink: tuple[int, int, int]


def _style(seed: int) -> _Style:
    chance = random.Random(f"style {seed}")  # noqa: S311 - drawings, not secrets
    face = chance.choice(("sans", "serif"))
    return _Style(
        label_face="sans",
        value_face=face,
        beside=chance.random() < 0.5,
        label_size=chance.choice((30, 32, 34)),
        value_size=chance.choice((44, 46, 50)),
        label_ink=chance.choice(((70, 84, 130), (90, 70, 90), (60, 90, 80))),
    )


_Rows = list[list[tuple[str, str]]]


def _front(kind: SpecimenKind, seed: int, title: str, rows: _Rows, *, name_face: str, zone: str = "") -> Card:
    image = _ground(seed)
    draw = ImageDraw.Draw(image)
    style = _style(seed)
    draw.text((500, 46), title, font=font("serif", 60), fill=(60, 40, 70))
    photo_box = (96, 220, 96 + 330, 220 + 440)
    image.paste(portrait(seed, width=330, height=440), photo_box[:2])
    top, step = 160, (630 if zone else 700) // len(rows)
    value_box = (0, 0, 1, 1)
    for number, row in enumerate(rows):
        y = top + number * step
        left = 500
        for label, value in row:
            box = _entry(
                draw, style, label, value, at=(left, y), face=name_face if label in ("姓名", "") else style.value_face
            )
            if label == "证件号码":
                value_box = box
            left += 520
    if zone:
        draw.text((96, HEIGHT - 92), zone, font=font("sans", 52), fill=INK, features=["-kern"])
    draw.text((1180, HEIGHT - 34), "SPECIMEN 样本", font=font("sans", 22), fill=(150, 110, 100))
    return Card(image, PermitReading(), photo_box, value_box)


def _entry(
    draw: ImageDraw.ImageDraw, style: _Style, label: str, value: str, *, at: tuple[int, int], face: str
) -> tuple[int, int, int, int]:
    x, y = at
    label_font, value_font = font(style.label_face, style.label_size), font(face, style.value_size)
    if label:
        draw.text((x, y + (10 if style.beside else 0)), label, font=label_font, fill=style.label_ink)
    beside = (x + (190 if len(label) > 2 else 130), y)
    place = beside if style.beside else (x, y + style.label_size + 8)
    draw.text(place, value, font=value_font, fill=INK)
    left, top, right, bottom = draw.textbbox(place, value, font=value_font)
    return int(left), int(top), int(right), int(bottom)


def _fronts_rows(
    who: Holder, *, name: str, latin: str, number: str, count_label: str, place: bool, authority: str
) -> _Rows:
    rows: _Rows = [
        [("姓名", name)],
        [("英文姓名", latin)],
        [("出生日期", f"{who.born_on:%Y.%m.%d}"), ("性别", who.sex)],
        [("有效期限", who.valid)],
        [("签发机关", authority)],
        [("证件号码", number), (count_label, f"{who.issues:02d}")],
    ]
    if place:
        rows[4] = [("签发机关", authority)]
        rows.insert(5, [("签发地点", who.place)])
    return rows


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


def _hk_number(seed: int, who: Holder) -> str:
    return ("H" if seed % 3 else "M") + who.digits[:8]


def _id_number(who: Holder) -> str:
    return f"{'ABCDGHKPRVYZ'[int(who.digits[20]) % 12]}{who.digits[21:27]}({who.digits[27]})"


def hk_macao_front(seed: int) -> Card:
    """港澳居民来往内地通行证, front; every fourth is of the generation that prints the renewal count in its number."""
    who = holder(seed)
    number = _hk_number(seed, who) + (f"{who.issues:02d}" if seed % 4 == 3 else "")
    name = who.traditional if seed % 2 else who.simplified
    authority = ("中华人民共和国出入境管理局", "公安部出入境管理局", "国家移民管理局")[seed % 3]
    rows = _fronts_rows(
        who, name=name, latin=who.cantonese, number=number, count_label="换证次数", place=False, authority=authority
    )
    card = _front(
        SpecimenKind.HK_MACAO_FRONT,
        seed,
        "港澳居民来往内地通行证",
        rows,
        name_face="serif-hant" if seed % 2 else "serif",
    )
    truth = _truth(
        PermitType.HK_MACAO_RESIDENT, who, name=name, english_name=who.cantonese, number=number,
        issue_authority=authority, issue_number=f"{who.issues:02d}",
    )  # fmt: skip
    return Card(card.image, truth, card.portrait_box, card.value_box)


def taiwan_front(seed: int) -> Card:
    """台湾居民来往大陆通行证, front."""
    who = holder(seed)
    number, authority = who.digits[:8], ("公安部出入境管理局", "国家移民管理局")[seed % 2]
    rows = _fronts_rows(
        who,
        name=who.traditional,
        latin=who.pinyin,
        number=number,
        count_label="签发次数",
        place=True,
        authority=authority,
    )
    card = _front(SpecimenKind.TAIWAN_FRONT, seed, "台湾居民来往大陆通行证", rows, name_face="sans-hant")
    truth = _truth(
        PermitType.TAIWAN_RESIDENT, who, name=who.traditional, english_name=who.pinyin, number=number,
        issue_authority=authority, issue_number=f"{who.issues:02d}", issue_address=who.place,
    )  # fmt: skip
    return Card(card.image, truth, card.portrait_box, card.value_box)


def exit_entry_front(seed: int, *, to_taiwan: bool) -> Card:
    """往来港澳通行证 or 往来台湾通行证, front, with its machine-readable line."""
    who = holder(seed)
    kind = PermitType.EXIT_ENTRY_TAIWAN if to_taiwan else PermitType.EXIT_ENTRY_HK_MACAO
    number = ("L" if to_taiwan else "C") + who.digits[:8]
    authority = "国家移民管理局"
    rows: _Rows = [
        [("姓名", who.simplified)],
        [("英文姓名", who.pinyin)],
        [("出生日期", f"{who.born_on:%Y.%m.%d}"), ("性别", who.sex)],
        [("有效期限", who.valid)],
        [("签发机关", authority)],
        [("证件号码", number), ("签发地点", who.place)],
    ]
    zone = zones.exit_entry(who, number)
    card = _front(SpecimenKind.EXIT_ENTRY_HK_MACAO_FRONT, seed, kind.value, rows, name_face="serif", zone=zone)
    truth = _truth(
        kind, who, name=who.simplified, english_name=who.pinyin, number=number, issue_authority=authority,
        issue_address=who.place,
    )  # fmt: skip
    return Card(card.image, truth, card.portrait_box, card.value_box)


def hk_macao_back(seed: int) -> Card:
    """The back of a HK/Macao residents' permit: name, identity card number, earlier number, three lines."""
    who = holder(seed)
    image = _ground(seed + 1)
    draw = ImageDraw.Draw(image)
    style = _style(seed)
    name = who.simplified
    id_number, history = _id_number(who), _hk_number(seed, who) + f"{max(who.issues - 1, 0):02d}"
    draw.text((130, 70), PermitType.HK_MACAO_RESIDENT.value, font=font("serif", 52), fill=(60, 40, 70))
    value_box = (0, 0, 1, 1)
    for at, (label, value) in enumerate((("姓名", name), ("港澳身份证号码", id_number), ("曾用证件号码", history))):
        y = 190 + at * 140
        draw.text((130, y + 8), label, font=font("sans", style.label_size), fill=style.label_ink)
        draw.text((430, y), value, font=font(style.value_face, style.value_size), fill=INK)
        box = draw.textbbox((430, y), value, font=font(style.value_face, style.value_size))
        value_box = (int(box[0]), int(box[1]), int(box[2]), int(box[3]))
    for at, line in enumerate(zones.hk_macao_back(who, _hk_number(seed, who), id_number)):
        draw.text((96, 660 + at * 84), line, font=font("sans", 52), fill=INK, features=["-kern"])
    draw.text((1180, HEIGHT - 34), "SPECIMEN 样本", font=font("sans", 22), fill=(150, 110, 100))
    truth = PermitReading(
        back=BackFields(
            type=PermitType.HK_MACAO_RESIDENT.value, name=name, id_number=id_number, history_number=history
        ),
        warnings=(),
    )
    return Card(image, truth, None, value_box)


def not_a_card(seed: int) -> Card:
    """A shop's receipt: text and numbers, and no permit."""
    chance = random.Random(f"receipt {seed}")  # noqa: S311 - drawings, not secrets
    image = Image.new("RGB", (WIDTH, HEIGHT), (244, 242, 236))
    draw = ImageDraw.Draw(image)
    draw.text((520, 60), "購物收據 RECEIPT", font=font("sans-hant", 54), fill=INK)
    for at, item in enumerate(("牛奶 Milk", "麵包 Bread", "茶葉 Tea", "橙 Oranges", "合計 Total")):
        draw.text((180, 190 + at * 120), item, font=font("sans-hant", 46), fill=INK)
        draw.text(
            (1080, 190 + at * 120),
            f"HK$ {chance.randrange(8, 300)}.{chance.randrange(10)}0",
            font=font("sans", 46),
            fill=INK,
        )
    return Card(image, PermitReading(warnings=()), None, (0, 0, 1, 1))


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
