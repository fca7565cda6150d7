"""An upload handler that keeps a picture in memory only, and stops at the limit. No clear byte reaches a disk."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from ocr_integration.images import MAX_BYTES

# One more than the limit is kept, so that the file is seen to be too large.
_KEPT = MAX_BYTES + 1


class MemoryOnlyUpload(FileUploadHandler):
    """Collects the chunks of one file."""

    chunk_size = 256 * 1024

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._chunks: list[bytes] = []
        self._size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep the chunk up to the limit and drop the rest unread, so that the answer can say what is wrong.

        A body of ten times the limit is no photo: its connection is cut.
        """
        self._size += len(raw_data)
        if self._size > 10 * MAX_BYTES:
            raise StopUpload(connection_reset=True)
        if sum(map(len, self._chunks)) < _KEPT:
            self._chunks.append(raw_data)

    def file_complete(self, file_size: int) -> SimpleUploadedFile:
        data = b"".join(self._chunks)
        if self._size > MAX_BYTES:
            data = data[:_KEPT].ljust(_KEPT, b"\0")
        return SimpleUploadedFile("picture", data, content_type="application/octet-stream")
