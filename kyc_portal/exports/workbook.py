"""A workbook of one sheet, for a list too large for memory: rows as bytes first, put into the library's file last."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from xml.sax.saxutils import escape

import xlsxwriter

from kyc_portal.exports.parting import cells_of

_PIECE = 1 << 20
# A sheet ends at 1,048,576 rows.
ROWS_LIMIT = 1_000_000
_LARGE = 1 << 31
_SHEET = "xl/worksheets/sheet1.xml"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")
# What a cell may hold as it is has none of these; many cells are looked through at once.
_MAYBE_NOT_XML = re.compile("[\x00-\x08\x0b-\x1e\ufffe\uffff\ud800-\udfff&<>]|_x")


def sheet_rows(header: Sequence[str], rows: Sequence[str], first: int) -> bytes:
    """Rows of a sheet; the header, which the workbook brings along, is its line 1.

    A cell holds text whatever it looks like, so that none is a formula.
    """
    found = cells_of(rows)
    if _MAYBE_NOT_XML.search("".join(rows)):
        found = [list(map(_text, cells)) for cells in found]
    row = _row(len(header))
    return "".join([row % (line, *cells) for line, cells in enumerate(found, first + 2)]).encode()


def _text(text: str) -> str:
    return escape(_NOT_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text))


@lru_cache(maxsize=8)
def _row(cells: int) -> str:
    cell = '<c t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>'
    return f'<row r="%d">{cell * cells}</row>'


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


def packed(header: Sequence[str], blocks: Iterable[bytes], rows: int, size: int) -> Iterator[bytes]:
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
