"""Where a case's page points at a field: where the service says, else where such cards print it, called approximate."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.urls import reverse
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.submissions.models import Scan, Submission
from ocr_integration.contract import FieldRegion
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]

NUMBER = FieldRegion("number", 0.97, ((0.6, 0.7), (0.8, 0.7), (0.8, 0.75), (0.6, 0.75)))
# The left half of the picture.
CARD = [0.0, 0.0, 0.5, 0.0, 0.5, 1.0, 0.0, 1.0]
SAID = "does not say where fields stand"


def case_of(card: list[float] | None, **more: object) -> Submission:
    case = cast.to_review(read=replace(cast.TAIWAN_READING, **more), now=timezone.now())
    with audit.acting(audit.system("command_test")):
        Scan.objects.filter(submission=case).update(card_corners=card)
    return case


def field_on(page: str, name: str) -> str:
    """The markup of one field."""
    return page.partition(f'data-field-name="{name}"')[2].partition("data-field-name=")[0]


def test_a_service_without_places_gets_an_approximate_one_on_the_card(sign_in) -> None:
    page = sign_in(cast.make_staff()).get(reverse("console:case", args=[case_of(CARD).pk])).text
    number = field_on(page, "number")
    assert 'data-approximate="approximate"' in number
    assert 'data-place="approximate: ' in number
    assert "its place on the picture is approximate" in number
    corners = [
        tuple(map(float, pair.split(","))) for pair in number.partition('data-corners="')[2].partition('"')[0].split()
    ]
    assert len(corners) == 4
    assert all(0.14 <= x <= 0.485 and y > 0.7 for x, y in corners)
    assert "% sure" not in page


def test_without_an_outline_no_place_is_made_up(sign_in) -> None:
    page = sign_in(cast.make_staff()).get(reverse("console:case", args=[case_of(None).pk])).text
    number = field_on(page, "number")
    assert 'data-corners=""' in number
    assert SAID in number
    assert "approximate" not in number


def test_a_service_that_says_places_is_believed_even_where_it_says_none(sign_in) -> None:
    page = sign_in(cast.make_staff()).get(reverse("console:case", args=[case_of(CARD, regions=(NUMBER,)).pk])).text
    assert 'data-corners="0.6,0.7 0.8,0.7 0.8,0.75 0.6,0.75"' in field_on(page, "number")
    assert 'data-corners=""' in field_on(page, "name")
    assert "approximate" not in page
