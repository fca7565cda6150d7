"""Faults of how a photo was taken: named at once, one at a time, never a dead end. Pictures are drawn specimens."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from PIL import Image

from kyc_portal.accounts.models import User
from kyc_portal.customer_site import words
from kyc_portal.submissions import intake, reading, scans
from kyc_portal.submissions.models import RefusedPicture, Scan
from kyc_portal.submissions.pictures import framing, quality
from ocr_integration.specimens import draw
from tests import cast
from tests.conftest import Bookmark

FAULTY = ("dark", "glare", "blur", "cut_off")
READABLE = (
    "flat",
    "table",
    "dim",
    "lamp",
    "soft",
    "very_dark",
    "strong_glare",
    "blurred",
    "small",
    "far",
    "any_angle",
    "thumbs",
    "second_card",
)


@cache
def photo(capture: str, seed: int = 21) -> bytes:
    return draw("taiwan_front", seed=seed, capture=capture).image


def post(client: Client, data: bytes, **more: str) -> tuple[int, str]:
    """Send the front; the answer's status and the code of its fault."""
    file = io.BytesIO(data)
    file.name = "photo.jpg"
    address = reverse("customer:upload", args=["FRONT"])
    answer = client.post(address, {"picture": file, **more}, headers={"Accept": "application/json"})
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("capture", FAULTY)
def test_each_fault_is_named(capture: str) -> None:
    assert scans.examine(photo(capture)).fault == capture


@pytest.mark.parametrize("capture", READABLE)
def test_a_hard_picture_that_can_be_read_is_not_called_faulty(capture: str) -> None:
    assert scans.examine(photo(capture)).fault == ""


def test_every_fault_has_a_tip() -> None:
    assert set(quality.WORDS) | {intake.SAME_AS_FAILED} == {each.code for each in words.SEEN_AT_ONCE}


def test_every_tip_has_a_drawing() -> None:
    drawn = (Path(settings.BASE_DIR) / "static/customer.svg").read_text()
    assert [tip.code for tip in words.TIPS.values() if f'id="{tip.drawing}"' not in drawn] == []


@pytest.mark.parametrize("turn", [0, 17, 90])
def test_a_card_nobody_can_read_for_its_size_is_named_in_whatever_direction_it_lies(turn: int) -> None:
    shown = Image.open(io.BytesIO(photo("small"))).rotate(turn, expand=turn == 90, fillcolor=(100, 90, 80))
    file = io.BytesIO()
    shown.resize((round(shown.width * 0.55), round(shown.height * 0.55))).save(file, "JPEG", quality=90)
    assert scans.examine(file.getvalue()).fault == "too_small_card"


@pytest.mark.parametrize(("kind", "seed"), [("taiwan_front", 23), ("taiwan_front", 24), ("hk_macao_back", 300)])
def test_two_whole_permits_on_one_photo_are_named(kind: str, seed: int) -> None:
    assert scans.examine(draw(kind, seed=seed, capture="two_cards").image).fault == "two_cards"


@pytest.mark.parametrize("tone", [255, 190, 120])
def test_a_bare_wall_is_no_card_whatever_its_tone(tone: int) -> None:
    file = io.BytesIO()
    wall = Image.new("RGB", (1200, 900), (tone, tone - 4, tone - 9))
    wall.save(file, "JPEG", quality=90)
    assert scans.examine(file.getvalue()).fault == "no_card"


@pytest.mark.parametrize("capture", ["table", "turned", "width_640", "flat"])
@pytest.mark.parametrize(("shown", "asked"), [("hk_macao_front", "BACK"), ("hk_macao_back", "FRONT")])
def test_the_other_side_of_a_permit_is_named_and_the_side_asked_for_is_not(
    capture: str, shown: str, asked: str
) -> None:
    data, right = draw(shown, seed=202, capture=capture).image, {"FRONT": "BACK", "BACK": "FRONT"}[asked]
    assert scans.examine(data, side=asked).fault == "wrong_side"
    assert scans.examine(data, side=right).fault == ""
    assert scans.examine(data).fault == "", "the sides of other permits are not known"


@pytest.mark.parametrize(("tone", "ground"), [(200, 190), (90, 210), (200, 200)])
def test_a_card_that_does_not_stand_out_from_its_ground_is_left_to_the_reading(tone: int, ground: int) -> None:
    grey = Image.new("L", (480, 360), ground)
    grey.paste(tone, (220, 100, 480, 280))
    assert framing.fault(grey, scale=4) == ""


@pytest.mark.django_db
@pytest.mark.db_bound
class TestThePage:
    def test_a_faulty_photo_is_refused_by_name_and_again_as_the_same(
        self, sign_in: Callable[[User], Client], log: Bookmark
    ) -> None:
        ann = cast.make_customer()
        cast.collecting(ann)
        client = sign_in(ann.user)
        log.start()
        assert post(client, photo("dark")) == (400, "dark")
        assert post(client, photo("dark")) == (400, "same_as_failed")
        assert log.acts() == ["picture.refused"]
        assert not Scan.objects.filter(customer=ann).exists()
        page = client.get(reverse("customer:pictures")).content.decode()
        assert str(words.TIPS["dark"].do) in page.split("<template")[0]

    def test_the_customer_may_insist_once_and_the_scan_says_so(self, sign_in: Callable[[User], Client]) -> None:
        ann = cast.make_customer()
        submission = cast.collecting(ann)
        client = sign_in(ann.user)
        assert post(client, photo("dark"))[0] == 400
        assert post(client, photo("dark"), insist="1")[0] == 200
        assert Scan.objects.get(customer=ann).taken_despite == "dark"
        assert not intake.may_insist(submission, "FRONT")
        assert post(client, photo("glare"), insist="1") == (400, "glare")

    def test_the_third_faulty_photo_is_taken_for_a_person_to_look_at(self, sign_in: Callable[[User], Client]) -> None:
        ann = cast.make_customer()
        cast.collecting(ann)
        client = sign_in(ann.user)
        answers = [post(client, photo(capture)) for capture in ("dark", "glare", "blur")]
        assert answers == [(400, "dark"), (400, "glare"), (200, "")]
        assert Scan.objects.get(customer=ann).taken_despite == "blur"
        assert RefusedPicture.objects.filter(customer=ann).count() == 2

    def test_the_other_side_is_refused_for_who_holds_a_hong_kong_permit_and_for_nobody_else(
        self, sign_in: Callable[[User], Client]
    ) -> None:
        back = draw("hk_macao_back", seed=202, capture="table").image
        for declared, answer in (("hk_macao_resident", (400, "wrong_side")), ("taiwan_resident", (200, ""))):
            person = cast.make_customer()
            cast.collecting(person, declared=declared)
            assert post(sign_in(person.user), back) == answer

    def test_the_answer_says_which_photo_the_next_one_is(self, sign_in: Callable[[User], Client]) -> None:
        ann = cast.make_customer()
        cast.collecting(ann)
        client = sign_in(ann.user)
        file = io.BytesIO(photo("dark"))
        file.name = "photo.jpg"
        address = reverse("customer:upload", args=["FRONT"])
        answer = client.post(address, {"picture": file}, headers={"Accept": "application/json"}).json()
        assert answer["tries"].startswith("Photo 2 of 3.")

    def test_a_good_photo_after_a_faulty_one_is_clean(self, sign_in: Callable[[User], Client]) -> None:
        ann = cast.make_customer()
        cast.collecting(ann)
        client = sign_in(ann.user)
        assert post(client, photo("dark"))[0] == 400
        assert post(client, photo("table"))[0] == 200
        assert Scan.objects.get(customer=ann).taken_despite == ""


@pytest.mark.django_db
@pytest.mark.db_bound
def test_a_photo_the_reading_found_faulty_counts_as_one_of_the_three(sign_in: Callable[[User], Client]) -> None:
    submission = cast.received()
    reading.picture_fault(
        attempt=cast.begin(submission),
        code="FailedOperation.ImageBlur",
        request_id="r",
        actor=cast.READER,
        now=cast.NOW,
    )
    page = sign_in(submission.customer.user).get(reverse("customer:pictures")).content.decode()
    assert "Photo 2 of 3" in page


@pytest.mark.django_db
@pytest.mark.db_bound
@pytest.mark.parametrize(
    ("code", "tip"),
    [
        ("FailedOperation.CardSideError", "wrong_side"),
        ("FailedOperation.MultiCardError", "two_cards"),
        ("FailedOperation.ImageNoSpecifiedCard", "no_card"),
        ("FailedOperation.NotAppointCard", "not_accepted"),
        ("FailedOperation.IdCardTooSmall", "too_small_card"),
    ],
)
def test_what_only_the_reading_sees_asks_for_that_side_with_its_tip(
    sign_in: Callable[[User], Client], code: str, tip: str
) -> None:
    submission = cast.received(declared="hk_macao_resident")
    cast.answer(submission, read=cast.TAIWAN_READING)
    back = cast.begin(submission, side="BACK")
    reading.picture_fault(attempt=back, code=code, request_id="r", actor=cast.READER, now=cast.NOW)
    page = sign_in(submission.customer.user).get(reverse("customer:pictures")).content.decode().split("<template")[0]
    named = words.TIPS[tip]
    assert str(words.SIDES["BACK"].again) in page
    assert "Accepted, nothing to do" in page
    assert str(named.title) in page
    assert str(named.do) in page
    assert f"#{named.drawing}" in page
