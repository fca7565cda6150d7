"""A pack's zip: measured before it leaves, made anew while it does, one picture in memory at a time."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

import pytest

from kyc_portal.exports.archive import Content, made

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
PICTURE = 2_000_000


def picture(number: int) -> Callable[[], bytes]:
    """Bytes that are there only while somebody holds them."""
    return lambda: hashlib.shake_256(str(number).encode()).digest(PICTURE)


def test_what_leaves_is_what_was_measured_and_opens() -> None:
    files: dict[str, Content] = {"a.txt": b"text " * 50, "pictures/1.jpg": picture(1)}
    pack = made("case", files, at=AT)
    data = b"".join(pack.pieces)
    assert (len(data), hashlib.sha256(data).hexdigest()) == (pack.size_bytes, pack.sha256)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["case/a.txt", "case/pictures/1.jpg", "case/SHA256SUMS"]
        sums = archive.read("case/SHA256SUMS")
        assert not any(each.flag_bits & 0x08 for each in archive.infolist()), "sizes stand before the bytes"
    assert hashlib.sha256(sums).hexdigest() == pack.sums_sha256
    assert sums.decode().splitlines()[1] == f"{hashlib.sha256(picture(1)()).hexdigest()}  pictures/1.jpg"


def test_sixty_pictures_take_no_more_memory_than_three() -> None:
    def most(many: int) -> int:
        files: dict[str, Content] = {f"{number}.jpg": picture(number) for number in range(many)}
        tracemalloc.start()
        for piece in made("case", files, at=AT).pieces:
            assert len(piece) < 2 * PICTURE
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert most(60) < most(3) + PICTURE


def test_a_picture_that_changes_meanwhile_leaves_a_file_that_does_not_open() -> None:
    times = count()
    pack = made("case", {"1.jpg": lambda: bytes([next(times)]) * 9, "2.txt": b"x"}, at=AT)
    left = []
    with pytest.raises(OSError, match="has changed"):
        left.extend(pack.pieces)
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(b"".join(left)))


def test_one_that_cannot_be_opened_is_told_before_anything_leaves() -> None:
    def away() -> bytes:
        raise OSError("the store is away")

    with pytest.raises(OSError, match="away"):
        made("case", {"1.txt": b"x", "2.jpg": away}, at=AT)
