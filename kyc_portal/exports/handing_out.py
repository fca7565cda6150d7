"""A pack on its way to a browser: one answer in pieces that no cache keeps."""

from __future__ import annotations

from django.http import StreamingHttpResponse

from kyc_portal.exports.archive import Made


def pack_file(made: Made) -> StreamingHttpResponse:
    """A zip to save, whose size and hash are known before it leaves."""
    headers = {
        "Content-Disposition": f'attachment; filename="{made.file_name}"',
        "Content-Length": str(made.size_bytes),
        "Cache-Control": "no-store",
        "X-Content-SHA256": made.sha256,
    }
    return StreamingHttpResponse(made.pieces, content_type="application/zip", headers=headers)
