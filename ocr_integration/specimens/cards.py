"""The faces of the cards as a printer would make them: 1500 x 945 pixels, 85.6 x 54 mm, marked as specimens.

Everything a card may look like is drawn by lot from the seed, wider than any one make of the real cards.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from PIL import Image, ImageDraw

from ocr_integration.contract import BackFields, PermitReading, PermitType
from ocr_integration.specimens import layouts, numbers, wording, zones
from ocr_integration.specimens.fonts import face_for, file_name, font
from ocr_integration.specimens.grounds import ground
from ocr_integration.specimens.holders import Generation, Holder, holder
from ocr_integration.specimens.kinds import SpecimenKind
from ocr_integration.specimens.layouts import Area, Entry, Layout, Rows, Run, Style
from ocr_integration.specimens.names import Population
from ocr_integration.specimens.portraits import portrait

WIDTH, HEIGHT = 1500, 945
_ZONE_PITCH = 44.5  # 2.54 mm, ten characters to the inch
_AUTHORITIES = (
    "公安部出入境管理局",
    "国家移民管理局",
    "中华人民共和国出入境管理局",
    "中华人民共和国公安部出入境管理局",
)
_OFFICES = ("广东省公安厅", "福建省公安厅出入境管理局", "上海市公安局出入境管理局", "北京市公安局", "浙江省公安厅")
_PLACES = ("广东", "福建", "上海", "北京", "浙江", "四川", "湖南", "江苏", "内蒙古", "黑龙江", "广西", "重庆")
_PLACES_OF_TAIWAN = ("福建", "广东", "上海", "香港", "澳门", "北京", "江苏", "厦门")


@dataclass(frozen=True, slots=True)
class Photo:
    """The portrait on a front: its place (pixels), whose it is, and where a faint copy of it stands, if any."""

    box: tuple[int, int, int, int]
    seed: int
    woman: bool
    faint_at: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A face that is worked out and not yet painted: what it says and the runs of text on it.

    `look` names its layout and typeface, for reports; `disagreeing` cards print a number that their
    machine-readable line contradicts.
    """

    truth: PermitReading
    runs: tuple[Run, ...]
    ground: int
    photo: Photo | None = None
    look: str = ""
    disagreeing: bool = False

    def run(self, field: str) -> Run | None:
        """The run that prints a field."""
        return next((run for run in self.runs if run.field == field), None)

    def paint(self) -> Image.Image:
        """The face in RGB, 1500 x 945 pixels."""
        image = ground(self.ground, WIDTH, HEIGHT)
        if self.photo:
            _paint_photo(image, self.photo)
        draw = ImageDraw.Draw(image)
        for run in self.runs:
            write(draw, run)
        return image


def _paint_photo(image: Image.Image, photo: Photo) -> None:
    left, top, right, bottom = photo.box
    face = portrait(photo.seed, width=right - left, height=bottom - top, woman=photo.woman)
    image.paste(face, (left, top))
    if photo.faint_at:
        x, y = photo.faint_at
        spot = image.crop((x, y, x + 135, y + 180))
        image.paste(Image.blend(spot, face.resize((135, 180)).convert("L").convert("RGB"), 0.12), (x, y))


def write(draw: ImageDraw.ImageDraw, run: Run) -> None:
    """Draw a run; where characters have one pitch each stands in the middle of its place."""
    if not run.pitch:
        draw.text(run.at, run.text, font=font(run.face, run.size), fill=run.ink)
        return
    for at, character in enumerate(run.text):
        spare = run.pitch - font(run.face, run.size).getlength(character)
        place = (run.at[0] + at * run.pitch + spare / 2, run.at[1])
        draw.text(place, character, font=font(run.face, run.size), fill=run.ink)


def _mark() -> Run:
    return Run("SPECIMEN 样本", (1190, HEIGHT - 44), "sans", 30, (176, 60, 60))


def _title(
    chance: random.Random, kind: PermitType, style: Style, left: int, right: int, *, field: str = "type"
) -> list[Run]:
    """The printed name of the card, perhaps with the country above or its English name beneath."""
    size = chance.randrange(48, 62)
    face = face_for(kind.value, style.title_face)
    ink = chance.choice(((60, 40, 70), (150, 30, 40), (30, 50, 90)))
    title = Run(kind.value, (left, 44), face, size, ink, field)
    if chance.random() < 0.25:
        title = replace(title, at=(left + max(0, (right - left - title.width) // 2), 44))
    runs = [title]
    if chance.random() < 0.3:
        runs.append(Run("中华人民共和国", (title.at[0], 12), face, 26, ink))
        runs[0] = replace(title, at=(title.at[0], 46))
    if chance.random() < 0.35:
        english = wording.TITLES[kind]
        runs.append(Run(english, (left, 50 + round(size * 1.25)), "latin", 22, ink))
    return runs


def _zone(lines: tuple[str, ...], chance: random.Random) -> list[Run]:
    """Machine-readable lines at the foot of the face."""
    left, step = 80 + chance.randrange(0, 30), 88 if len(lines) > 1 else 0
    top = HEIGHT - 120 - step * (len(lines) - 1) - (40 if len(lines) > 1 else 0)
    face, size = ("ocr-b", 62) if chance.random() < 0.7 else ("mono", 66)
    return [
        Run(line, (left, top + at * step), face_for(line, face), size, (30, 28, 34), "zone", _ZONE_PITCH)
        for at, line in enumerate(lines)
    ]


def _front(
    seed: int,
    kind: PermitType,
    who: Holder,
    rows: Rows,
    truth: PermitReading,
    style: Style,
    chance: random.Random,
    *,
    zone: str = "",
) -> Card:
    """A front as every kind has it: portrait, title on top, rows of entries, perhaps a machine-readable line."""
    width = chance.randrange(300, 345, 3)
    height = width * 4 // 3
    mirrored = chance.random() < 0.06
    left = WIDTH - width - chance.randrange(70, 110) if mirrored else chance.randrange(70, 116)
    top = chance.randrange(180, 240)
    photo_box = (left, top, left + width, top + height)
    area = Area(90, 176, left - 40, 800) if mirrored else Area(left + width + chance.randrange(44, 80), 176, 1462, 800)
    if not zone:
        area = replace(area, bottom=892)
    runs = _title(chance, kind, style, area.left, area.right)
    photo = Photo(photo_box, seed, who.sex == "女", (1310, 560) if chance.random() < 0.2 else None)
    if (
        kind in (PermitType.EXIT_ENTRY_HK_MACAO, PermitType.EXIT_ENTRY_TAIWAN)
        and chance.random() < 0.25
        and not mirrored
    ):
        rows, corner = _number_in_corner(rows, style)
        if corner.at[0] > max(run.box[2] for run in runs[:1]) + 20:
            runs.append(corner)
        else:
            runs.append(replace(corner, at=(photo_box[0], photo_box[3] + 8)))
    runs += layouts.arrange(rows, style, area)
    if zone:
        runs += _zone((zone,), chance)
    runs.append(_mark())
    return Card(truth, tuple(runs), seed, photo, _look(style))


def _look(style: Style) -> str:
    return f"{style.layout}, {file_name(style.value_face)}"


def _number_in_corner(rows: Rows, style: Style) -> tuple[Rows, Run]:
    """The number without a label, right of the title; the rows are left without it."""
    number = next(entry for row in rows for entry in row if entry.field == "number")
    rest = [[entry for entry in row if entry is not number] for row in rows]
    run = Run(number.text, (0, 50), face_for(number.text, style.digit_face), 44, (150, 30, 40), "number")
    return [row for row in rest if row], replace(run, at=(1450 - run.width, 50))


def _entries(
    truth: PermitReading, style: Style, chance: random.Random, *, pinyin: bool, hant: bool
) -> dict[str, Entry]:
    """An entry for every field that the card prints, with the liberties the style takes."""
    texts = {name: getattr(truth, name) for name in _LABELS if getattr(truth, name)}
    if style.blank_after_comma:
        texts["english_name"] = texts["english_name"].replace(",", ", ")
    if style.blanks_in_range:
        texts["valid_date"] = texts["valid_date"].replace("-", " - ")
    if style.letter_after_sex:
        texts["sex"] += "/M" if truth.sex == "男" else "/F"
    entries = {}
    for name, text in texts.items():
        key = "pinyin" if name == "english_name" and pinyin else _LABELS[name]
        if name == "issue_number" and truth.type == PermitType.TAIWAN_RESIDENT.value:
            key = "issues"
        label = wording.label(chance, key)
        if name == "english_name" and truth.name and chance.random() < 0.5:
            entries[name] = Entry(name, None, text)
            continue
        entries[name] = Entry(name, label, text, hant=hant and name == "name")
    return entries


_LABELS = {
    "name": "name",
    "english_name": "english_name",
    "sex": "sex",
    "birthday": "birthday",
    "nationality": "nationality",
    "valid_date": "valid_date",
    "issue_authority": "issue_authority",
    "issue_address": "issue_address",
    "number": "number",
    "issue_number": "renewals",
}


def _rows(entries: dict[str, Entry], chance: random.Random) -> Rows:
    """The usual order with its variations: sex before or after the birthday, the number last or first of its row."""
    rows: Rows = [[entries[name]] for name in ("name", "english_name") if name in entries]
    pair = [entries["birthday"], entries["sex"]]
    if chance.random() < 0.2:
        pair.reverse()
    if "nationality" in entries:
        rows += [[entries["birthday"]], [entries["sex"], entries["nationality"]]]
    else:
        rows.append(pair)
    middle = [[entries["valid_date"]], [entries["issue_authority"]]]
    if chance.random() < 0.15:
        middle.reverse()
    rows += middle
    last = [entries["number"]]
    if "issue_number" in entries:
        last.append(entries["issue_number"])
        rows += [[entries["issue_address"]]] if "issue_address" in entries else []
    elif "issue_address" in entries:
        last.append(entries["issue_address"])
    if chance.random() < 0.1:
        return [last, *rows]
    return [*rows, last]


def _truth(kind: PermitType, who: Holder, **fields: str) -> PermitReading:
    return PermitReading(
        english_name=who.name.latin,
        sex=who.sex,
        birthday=f"{who.born_on:%Y.%m.%d}",
        valid_date=who.valid,
        type=kind.value,
        back=BackFields(type=kind.value),
        warnings=(),
        **fields,  # type: ignore[arg-type]
    )


def _lot(what: str, seed: int) -> random.Random:
    return random.Random(f"{what} {seed}")  # noqa: S311 - drawings, not secrets


def _hk_macao_holder(seed: int) -> Holder:
    """One in seven is not Chinese, one in six has a card of the first make."""
    chance = _lot("hk_macao", seed)
    if chance.random() < 0.14:
        return holder(seed, Population.FOREIGN)
    return holder(seed, Population.HK_MACAO, Generation.OLD if chance.random() < 0.17 else Generation.NEW)


def hk_macao_front(seed: int, layout: Layout | None = None) -> Card:
    """港澳居民来往内地通行证, front. The first make ends its number with the renewal count, residents who are not
    Chinese have a nationality and a Latin name only."""
    who, chance = _hk_macao_holder(seed), _lot("hk_macao front", seed)
    hant = chance.random() < 0.7
    old = who.generation is Generation.OLD
    chinese_name = who.name.traditional if hant else who.name.simplified
    truth = _truth(
        PermitType.HK_MACAO_RESIDENT,
        who,
        name="" if who.name.nationality else chinese_name,
        number=numbers.hk_macao(who),
        issue_authority=chance.choice(_AUTHORITIES),
        issue_number="" if old and chance.random() < 0.5 else f"{who.issues:02d}",
        nationality=who.name.nationality,
    )
    style = layouts.style(chance, layout)
    entries = _entries(truth, style, chance, pinyin=False, hant=hant)
    return _front(seed, PermitType.HK_MACAO_RESIDENT, who, _rows(entries, chance), truth, style, chance)


def taiwan_front(seed: int, layout: Layout | None = None) -> Card:
    """台湾居民来往大陆通行证, front; the make before 2008 has ten digits, some with a letter after them."""
    chance = _lot("taiwan front", seed)
    old = chance.random() < 0.15
    who = holder(seed, Population.TAIWAN, Generation.OLD if old else Generation.NEW)
    hant = chance.random() < 0.7
    truth = _truth(
        PermitType.TAIWAN_RESIDENT,
        who,
        name=who.name.traditional if hant else who.name.simplified,
        number=numbers.taiwan(who),
        issue_authority=chance.choice(_AUTHORITIES + _OFFICES[:2]),
        issue_number="" if old and chance.random() < 0.5 else f"{who.issues:02d}",
        issue_address=chance.choice(_PLACES_OF_TAIWAN),
    )
    style = layouts.style(chance, layout)
    entries = _entries(truth, style, chance, pinyin=False, hant=hant)
    return _front(seed, PermitType.TAIWAN_RESIDENT, who, _rows(entries, chance), truth, style, chance)


def exit_entry_front(seed: int, layout: Layout | None = None, *, to_taiwan: bool, disagreeing: bool = False) -> Card:
    """往来港澳通行证 or 往来台湾通行证, front, with its machine-readable line.

    `disagreeing` prints a number that is not the one in the line.
    """
    kind = PermitType.EXIT_ENTRY_TAIWAN if to_taiwan else PermitType.EXIT_ENTRY_HK_MACAO
    chance = _lot(f"exit entry {to_taiwan}", seed)
    who = holder(seed + 1_000_000 * to_taiwan, Population.MAINLAND)
    number = numbers.exit_entry(who, to_taiwan=to_taiwan)
    truth = _truth(
        kind,
        who,
        name=who.name.simplified,
        number=numbers.other(number) if disagreeing else number,
        issue_authority=chance.choice(_AUTHORITIES + _OFFICES),
        issue_address=chance.choice(_PLACES),
    )
    style = layouts.style(chance, layout)
    entries = _entries(truth, style, chance, pinyin=True, hant=False)
    zone = zones.exit_entry(who, number)
    card = _front(seed, kind, who, _rows(entries, chance), truth, style, chance, zone=zone)
    return replace(card, disagreeing=disagreeing)


def hk_macao_back(seed: int, layout: Layout | None = None) -> Card:
    """The back of a HK/Macao residents' permit: name, identity card number, earlier number, three lines."""
    who, chance = _hk_macao_holder(seed), _lot("hk_macao back", seed)
    style = layouts.style(chance, layout)
    kind, number, id_number = PermitType.HK_MACAO_RESIDENT, numbers.hk_macao(who), numbers.identity(who)
    hant = chance.random() < 0.6
    history = numbers.earlier(who) if chance.random() < 0.88 else ""
    back = BackFields(
        type=kind.value,
        name=who.name.traditional if hant else who.name.simplified,
        id_number=id_number,
        history_number=history,
    )
    rows = _back_rows(who, back, chance, hant=hant)
    old_zone = who.generation is Generation.OLD and chance.random() < 0.5
    lines = zones.hk_macao_back_of_1999(who, number) if old_zone else zones.hk_macao_back(who, number[:9], id_number)
    runs = _title(chance, kind, style, 120, 1450, field="back.type") + layouts.arrange(
        rows, style, Area(120, 176, 1440, 580)
    )
    runs += [*_zone(lines, chance), _mark()]
    look = _look(style)
    return Card(PermitReading(back=back, warnings=()), tuple(runs), seed + 1, look=look)


def _back_rows(who: Holder, back: BackFields, chance: random.Random, *, hant: bool) -> Rows:
    """The back's entries; residents who are not Chinese have a length of stay, which no field reports."""
    place = "hong_kong_id" if numbers.hk_macao(who)[0] == "H" else "macao_id"
    rows = [[Entry("back.id_number", wording.label(chance, place), back.id_number)]]
    if back.name:
        rows.insert(0, [Entry("back.name", wording.label(chance, "back.name"), back.name, hant=hant)])
    if back.history_number:
        label = wording.label(chance, "back.history_number")
        rows.append([Entry("back.history_number", label, back.history_number)])
    if who.name.nationality:
        rows.append([Entry("stay", wording.Label("停留期限", "Duration of stay"), "每次不超过90日")])
    return rows


def print_card(kind: SpecimenKind, seed: int, layout: Layout | None = None) -> Card:
    """The face of a card's kind and seed, in a layout of the seed's or the one asked for."""
    if kind is SpecimenKind.HK_MACAO_FRONT:
        return hk_macao_front(seed, layout)
    if kind is SpecimenKind.HK_MACAO_BACK:
        return hk_macao_back(seed, layout)
    if kind is SpecimenKind.TAIWAN_FRONT:
        return taiwan_front(seed, layout)
    if kind is SpecimenKind.NOT_A_CARD:
        raise ValueError("that is no card")
    return exit_entry_front(seed, layout, to_taiwan=kind is SpecimenKind.EXIT_ENTRY_TAIWAN_FRONT)
