"""The queue's page: filters in the address, through every lane, kept by a live refresh."""

from __future__ import annotations

import importlib
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Role
from kyc_portal.submissions import queue
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.states import State
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
LIVE = {"HX-Request": "true"}


def counts(text: str) -> list[int]:
    return [int(each) for each in re.findall(r'<span class="count[^"]*">(\d+)</span>', text)]


def test_the_tabs_count_what_the_filter_leaves_and_keep_it(sign_in) -> None:
    now = timezone.now()
    cast.to_review(warnings=(-9104,), now=now)
    cast.to_review(warnings=(-9103,), now=now, waited=timedelta(days=8))
    page = sign_in(cast.make_staff()).get("/console/queue/?warning=code:-9103").text
    assert counts(page) == [1, 1, 0, 0, 0, 0, 0]
    assert 'href="/console/queue/rescue/?warning=code%3A-9103"' in page
    assert 'hx-get="/console/queue/?warning=code:-9103"' in page


def test_a_live_refresh_answers_through_the_filter_and_is_silent_while_nothing_changed(sign_in) -> None:
    rob = cast.make_staff()
    client, address = sign_in(rob), "/console/queue/?holder=mine"
    first = client.get(address, headers=LIVE)
    assert client.get(address, headers={**LIVE, "If-None-Match": first["ETag"]}).status_code == 304
    case = cast.to_review(now=timezone.now())
    assert client.get(address, headers={**LIVE, "If-None-Match": first["ETag"]}).status_code == 304
    cast.claimed(case, rob, now=timezone.now())
    assert case.reference in client.get(address, headers={**LIVE, "If-None-Match": first["ETag"]}).text


def test_a_filter_that_hides_everything_says_how_many_and_clears(sign_in) -> None:
    cast.to_review(now=timezone.now())
    page = sign_in(cast.make_staff()).get("/console/queue/?permit=hk_macao_resident").text
    assert "1 row is hidden by the filters." in page
    assert '<a href="/console/queue/">Clear filters</a>' in page


@pytest.mark.parametrize(
    "query", ["warning=李優圖", "permit=' OR 1=1", "waited=999999999999", "holder=", "check=code:-9104"]
)
def test_a_value_no_menu_offers_filters_nothing_and_is_not_repeated(sign_in, query: str) -> None:
    case = cast.to_review(now=timezone.now())
    response = sign_in(cast.make_staff()).get(f"/console/queue/?{query}")
    assert case.reference in response.text
    assert "Clear filters" not in response.text


def test_the_next_page_keeps_the_filter(sign_in, monkeypatch) -> None:
    monkeypatch.setitem(queue.next_up.__kwdefaults__, "size", 1)
    for _each in range(2):
        cast.to_review(warnings=(-9102,), now=timezone.now())
    client = sign_in(cast.make_staff())
    link = re.search(r'href="(\?warning=[^"]+after=[^"]+)"', client.get("/console/queue/?warning=code:-9102").text)
    assert link
    further = client.get("/console/queue/" + link[1].replace("&amp;", "&")).text
    assert further.count("data-row") >= 1
    assert "Further down" not in further


def test_an_auditor_reads_through_filters_too(sign_in) -> None:
    assert sign_in(cast.make_staff(Role.AUDITOR)).get("/console/queue/?language=en").status_code == 200


def test_cases_from_before_the_filters_get_the_signals_they_would_have_now() -> None:
    cases = [cast.to_review(warnings=warnings) for warnings in ((), (-9104, -9177), None)]
    wanted = dict(Submission.objects.values_list("pk", "signals"))
    with audit.acting(audit.system("command_test")):
        Submission.objects.update(signals=[])
        fill = importlib.import_module("kyc_portal.submissions.migrations.0013_signals_of_open_cases")
        with connection.cursor() as cursor:
            cursor.execute(fill._FILL)
    assert dict(Submission.objects.values_list("pk", "signals")) == wanted
    assert all(wanted[case.pk] for case in cases[1:])


def test_what_is_looked_for_is_posted_and_a_reference_leads_to_its_row(sign_in, log) -> None:
    case = cast.to_review(now=timezone.now())
    client = sign_in(cast.make_staff())
    page = client.get("/console/queue/").text
    form = page.partition('role="search"')[0].rpartition("<form")[2]
    assert 'method="post"' in form
    assert 'action="/console/search/"' in form
    log.start()
    answer = client.post("/console/search/", {"what": case.reference.lower()})
    assert answer["Location"] == f"/console/queue/?find={case.reference}"
    assert "case.searched" in log.acts()
    assert "date of birth" in client.post("/console/search/", {"what": "李優圖"}).text


def test_a_row_says_what_stands_ahead_of_it(sign_in) -> None:
    now = timezone.now()
    cast.to_review(now=now, waited=timedelta(days=9))
    cast.to_review(warnings=(-9104,), now=now)
    cast.to_review(now=now)
    page = sign_in(cast.make_staff()).get("/console/queue/").text
    said = [part.partition("</div>")[0] for part in page.split('<div class="ahead">')[1:]]
    assert "Nothing. It is the next." in said[0]
    assert "1 rescued case, past the bound." in said[1]
    assert "0 cases that are graver" in said[1]
    assert "1 case that is graver" in said[2]


def test_an_escalated_case_and_a_second_review_are_offered_to_seniors_only(sign_in) -> None:
    rob, sue = cast.make_staff(), cast.make_staff(Role.SENIOR_REVIEWER)
    escalated, second = cast.to_review(now=timezone.now()), cast.to_review(now=timezone.now())
    with audit.acting(rob.actor):
        Submission.objects.filter(pk=escalated.pk).update(is_escalated=True)
        Submission.objects.filter(pk=second.pk).update(state=State.SECOND_REVIEW)
    for person, is_offered in ((rob, False), (sue, True)):
        client = sign_in(person)
        for case in (escalated, second):
            claim = f'action="{reverse("console:claim", args=[case.pk])}"'
            assert (claim in client.get(reverse("console:case", args=[case.pk])).text) == is_offered
        claim = f'action="{reverse("console:claim", args=[escalated.pk])}"'
        assert (claim in client.get(reverse("console:queue")).text) == is_offered
