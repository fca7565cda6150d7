"""A row as one text: its cells parted by a sign that none of them holds. Pure.

Half a microsecond a cell is what lists of cells cost, and a million rows have sixteen million.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# Unicode's and ASCII's unit separator, which is what it is for.
PARTED = "\x1f"


def parted(cells: Iterable[str]) -> str:
    """One row of its cells."""
    return PARTED.join([each.replace(PARTED, "") for each in cells])


def without_parting(cells: Sequence[str]) -> Sequence[str]:
    """A column's cells, none of which holds the sign; as they are where none did."""
    return [each.replace(PARTED, "") for each in cells] if PARTED in "".join(cells) else cells


def cells_of(rows: Iterable[str]) -> Iterable[list[str]]:
    """Each row's cells."""
    return [row.split(PARTED) for row in rows]


def require_cells(rows: Sequence[str], many: int) -> None:
    """Raise ValueError unless the rows hold so many cells each, as far as their sum tells."""
    found = "".join(rows).count(PARTED) + len(rows)
    if found != many * len(rows):
        raise ValueError(f"{many} columns have a name, and {len(rows)} rows hold {found} cells")
