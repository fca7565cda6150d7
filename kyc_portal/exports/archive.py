"""A pack as one zip: its files in one folder, with the list of their hashes. Pure."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from datetime import datetime

SUMS = "SHA256SUMS"
# Compressed already; a second time would only take time.
_PACKED = (".jpg", ".png", ".pdf")


def sums(files: Mapping[str, bytes]) -> bytes:
    """The hash and path of each file, as `sha256sum -c` reads them."""
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()


def pack(folder: str, files: Mapping[str, bytes], *, at: datetime) -> bytes:
    """The zip of `files` (path in the folder to bytes) and SHA256SUMS over them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in {**files, SUMS: sums(files)}.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", date_time=at.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(_PACKED) else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)
    return out.getvalue()
