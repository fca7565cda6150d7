"""The machine-readable line beside the print: what it says of each field, and when the two agree."""

import pytest

from kyc_portal.submissions.checks.zone import Said, said_of
from ocr_integration.contract import ZoneValues

ZONE = ZoneValues(number="H71028781", birth="591001", expiry="320809", sex="女", id_number="V8852456")


@pytest.mark.parametrize(
    ("name", "read", "agrees"),
    [
        ("number", "H71028781", True),
        ("number", "h7102 8781", True),
        ("number", "H7102878101", True),  # a card of 1999 prints the renewals behind it
        ("number", "H710287812", False),
        ("number", "H71084781", False),
        ("birthday", "1959.10.01", True),
        ("birthday", "1959.10.02", False),
        ("birthday", "not a date", None),
        ("valid_date", "2022.08.10-2032.08.09", True),
        ("valid_date", "2022.08.10-2032.08.10", False),
        ("valid_date", "2022.08.10-长期", None),
        ("sex", "女", True),
        ("sex", "男", False),
        ("back_id_number", "V885245(6)", True),
        ("back_id_number", "V885245(7)", False),
        ("number", "", None),
    ],
)
def test_print_and_line_are_compared_in_the_lines_own_form(name, read, agrees):
    said = said_of(name, read, ZONE)
    assert said is not None
    assert said.agrees is agrees


def test_the_line_says_nothing_of_a_name_nor_where_its_layout_has_no_place():
    assert said_of("name", "龔儀婷", ZONE) is None
    assert said_of("sex", "女", ZoneValues(number="C08320271")) is None
    assert said_of("number", "C08320271", ZoneValues(number="C08320271")) == Said("C08320271", True)
