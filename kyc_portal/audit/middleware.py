"""Notes which request acts, before any view, and opens no transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from kyc_portal.audit.context import forget, note_request


class NoteWhoActs:
    """Gives every request an id of ours, notes it for the log, and answers with it for support."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex
        request.audit_request_id = request_id  # type: ignore[attr-defined]
        token = note_request(request_id, via="web")
        try:
            response = self.get_response(request)
        finally:
            forget(token)
        response["X-Request-Id"] = request_id
        return response
