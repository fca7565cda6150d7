"""Where a card's fields usually stand, for services that say no places. Pure; shares (0-1), approximate.

All permits share one order: portrait left, title on top, then rows from the name down to the number. Rows are taken as
evenly spaced; a field's box is its whole row and a part of its neighbours, since where in a row two fields meet differs
from card to card. How often it holds a field of a drawn card: docs/ocr-client.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kyc_portal.submissions.pictures.framing import Point
from ocr_integration.contract import Side

# A camera's turn (Exif) as what it does to a place on the stored picture; from the fifth on it lies on another side.
_TURNS: Mapping[int, Callable[[float, float], Point]] = {
    1: lambda x, y: (x, y),
    2: lambda x, y: (1 - x, y),
    3: lambda x, y: (1 - x, 1 - y),
    4: lambda x, y: (x, 1 - y),
    5: lambda x, y: (y, x),
    6: lambda x, y: (1 - y, x),
    7: lambda x, y: (1 - y, 1 - x),
    8: lambda x, y: (y, 1 - x),
}
_QUARTER_FROM = 5

Box = tuple[float, float, float, float]
Region = tuple[Point, ...]
Row = tuple[str, ...]

# Left, right: the text beside the portrait, and on a back.
_BESIDE_PORTRAIT, _ON_BACK = (0.28, 0.97), (0.06, 0.75)
_TITLE = (0.03, 0.17)
# The rows begin below the title and end at the foot, or above what a machine reads there.
_FROM, _FOOT, _ABOVE_LINE, _ABOVE_LINES = 0.19, 0.94, 0.85, 0.62
# By how much of a row a box reaches into the rows above and below.
_REACH = 0.4

_UPPER: tuple[Row, ...] = (
    ("name",), ("english_name",), ("birthday", "sex"), ("valid_date",), ("issue_authority",),
)  # fmt: skip
_FOREIGN: tuple[Row, ...] = (
    ("name",), ("english_name",), ("birthday",), ("sex", "nationality"), ("valid_date",), ("issue_authority",),
)  # fmt: skip
_COUNTED: Row = ("number", "issue_number")


def _placed(rows: Sequence[Row], *, foot: float, across: tuple[float, float], title: str) -> Mapping[str, Box]:
    step = (foot - _FROM) / len(rows)
    boxes: dict[str, Box] = {title: (across[0], _TITLE[0], across[1], _TITLE[1])}
    for at, row in enumerate(rows):
        top, bottom = _FROM + (at - _REACH) * step, min(1.0, _FROM + (at + 1 + _REACH) * step)
        boxes |= dict.fromkeys(row, (across[0], top, across[1], bottom))
    return boxes


def _front(*last: Row, foot: float = _FOOT, upper: tuple[Row, ...] = _UPPER) -> Mapping[str, Box]:
    return _placed((*upper, *last), foot=foot, across=_BESIDE_PORTRAIT, title="type")


_EXIT_ENTRY = _front(("number", "issue_address"), foot=_ABOVE_LINE)
_BACK = _placed(
    (("back_name",), ("back_id_number",), ("back_history_number",)),
    foot=_ABOVE_LINES,
    across=_ON_BACK,
    title="back_type",
)
_MAY_BE_FOREIGN = ("hk_macao_resident", Side.FRONT)
_FOREIGN_FRONT = _front(_COUNTED, upper=_FOREIGN)
_USUAL: Mapping[tuple[str, str], Mapping[str, Box]] = {
    ("hk_macao_resident", Side.FRONT): _front(_COUNTED),
    ("hk_macao_resident", Side.BACK): _BACK,
    ("taiwan_resident", Side.FRONT): _front(("issue_address",), _COUNTED),
    ("exit_entry_hk_macao", Side.FRONT): _EXIT_ENTRY,
    ("exit_entry_taiwan", Side.FRONT): _EXIT_ENTRY,
}


def usual_boxes(permit_type: str, side: str, *, has_nationality: bool = False) -> Mapping[str, Box]:
    """Each field's left, top, right, bottom in shares of the card; empty for a card nobody described.

    `has_nationality`: the front prints one, as for residents of Hong Kong or Macao who are not Chinese.
    """
    if has_nationality and (permit_type, side) == _MAY_BE_FOREIGN:
        return _FOREIGN_FRONT
    return _USUAL.get((permit_type, side), {})


def of_scan(
    permit_type: str, side: str, *, card: Sequence[float] | None, has_nationality: bool
) -> Mapping[str, Region]:
    """Each field's box on the picture whose scan keeps `card` as its corners; empty where it keeps none."""
    if not card:
        return {}
    corners = list(zip(card[::2], card[1::2], strict=True))
    boxes = usual_boxes(permit_type, side, has_nationality=has_nationality)
    return {name: on_picture(box, corners) for name, box in boxes.items()}


def on_picture(box: Box, card: Sequence[Point]) -> Region:
    """A box of the card on the picture whose `card` corners go clockwise from the card's top left."""
    (x, y), right, _opposite, below = card
    left, top, far, bottom = box
    return tuple(
        (x + u * (right[0] - x) + v * (below[0] - x), y + u * (right[1] - y) + v * (below[1] - y))
        for u, v in ((left, top), (far, top), (far, bottom), (left, bottom))
    )


def upright_corners(outline: Sequence[Point], *, orientation: int, size: tuple[int, int]) -> tuple[Point, ...] | None:
    """`framing.outline` of a stored picture on its upright copy, clockwise from the top left; None if it stands on end.

    `size` in pixels as stored, `orientation` as its Exif says (1-8). That the card does not lie upside down is taken
    for granted: its outline does not tell.
    """
    turned = [_TURNS[orientation](x, y) for x, y in outline]
    width, height = size if orientation < _QUARTER_FROM else size[::-1]
    across = ((turned[1][0] - turned[0][0]) * width, (turned[1][1] - turned[0][1]) * height)
    if abs(across[0]) <= abs(across[1]):
        return None
    first, second, third, fourth = turned if across[0] > 0 else (*turned[2:], *turned[:2])
    is_mirrored = fourth[1] < first[1]
    return (fourth, third, second, first) if is_mirrored else (first, second, third, fourth)
