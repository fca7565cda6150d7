"""The forms a list leaves in: each turns a block of rows into bytes and knows nothing of the blocks before it.

The blocks of CSV and of JSON lines, one after the other, are the file. Those of Excel are rows of a sheet, which
`pack` puts into a workbook at the end, again piece by piece.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import xlsxwriter

from kyc_portal.exports.formula_guard import guarded

# Lets spreadsheets read Chinese as UTF-8.
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PIECE = 1 << 20
# A sheet ends at 1,048,576 rows.
_SHEET_ROWS = 1_000_000
_LARGE = 1 << 31
_SHEET = "xl/worksheets/sheet1.xml"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Format:
    """One form: how the file is called and what it is.

    `block` gives the bytes of some rows, of which the first is row `first` of the list, from 0. `pack`, where there
    is one, makes the file of the blocks' bytes; it is told how many rows and bytes those are.
    """

    key: str
    label: str
    content_type: str
    block: Callable[[Sequence[str], Rows, int], bytes]
    pack: Callable[[Sequence[str], Iterable[bytes], int, int], Iterator[bytes]] | None = None
    rows_limit: int | None = None


def _csv(header: Sequence[str], rows: Rows, first: int) -> bytes:
    """Comma-separated; a cell that a spreadsheet would take for a formula gets a quote in front."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    if not first:
        writer.writerow(header)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return (b"" if first else _BYTE_ORDER_MARK) + out.getvalue().encode(errors="replace")


def _json_lines(header: Sequence[str], rows: Rows, first: int) -> bytes:
    """One JSON object a line, UTF-8."""
    return b"".join(
        json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False).encode(errors="replace") + b"\n"
        for row in rows
    )


def _cell(text: str) -> str:
    """A cell that holds text whatever it looks like, so that none is a formula."""
    clean = escape(_NOT_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{clean}</t></is></c>'


def _sheet_rows(header: Sequence[str], rows: Rows, first: int) -> bytes:
    """Rows of a sheet; the header, which the workbook brings along, is its line 1."""
    return "".join(
        f'<row r="{line}">{"".join(map(_cell, row))}</row>' for line, row in enumerate(rows, first + 2)
    ).encode()


class _Pieces(io.RawIOBase):
    """Where the workbook is written to: gives back what has come together."""

    def __init__(self) -> None:
        self.held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        before = len(self.held)
        self.held += data  # type: ignore[arg-type,operator]
        return len(self.held) - before

    def take(self, at_least: int) -> Iterator[bytes]:
        if len(self.held) >= at_least:
            piece = bytes(self.held)
            self.held.clear()
            if piece:
                yield piece


def _skeleton(header: Sequence[str]) -> zipfile.ZipFile:
    """A workbook with one sheet that holds the header, as the library makes it."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("submissions")
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(header):
            sheet.write_string(0, column, name)
    return zipfile.ZipFile(out)


def _workbook(header: Sequence[str], blocks: Iterable[bytes], rows: int, size: int) -> Iterator[bytes]:
    """The library's workbook, with the rows put in where its sheet ends; no more than a block is in memory."""
    out = _Pieces()
    with _skeleton(header) as skeleton, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name in skeleton.namelist():
            if name != _SHEET:
                book.writestr(_entry(name), skeleton.read(name))
        before, end, after = skeleton.read(_SHEET).partition(b"</sheetData>")
        before = re.sub(rb'(<dimension ref="A1:[A-Z]+)1"', rb'\g<1>%d"' % (rows + 1), before)
        # The long form only where it is needed: spreadsheets are slow to learn it.
        with book.open(_entry(_SHEET), "w", force_zip64=size > _LARGE) as sheet:
            sheet.write(before)
            for block in blocks:
                sheet.write(block)
                yield from out.take(_PIECE)
            sheet.write(end + after)
    yield from out.take(0)


def _entry(name: str) -> zipfile.ZipInfo:
    """A file of the workbook without a time of its own."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


FORMATS = {
    each.key: each
    for each in (
        Format("csv", "CSV", "text/csv; charset=utf-8", _csv),
        Format(
            "xlsx",
            "Excel",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            _sheet_rows,
            _workbook,
            _SHEET_ROWS,
        ),
        Format("jsonl", "JSON lines", "application/x-ndjson", _json_lines),
    )
}
