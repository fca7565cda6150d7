"""Blocks put together are the file that a program reads back, and no cell of it is a formula."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kyc_portal.exports.formats import FORMATS
from kyc_portal.exports.formula_guard import guarded
from kyc_portal.exports.parting import PARTED, parted

HEADER = ["reference", "name"]
ROWS = [["S-1", "=1+1"], ["S-2", "陳\x00\x07大文"], ["S-3", 'a<b>&"c", _x0041_ ']]
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def made(key: str, rows: list[list[str]], *, at_once: int = 2) -> bytes:
    """The file of some rows, written in blocks."""
    form = FORMATS[key]
    blocks = [
        form.block(HEADER, list(map(parted, rows[first : first + at_once])), first)
        for first in range(0, len(rows), at_once)
    ]
    if form.pack is None:
        return b"".join(blocks)
    return b"".join(form.pack(HEADER, iter(blocks), len(rows), sum(map(len, blocks))))


def cells(workbook: bytes) -> list[list[str]]:
    """What a spreadsheet shows: the text of each cell, its escapes undone."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as book:
        assert book.testzip() is None
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        shared = ["".join(each.itertext()) for each in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))]
    assert not list(sheet.iter(f"{_MAIN}f")), "no cell is a formula"
    found = []
    for row in sheet.iter(f"{_MAIN}row"):
        texts = [(cell.get("t"), "".join(cell.itertext())) for cell in row.iter(f"{_MAIN}c")]
        found.append([shared[int(text)] if kind == "s" else text for kind, text in texts])
    return [[re.sub("_x([0-9A-F]{4})_", lambda code: chr(int(code[1], 16)), text) for text in row] for row in found]


def test_csv_has_one_header_one_mark_and_guarded_cells() -> None:
    text = made("csv", ROWS)
    assert text.count(b"\xef\xbb\xbf") == 1
    read = list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    assert read == [HEADER, ["S-1", "'=1+1"], ["S-2", "陳\x07大文"], ROWS[2]]


def test_json_lines_hold_the_values_as_they_are() -> None:
    read = [json.loads(line) for line in made("jsonl", ROWS).decode().splitlines()]
    assert [list(each.values()) for each in read] == ROWS


def test_a_workbook_holds_every_value_as_text_under_its_header() -> None:
    assert cells(made("xlsx", ROWS)) == [HEADER, *ROWS]


def test_a_workbook_says_how_large_it_is() -> None:
    with zipfile.ZipFile(io.BytesIO(made("xlsx", ROWS))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert '<dimension ref="A1:B4"/>' in sheet
    assert [int(number) for number in re.findall(r'<row r="(\d+)"', sheet)] == [1, 2, 3, 4]


def test_a_workbook_comes_in_pieces_while_its_blocks_are_read() -> None:
    taken = []

    def blocks():
        for number in range(6):
            taken.append(number)
            rows = [parted([str(number), f"{each:x}"]) for each in range(60_000)]
            yield FORMATS["xlsx"].block(HEADER, rows, number * 60_000)

    pack = FORMATS["xlsx"].pack
    assert pack is not None
    pieces = pack(HEADER, blocks(), 360_000, 0)
    first = next(pieces)
    assert len(taken) < 6, "the first piece leaves before the last block is read"
    assert max(map(len, [first, *pieces])) < 3 << 20


@settings(max_examples=40)
@given(st.text(st.characters(codec="utf-8"), max_size=20))
@example(PARTED)
@example(f"陳{PARTED}大文")
def test_any_text_comes_back_out_of_each_format(text: str) -> None:
    """But the sign that parts the cells, which no cell keeps."""
    kept = text.replace(PARTED, "")
    assert cells(made("xlsx", [["S-1", text]]))[1] == ["S-1", kept]
    assert json.loads(made("jsonl", [["S-1", text]]))["name"] == kept


@pytest.mark.parametrize("key", sorted(FORMATS))
def test_lone_surrogates_do_not_stop_a_file(key: str) -> None:
    assert made(key, [["S-1", "\ud800"]])


_CELLS = st.text(st.sampled_from('=+-@＝,"\r\n\0\t ab陳\ud800'), max_size=4)


@given(st.lists(st.lists(_CELLS, min_size=2, max_size=2), min_size=1, max_size=5))
def test_a_block_of_csv_is_what_the_library_writes_cell_by_cell(rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([[guarded(cell) for cell in row] for row in rows])
    block = FORMATS["csv"].block(HEADER, list(map(parted, rows)), 1)
    assert block == out.getvalue().encode(errors="replace")


def test_a_list_of_no_rows_is_its_header() -> None:
    assert FORMATS["csv"].block(HEADER, [], 0) == b"\xef\xbb\xbfreference,name\r\n"
    assert FORMATS["jsonl"].block(HEADER, [], 0) == b""
    assert FORMATS["xlsx"].block(HEADER, [], 0) == b""


@pytest.mark.parametrize("key", sorted(FORMATS))
def test_rows_of_another_number_of_cells_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match="2 columns have a name, and 3 rows hold 5 cells"):
        FORMATS[key].block(HEADER, [*map(parted, ROWS[:2]), "S-3"], 0)
