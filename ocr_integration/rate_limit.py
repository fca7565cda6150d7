"""Twenty calls in any second over all processes: a GCRA on the shared store's clock, taken last before the call.

The spacing is a little over a second's share (1.02 / rate): exactly 50 ms let 21 through in a sliding second.
"""

from __future__ import annotations

import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

_TAKE = """
local now = redis.call('TIME')
local t = now[1] * 1000000 + now[2]
local spacing = tonumber(ARGV[1])
local tat = tonumber(redis.call('GET', KEYS[1]))
if tat == nil then
  tat = t + spacing
  redis.call('SET', KEYS[1], string.format('%.0f', tat), 'PX', 60000)
  return spacing
end
if tat > t then return tat - t end
redis.call('SET', KEYS[1], string.format('%.0f', t + spacing), 'PX', 60000)
return 0
"""
_SLOW = """
local now = redis.call('TIME')
local until_then = now[1] * 1000000 + now[2] + tonumber(ARGV[1])
local tat = tonumber(redis.call('GET', KEYS[1])) or 0
if until_then > tat then redis.call('SET', KEYS[1], string.format('%.0f', until_then), 'PX', 60000) end
return 0
"""


class LimiterBusyError(Exception):
    """No place came free in the time given; try later."""


class LimiterDownError(Exception):
    """The shared store does not answer: no limiter, no call."""


class SharedLimiter:
    """One key, one rate, however many processes ask. A missing key counts as just full."""

    def __init__(self, redis_url: str, key: str, calls_per_second: float) -> None:
        # One silent try more: a kept connection may be stale after the store was started again.
        self._redis = redis.Redis.from_url(
            redis_url, socket_timeout=1.0, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 1)
        )
        self._key = f"limiter:{key}"
        self._spacing_us = round(1.02 / calls_per_second * 1_000_000)
        self._take = self._redis.register_script(_TAKE)
        self._slow = self._redis.register_script(_SLOW)

    def acquire(self, max_wait_seconds: float) -> None:
        """Wait for a place. Raises LimiterBusyError, or LimiterDownError when the store cannot be asked."""
        deadline = time.monotonic() + max_wait_seconds
        while True:
            wait = self._ask() / 1_000_000
            if wait <= 0:
                return
            if time.monotonic() + wait > deadline:
                raise LimiterBusyError
            time.sleep(wait)

    def _ask(self) -> float:
        try:
            return float(self._take(keys=[self._key], args=[self._spacing_us]))
        except redis.RedisError as error:
            raise LimiterDownError from error

    def slow_down(self, seconds: float) -> None:
        """The service said too fast: nobody calls for this long. A store that is away has stopped calls anyway."""
        try:
            self._slow(keys=[self._key], args=[round(seconds * 1_000_000)])
        except redis.RedisError:
            return
