"""The forms a list leaves in: each turns a block of columns into bytes and knows nothing of the blocks before it.

The blocks of CSV and of JSON lines, one after the other, are the file. Those of Excel are rows of a sheet, which
`pack` puts into a workbook at the end, again piece by piece.
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
from kyc_portal.exports.formula_guard import guarded_column

# Lets spreadsheets read Chinese as UTF-8.
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_QUOTED = re.compile('[",\r\n]')

Columns = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Format:
    """One form: how the file is called and what it is.

    `pack`, where there is one, makes the file of the blocks' bytes; it is told how many rows and bytes those are.
    """

    key: str
    label: str
    content_type: str
    written: Callable[[Sequence[str], Columns, int], bytes]
    pack: Callable[[Sequence[str], Iterable[bytes], int, int], Iterator[bytes]] | None = None
    rows_limit: int | None = None

    def block(self, header: Sequence[str], columns: Columns, first: int) -> bytes:
        """The bytes of some rows, told column by column, of which the first is row `first` of the list, from 0."""
        if len(columns) != len(header):
            raise ValueError(f"{len(header)} columns have a name, {len(columns)} came: rows instead of columns?")
        return self.written(header, columns, first)


def _csv(header: Sequence[str], columns: Columns, first: int) -> bytes:
    """Comma-separated; a cell that a spreadsheet would take for a formula gets a quote in front."""
    is_plain, guarded = True, []
    for cells in columns:
        joined = "".join(cells)
        is_plain = is_plain and not _QUOTED.search(joined)
        guarded.append(guarded_column(cells, joined=joined))
    lines = _joined(guarded) if is_plain and len(columns) > 1 else _written(zip(*guarded, strict=True))
    head = b"" if first else _BYTE_ORDER_MARK + _written([header]).encode()
    return head + lines.encode(errors="replace")


def _written(rows: Iterable[Sequence[str]]) -> str:
    """Lines as the library writes them, quotes where needed."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _joined(columns: Columns) -> str:
    """The same where no cell needs a quote, several times faster."""
    return "".join([f"{line}\r\n" for line in map(",".join, zip(*columns, strict=True))])


def _json_lines(header: Sequence[str], columns: Columns, first: int) -> bytes:
    """One JSON object a line, UTF-8."""
    quoted = [map(json.encoder.encode_basestring, cells) for cells in columns]
    line = _json_line(tuple(header))
    return "".join([line % row for row in zip(*quoted, strict=True)]).encode(errors="replace")


@lru_cache(maxsize=8)
def _json_line(header: Sequence[str]) -> str:
    pairs = ", ".join(f"{json.encoder.encode_basestring(name)}: %s" for name in header)
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
