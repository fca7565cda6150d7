"""Notes which request acts, before any view, and opens no transaction; and the wrapper of library views that write.

A library's view cannot call `acting` itself, so it is wrapped: the body is parsed first, then the transaction is
opened around the view, and a lazy page is rendered inside it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from kyc_portal.audit.context import Actor, acting, forget, note_request, system

READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class NoteWhoActs:
    """Gives every request an id of ours, notes it for the log, and answers with it for support."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex
        request.audit_request_id = request_id  # type: ignore[attr-defined]
        token = note_request(request_id, via="api" if request.path.startswith("/api/") else "web")
        try:
            response = self.get_response(request)
        finally:
            forget(token)
        response["X-Request-Id"] = request_id
        return response


def actor_of(request: HttpRequest) -> Actor:
    """Who asks: the signed-in person's `actor`, else the visitor."""
    actor = getattr(getattr(request, "user", None), "actor", None)
    return actor if isinstance(actor, Actor) else system("visitor")


def acting_for_request(request: HttpRequest) -> AbstractContextManager[None]:
    """`acting` as whoever asks."""
    return acting(actor_of(request))


def wrapped_in_context(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A library's view inside one audited transaction, for the methods that write. An exception undoes its writes."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method in READING_METHODS:
            return view(request, *args, **kwargs)
        _ = request.POST  # no transaction is open while a body arrives
        with acting_for_request(request):
            response = view(request, *args, **kwargs)
            render = getattr(response, "render", None)
            return cast(HttpResponseBase, render()) if callable(render) else response

    return wrapped
