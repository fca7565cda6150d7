"""Twenty calls in any second over all processes, by the shared store's clock; a place is taken last before the call.

Two rules, both in one script in the store. The strict one: no place while the last `burst` ones lie within one window,
a little over a second (1.02 s for 20: a place needs some milliseconds to become a call). The smooth one: places follow
each other at even distances, and who comes late by less than a distance may make up for it. A store that forgot
(flushed, started anew, its clock set back) counts as just full: nobody calls for a whole window.
"""

from __future__ import annotations

import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

# KEYS: the last places in microseconds, newest first; when the next one is due; a pause. ARGV: spacing, window, burst,
# how long to remember (ms). Answers {1, instant of the place} or {0, how long to wait}, in microseconds.
_TAKE = """
local now = redis.call('TIME')
local t = now[1] * 1000000 + now[2]
local spacing, window, burst, keep = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local pause = redis.call('PTTL', KEYS[3])
if pause > 0 then return {0, pause * 1000} end
local due = tonumber(redis.call('GET', KEYS[2]))
local newest = tonumber(redis.call('LINDEX', KEYS[1], 0))
if due == nil or due > t + window or (newest and newest > t) then
  redis.call('DEL', KEYS[1])
  redis.call('SET', KEYS[2], string.format('%.0f', t + window), 'PX', keep)
  return {0, window}
end
local oldest = tonumber(redis.call('LINDEX', KEYS[1], burst - 1))
local wait = due - t
if oldest and oldest + window - t > wait then wait = oldest + window - t end
if wait > 0 then return {0, wait} end
redis.call('LPUSH', KEYS[1], string.format('%.0f', t))
redis.call('LTRIM', KEYS[1], 0, burst - 1)
redis.call('PEXPIRE', KEYS[1], keep)
redis.call('SET', KEYS[2], string.format('%.0f', math.max(due, t - spacing) + spacing), 'PX', keep)
return {1, t}
"""
_SLOW = """
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end
return 0
"""
_MARGIN = 1.02
_REMEMBERED_MS = 86_400_000


class LimiterBusyError(Exception):
    """No place came free in the time given; try later."""


class LimiterDownError(Exception):
    """The shared store does not answer: no limiter, no call."""


class SharedLimiter:
    """One key, one rate, however many processes ask."""

    def __init__(self, redis_url: str, key: str, calls_per_second: float) -> None:
        # One silent try more: a kept connection may be stale after the store was started again.
        self._redis = redis.Redis.from_url(
            redis_url, socket_timeout=1.0, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 1)
        )
        self._keys = [f"limiter:{key}", f"limiter:{key}:due", f"limiter:{key}:pause"]
        burst = max(1, int(calls_per_second))
        window = round(_MARGIN * burst / calls_per_second * 1_000_000)
        self._numbers = [window // burst, window, burst, max(_REMEMBERED_MS, window // 500)]
        self._take = self._redis.register_script(_TAKE)
        self._slow = self._redis.register_script(_SLOW)

    def acquire(self, max_wait_seconds: float) -> float:
        """Wait for a place; returns its instant, Unix seconds of the store's clock.

        Raises LimiterBusyError, or LimiterDownError when the store cannot be asked.
        """
        deadline = time.monotonic() + max_wait_seconds
        while True:
            granted, microseconds = self._ask()
            seconds = microseconds / 1_000_000
            if granted:
                return seconds
            if time.monotonic() + seconds > deadline:
                raise LimiterBusyError
            time.sleep(seconds)

    def _ask(self) -> tuple[int, int]:
        try:
            granted, microseconds = self._take(keys=self._keys, args=self._numbers)
        except redis.RedisError as error:
            raise LimiterDownError from error
        return int(granted), int(microseconds)

    def slow_down(self, seconds: float) -> None:
        """The service said too fast: nobody calls for this long. A store that is away has stopped calls anyway."""
        try:
            self._slow(keys=[self._keys[2]], args=[max(1, round(seconds * 1000))])
        except redis.RedisError:
            return
