"""A hand's shake: seen where there is one and only there, undone, and what is believed of what then shows."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from ocr_integration.engine import Engine, fields
from ocr_integration.engine.confidence import Witness
from ocr_integration.engine.fields import Found
from ocr_integration.engine.labels import Field
from ocr_integration.engine.page import Page, decode
from ocr_integration.engine.seen import steadier
from ocr_integration.engine.shake import find_shake, steadied
from ocr_integration.specimens import draw
from tests.ocr_integration.test_engine_crosscheck import found
from tests.ocr_integration.test_engine_reading import filled


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(forgery_tests=False)


def page(kind: str, seed: int, capture: str) -> Page:
    return decode(draw(kind, seed=seed, capture=capture).image)


@pytest.mark.parametrize("angle", [0, 30, 75, 110, 160])
@pytest.mark.parametrize("length", [13, 17])
def test_a_shake_s_length_and_direction_are_found(length: int, angle: int) -> None:
    sharp, turn = page("taiwan_front", 31, "table").pixels, np.radians(angle)
    trace, middle = np.zeros((length + 2, length + 2), np.float32), (length + 1) / 2
    for step in np.linspace(-(length - 1) / 2, (length - 1) / 2, 4 * length):
        trace[round(middle + step * np.sin(turn)), round(middle + step * np.cos(turn))] = 1
    blurred = np.asarray(cv2.filter2D(cv2.cvtColor(sharp, cv2.COLOR_BGR2GRAY), -1, trace / trace.sum()), np.uint8)
    shake = find_shake(blurred)
    assert shake is not None
    assert shake[0] == pytest.approx(length, rel=0.2)
    assert abs(np.sin(shake[1] - turn)) < np.sin(np.radians(10))


@pytest.mark.parametrize(
    "capture", ["flat", "table", "slanted", "blurred", "compressed_15", "faded", "busy", "watermark"]
)
def test_a_still_picture_is_left_as_it_is(capture: str) -> None:
    assert steadied(page("hk_macao_front", 32, capture)) is None


def test_a_large_picture_comes_back_smaller_and_says_so() -> None:
    whole = page("hk_macao_front", 33, "shaken_13")
    large = cv2.resize(whole.pixels, (4000, 3000), interpolation=cv2.INTER_CUBIC)
    still = steadied(decode(cv2.imencode(".jpg", large)[1].tobytes()))
    assert still is not None
    assert (still.width, still.height, still.scale) == (4000, 3000, 0.5)
    assert still.pixels.shape == (1500, 2000, 3)


def test_a_small_picture_is_left_as_it_is() -> None:
    whole = page("hk_macao_front", 33, "shaken_13")
    assert steadied(replace(whole, pixels=whole.pixels[:200])) is None


@pytest.mark.parametrize(("kind", "seed"), [("exit_entry_taiwan_front", 679), ("exit_entry_hk_macao_front", 683)])
def test_a_card_in_a_shaken_picture_is_read_whole(engine: Engine, kind: str, seed: int) -> None:
    specimen = draw(kind, seed=seed, capture="shaken_13")
    assert filled(engine.read(specimen.image, side=specimen.side)) == filled(specimen.truth)


def test_what_is_clear_in_the_still_picture_stands_in_for_what_was_not() -> None:
    before = {Field.NUMBER: found(Field.NUMBER, "21994184", 6), Field.NAME: found(Field.NAME, "杜者邓丽琳", 0, 1)}
    still = {
        Field.NUMBER: agreed(Field.NUMBER, "21994134"),
        Field.NAME: agreed(Field.NAME, "邓丽琳"),
        Field.SEX: agreed(Field.SEX, "女"),
    }
    assert {field: each.text for field, each in steadier(before, still).items()} == {
        Field.NUMBER: "21994134",
        Field.NAME: "邓丽琳",
        Field.SEX: "女",
    }


def test_two_clear_numbers_that_differ_are_neither_believed() -> None:
    before, still = agreed(Field.NUMBER, "21994184"), agreed(Field.NUMBER, "21994134")
    assert not fields.is_clear(steadier({Field.NUMBER: before}, {Field.NUMBER: still})[Field.NUMBER])
    confirmed = replace(still, witness=Witness.CONFIRMED)
    assert steadier({Field.NUMBER: before}, {Field.NUMBER: confirmed})[Field.NUMBER] == confirmed


def test_an_authority_is_spelt_as_the_still_picture_has_it() -> None:
    words = agreed(Field.AUTHORITY, "公安部出入境管理局")
    misread = replace(found(Field.AUTHORITY, "公安都出入境管理局", 2, score=0.9), witness=Witness.AGREED)
    assert fields.is_clear(misread)
    assert steadier({Field.AUTHORITY: misread}, {Field.AUTHORITY: words})[Field.AUTHORITY] == words


@pytest.mark.parametrize(
    ("before", "still", "weak"), [("蕭颖婷", "萧颖婷", ()), ("谢麦", "谢曼", (1,))], ids=["other script", "unsure"]
)
def test_a_name_is_not_made_of_ripples(before: str, still: str, weak: tuple[int, ...]) -> None:
    unclear = replace(found(Field.NAME, before), witness=Witness.CONTRADICTED)
    seen = replace(found(Field.NAME, still, *weak, score=0.5), witness=Witness.CONFIRMED)
    assert not fields.is_clear(steadier({Field.NAME: unclear}, {Field.NAME: seen})[Field.NAME])


def agreed(field: Field, text: str) -> Found:
    """A clear value that two models read alike."""
    return replace(found(field, text), witness=Witness.AGREED)
