"""The engine on drawn specimens: what it reads is what was printed, what it cannot vouch for it says."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps, PngImagePlugin

from ocr_integration.contract import BACK_FIELDS, TEXT_FIELDS, KnownWarning, PermitReading, Side
from ocr_integration.engine import Engine, NoCardError, WrongSideError
from ocr_integration.engine.faces import find_faces
from ocr_integration.specimens import Specimen, draw
from ocr_integration.specimens.camera import resaved

CARDS = ("hk_macao_front", "hk_macao_back", "taiwan_front", "exit_entry_hk_macao_front", "exit_entry_taiwan_front")
FRONTS = tuple(kind for kind in CARDS if kind != "hk_macao_back")
CODES = {
    "photocopy": int(KnownWarning.PHOTOCOPY),
    "recapture": int(KnownWarning.RECAPTURE),
    "edited": int(KnownWarning.EDITED),
}
NOT_CHECKED = int(KnownWarning.NOT_ENABLED)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def printed(reading: PermitReading) -> PermitReading:
    """The reading's text fields alone."""
    return replace(reading, warnings=None, profile=b"", request_id="")


def filled(reading: PermitReading) -> dict[str, str]:
    """Every text that was read, by the contract's name of its field."""
    texts = {name: str(getattr(reading, name)) for name in TEXT_FIELDS}
    texts |= {f"back.{name}": str(getattr(reading.back, name)) for name in BACK_FIELDS}
    return {name: text for name, text in texts.items() if text}


def bounds(region: Iterable[tuple[float, float]]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of some corners."""
    across, down = zip(*region, strict=True)
    return min(across), min(down), max(across), max(down)


def saved_again(image: bytes, *, quality: int) -> bytes:
    """What a chat application does: upright pixels, saved once more, all metadata gone."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(image)) as picture:
        ImageOps.exif_transpose(picture).convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def with_misleading_metadata(image: bytes) -> bytes:
    """The same compressed pixels under a comment and EXIF that tell the opposite of what they show."""
    exif = Image.Exif()
    exif[0x010E] = "photocopy recapture edited SPECIMEN H99999999"
    exif[0x0131] = "Adobe Photoshop"
    segment = b"Exif\x00\x00" + exif.tobytes().removeprefix(b"Exif\x00\x00")
    comment = b"edited -9104"
    parts = b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment
    parts += b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
    return image[:2] + parts + image[2:]


def read(engine: Engine, specimen: Specimen, **options: bool) -> PermitReading:
    return engine.read(specimen.image, side=specimen.side, **options)


@pytest.mark.parametrize("kind", CARDS)
@pytest.mark.parametrize("capture", ["flat", "table", "quarter"])
def test_every_field_is_read_as_printed_and_a_genuine_card_raises_no_warning(
    engine: Engine, kind: str, capture: str
) -> None:
    specimen = draw(kind, seed=CARDS.index(kind) + 31, capture=capture)
    reading = read(engine, specimen)
    assert printed(reading) == printed(specimen.truth)
    assert reading.warnings == ()


@pytest.mark.parametrize("kind", CARDS)
def test_each_field_comes_with_its_place_on_the_picture_and_how_sure_it_is(engine: Engine, kind: str) -> None:
    specimen = draw(kind, seed=86, capture="flat")
    seen = engine.examine(specimen.image, side=specimen.side)
    assert {each.name for each in seen.evidence if each.text} == set(filled(seen.reading)) - {"type", "back.type"}
    for each in seen.evidence:
        assert each.text == filled(seen.reading).get(each.name, "")
        assert 0 < each.confidence <= 1
        left, top, right, bottom = bounds(each.region)
        assert 0 <= left < right <= 1500
        assert 0 <= top < bottom <= 945


def test_a_region_holds_the_value_it_names(engine: Engine) -> None:
    """With the place painted over, exactly that value is gone."""
    specimen = draw("taiwan_front", seed=87, capture="flat")
    seen = engine.examine(specimen.image, side=specimen.side)
    region = next(each.region for each in seen.evidence if each.name == "number")
    with Image.open(io.BytesIO(specimen.image)) as picture:
        ImageDraw.Draw(picture).polygon(region, fill=(220, 228, 230))
        out = io.BytesIO()
        picture.save(out, "PNG", compress_level=1)
    again = engine.read(out.getvalue(), side=specimen.side)
    assert printed(again) == printed(replace(seen.reading, number=""))


def test_what_the_machine_readable_line_says_comes_beside_the_print(engine: Engine) -> None:
    front = draw("exit_entry_hk_macao_front", seed=88, capture="flat")
    zone = engine.examine(front.image, side=front.side).zone
    assert zone is not None
    assert zone.number == front.truth.number
    assert front.truth.birthday.replace(".", "").endswith(zone.birth)
    without = draw("taiwan_front", seed=88, capture="flat")
    assert engine.examine(without.image, side=without.side).zone is None


@pytest.mark.long
@pytest.mark.parametrize("kind", CARDS)
@pytest.mark.parametrize("capture", ["flat", "table", "quarter"])
@pytest.mark.parametrize("seed", range(400, 406))
def test_many_more_cards_are_read_as_printed(engine: Engine, kind: str, capture: str, seed: int) -> None:
    specimen = draw(kind, seed=seed, capture=capture)
    reading = read(engine, specimen)
    assert printed(reading) == printed(specimen.truth)
    assert not set(reading.warnings or ()) & set(CODES.values())


@pytest.mark.parametrize(
    ("kind", "forgery"),
    [
        ("hk_macao_front", "photocopy"),
        ("taiwan_front", "recapture"),
        ("exit_entry_hk_macao_front", "edited"),
        ("hk_macao_back", "photocopy"),
    ],
)
def test_a_forged_card_is_flagged_and_still_read(engine: Engine, kind: str, forgery: str) -> None:
    specimen = draw(kind, seed=77, forgery=forgery)
    reading = read(engine, specimen)
    assert CODES[forgery] in (reading.warnings or ())
    assert reading.back.type == specimen.truth.back.type


@pytest.mark.long
@pytest.mark.parametrize("kind", FRONTS)
@pytest.mark.parametrize("forgery", CODES)
def test_most_forgeries_of_unseen_seeds_are_flagged(engine: Engine, kind: str, forgery: str) -> None:
    readings = [read(engine, draw(kind, seed=seed, forgery=forgery)) for seed in range(500, 508)]
    flagged = [CODES[forgery] in (reading.warnings or ()) for reading in readings]
    assert sum(flagged) >= 7


@pytest.mark.parametrize(
    ("scale", "quality"), [(1.0, 70), (1.0, 79), (1.0, 92), (0.9, 85), (0.8, 92), (0.7, 78), (0.73, 88)]
)
def test_a_file_passed_on_is_not_checked_rather_than_clean(engine: Engine, scale: float, quality: int) -> None:
    genuine, forged = (draw("taiwan_front", seed=78, forgery=forgery) for forgery in (None, "edited"))
    assert engine.read(genuine.image, side=genuine.side).warnings == ()
    passed_on = resaved(genuine.image, quality, scale=scale)
    assert engine.read(passed_on, side=genuine.side).warnings == (NOT_CHECKED,)
    found = engine.read(resaved(forged.image, quality, scale=scale), side=forged.side).warnings
    assert found in ((NOT_CHECKED,), (CODES["edited"],))


def test_a_genuine_file_saved_twice_is_not_called_edited(engine: Engine) -> None:
    specimen = draw("hk_macao_front", seed=79)
    twice = saved_again(saved_again(specimen.image, quality=80), quality=92)
    assert int(KnownWarning.EDITED) not in (engine.read(twice, side=specimen.side).warnings or ())


def test_names_and_texts_in_the_file_change_nothing(engine: Engine) -> None:
    genuine = draw("hk_macao_front", seed=80)
    forged = draw("hk_macao_front", seed=80, forgery="edited")
    for specimen in (genuine, forged):
        plain = engine.read(specimen.image, side=specimen.side)
        assert engine.read(with_misleading_metadata(specimen.image), side=specimen.side) == plain


def test_a_png_has_no_compression_history_to_test(engine: Engine) -> None:
    specimen = draw("hk_macao_front", seed=81)
    out = io.BytesIO()
    with Image.open(io.BytesIO(specimen.image)) as picture:
        picture.save(out, "PNG", pnginfo=PngImagePlugin.PngInfo(), compress_level=1)
    reading = engine.read(out.getvalue(), side=specimen.side)
    assert printed(reading) == printed(specimen.truth)
    assert reading.warnings == (NOT_CHECKED,)


def test_a_small_picture_is_read_but_not_vouched_for(engine: Engine) -> None:
    specimen = draw("hk_macao_front", seed=82)
    out = io.BytesIO()
    with Image.open(io.BytesIO(specimen.image)) as picture:
        picture.resize((900, 567), Image.Resampling.LANCZOS).save(out, "JPEG", quality=92)
    reading = engine.read(out.getvalue(), side=specimen.side)
    assert reading.type == specimen.truth.type
    assert NOT_CHECKED in (reading.warnings or ())


def test_an_engine_without_forgery_tests_says_so() -> None:
    specimen = draw("hk_macao_front", seed=83, forgery="photocopy")
    reading = read(Engine(forgery_tests=False), specimen)
    assert reading.warnings == (NOT_CHECKED,)


@pytest.mark.parametrize("seed", range(4))
def test_a_picture_without_a_permit_is_refused(engine: Engine, seed: int) -> None:
    specimen = draw("not_a_card", seed=seed)
    for side in Side:
        with pytest.raises(NoCardError) as refused:
            engine.read(specimen.image, side=side)
        assert not isinstance(refused.value, WrongSideError)


@pytest.mark.parametrize(
    ("kind", "asked"),
    [("hk_macao_front", Side.BACK), ("hk_macao_back", Side.FRONT), ("taiwan_front", Side.BACK)],
)
def test_the_side_that_was_not_asked_for_is_refused(engine: Engine, kind: str, asked: Side) -> None:
    with pytest.raises(WrongSideError):
        engine.read(draw(kind, seed=84).image, side=asked)


def test_an_empty_page_is_refused(engine: Engine) -> None:
    out = io.BytesIO()
    Image.fromarray(np.full((600, 800, 3), 240, dtype=np.uint8)).save(out, "JPEG")
    with pytest.raises(NoCardError):
        engine.read(out.getvalue(), side=Side.FRONT)


@pytest.mark.parametrize("kind", ["hk_macao_front", "exit_entry_taiwan_front"])
def test_the_portrait_is_cut_three_to_four_only_when_asked(engine: Engine, kind: str) -> None:
    specimen = draw(kind, seed=85)
    assert read(engine, specimen).profile == b""
    with Image.open(io.BytesIO(read(engine, specimen, with_portrait=True).profile)) as photo:
        assert photo.format == "JPEG"
        assert photo.width / photo.height == pytest.approx(0.75, abs=0.02)


def test_print_that_passes_for_a_larger_face_is_not_cut_for_the_portrait(engine: Engine) -> None:
    specimen = draw("taiwan_front", seed=7302, capture="table")
    profile = np.asarray(Image.open(io.BytesIO(read(engine, specimen, with_portrait=True).profile)))
    (face,) = find_faces(profile[:, :, ::-1])
    assert face.surety > 60
    assert face.height > profile.shape[0] / 3
