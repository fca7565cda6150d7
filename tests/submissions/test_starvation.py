"""Nobody starves: with grave cases pouring in, the cleanest case is still taken soon after the bound.

The real queue picks for two weeks (starvation.py). Without the rescue lane the clean would wait to the end of the wave; a test
of the same days says so, so that this one can fail.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from kyc_portal.submissions import queue
from kyc_portal.submissions.deciding import claims
from tests import cast
from tests.submissions.starvation import HOUR, waits_of_the_clean

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


def longest_wait() -> timedelta:
    return max(waited for _hour, waited in waits_of_the_clean(cast.make_staff()))


def test_the_cleanest_case_is_taken_soon_after_the_bound() -> None:
    assert queue.bound() <= longest_wait() <= queue.bound() + 2 * HOUR


def test_without_the_rescue_lane_it_would_wait_for_the_wave_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "cutoff", lambda now: now - timedelta(days=3650))
    assert longest_wait() > queue.bound() * 2
