"""Pictures that show no permit: what people send by mistake, or to see what happens."""

from __future__ import annotations

import random
from collections.abc import Callable

from PIL import Image, ImageDraw

from ocr_integration.specimens.cards import HEIGHT, WIDTH
from ocr_integration.specimens.fonts import face_for, font
from ocr_integration.specimens.grounds import ground
from ocr_integration.specimens.holders import holder
from ocr_integration.specimens.names import Population
from ocr_integration.specimens.portraits import portrait

_INK = (38, 36, 44)
_MARK = "SPECIMEN 样本"


def not_a_card(seed: int) -> tuple[Image.Image, str]:
    """A picture of something else (RGB), and what it is. Eleven seeds in a row show eleven things."""
    draw_it = THINGS[seed % len(THINGS)]
    return draw_it(random.Random(f"no card {seed}")), draw_it.__name__  # noqa: S311 - drawings, not secrets


def _text(draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, face: str = "sans") -> None:
    draw.text(at, text, font=font(face_for(text, face), size), fill=_INK)


def _page(paper: tuple[int, int, int]) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (WIDTH, HEIGHT), paper)
    return image, ImageDraw.Draw(image)


def receipt(chance: random.Random) -> Image.Image:
    image, draw = _page((244, 242, 236))
    _text(draw, (520, 60), "購物收據 RECEIPT", 54)
    for at, item in enumerate(("牛奶 Milk", "麵包 Bread", "茶葉 Tea", "橙 Oranges", "合計 Total")):
        _text(draw, (180, 190 + at * 120), item, 46)
        _text(draw, (1080, 190 + at * 120), f"HK$ {chance.randrange(8, 300)}.{chance.randrange(10)}0", 46)
    _text(draw, (180, 820), f"2026.0{chance.randrange(1, 10)}.1{chance.randrange(10)} 18:24 No. 0048213", 36, "mono")
    return image


def book_page(chance: random.Random) -> Image.Image:
    image, draw = _page((240, 232, 214))
    words = ("山上的雪", "慢慢地化了", "河水", "流过村庄", "孩子们", "在桥上", "看船", "风从南方来", "一天", "又过去")
    for at in range(14):
        _text(draw, (130, 70 + at * 58), "，".join(chance.sample(words, 6))[:28], 42, "serif")
    return image


def hills(chance: random.Random) -> Image.Image:
    image, draw = _page((168, 200, 228))
    for at, ink in enumerate(((126, 150, 168), (92, 128, 110), (62, 98, 66))):
        line = [(x, 380 + at * 150 + chance.randrange(-70, 70)) for x in range(0, WIDTH + 150, 150)]
        draw.polygon([(0, HEIGHT), *line, (WIDTH + 150, HEIGHT)], fill=ink)
    draw.ellipse((1100, 80, 1220, 200), fill=(250, 236, 190))
    return image


def identity_card(chance: random.Random) -> Image.Image:
    """A card with a portrait, a name and a number as identity cards have them; no permit for travelling."""
    seed = chance.randrange(10_000)
    who = holder(seed, Population.HK_MACAO)
    image = ground(seed, WIDTH, HEIGHT)
    draw = ImageDraw.Draw(image)
    hong_kong = chance.random() < 0.5
    title = "香港永久性居民身份證 HONG KONG PERMANENT IDENTITY CARD" if hong_kong else "中华人民共和国居民身份证"
    _text(draw, (420, 60), title, 34 if hong_kong else 52)
    image.paste(portrait(seed, width=330, height=440, woman=who.sex == "女"), (80, 220))
    lines = [
        f"姓名 {who.name.simplified}",
        f"性别 {who.sex} 民族 汉",
        f"出生 {who.born_on.year}年{who.born_on.month}月",
    ]
    lines += ["住址 样本市样本区样本路8号", f"公民身份号码 {who.digits[:18]}"]
    if hong_kong:
        lines = [
            who.name.traditional,
            who.name.latin.replace(",", ", "),
            "出生日期 Date of Birth",
            "***AZ",
            "A123456(3)",
        ]
        lines[2] += f" {who.born_on:%d-%m-%Y} {'M' if who.sex == '男' else 'F'}"
    for at, line in enumerate(lines):
        _text(draw, (480, 200 + at * 120), line, 48)
    _text(draw, (1150, 890), _MARK, 30)
    return image


def bank_card(chance: random.Random) -> Image.Image:
    image, draw = _page(chance.choice(((40, 70, 130), (30, 90, 80), (120, 40, 50))))
    draw.rounded_rectangle((140, 330, 330, 480), radius=24, fill=(214, 190, 120))
    for at, (place, text, size) in enumerate(
        (
            ((120, 80), "样本银行 SPECIMEN BANK", 64),
            ((140, 560), f"6200 {chance.randrange(1000, 9999)} {chance.randrange(1000, 9999)} 0000", 88),
            ((140, 720), "VALID THRU 08/31", 44),
            ((140, 810), "CHAN TAI MAN", 54),
            ((1180, 800), "储蓄卡", 60),
        )
    ):
        draw.text(
            place, text, font=font(face_for(text, "mono" if at in (1, 3) else "sans"), size), fill=(240, 238, 230)
        )
    return image


def passport_page(chance: random.Random) -> Image.Image:
    seed = chance.randrange(10_000)
    who = holder(seed, Population.MAINLAND)
    image = ground(seed, WIDTH, HEIGHT)
    draw = ImageDraw.Draw(image)
    _text(draw, (480, 40), "护照 PASSPORT", 52)
    image.paste(portrait(seed, width=330, height=440, woman=who.sex == "女"), (80, 160))
    number = f"E{who.digits[:8]}"
    lines = (
        f"类型/Type P    国家码/Country Code CHN    护照号/Passport No. {number}",
        f"姓名/Name {who.name.simplified} {who.name.latin.replace(',', ', ')}",
        f"性别/Sex {who.sex}/{'M' if who.sex == '男' else 'F'}    国籍/Nationality 中国/CHINESE",
        f"出生日期/Date of birth {who.born_on:%d %b %Y}".upper(),
        f"签发日期/Date of issue {who.issued_on:%d %b %Y}".upper(),
        "签发机关/Authority 国家移民管理局",
    )
    for at, line in enumerate(lines):
        _text(draw, (450, 130 + at * 92), line, 29)
    surname, _comma, given = who.name.latin.partition(",")
    zone = (
        f"POCHN{surname}<<{given}".ljust(44, "<")[:44],
        f"{number}5CHN{who.born_on:%y%m%d}3M{who.expires_on:%y%m%d}8<<<<<<<<<<<<<<04"[:44],
    )
    for at, line in enumerate(zone):
        _text(draw, (60, 730 + at * 80), line, 50, "mono")
    _text(draw, (1150, 895), _MARK, 30)
    return image


def bare_table(chance: random.Random) -> Image.Image:
    tone = chance.randrange(90, 210)
    image, draw = _page((tone, tone - 14, tone - 34))
    for y in range(0, HEIGHT, 18):
        shade = tone + chance.randrange(-8, 8)
        draw.line((0, y, WIDTH, y + chance.randrange(-10, 10)), fill=(shade, shade - 14, shade - 34), width=10)
    return image


def screenshot(chance: random.Random) -> Image.Image:
    """A chat about permits on a telephone: the words of the cards without a card."""
    image, draw = _page((236, 238, 240))
    talk = (
        "港澳居民来往内地通行证要怎么续期？", "带旧证去办理，换证次数会加一", "需要照片吗",
        "要的，姓名和出生日期要核对",
        "有效期限还有三个月", "签发机关那边要预约", "好的谢谢", "证件号码会变吗？", "不会，终身不变",
    )  # fmt: skip
    for at, line in enumerate(chance.sample(talk, 7)):
        mine = at % 2
        width = len(line) * 40 + 50
        left = WIDTH - width - 60 if mine else 60
        fill = (158, 220, 130) if mine else (255, 255, 255)
        draw.rounded_rectangle((left, 60 + at * 120, left + width, 140 + at * 120), radius=20, fill=fill)
        _text(draw, (left + 25, 75 + at * 120), line, 40)
    return image


def face(chance: random.Random) -> Image.Image:
    image, _draw = _page((206, 214, 222))
    image.paste(portrait(chance.randrange(10_000), width=660, height=880, woman=chance.random() < 0.5), (420, 65))
    return image


def work_pass(chance: random.Random) -> Image.Image:
    """A pass for a fair: a portrait, a name and the word 通行证 on it."""
    image, draw = _page((222, 234, 226))
    _text(draw, (520, 60), "第十二届样本展览会 工作人员通行证", 52)
    image.paste(portrait(chance.randrange(10_000), width=330, height=440, woman=True), (90, 230))
    lines = (
        "姓名 林样本",
        "单位 样本公司",
        "岗位 布展",
        f"编号 GZ{chance.randrange(1000, 9999)}",
        "有效期 2026.05.01-2026.05.03",
    )
    for at, line in enumerate(lines):
        _text(draw, (520, 220 + at * 120), line, 52)
    return image


def blank_form(chance: random.Random) -> Image.Image:
    """An application form: title and labels of a permit, nothing filled in."""
    image, draw = _page((250, 250, 248))
    title = chance.choice(("台湾居民来往大陆通行证申请表", "往来港澳通行证申请表", "港澳居民来往内地通行证申请表"))
    _text(draw, (420, 50), title, 50)
    labels = (
        "姓名",
        "英文姓名",
        "性别",
        "出生日期",
        "证件号码",
        "有效期限",
        "签发机关",
        "签发地点",
        "联系电话",
        "申请日期",
    )
    for at, label in enumerate(labels):
        x, y = 110 + 670 * (at % 2), 170 + 140 * (at // 2)
        draw.rectangle((x, y, x + 640, y + 110), outline=(120, 120, 126), width=3)
        _text(draw, (x + 20, y + 30), label, 38)
    return image


THINGS: tuple[Callable[[random.Random], Image.Image], ...] = (
    receipt, book_page, hills, identity_card, bank_card, passport_page, bare_table, screenshot, face,
    work_pass, blank_form,
)  # fmt: skip
