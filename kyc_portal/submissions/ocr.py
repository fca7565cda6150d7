"""The portal's one way to the reading service: limiter, then one signed attempt, then an answer or an error.

Switching between our compatible server and the cloud is an endpoint and a key; there is no other provider.
"""

from __future__ import annotations

from functools import cache

from django.conf import settings

from kyc_portal.submissions.reading_service import service_clock
from ocr_integration.client import Client
from ocr_integration.contract import PermitReading, ReadRequest, Side
from ocr_integration.errors import ThrottleError
from ocr_integration.rate_limit import SharedLimiter

DEADLINE_SECONDS = 15.0
LIMITER_WAIT_SECONDS = 3.0


@cache
def client() -> Client:
    """One pooled client a process."""
    return Client(
        endpoint=settings.OCR_ENDPOINT,
        secret_id=settings.OCR_SECRET_ID,
        secret_key=settings.OCR_SECRET_KEY,
        region=settings.OCR_REGION,
        deadline_seconds=DEADLINE_SECONDS,
    )


@cache
def limiter() -> SharedLimiter:
    """One limiter over all processes, on the shared store's clock."""
    return SharedLimiter(settings.REDIS_URL, "ocr", settings.OCR_CALLS_PER_SECOND)


def read(data: bytes, *, side: str, with_portrait: bool) -> PermitReading:
    """Read one picture. Raises the service's errors (ocr_integration.errors); the task decides about patience.

    The limiter is asked last, right before the call; when it cannot be asked, no call is made.
    """
    # Asked of our own server, which beside a published error then also names the other side of a card.
    request = ReadRequest(image=data, side=Side(side), with_portrait=with_portrait, with_regions=True)
    limiter().acquire(LIMITER_WAIT_SECONDS)
    try:
        return client().read(request)
    except ThrottleError:
        limiter().slow_down(1.0)
        raise
    finally:
        service_clock.note(client().service_clock())
