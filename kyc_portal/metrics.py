"""Numbers for machines, in the text form of Prometheus: how the queue, the readings, the service and the log stand.

Counted from the rows when asked, so every process of the web says the same. Few labels, fixed ones; nothing of a
person, a case or a customer. The page exists only for who shows METRICS_TOKEN: without the setting, for nobody.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from kyc_portal.audit.proof import standing
from kyc_portal.submissions.counts import figures
from kyc_portal.submissions.reading_service import breaker, budget, call_counts, delayed_work
from kyc_portal.submissions.reading_service.breaker import Phase

_HOUR = timedelta(hours=1)


@never_cache
def numbers(request: HttpRequest) -> HttpResponse:
    """All numbers; the page is not there for who does not show the token."""
    if not _shows_token(request):
        raise Http404
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Portal(timezone.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _shows_token(request: HttpRequest) -> bool:
    kind, _space, given = request.headers.get("Authorization", "").partition(" ")
    known = settings.METRICS_TOKEN.encode()
    # The comparison takes as long whatever is given; a wrong scheme is a wrong token.
    is_same = hmac.compare_digest(given.strip().encode(), known)
    return bool(known) and kind.lower() == "bearer" and is_same


class _Portal(Collector):
    """The numbers of one moment."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        yield from self._queue()
        yield from self._readings()
        yield from self._service()
        yield from _log()

    def _age(self, since: datetime | None) -> float:
        return max(0.0, (self._now - since).total_seconds()) if since else 0.0

    def _queue(self) -> Iterator[Metric]:
        found = figures.waiting_now(self._now)
        waiting = GaugeMetricFamily("kyc_queue_cases", "Cases that wait for a reviewer.", labels=["severity"])
        for tier, many in found.by_severity.items():
            waiting.add_metric([tier.name.lower()], many)
        yield waiting
        yield _gauge("kyc_queue_oldest_seconds", "How long the oldest waits.", self._age(found.oldest_since))
        yield _gauge("kyc_queue_late_cases", "Cases past the policy's bound in working hours.", found.rescued)
        yield _gauge("kyc_queue_stranded_cases", "Cases without a possible second person.", found.stranded)

    def _readings(self) -> Iterator[Metric]:
        work = delayed_work.delayed(shown=0)
        unread = delayed_work.oldest_unread_since()
        yield _gauge("kyc_unread_oldest_seconds", "How long the oldest case that is not read waits.", self._age(unread))
        yield _gauge("kyc_readings_delayed", "Readings that wait for a reason of ours.", work.many)
        yield _gauge("kyc_readings_delayed_oldest_seconds", "How long the oldest waits.", self._age(work.oldest_since))
        yield _gauge("kyc_readings_stuck", "Of these, in submissions that count as stuck.", work.stuck)

    def _service(self) -> Iterator[Metric]:
        row = breaker.standing()
        phase = breaker.phase_of(row, now=self._now)
        phases = GaugeMetricFamily("kyc_service_phase", "The breaker's phase: 1 for the present one.", labels=["phase"])
        for each in Phase:
            phases.add_metric([each.value], each is phase)
        yield phases
        yield _gauge("kyc_service_held", "1 while a person holds all calls.", bool(row and row.held_since))
        off = bool(row and row.warnings_off_since)
        yield _gauge("kyc_service_warnings_off", "1 while answers say that forgery is not tested.", off)
        calls = CounterMetricFamily("kyc_service_calls", "Calls that ended, by who must act.", labels=["ended"])
        for kind, many in call_counts.totals().items():
            calls.add_metric([kind], many)
        yield calls
        yield from self._lately()
        yield _gauge("kyc_service_calls_charged_today", "Calls of today that may cost.", budget.charged(now=self._now))
        yield _gauge("kyc_service_calls_budget", "The most of them in a day; 0: no limit.", settings.OCR_CALLS_PER_DAY)

    def _lately(self) -> Iterator[Metric]:
        """What is only known when calls were made: left out otherwise, as 0 would look well."""
        share = call_counts.error_share(_HOUR, now=self._now)
        if share is not None:
            yield _gauge("kyc_service_error_share", "Share of failed calls, this hour and the last.", share)
        took = call_counts.took(_HOUR, now=self._now)
        if took is not None:
            times = GaugeMetricFamily("kyc_service_answer_seconds", "How long answers took.", labels=["quantile"])
            times.add_metric(["0.5"], took.p50 / 1000)
            times.add_metric(["0.95"], took.p95 / 1000)
            yield times


def _log() -> Iterator[Metric]:
    log = standing.standing()
    yield _gauge("kyc_audit_sealer_behind", "1 while entries wait too long for the sealer.", log.is_behind)
    yield _gauge("kyc_audit_checkpoint_missing", "1 while no checkpoint came when one was due.", log.is_silent)
    yield _gauge("kyc_audit_unsound", "1 after a verification that found something.", log.failed is not None)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=float(value))
