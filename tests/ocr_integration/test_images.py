"""Pictures: what is refused before a decode, what a decode finds, and copies that keep or lose what they should."""

from __future__ import annotations

import io
import time

import pytest
from PIL import Image

from ocr_integration import images
from ocr_integration.images import ImageFault, ImageRefusedError
from tests.ocr_integration import pictures

XMP = b"http://ns.adobe.com/xap/1.0/\x00"


def fault_of(data: bytes) -> ImageFault:
    with pytest.raises(ImageRefusedError) as caught:
        images.reduced(data)
    return caught.value.fault


HOSTILE = {
    "empty": (b"", ImageFault.EMPTY),
    "text": (b"this is not a picture", ImageFault.NOT_AN_IMAGE),
    "gif": (b"GIF89a" + bytes(40), ImageFault.GIF),
    "heic": (b"\x00\x00\x00\x18ftypheic" + bytes(40), ImageFault.HEIC),
    "webp": (b"RIFF\x00\x00\x00\x00WEBP" + bytes(40), ImageFault.WEBP),
    "svg": (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", ImageFault.SVG),
    "pdf": (b"%PDF-1.7\n", ImageFault.PDF),
    "magic only": (b"\xff\xd8\xff\xe0", ImageFault.NOT_AN_IMAGE),
    "too large": (b"\xff\xd8\xff" + bytes(30_000_000), ImageFault.TOO_LARGE),
    "50,000 x 50,000": (pictures.png_of_size(50_000, 50_000), ImageFault.TOO_MANY_PIXELS),
    "45 MP PNG": (pictures.png_of_size(9_000, 5_000), ImageFault.TOO_MANY_PIXELS),
    "animated": (pictures.animated_png(), ImageFault.ANIMATED),
    "200 scans": (pictures.many_scans(), ImageFault.TOO_COMPLEX),
    "small": (pictures.jpeg(pictures.noise(190, 600)), ImageFault.TOO_SMALL),
    "cut JPEG": (pictures.jpeg()[:-20_000], ImageFault.TRUNCATED),
    "cut PNG": (pictures.png()[:-20_000], ImageFault.TRUNCATED),
}


@pytest.mark.parametrize(("data", "fault"), HOSTILE.values(), ids=HOSTILE)
def test_each_bad_file_is_refused_with_its_own_fault(data: bytes, fault: ImageFault) -> None:
    assert fault_of(data) is fault


@pytest.mark.parametrize("name", ["50,000 x 50,000", "200 scans", "animated", "too large"])
def test_hostile_files_cost_hardly_any_time(name: str) -> None:
    images.inspect(pictures.jpeg())  # Pillow has loaded itself
    began = time.process_time()
    fault_of(HOSTILE[name][0])
    assert time.process_time() - began < 0.1  # processor time, not the clock: scale.md's bound for a refusal


def test_facts_are_those_of_the_header() -> None:
    facts = images.inspect(pictures.jpeg(exif=pictures.exif(orientation=6)))
    assert facts == images.PictureFacts(format="JPEG", width=640, height=400, orientation=6)


@pytest.mark.parametrize("make", [pictures.jpeg, pictures.png])
def test_the_reduced_picture_is_grey_and_a_quarter(make) -> None:
    small = images.reduced(make())
    assert (small.mode, small.size) == ("L", (160, 100))


def test_a_second_picture_behind_the_first_is_no_animation() -> None:
    out = io.BytesIO()
    pictures.noise().save(out, "MPO", save_all=True, append_images=[pictures.noise(300, 300)])
    assert images.inspect(out.getvalue()).width == 640
    assert images.upright(out.getvalue()).size == (640, 400)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_pictures_stand_as_the_camera_said(orientation: int) -> None:
    flat = Image.new("RGB", (400, 240), "white")
    flat.paste("red", (0, 0, 200, 120))  # the top left corner of the scene
    stored = {
        1: flat,
        2: flat.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: flat.transpose(Image.Transpose.ROTATE_180),
        4: flat.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: flat.transpose(Image.Transpose.TRANSPOSE),
        6: flat.transpose(Image.Transpose.ROTATE_90),
        7: flat.transpose(Image.Transpose.TRANSVERSE),
        8: flat.transpose(Image.Transpose.ROTATE_270),
    }[orientation]
    turned = images.upright(pictures.jpeg(stored, quality=95, exif=pictures.exif(orientation=orientation)))
    assert turned.size == (400, 240)
    red_only = turned.getchannel("G").point(lambda value: 255 * (value < 100))
    corners = [red_only.crop((x, y, x + 9, y + 9)).getextrema() == (255, 255) for y in (50, 180) for x in (50, 340)]
    assert corners == [True, False, False, False]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_exif_is_no_reason_to_refuse_a_picture() -> None:
    data = pictures.with_segment(pictures.jpeg(), 0xE1, b"Exif\x00\x00II*\x00\xff\xff\xff\x7f")
    assert images.inspect(data).orientation == 1
    assert images.upright(data).size == (640, 400)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "1", "L", "I;16"])
def test_every_kind_of_png_becomes_plain_colours(mode: str) -> None:
    image = pictures.noise().convert("L") if mode == "I;16" else pictures.noise().convert(mode)
    if mode == "I;16":
        image = Image.new("I;16", (640, 400), 0x8000)
    assert images.upright(pictures.png(image)).mode == "RGB"
    assert images.reduced(pictures.png(image)).size == (160, 100)


def test_sixteen_bit_greys_keep_their_shade() -> None:
    grey = images.upright(pictures.png(Image.new("I;16", (300, 300), 0x8000)))
    assert grey.getpixel((5, 5)) == (128, 128, 128)


def test_transparent_parts_become_white_not_black() -> None:
    clear = images.upright(pictures.png(Image.new("RGBA", (300, 300), (0, 0, 0, 0))))
    assert clear.getpixel((5, 5)) == (255, 255, 255)


def scan_of(data: bytes) -> bytes:
    return data[data.index(b"\xff\xda") :]


def test_a_jpeg_loses_its_place_and_keeps_pixels_turn_and_software() -> None:
    data = pictures.jpeg(exif=pictures.exif(orientation=6, gps=True))
    assert b"SECRETPLACE" in data  # the control: it was there
    cut = images.without_location(data)
    kept = Image.open(io.BytesIO(cut)).getexif()
    assert b"SECRETPLACE" not in cut
    assert not kept.get_ifd(pictures.GPS_IFD)
    assert (kept[0x0131], kept[0x0112]) == ("Paintshop 9", 6)
    assert scan_of(cut) == scan_of(data)
    assert len(cut) == len(data)


def test_a_png_loses_its_place_and_keeps_pixels_and_turn() -> None:
    data = pictures.png(exif=pictures.exif(orientation=6, gps=True))
    cut = images.without_location(data)
    opened = Image.open(io.BytesIO(cut))
    opened.load()  # checks every chunk's sum
    assert b"SECRETPLACE" in data
    assert b"SECRETPLACE" not in cut
    assert opened.getexif()[0x0112] == 6
    assert opened.tobytes() == pictures.noise().tobytes()


def test_xmp_goes_where_it_states_a_place_and_stays_where_it_does_not() -> None:
    place = pictures.with_segment(pictures.jpeg(), 0xE1, XMP + b"<exif:GPSLatitude>22,17N</exif:GPSLatitude>")
    tool = pictures.with_segment(pictures.jpeg(), 0xE1, XMP + b"<xmp:CreatorTool>Paintshop</xmp:CreatorTool>")
    assert images.without_location(place) == pictures.jpeg()
    assert images.without_location(tool) == tool


def test_places_in_a_press_block_are_blanked() -> None:
    block = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x12\x1c\x02\x5a\x00\x04Town\x1c\x02\x50\x00\x03Ann"
    cut = images.without_location(pictures.with_segment(pictures.jpeg(), 0xED, block))
    assert b"Town" not in cut
    assert b"\x03Ann" in cut


def test_what_follows_the_picture_goes_with_its_own_places() -> None:
    data = pictures.jpeg(progressive=True)
    tail = pictures.jpeg(exif=pictures.exif(gps=True)) + b"SECRETPLACE film"
    assert images.without_location(data + tail) == data


def test_a_png_loses_text_that_states_a_place_or_hides_its_words() -> None:
    place = pictures.with_chunk(pictures.png(), b"iTXt", b"XML:com.adobe.xmp\x00\x00\x00\x00\x00<exif:GPSLatitude/>")
    packed = pictures.with_chunk(pictures.png(), b"zTXt", b"Comment\x00\x00packed")
    tool = pictures.with_chunk(pictures.png(), b"tEXt", b"Software\x00Paintshop")
    assert images.without_location(place) == pictures.png()
    assert images.without_location(packed) == pictures.png()
    assert images.without_location(tool) == tool


@pytest.mark.parametrize("make", [pictures.jpeg, pictures.png])
def test_a_picture_without_metadata_stays_byte_for_byte(make) -> None:
    assert images.without_location(make()) == make()


@pytest.mark.parametrize("size", range(4, 400, 7))
def test_cutting_places_never_fails_on_a_cut_file(size: int) -> None:
    data = pictures.jpeg(exif=pictures.exif(gps=True))[:size]
    assert len(images.without_location(data)) <= size


def test_a_file_that_fits_is_sent_as_it_is() -> None:
    data = pictures.jpeg()
    assert images.fit_for_service(data) == images.Prepared(data=data, reencoded=False)


def test_a_file_too_large_for_the_service_is_sent_as_a_smaller_copy() -> None:
    data = pictures.png(pictures.noise(1600, 1200))
    assert len(data) > images.SERVICE_BYTES
    prepared = images.fit_for_service(data)
    assert prepared.reencoded
    assert len(prepared.data) <= images.SERVICE_BYTES
    assert images.inspect(prepared.data).format == "JPEG"


def test_the_display_copy_is_upright_small_and_says_nothing_else() -> None:
    data = pictures.jpeg(pictures.noise(3000, 400), exif=pictures.exif(orientation=6, gps=True))
    shown = Image.open(io.BytesIO(images.display_copy(data)))
    assert shown.format == "JPEG"
    assert shown.size == (320, 2400)
    assert not shown.getexif()
