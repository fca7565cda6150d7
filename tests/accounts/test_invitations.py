"""A link of the business: names nobody, works once, runs out, and the consent is still asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts import invitations
from kyc_portal.accounts.models import Customer, Invitation, Role, User
from kyc_portal.submissions.models import Consent
from tests import cast
from tests.conftest import Bookmark
from tests.signing_in import freshly_signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
REFERENCE = "ACC-1042"
CONSENT = {"declared_type": "taiwan_resident", "notice": "on", "reading": "on"}


def made(*, lives: timedelta = timedelta(days=7)) -> str:
    ada = cast.make_staff(Role.ADMINISTRATOR)
    return invitations.make(reference=REFERENCE, lives=lives, by=ada, now=timezone.now())


def come_by(client: Client, token: str) -> None:
    """Open the link and press the button."""
    client.post(reverse("customer:invited", args=[token]))


def test_only_a_digest_of_the_link_is_kept_and_it_names_nobody(log: Bookmark) -> None:
    log.start()
    token = made()
    kept = Invitation.objects.get()
    assert kept.token_digest == hashlib.sha256(token.encode()).hexdigest()
    assert REFERENCE not in reverse("customer:invited", args=[token])
    assert "customer.invited" in log.acts()
    assert not [each for each in log.entries(kind="row") if REFERENCE in str(each.after) or token in str(each.after)]


def test_opening_the_link_changes_nothing(client: Client, log: Bookmark) -> None:
    token = made()
    log.start()
    answer = client.get(reverse("customer:invited", args=[token]))
    assert answer.status_code == 200
    assert REFERENCE not in answer.content.decode()
    assert log.entries() == []


def test_the_customer_reads_the_reference_and_consent_is_still_asked(sign_in: Callable[[User], Client]) -> None:
    ann, token = cast.make_customer(), made()
    client = sign_in(ann.user)
    come_by(client, token)
    assert REFERENCE in client.get(reverse("customer:start")).content.decode()
    assert client.post(reverse("customer:start"), {**CONSENT, "notice": ""}).status_code == 400
    assert Invitation.objects.get().used_by is None
    client.post(reverse("customer:start"), CONSENT)
    assert Invitation.objects.get().used_by == ann
    assert Consent.objects.filter(customer=ann).count() == 1


def test_the_second_customer_of_one_link_starts_without_it() -> None:
    ann, bea, token = cast.make_customer(), cast.make_customer("bea"), made()
    clients = [Client(), Client()]
    for client, who in zip(clients, (ann, bea), strict=True):
        with audit.acting(who.actor):
            client.force_login(who.user)
        come_by(client, token)
    for client in clients:
        client.post(reverse("customer:start"), CONSENT)
    assert Invitation.objects.get().used_by == ann
    assert Consent.objects.count() == 2
    assert clients[1].get(reverse("customer:invited", args=[token])).status_code == 404


def test_a_link_that_ran_out_says_so_and_carries_nothing(sign_in: Callable[[User], Client]) -> None:
    ann, token = cast.make_customer(), made(lives=timedelta(seconds=-1))
    client = sign_in(ann.user)
    assert "has run out" in client.get(reverse("customer:invited", args=[token])).content.decode()
    come_by(client, token)
    assert REFERENCE not in client.get(reverse("customer:start")).content.decode()


def test_using_twice_is_once() -> None:
    ann, _token = cast.make_customer(), made()
    wanted = Invitation.objects.get().pk
    first = invitations.use(invitation_id=wanted, customer=ann, now=timezone.now())
    again = invitations.use(invitation_id=wanted, customer=ann, now=timezone.now())
    other: Customer = cast.make_customer("bea")
    assert (first, again) == (True, True)
    assert not invitations.use(invitation_id=wanted, customer=other, now=timezone.now())


def test_an_administrator_makes_one_and_sees_the_link_this_once(sign_in: Callable[[User], Client]) -> None:
    ada = cast.make_staff(Role.ADMINISTRATOR)
    client = freshly_signed_in(sign_in(ada), ada)
    answer = client.post(reverse("administration:invitations-make"), {"reference": REFERENCE, "days": "7"})
    page = answer.content.decode()
    assert "/invited/" in page
    assert "/invited/" not in client.get(reverse("administration:invitations")).content.decode()
