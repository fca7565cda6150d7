"""The shared cache, which may be gone: a failing cache reads as a miss and never fails a page.

Only what may be lost is kept here (rate counters of sign-in, "already nudged" marks).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def _missing_on_failure(method_name: str, answer: Callable[[tuple[Any, ...], dict[str, Any]], Any]) -> Any:
    method = getattr(RedisCache, method_name)

    @wraps(method)
    def guarded(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except (RedisError, OSError) as error:
            log.warning("cache_unavailable", extra={"operation": method_name, "error": type(error).__name__})
            return answer(args, kwargs)

    return guarded


def _default(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return kwargs.get("default", args[1] if len(args) > 1 else None)


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, with every failure of the server read as "nothing stored"."""

    get = _missing_on_failure("get", _default)
    add = _missing_on_failure("add", lambda args, kwargs: True)
    set = _missing_on_failure("set", lambda args, kwargs: None)
    touch = _missing_on_failure("touch", lambda args, kwargs: False)
    delete = _missing_on_failure("delete", lambda args, kwargs: False)
    get_many = _missing_on_failure("get_many", lambda args, kwargs: {})
    set_many = _missing_on_failure("set_many", lambda args, kwargs: [])
    delete_many = _missing_on_failure("delete_many", lambda args, kwargs: None)
    has_key = _missing_on_failure("has_key", lambda args, kwargs: False)
    clear = _missing_on_failure("clear", lambda args, kwargs: False)
