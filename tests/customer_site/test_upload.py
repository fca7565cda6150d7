"""What a customer may send, through the page: each bad file gets its own sentence and leaves nothing behind."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from PIL import Image

from kyc_portal.accounts.models import User
from kyc_portal.customer_site import words
from kyc_portal.submissions.models import Scan
from ocr_integration.images import ImageFault
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims its size and brings a few bytes of pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")


def animated_png() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (400, 300), colour) for colour in ("red", "blue")]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


def gif() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 300)).save(out, "GIF")
    return out.getvalue()


BAD = {
    "empty": (b"", ImageFault.EMPTY),
    "text named .jpg": (b"hello, I am a picture" * 50, ImageFault.NOT_AN_IMAGE),
    "gif": (gif(), ImageFault.GIF),
    "heic": (b"\x00\x00\x00\x18ftypheic" + bytes(4000), ImageFault.HEIC),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', ImageFault.SVG),
    "30 MB": (cast.picture() + bytes(30_000_000), ImageFault.TOO_LARGE),
    "50,000 x 50,000": (png_header(50_000, 50_000), ImageFault.TOO_MANY_PIXELS),
    "cut off": (cast.picture(3)[:9000], ImageFault.TRUNCATED),
    "animated": (animated_png(), ImageFault.ANIMATED),
}


def post(client: Client, data: bytes) -> object:
    file = io.BytesIO(data)
    file.name = "photo.jpg"
    return client.post(
        reverse("customer:upload", args=["FRONT"]), {"picture": file}, headers={"Accept": "application/json"}
    )


def stored() -> list[str]:
    try:
        return default_storage.listdir("scan")[1]
    except FileNotFoundError:
        return []


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gets_its_sentence_and_leaves_nothing(name: str, sign_in: Callable[[User], Client]) -> None:
    data, fault = BAD[name]
    ann = cast.make_customer()
    cast.collecting(ann)
    answer = post(sign_in(ann.user), data)
    assert (answer.status_code, answer.json()["fault"]) == (400, str(words.fault(fault)))
    assert not Scan.objects.filter(customer=ann).exists()
    assert stored() == []


def test_a_good_picture_is_one_sealed_file_and_one_row(sign_in: Callable[[User], Client]) -> None:
    ann = cast.make_customer()
    cast.collecting(ann)
    client, data = sign_in(ann.user), cast.picture(4)
    assert [post(client, data).status_code for _each in range(2)] == [200, 200]
    scan = Scan.objects.get(customer=ann)
    assert stored() == [str(scan.pk)]
    with default_storage.open(f"scan/{scan.pk}") as file:
        sealed = file.read()
    assert data[200:232] not in sealed


def test_an_upload_without_the_forms_token_is_refused(sign_in: Callable[[User], Client]) -> None:
    ann = cast.make_customer()
    cast.collecting(ann)
    client = sign_in(ann.user)
    client.handler.enforce_csrf_checks = True
    assert post(client, cast.picture(5)).status_code == 403


def test_without_scripts_the_sentence_stands_on_the_page(sign_in: Callable[[User], Client]) -> None:
    ann = cast.make_customer()
    cast.collecting(ann)
    client = sign_in(ann.user)
    answer = client.post(reverse("customer:upload", args=["FRONT"]), {"picture": io.BytesIO(gif())}, follow=True)
    assert str(words.fault(ImageFault.GIF)) in answer.content.decode()


def test_every_fault_has_its_sentence() -> None:
    assert {fault.value for fault in ImageFault} <= set(words.FAULTS)
