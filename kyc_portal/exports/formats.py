"""The forms a list leaves in: each turns a block of rows into bytes and knows nothing of the blocks before it.

A row is a text of parted cells (`parting`). The blocks of CSV and of JSON lines, one after the other, are the file.
Those of Excel are rows of a sheet, which `pack` puts into a workbook at the end, again piece by piece.
"""

from __future__ import annotations

import csv
import io
import json.encoder
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kyc_portal.exports import workbook
from kyc_portal.exports.formula_guard import guarded, guarded_after
from kyc_portal.exports.parting import PARTED, cells_of, require_cells

# Lets spreadsheets read Chinese as UTF-8.
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What needs a quote in CSV, or is no plain start of a cell.
_NOT_PLAIN = (b'"', b",", b"\r", b"\t", b"\0")
_MAYBE_ESCAPED = re.compile(r'["\\\x00-\x1e]')

Rows = Sequence[str]


@dataclass(frozen=True, slots=True)
class Format:
    """One form: how the file is called and what it is.

    `pack`, where there is one, makes the file of the blocks' bytes; it is told how many rows and bytes those are.
    """

    key: str
    label: str
    content_type: str
    written: Callable[[Sequence[str], Rows, int], bytes]
    pack: Callable[[Sequence[str], Iterable[bytes], int, int], Iterator[bytes]] | None = None
    rows_limit: int | None = None

    def block(self, header: Sequence[str], rows: Rows, first: int) -> bytes:
        """The bytes of some rows, their cells parted, of which the first is row `first` of the list, from 0.

        Raises ValueError where the rows hold another number of cells than the header.
        """
        require_cells(rows, len(header))
        return self.written(header, rows, first)


def _csv(header: Sequence[str], rows: Rows, first: int) -> bytes:
    """Comma-separated; a cell that a spreadsheet would take for a formula gets a quote in front."""
    head = b"" if first else _BYTE_ORDER_MARK + _written([header]).encode()
    # Bytes from here on, which are searched faster; a sign before each row's first cell, too, tells where cells begin.
    text = f"\n{PARTED}".join(["", *rows]).encode(errors="replace")
    if len(header) > 1 and text.count(b"\n") == len(rows) and not any(sign in text for sign in _NOT_PLAIN):
        return head + _joined(text)
    lines = _written([guarded(cell) for cell in cells] for cells in cells_of(rows))
    return head + lines.encode(errors="replace")


def _written(rows: Iterable[Sequence[str]]) -> str:
    """Lines as the library writes them, quotes where needed."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _joined(text: bytes) -> bytes:
    """The same where no cell needs a quote, many times faster: a few passes over the block's text."""
    sign = PARTED.encode()
    lines = guarded_after(PARTED, text).replace(b"\n" + sign, b"\r\n").replace(sign, b",")
    return lines[2:] + b"\r\n" if lines else b""


def _json_lines(header: Sequence[str], rows: Rows, first: int) -> bytes:
    """One JSON object a line, UTF-8."""
    line, found = _json_line(tuple(header)), cells_of(rows)
    if _MAYBE_ESCAPED.search("".join(rows)):
        found = [[json.encoder.encode_basestring(cell)[1:-1] for cell in cells] for cells in found]
    return "".join([line % tuple(cells) for cells in found]).encode(errors="replace")


@lru_cache(maxsize=8)
def _json_line(header: Sequence[str]) -> str:
    pairs = ", ".join(f'{json.encoder.encode_basestring(name)}: "%s"' for name in header)
    return f"{{{pairs}}}\n"


FORMATS = {
    each.key: each
    for each in (
        Format("csv", "CSV", "text/csv; charset=utf-8", _csv),
        Format(
            "xlsx",
            "Excel",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            workbook.sheet_rows,
            workbook.packed,
            workbook.ROWS_LIMIT,
        ),
        Format("jsonl", "JSON lines", "application/x-ndjson; charset=utf-8", _json_lines),
    )
}
