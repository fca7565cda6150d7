"""The queue's order, its pages and its claims."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from kyc_portal.accounts.models import Role
from kyc_portal.submissions import policy, queue, review
from kyc_portal.submissions.deciding import claims
from kyc_portal.submissions.models import _INDEXED_SIGNALS
from kyc_portal.submissions.queue_filters import Filters, Narrow
from tests import cast
from tests.cast import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


def order(now=NOW) -> list[str]:
    return [row.submission.reference for row in queue.next_up(now).rows]


def _only(reader=None, **asked: str) -> Narrow:
    return Filters(**asked).narrow(reader=reader or cast.make_staff(), now=NOW)


def test_gravest_first_then_points_then_longest_waiting() -> None:
    clean = cast.to_review()
    later = cast.to_review(warnings=(-9102,), waited=timedelta(minutes=1))
    earlier = cast.to_review(warnings=(-9102,), waited=timedelta(minutes=2))
    unchecked = cast.to_review(warnings=None)
    unknown = cast.to_review(warnings=(-9177,))
    recapture = cast.to_review(warnings=(-9103, -9102))
    edited = cast.to_review(warnings=(-9104,))
    wanted = [edited, recapture, earlier, later, unknown, unchecked, clean]
    assert order() == [submission.reference for submission in wanted]


def test_a_case_past_the_bound_stands_at_the_head_oldest_first() -> None:
    edited = cast.to_review(warnings=(-9104,))
    old = cast.to_review(waited=timedelta(days=6))
    older = cast.to_review(waited=timedelta(days=7))
    rows = queue.next_up(NOW).rows
    assert [row.submission.reference for row in rows] == [older.reference, old.reference, edited.reference]
    assert [row.is_rescued for row in rows] == [True, True, False]


def test_the_parts_of_every_row_add_up() -> None:
    for warnings in ((), (-9104,), None, (-9177,)):
        cast.to_review(warnings=warnings)
    for row in queue.next_up(NOW).rows:
        assert sum(part.points for part in row.parts) == row.total == -row.submission.rank


def test_no_warnings_is_said_only_where_every_check_ran_and_passed() -> None:
    cast.to_review(warnings=None)
    assert not [row for row in queue.next_up(NOW).rows if row.is_clean or row.label == "No warnings"]


def test_pages_follow_each_other_without_a_gap_and_lanes_do_not_mix() -> None:
    for days in (0, 0, 6, 7, 0):
        cast.to_review(warnings=(-9102,) if days else (), waited=timedelta(days=days))
    whole, cursor, paged = order(), None, []
    while True:
        page = queue.next_up(NOW, after=cursor, size=2)
        paged += [row.submission.reference for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert paged == whole


def test_a_filter_hides_rows_and_never_changes_the_order() -> None:
    for warnings in ((-9102,), (-9104,), (-9102, -9103), ()):
        cast.to_review(warnings=warnings)
    filtered = [row.submission.reference for row in queue.next_up(NOW, narrow=_only(warning="code:-9102")).rows]
    assert filtered == [reference for reference in order() if reference in filtered]
    assert len(filtered) == 2


def test_a_page_of_the_queue_is_read_in_few_statements(django_assert_max_num_queries) -> None:
    for _each in range(6):
        cast.to_review(warnings=(-9103,))
    with django_assert_max_num_queries(9):
        queue.next_up(NOW)


def _prefer_walks() -> None:
    """Of a handful of rows the planner reads all and sorts; what it can walk instead is asked, not what it prefers."""
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")


def test_the_second_lane_walks_its_index_and_sorts_nothing() -> None:
    cast.to_review()
    _prefer_walks()
    plan = queue.ranked(queue.cutoff(NOW))[:50].explain()
    assert "queue_rank" in plan
    assert "Sort" not in plan


def test_each_filter_shows_its_cases_in_every_lane_and_the_counts_say_so() -> None:
    rob, tom = cast.make_staff(), cast.make_staff()
    mine = cast.claimed(cast.to_review(warnings=(-9177,)), rob)
    toms = cast.claimed(cast.to_review(warnings=(-9104, -9103), waited=timedelta(days=6)), tom)
    free = cast.to_review(warnings=None)
    wanted = {
        ("warning", "code:unknown"): {mine},
        ("warning", "code:-9103"): {toms},
        ("check", "check:forgery_tested:not_checked"): {free},
        ("check", "check:number_elsewhere:fail"): set(),
        ("permit", "taiwan_resident"): {mine, toms, free},
        ("permit", "hk_macao_resident"): set(),
        ("waited", "18"): {toms},
        ("holder", "mine"): {mine},
        ("holder", "another"): {toms},
        ("holder", "nobody"): {free},
        ("language", "en"): {mine, toms, free},
        ("language", "zh-hant"): set(),
    }
    for (name, value), cases in wanted.items():
        narrow = _only(rob, **{name: value})
        assert {row.submission for row in queue.next_up(NOW, narrow=narrow).rows} == cases, (name, value)
        counts = queue.counts(rob, now=NOW, narrow=narrow)
        assert counts.next_up == len(cases), (name, value)
        assert counts.rescued == len(cases & {toms}), (name, value)
        assert counts.mine == len(cases & {mine}), (name, value)


def test_filters_are_met_together() -> None:
    cast.to_review(warnings=(-9104,))
    both = cast.to_review(warnings=(-9104, -9103))
    found = queue.next_up(NOW, narrow=_only(warning="code:-9103", permit="taiwan_resident", holder="nobody")).rows
    assert [row.submission for row in found] == [both]


def test_a_lease_that_ran_out_counts_as_nobodys() -> None:
    rob = cast.make_staff()
    cast.claimed(cast.to_review(), rob)
    later = NOW + timedelta(minutes=11)
    assert queue.next_up(later, narrow=Filters(holder="nobody").narrow(reader=rob, now=later)).rows
    assert not queue.next_up(later, narrow=Filters(holder="mine").narrow(reader=rob, now=later)).rows


@pytest.mark.parametrize(
    "asked",
    [{"warning": "code:-9104"}, {"permit": "taiwan_resident"}, {"language": "en"}, {"check": policy.CHECK_SIGNALS[0]}],
)
def test_a_filtered_lane_walks_an_index_in_the_queues_order(asked: dict[str, str]) -> None:
    """Which of the walks is best depends on how many there are: `python -m tests.bench.queue` looks at that."""
    cast.to_review()
    narrow = _only(**asked)
    _prefer_walks()
    plan = narrow(queue.ranked(queue.cutoff(NOW)))[:50].explain()
    assert "queue_rank" in plan
    assert "Sort" not in plan


def test_every_code_signal_has_its_walk() -> None:
    assert set(_INDEXED_SIGNALS.values()) == set(policy.CODE_SIGNALS)


def test_an_escalated_case_is_left_to_the_seniors() -> None:
    submission, rob, sue = cast.to_review(), cast.make_staff(), cast.make_staff(Role.SENIOR_REVIEWER)
    held = cast.claimed(submission, rob)
    review.escalate(submission=held, reviewer=rob, version_seen=held.version, actor=rob.actor, now=NOW)
    assert claims.claim_next(reviewer=rob, actor=rob.actor, now=NOW) is None
    assert claims.claim_next(reviewer=sue, actor=sue.actor, now=NOW) == submission


def test_a_lease_that_ran_out_is_free_again() -> None:
    submission, rob, tom = cast.to_review(), cast.make_staff(), cast.make_staff()
    cast.claimed(submission, rob)
    assert claims.claim_next(reviewer=tom, actor=tom.actor, now=NOW) is None
    assert claims.claim_next(reviewer=tom, actor=tom.actor, now=NOW + timedelta(minutes=11)) == submission
    assert not claims.renew(submission=submission, reviewer=rob, actor=rob.actor, now=NOW + timedelta(minutes=11))


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_hundred_callers_over_32_connections_get_a_hundred_cases() -> None:
    many = 100
    for _each in range(many):
        cast.to_review()
    people = [cast.make_staff() for _each in range(many)]
    taken: list[object] = []
    together, connected = threading.Barrier(many), threading.BoundedSemaphore(32)

    def take(person) -> None:
        together.wait(60)
        with connected:
            got = claims.claim_next(reviewer=person, actor=person.actor, now=NOW)
            taken.append(got.pk if got else None)
            connections.close_all()

    threads = [threading.Thread(target=take, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(set(taken)) == many
    assert None not in taken
