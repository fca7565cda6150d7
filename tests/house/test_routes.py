"""Every address × every role. An address without a row here fails, so nothing is opened by accident."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.audit.models import Entry
from kyc_portal.submissions.models import Submission
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]

C, R, S, A, D = Role.CUSTOMER, Role.REVIEWER, Role.SENIOR_REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR
ALL = frozenset({C, R, S, A, D})
REVIEWERS = frozenset({R, S})

# name: (method, who may). "*" rows belong to libraries and are open or guarded by themselves.
ROUTES: dict[str, tuple[str, frozenset[Role]]] = {
    "customer:welcome": ("get", ALL),
    "customer:home": ("get", frozenset({C})),
    "customer:start": ("get", frozenset({C})),
    "customer:pictures": ("get", frozenset({C})),
    "customer:upload": ("post", frozenset({C})),
    "customer:submit": ("post", frozenset({C})),
    "customer:progress": ("get", frozenset({C})),
    "customer:details": ("get", frozenset({C})),
    "customer:withdraw": ("get", frozenset({C})),
    "customer:portraits": ("post", frozenset({C})),
    "customer:download": ("get", frozenset({C})),
    "customer:delete": ("get", frozenset({C})),
    "customer:again": ("post", frozenset({C})),
    "customer:closed": ("get", frozenset({C})),
    "customer:help": ("get", ALL),
    "customer:privacy": ("get", ALL),
    "customer:invited": ("get", ALL),
    "customer:language": ("post", ALL),
    "customer:passkeys": ("get", frozenset({C})),
    "customer:passkey-remove": ("post", frozenset({C})),
    "console:dashboard": ("get", frozenset({S, A, D})),
    "console:figures-file": ("get", frozenset({S, A, D})),
    "console:shortcuts": ("get", REVIEWERS),
    "console:prefer": ("post", ALL - {C}),
    "console:queue": ("get", frozenset({R, S, A})),
    "console:samples": ("get", frozenset({S})),
    "console:agreement": ("get", frozenset({S, A, D})),
    "console:sample": ("get", frozenset({S})),
    "console:sample-take": ("post", frozenset({S})),
    "console:sample-answer": ("post", frozenset({S})),
    "console:sample-give-back": ("post", frozenset({S})),
    "console:search": ("get", frozenset({R, S, A})),
    "console:lane": ("get", frozenset({R, S, A})),
    "console:claim-next": ("post", REVIEWERS),
    "console:several": ("post", REVIEWERS),
    "console:case": ("get", ALL - {C}),
    "console:picture": ("get", ALL - {C}),
    "console:related": ("get", ALL - {C}),
    "console:compare": ("get", ALL - {C}),
    "console:history": ("get", ALL - {C}),
    "console:claim": ("post", REVIEWERS),
    "console:renew": ("post", REVIEWERS),
    "console:leave": ("post", REVIEWERS),
    "console:picture-shown": ("post", ALL - {C}),
    "console:portrait": ("get", ALL - {C}),
    "console:next-pictures": ("get", REVIEWERS),
    "console:release": ("post", REVIEWERS),
    "console:take-over": ("post", frozenset({S})),
    "console:reasons": ("get", REVIEWERS),
    "console:decide": ("post", REVIEWERS),
    "console:confirm": ("post", frozenset({S})),
    "console:return": ("post", frozenset({S})),
    "console:undo": ("post", REVIEWERS),
    "console:correct": ("post", REVIEWERS),
    "console:escalate": ("post", REVIEWERS),
    "console:park": ("post", REVIEWERS),
    "console:reopen": ("get", frozenset({S})),
    "console:receipt": ("get", ALL - {C}),
    "console:proposal-note": ("get", ALL - {C}),
    "console:take-up": ("post", REVIEWERS),
    "console:otherwise-ask": ("get", frozenset({S})),
    "console:otherwise": ("post", frozenset({S})),
    "administration:audit-log": ("get", frozenset({S, A, D})),
    "administration:audit-verify": ("post", frozenset({A, D})),
    "administration:audit-entry": ("get", frozenset({S, A, D})),
    "administration:audit-proof": ("get", frozenset({S, A, D})),
    "administration:audit-outside": ("get", frozenset({S, A, D})),
    "administration:audit-checkpoint": ("get", frozenset({S, A, D})),
    "administration:audit-take": ("post", frozenset({A, D})),
    "administration:audit-reveal": ("post", frozenset({A, D})),
    "administration:exports": ("get", frozenset({D})),
    "administration:exports-list": ("get", frozenset({D})),
    "administration:exports-count": ("get", frozenset({D})),
    "administration:export-approve": ("post", frozenset({D})),
    "administration:export-cancel": ("post", frozenset({D})),
    "administration:export-file": ("get", frozenset({D})),
    "administration:privacy": ("get", frozenset({A, D})),
    "administration:privacy-customer": ("get", frozenset({A, D})),
    "administration:subject-pack": ("post", frozenset({D})),
    "administration:privacy-act": ("post", frozenset({D})),
    "administration:case-pack": ("get", frozenset({A, D})),
    "administration:consents": ("get", frozenset({A, D})),
    "administration:consents-file": ("post", frozenset({D})),
    "administration:policy": ("get", frozenset({S, A, D})),
    "administration:policy-propose": ("get", frozenset({S})),
    "administration:policy-version": ("get", frozenset({S, A, D})),
    "administration:policy-publish": ("post", frozenset({D})),
    "administration:policy-withdraw": ("post", frozenset({S, D})),
    "administration:reading-service": ("get", frozenset({S, A, D})),
    "administration:reading-service-state": ("get", frozenset({S, A, D})),
    "administration:reading-service-hold": ("get", frozenset({D})),
    "administration:reading-service-release": ("get", frozenset({D})),
    "administration:reading-service-probe": ("get", frozenset({D})),
    "administration:reading-service-try": ("post", frozenset({D})),
    "administration:reading-service-try-all": ("post", frozenset({D})),
    "administration:reading-service-hand-over": ("post", frozenset({D})),
    "administration:invitations": ("get", frozenset({A, D})),
    "administration:invitations-make": ("post", frozenset({D})),
    "administration:people": ("get", frozenset({A, D})),
    "administration:people-invite": ("post", frozenset({D})),
    "administration:people-act": ("post", frozenset({D})),
}
LIBRARY_PREFIXES = ("admin:", "account_", "mfa_", "set_language", "javascript-catalog")
NEED_NO_NAME = {"customer:welcome", "customer:help", "customer:privacy", "customer:language", "customer:invited"}
OPEN = {"health-live", "health-ready", "accounts-home", "metrics"}


def _names(patterns: list[URLPattern | URLResolver], space: str = "") -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from _names(each.url_patterns, f"{space}{each.namespace}:" if each.namespace else space)
        elif each.name:
            yield f"{space}{each.name}"


def test_every_address_has_a_row() -> None:
    found = {name for name in _names(get_resolver().url_patterns) if not name.startswith(LIBRARY_PREFIXES)}
    assert found == set(ROUTES) | OPEN


def test_nobody_decides_sets_policy_and_exports() -> None:
    """One role a person, so it is enough that no role has all three."""
    duties = ("console:decide", "administration:policy-publish", "administration:exports")
    assert not frozenset.intersection(*(ROUTES[name][1] for name in duties))


def address(name: str, submission: Submission) -> str:
    reading = submission.readings.get()
    known = {
        "side": "FRONT",
        "lane": "rescue",
        "outcome": "reject",
        "submission_id": submission.pk,
        "scan_id": submission.scans.get().pk,
        "reading_id": reading.pk,
        "customer_id": submission.customer_id,
        "export_id": submission.pk,
        "person_id": submission.customer.user_id,
        "act": "stop",
        "token": "no-such-token",
        "number": 1,
        "sample_id": submission.pk,
        "entry_id": Entry.objects.latest("id").pk,
        "decision_id": submission.pk,
    }
    space, _colon, short = name.partition(":")
    module = {"customer": "customer_site", "console": "review_console", "administration": "administration"}[space]
    pattern = next(
        each for each in get_resolver(f"kyc_portal.{module}.urls").url_patterns if getattr(each, "name", "") == short
    )
    return reverse(name, kwargs={key: known[key] for key in pattern.pattern.converters})


@pytest.fixture
def people() -> dict[Role, User]:
    found = {role: cast.make_staff(role) for role in ALL - {C}}
    return {**found, C: cast.make_customer().user}


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_each_role_opens_only_its_own_pages(
    name: str, people: dict[Role, User], sign_in: Callable[[User], Client], log
) -> None:
    method, may = ROUTES[name]
    submission = cast.to_review(now=timezone.now() - timedelta(minutes=5))
    path = address(name, submission)
    for role, person in sorted(people.items()):
        client = sign_in(person)
        log.start()
        status = getattr(client, method)(path).status_code
        refused = "permission.refused" in log.acts()
        if role in may:
            assert status != 403 or refused, (name, role, status)
            assert status in (200, 302, 400, 403, 404, 409, 204), (name, role, status)
            assert not (status == 403 and name in {"console:dashboard", "console:queue", "console:case"})
        else:
            assert (status, refused) == (403, True), (name, role, status)
    client.logout()


@pytest.mark.parametrize("name", sorted(set(ROUTES) - NEED_NO_NAME))
def test_a_stranger_is_sent_to_sign_in(name: str, client: Client) -> None:
    method, may = ROUTES[name]
    path = address(name, cast.to_review(now=timezone.now()))
    answer = getattr(client, method)(path)
    page = "account_request_login_code" if may == {C} else "account_login"  # customers have no password
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, reverse(page))


def test_staff_without_a_second_factor_see_only_its_enrolment(client: Client) -> None:
    rob = cast.make_staff()
    with audit.acting(rob.actor):
        client.force_login(rob)
    assert client.get(reverse("console:queue"))["Location"] == reverse("mfa_activate_totp")


def test_a_customer_never_meets_another_customers_submission(sign_in: Callable[[User], Client]) -> None:
    bea = cast.make_customer("bea")
    other = cast.confirming()
    client = sign_in(bea.user)
    assert client.get(reverse("customer:details")).status_code == 404
    assert client.get(reverse("customer:home"))["Location"] == reverse("customer:start")
    assert client.get(reverse("console:case", args=[other.pk])).status_code == 403


def test_looking_changes_nothing_but_the_log(people: dict[Role, User], sign_in: Callable[[User], Client], log) -> None:
    submission = cast.to_review(now=timezone.now())
    for role in (S, A):
        client = sign_in(people[role])
        log.start()
        for name in ("console:dashboard", "console:queue", "console:case", "console:picture"):
            assert client.get(address(name, submission)).status_code == 200, name
        assert not [entry for entry in log.entries(kind="row") if entry.object_type.startswith("submissions.")]
        assert log.acts()[-2:] == ["case.opened", "picture.viewed"]


def test_every_answer_carries_the_headers_that_guard_it(client: Client) -> None:
    answer = client.get(reverse("customer:welcome"))
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
