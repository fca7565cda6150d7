"""The log is read newest first, by key ranges, and tells who saw a picture."""

import uuid
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.audit import Actor
from kyc_portal.audit.queries import VIEWS, acts_about, entries, has_viewed, timeline, who_saw

pytestmark = [pytest.mark.db_bound, pytest.mark.django_db]
ROB = Actor(kind="staff", id="7", label="Rob", role="reviewer")
SUE = Actor(kind="staff", id=uuid.uuid4().hex, label="Sue", role="senior_reviewer")
ANN, SCAN, CASE = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()


# Entries of other tests stay in the log: names and numbers here are nobody else's.


def act(
    actor: Actor = ROB,
    action: str = "case.opened",
    *,
    object_type: str = "case",
    object_id: str = "1",
    subject: uuid.UUID = ANN,
) -> None:
    with audit.acting(actor):
        audit.record(action, object_type=object_type, object_id=object_id, subject=subject)


def test_the_newest_comes_first_and_pages_meet_without_a_gap():
    for number in range(7):
        act(object_id=str(number))
    first = list(entries(subject=ANN)[:3])
    second = list(entries(subject=ANN, before_id=first[-1].id)[:3])
    third = list(entries(subject=ANN, before_id=second[-1].id)[:3])
    assert [entry.object_id for entry in first + second + third] == ["6", "5", "4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    "filters",
    [
        {"actor": f"staff:{SUE.id}"},
        {"action": "case.closed"},
        {"object_id": str(CASE)},
        {"object_type": "other"},
        {"subject": CASE},
    ],
)
def test_each_filter_leaves_only_what_fits(filters):
    act()
    act(SUE, "case.closed", object_type="other", object_id=str(CASE), subject=CASE)
    assert [entry.action for entry in entries(kind="act", **filters)] == ["case.closed"]


def test_a_time_range_leaves_what_lies_in_it():
    act()
    now = timezone.now()
    assert entries(subject=ANN, since=now - timedelta(minutes=1), until=now + timedelta(minutes=1)).count() == 1
    assert entries(subject=ANN, since=now + timedelta(minutes=1)).count() == 0
    assert entries(subject=ANN, until=now - timedelta(minutes=1)).count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_page_of_a_customer_or_an_object_walks_an_index(owner: psycopg.Connection) -> None:
    with audit.acting(ROB):
        for each in range(400):
            audit.record("case.opened", object_type="case", object_id=str(each + 2), subject=uuid.uuid4())
    act()
    owner.execute("ANALYZE audit.entry")
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute("SET enable_bitmapscan = off")
    try:
        by_subject = entries(subject=ANN, before_id=10**9)[:50].explain()
        by_object = timeline(object_type="case", object_id="1").explain()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET enable_seqscan")
            cursor.execute("RESET enable_bitmapscan")
    assert "entry_subject" in by_subject
    assert "Sort" not in by_subject
    assert "entry_object" in by_object
    assert "Sort" not in by_object


@pytest.mark.django_db(transaction=True)
def test_who_saw_a_permit_is_one_walk_of_an_index_among_many_entries(owner: psycopg.Connection) -> None:
    """No planner switch: the plan is the one a log of many customers gets."""
    with audit.acting(ROB):
        for _each in range(400):
            audit.record("picture.viewed", object_type="submissions.scan", object_id="1", subject=uuid.uuid4())
    permit = uuid.uuid4()
    act(action="picture.viewed", object_type="submissions.scan", object_id=str(SCAN), subject=permit)
    act(SUE, "case.opened", subject=permit)
    act(SUE, "case.closed", subject=permit)
    owner.execute("ANALYZE audit.entry")
    looked = entries(subject=permit, actions=VIEWS)[:51]
    plan = looked.explain()
    assert "entry_subject" in plan
    assert "Seq Scan" not in plan
    assert [(entry.actor, entry.action) for entry in looked] == [
        (f"staff:{SUE.id}", "case.opened"),
        ("staff:7", "picture.viewed"),
    ]


def test_a_timeline_is_the_objects_own_oldest_first():
    act(action="case.opened")
    act(action="case.closed")
    act(object_id="2")
    assert [entry.action for entry in timeline(object_type="case", object_id=1)] == ["case.opened", "case.closed"]
    assert [entry.action for entry in acts_about(ANN)] == ["case.opened", "case.closed", "case.opened"]


def test_it_is_known_who_saw_a_picture():
    act(action="picture.viewed", object_type="submissions.scan", object_id=str(SCAN))
    assert [entry.actor for entry in who_saw(SCAN)] == ["staff:7"]
    assert has_viewed(ROB, SCAN)
    assert not has_viewed(SUE, SCAN)
