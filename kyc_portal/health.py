"""Is the process alive, and do all parts answer? Says names of parts and yes or no, nothing else."""

from __future__ import annotations

from collections.abc import Callable

import redis
import requests
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kyc_portal.celery import app


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
        return cursor.fetchone() is not None


def _broker() -> bool:
    return bool(redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1).ping())


def _storage() -> bool:
    default_storage.exists("health")
    return True


def _ocr() -> bool:
    """Any HTTP answer will do: the service says so itself when a call has no signature."""
    requests.get(settings.OCR_ENDPOINT, timeout=2)
    return True


def _worker() -> bool:
    """A worker that reads, and one for everything else: by the names they are started under."""
    nodes = app.control.inspect(timeout=1).ping() or {}
    return {"reading", "others"} <= {node.partition("@")[0] for node in nodes}


PARTS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "broker": _broker,
    "storage": _storage,
    "ocr": _ocr,
    "worker": _worker,
}


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """The process answers; says nothing about its neighbours."""
    return JsonResponse({"live": True})


def _answers(part: Callable[[], bool]) -> bool:
    try:
        return part()
    except Exception:  # a probe at the process's edge: whatever is wrong, the part does not answer
        return False


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 only when every part answers; else 503, naming the parts that do not."""
    parts = {name: _answers(part) for name, part in PARTS.items()}
    return JsonResponse({"ready": all(parts.values()), "parts": parts}, status=200 if all(parts.values()) else 503)
