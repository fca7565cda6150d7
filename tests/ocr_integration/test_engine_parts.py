"""The engine's pure parts: shapes of values, labels in a line, the zone's check digits, kinds of permit."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps

from ocr_integration.contract import PermitType, Side
from ocr_integration.engine import UnreadableImageError, fields, shapes
from ocr_integration.engine.kinds import Kind, find_kind, is_settled, where_a_permit_lies
from ocr_integration.engine.labels import Field, Value, split
from ocr_integration.engine.lines import Line
from ocr_integration.engine.page import Box, Frame, decode, is_large
from ocr_integration.engine.zone import check_digit, parse_back, parse_exit_entry


def line(text: str, left: float = 0.0, top: float = 0.0, score: float = 0.99) -> Line:
    places = tuple((index + 0.5) / len(text) for index in range(len(text)))
    box = Box(left, top, left + 20.0 * len(text), top + 30.0)
    return Line(text, (score,) * len(text), places, box, box.corners())


HK_FRONT = Kind(PermitType.HK_MACAO_RESIDENT, Side.FRONT)


def fields_of(kind: Kind, *lines: Line) -> dict[Field, str]:
    labels, values = [], []
    for each in lines:
        own_labels, own_values = split(each)
        labels += own_labels
        values += own_values
    return {field: found.text for field, found in fields.assign(kind, labels, values).items()}


def test_the_check_digit_is_that_of_the_standard() -> None:
    assert check_digit("520727") == "3"
    assert check_digit("AB2134<<<") == "5"


@pytest.mark.parametrize(
    ("permit", "read", "number"),
    [
        (PermitType.HK_MACAO_RESIDENT, "H01234567", "H01234567"),
        (PermitType.HK_MACAO_RESIDENT, "HO1234567", "H01234567"),
        (PermitType.HK_MACAO_RESIDENT, "M0123456701", "M0123456701"),
        (PermitType.HK_MACAO_RESIDENT, "HA1234567", "HA1234567"),
        (PermitType.HK_MACAO_RESIDENT, "C12345678", ""),
        (PermitType.TAIWAN_RESIDENT, "0832027I", "08320271"),
        (PermitType.TAIWAN_RESIDENT, "083202", ""),
        (PermitType.EXIT_ENTRY_HK_MACAO, "CA3273201", "CA3273201"),
        (PermitType.EXIT_ENTRY_HK_MACAO, "CI3273201", "C13273201"),
        (PermitType.EXIT_ENTRY_TAIWAN, "L12345678", "L12345678"),
    ],
)
def test_a_number_is_mended_only_where_its_grammar_leaves_no_choice(permit: PermitType, read: str, number: str) -> None:
    assert shapes.number(read, permit) == number


@pytest.mark.parametrize(
    ("read", "date"),
    [("1986.03.02", "1986.03.02"), ("1986.0302", "1986.03.02"), ("1986-3-2", "1986.03.02"), ("1986.02.30", "")],
)
def test_a_date_must_exist_and_is_written_with_dots(read: str, date: str) -> None:
    assert shapes.single_date(read) == date


@pytest.mark.parametrize(
    ("read", "dates"),
    [
        ("2016.02.03-2021.02.02", "2016.02.03-2021.02.02"),
        ("2016.02.03 — 2021.02.02", "2016.02.03-2021.02.02"),
        ("2016.02.032021.02.02", "2016.02.03-2021.02.02"),
        ("2016.02.03-长期", "2016.02.03-长期"),
        ("2021.02.03-2016.02.02", ""),
    ],
)
def test_a_range_runs_forwards(read: str, dates: str) -> None:
    assert shapes.date_range(read) == dates


def test_a_name_keeps_its_script_and_an_office_is_no_name() -> None:
    assert shapes.name("陳 大文") == "陳大文"
    assert shapes.name("公安部出入境管理局") == ""


@pytest.mark.parametrize("read", ["卢倩昇田无效", "卢倩业务", "他用無效", "核實身份"])
def test_a_name_with_words_of_a_watermark_is_none(read: str) -> None:
    assert shapes.name(read) == ""


@pytest.mark.parametrize(
    ("read", "name"),
    [
        ("K00,YU", "KOO,YU"),
        ("L1,X1AOHONG", "LI,XIAOHONG"),
        ("0U,LIN", "OU,LIN"),
        ("KIM 0 SU", ""),  # alone it may be anything
        ("M00000001", ""),
        ("L2,XIAO", ""),
    ],
)
def test_a_nought_or_a_one_among_the_letters_of_a_latin_name_is_a_letter(read: str, name: str) -> None:
    assert shapes.english_name(read) == name


def test_a_back_s_only_name_is_told_from_a_label_of_four_characters() -> None:
    back = Kind(PermitType.HK_MACAO_RESIDENT, Side.BACK)
    stay = line("停留期限", top=200)
    assert fields_of(back, line("金秀贤"), stay) == {Field.NAME: "金秀贤"}
    assert fields_of(back, line("金秀贤"), stay, line("陈伟", top=90)) == {}  # which of the two is not known
    assert fields_of(back, stay) == {}


def test_a_value_may_stand_in_its_label_s_line_to_its_right_or_below_it() -> None:
    assert fields_of(HK_FRONT, line("姓名陈伟"))[Field.NAME] == "陈伟"
    assert fields_of(HK_FRONT, line("姓名"), line("陈伟", left=60))[Field.NAME] == "陈伟"
    assert fields_of(HK_FRONT, line("姓名"), line("陈伟", top=45))[Field.NAME] == "陈伟"


def test_an_english_label_between_label_and_value_is_no_value() -> None:
    found = fields_of(HK_FRONT, line("姓名"), line("Name", top=32), line("陈伟", top=64), line("CHEN,WEI", top=96))
    assert found == {Field.NAME: "陈伟", Field.ENGLISH_NAME: "CHEN,WEI"}


@pytest.mark.parametrize(
    ("read", "field"),
    [
        ("第发机关/Issued by", Field.AUTHORITY),
        ("图发地点 北京", Field.PLACE),
        ("警发次数/lssue No.10", Field.COUNT),
        ("姓格", Field.NAME),
        ("出/ Date of bieth", Field.BIRTHDAY),
        ("新效期限", Field.VALID_DATE),
    ],
)
def test_a_misread_label_is_known_by_what_tells_it_from_others(read: str, field: Field) -> None:
    assert [label.field for label in split(line(read))[0]] == [field]


@pytest.mark.parametrize("read", ["英国", "王国强", "国强", "陈伟", "港澳居民来往内地通行证", "维美机美", "广东"])
def test_what_only_shares_a_common_character_with_a_label_is_none(read: str) -> None:
    labels, values = split(line(read))
    assert (labels, [value.text for value in values]) == ([], [read])


def test_digits_behind_an_unknown_label_stand_on_their_own() -> None:
    assert [value.text for value in split(line("有 2022.02.17-2032.02.16"))[1]] == ["有", "2022.02.17-2032.02.16"]


@pytest.mark.parametrize("read", ["阿卓斯木史乔英.努尔艾合买提", "陈 大文", "欧阳 修"])
def test_a_name_is_not_cut_at_its_dot_or_blank(read: str) -> None:
    assert [value.text for value in split(line(read))[1]] == [read]


def test_the_rest_of_a_label_is_no_part_of_the_name() -> None:
    assert fields_of(HK_FRONT, line("名谢芬")) == {Field.NAME: "谢芬"}


def test_a_line_nothing_was_read_of_has_neither_label_nor_value() -> None:
    box = Box(0, 0, 20, 30)
    assert split(Line("", (), (), box, box.corners())) == ([], [])


def test_chinese_behind_an_english_label_that_was_misread_stands_on_its_own() -> None:
    assert [value.text for value in split(line("发证视是/h0广东省公安厅"))[1]][-1] == "广东省公安厅"


def test_a_small_letter_between_capitals_was_misread() -> None:
    assert shapes.english_name("LAU,FAl") == "LAU,FAI"
    assert shapes.english_name("LlN,MEl LI") == "LIN,MEI LI"
    assert shapes.english_name("Full name") == ""


def test_one_latin_word_without_a_label_is_no_name() -> None:
    name, given, word = line("陳大文", top=100), line("CHAN,TAI MAN", top=140), line("ONLY", top=140)
    label = line("姓名", top=60)
    assert fields_of(HK_FRONT, label, name, given)[Field.ENGLISH_NAME] == "CHAN,TAI MAN"
    assert Field.ENGLISH_NAME not in fields_of(HK_FRONT, label, name, word)


def test_a_surname_whose_rest_was_not_found_is_no_name() -> None:
    assert shapes.english_name("PAN,") == ""


def test_a_figure_in_an_english_label_is_the_letter_it_was_misread_from() -> None:
    assert fields_of(HK_FRONT, line("补换发次数／ Renewa1s 03"))[Field.COUNT] == "03"


def test_a_figure_at_the_end_of_an_english_label_is_the_letter_it_was_misread_from() -> None:
    assert fields_of(HK_FRONT, line("换证次数 / Times of renewa1 04"))[Field.COUNT] == "04"


@pytest.mark.parametrize(
    ("field", "text", "printed", "weak", "counts"),
    [
        (Field.VALID_DATE, "2021.09.10-2031.09.09", "2021.09.10 - 2031.09.09", " -.", False),
        (Field.VALID_DATE, "2021.09.10-2031.09.09", "2021.09.10 - 2031.09.09", "3", True),
        (Field.AUTHORITY, "广东省公安厅", "广东省 公安厅", " ", False),
        (Field.VALID_DATE, "2021.09.01-2031.09.16", "2021.09.1-2031.09.16", "-", True),  # a figure may be lost
        (Field.COUNT, "12", "1 2", " ", True),
        (Field.ENGLISH_NAME, "LI,XIAOMING", "LI, XIAOMING", " ", False),
        (Field.ENGLISH_NAME, "LI,XIAO MING", "LI, XIAO MING", " ", True),
        (Field.ENGLISH_NAME, "LI,XIAO MING", "LI, XIAO MING", ",", True),
        (Field.ENGLISH_NAME, "LI XIAO MING", "LI XIAO MING", " ", True),
        (Field.ID_NUMBER, "A123456(7)", "A123456(7)", "(", True),
    ],
)
def test_what_goes_without_saying_makes_no_value_doubtful(
    field: Field, text: str, printed: str, weak: str, counts: bool
) -> None:
    whole = line(printed)
    scores = tuple(0.3 if character in weak else 0.99 for character in printed)
    found = fields.Found(field, text, Value(printed, scores, whole.box, whole))
    assert (found.weakest == 0.3) is counts


def test_a_blank_that_both_models_saw_makes_no_name_doubtful() -> None:
    whole = replace(line("LI,XIAO MING"), skimmed="Name LI，XIAO MING")
    scores = tuple(0.3 if character == " " else 0.99 for character in whole.text)
    assert fields.Found(Field.ENGLISH_NAME, whole.text, Value(whole.text, scores, whole.box, whole)).weakest == 0.99


@pytest.mark.parametrize(
    ("text", "score", "is_so"),
    [
        ("中华人民共和国", 0.99, True),
        ("往来港澳通行证", 0.99, True),
        ("Mainland Travel Pernit for Taiwan Residents", 0.9, False),  # misread, so it is read well
        ("Mainland Travel Permit for Taiwan Residents", 0.4, True),
        ("往来港澳通行证", 0.4, False),
        ("往来港奥通行证", 0.99, False),
        ("Permit No.", 0.99, True),
        ("Permit No. C12345678", 0.99, False),
    ],
)
def test_a_heading_known_to_the_letter_needs_no_second_reading(text: str, score: float, is_so: bool) -> None:
    assert is_settled(line(text, score=score)) is is_so


def test_two_pairs_in_one_line_are_told_apart() -> None:
    found = fields_of(HK_FRONT, line("性别 男 出生日期 1986.03.02"))
    assert found == {Field.SEX: "男", Field.BIRTHDAY: "1986.03.02"}


def test_a_value_far_from_every_label_stays_unread() -> None:
    assert fields_of(HK_FRONT, line("姓名"), line("陈伟", left=900, top=900)) == {}


def test_the_line_of_an_exit_entry_permit_is_verified_and_its_lost_fillers_put_back() -> None:
    number, expiry, birth = "C12345678", "280131", "820515"
    body = number + check_digit(number), expiry + check_digit(expiry), birth + check_digit(birth)
    printed = "CS" + "<".join(body) + "<" + check_digit("".join(body))
    zone = parse_exit_entry(printed)
    assert zone is not None
    assert (zone.number, zone.expiry, zone.birth) == (number, expiry, birth)
    assert parse_exit_entry(printed.replace("<", "く", 1)) == zone
    assert parse_exit_entry(printed.replace("<", "", 1)) == zone


def test_a_zone_with_one_wrong_digit_is_not_believed() -> None:
    number, expiry, birth = "C12345678", "280131", "820515"
    body = number + check_digit(number), expiry + check_digit(expiry), birth + check_digit(birth)
    printed = "CS" + "<".join(body) + "<" + check_digit("".join(body))
    assert parse_exit_entry(printed.replace("280131", "290131")) is None


def test_the_back_s_first_line_gives_number_and_renewals() -> None:
    number, count, expiry, birth = "H01234567", "01", "280131", "820515"
    first = (
        f"CR{number}{check_digit(number)}{count}{check_digit(count)}{expiry}{check_digit(expiry)}"
        f"1{birth}{check_digit(birth)}"
    )
    zone = parse_back(first, "")
    assert zone is not None
    assert (zone.number, zone.renewals, zone.sex) == (number, count, "男")


def test_a_page_that_only_names_the_permit_is_no_card() -> None:
    lines = (line("港澳居民来往内地通行证"), line("办理须知", top=40))
    assert find_kind(lines, [], [], None) is None


def test_a_turn_to_the_reading_direction_and_back_changes_nothing() -> None:
    points = np.array([[10.0, 20.0], [300.0, 4.0]])
    frame = Frame(0.7)
    assert np.allclose(frame.to_page(frame.to_straight(points)), points)


def test_text_running_down_the_page_runs_right_in_its_own_frame() -> None:
    down = np.array([[100.0, 0.0], [100.0, 50.0]])
    start, end = Frame(np.pi / 2).to_straight(down)
    assert np.allclose(end - start, [50.0, 0.0])


@pytest.mark.parametrize("data", [b"", b"plain text", b"\xff\xd8\xff\xe0broken", b"GIF89a"])
def test_bytes_that_are_no_picture_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableImageError):
        decode(data)


def _file(picture: Image.Image, form: str, orientation: int = 1) -> bytes:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    picture.save(out, form, exif=exif, quality=90)
    return out.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_page_stands_as_its_exif_orientation_shows_it(orientation: int) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    data = _file(Image.fromarray(noise), "PNG", orientation)
    page = decode(data)
    with Image.open(io.BytesIO(data)) as picture:
        shown = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    assert np.array_equal(page.pixels[:, :, ::-1], shown)
    assert (page.height, page.width) == shown.shape[:2]


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_jpeg_is_decoded_at_a_half_and_keeps_its_own_size_and_pixels(orientation: int) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (150, 200, 3), dtype=np.uint8)
    data = _file(Image.fromarray(noise).resize((6000, 4500)), "JPEG", orientation)
    page = decode(data)
    assert page.scale == 0.5
    assert max(page.pixels.shape) == 3000
    assert sorted((page.width, page.height)) == [4500, 6000]
    assert page.reduced(0.25)[0].shape[0] * 4 == page.height
    with Image.open(io.BytesIO(data)) as picture:
        own = np.asarray(ImageOps.exif_transpose(picture).convert("L"))
    tile = page.tile(1000, 2000, 512)
    assert np.abs(tile.astype(int) - own[2000:2512, 1000:1512]).max() <= 8


def test_only_a_large_picture_waits_for_its_turn_undecoded() -> None:
    assert is_large(_file(Image.new("RGB", (3000, 2100)), "PNG"))
    assert not is_large(_file(Image.new("RGB", (2000, 1500)), "PNG"))
    assert not is_large(b"no picture")


class TestACardAmongOtherPrint:
    """Lines of a newspaper the card lies on are skimmed and not read again: they took four fifths of the time."""

    card = (
        line("台湾居民来往大陆通行证", 600, 500),
        line("姓名", 600, 560),
        line("李優圖", 700, 560),
        line("有效期", 600, 700),
        line("2024.02.03-2029.02.02", 700, 700),
    )
    print_above = tuple(line("今日新闻天气晴朗", 100, 10.0 * at) for at in range(38))

    def test_the_area_holds_its_values_and_not_the_print_far_from_it(self) -> None:
        area = where_a_permit_lies((*self.print_above, *self.card))
        assert area is not None
        assert all(area.holds(each.box) for each in self.card)
        assert not any(area.holds(each.box) for each in self.print_above)

    def test_a_long_value_beside_its_label_lies_inside_before_it_is_understood(self) -> None:
        authority = line("公安部出入境管理局", 700, 760)
        area = where_a_permit_lies((*self.print_above, *self.card, line("签发机关", 600, 760), authority))
        assert area is not None
        assert area.holds(authority.box)

    def test_few_lines_are_all_read_and_so_are_many_without_a_sign(self) -> None:
        assert where_a_permit_lies(self.card) is None
        assert where_a_permit_lies(self.print_above * 2) is None


@pytest.mark.parametrize("text", ["广东", "廣東", "内蒙古", "香港", "厦门", "浙江温州", "佛山市", "大埔县"])
def test_a_place_is_one_we_know_or_says_that_it_is_one(text: str) -> None:
    assert shapes.place(text)


@pytest.mark.parametrize("text", ["杜诗慧", "验证使", "公安部", "广", ""])
def test_a_holders_name_is_no_place(text: str) -> None:
    assert not shapes.place(text)


def test_a_card_named_beside_its_number_is_no_holder() -> None:
    assert shapes.name("曾浩贤")
    assert not shapes.name("香港水久性")
