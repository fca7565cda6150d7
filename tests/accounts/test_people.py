"""Who may be asked in, given a role, stopped; and that nobody can lock the place or promote themselves."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from kyc_portal import audit
from kyc_portal.accounts import people
from kyc_portal.accounts.models import Role, User
from tests import cast
from tests.signing_in import freshly_signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
PAGE = "administration:people"
INVITATION = {"name": "Ivy Ng", "email": "Ivy@KYC.example", "role": "reviewer"}


@pytest.fixture
def ada() -> User:
    return cast.make_staff(Role.ADMINISTRATOR, "Ada Chow")


@pytest.fixture
def at_the_desk(ada: User, sign_in: Callable[[User], Client]) -> Client:
    return freshly_signed_in(sign_in(ada), ada)


def press(client: Client, person: User, act: str, **fields: str) -> str:
    """Press a button of a colleague's row; what the page then says."""
    answer = client.post(reverse("administration:people-act", args=[person.pk, act]), fields, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_colleague_is_asked_in_and_signs_in_by_a_mailed_code(at_the_desk: Client, log) -> None:
    log.start()
    answer = at_the_desk.post(reverse("administration:people-invite"), INVITATION, follow=True)
    assert "Ivy Ng can sign in" in answer.content.decode()
    ivy = User.objects.get(email="ivy@kyc.example")
    assert (ivy.role, ivy.has_usable_password()) == (Role.REVIEWER, False)
    assert "person.invited" in log.acts()
    address = re.search(r"http\S+", mail.outbox[-1].body)
    assert address
    stranger = Client()
    stranger.post(address[0], {"email": "ivy@kyc.example"})
    code = re.search(r"^\s*([A-Z0-9]{3,4}-[A-Z0-9]{3,4})\s*$", mail.outbox[-1].body, re.MULTILINE)
    assert code
    stranger.post(reverse("account_confirm_login_code"), {"code": code[1]})
    assert stranger.get(reverse("console:queue"))["Location"] == reverse("mfa_activate_totp")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "not an address"}, "Enter a valid email address"),
        ({"name": ""}, "This field is required"),
        ({"role": "customer"}, "not one of the available choices"),
    ],
)
def test_what_is_typed_wrong_is_said_and_nobody_is_made(
    fields: dict[str, str], said: str, at_the_desk: Client, log
) -> None:
    before = User.objects.count()
    answer = at_the_desk.post(reverse("administration:people-invite"), {**INVITATION, **fields})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert User.objects.count() == before


def test_an_address_that_somebody_has_is_refused(at_the_desk: Client) -> None:
    for standing, said in ((cast.make_customer().user, "A customer signs in"), (cast.make_staff(), "already has")):
        answer = at_the_desk.post(
            reverse("administration:people-invite"), {**INVITATION, "email": standing.email.upper()}
        )
        assert answer.status_code == 409
        assert said in answer.content.decode()


def test_a_mail_server_that_is_away_costs_the_mail_and_not_the_account(at_the_desk: Client, settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    answer = at_the_desk.post(reverse("administration:people-invite"), INVITATION, follow=True)
    assert "did not take the mail" in answer.content.decode()
    assert User.objects.filter(email="ivy@kyc.example").exists()


def test_another_role_counts_at_once_and_only_if_the_old_one_was_seen(
    at_the_desk: Client, sign_in: Callable[[User], Client], log
) -> None:
    rob = cast.make_staff()
    assert "somebody changed" in press(at_the_desk, rob, "role", seen="auditor", role="senior_reviewer")
    log.start()
    assert "Done" in press(at_the_desk, rob, "role", seen="reviewer", role="auditor")
    entry = log.entries(action="person.role_changed")[0]
    assert (entry.details, entry.actor_label) == ({"from": "reviewer", "to": "auditor"}, "Ada Chow")
    rob.refresh_from_db()
    assert sign_in(rob).post(reverse("console:claim-next")).status_code == 403


def test_nobody_is_given_a_role_that_is_not_of_the_staff(at_the_desk: Client) -> None:
    rob = cast.make_staff()
    for wanted in ("customer", "root", ""):
        assert "not a role" in press(at_the_desk, rob, "role", seen="reviewer", role=wanted)
    rob.refresh_from_db()
    assert rob.role == Role.REVIEWER


def test_a_stopped_colleague_is_a_stranger_at_their_next_request(at_the_desk: Client, log) -> None:
    rob = cast.make_staff()
    theirs = Client()
    with audit.acting(rob.actor):
        TOTP.activate(rob, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
        theirs.force_login(rob)
    assert theirs.get(reverse("console:queue")).status_code == 200
    log.start()
    assert "Stopped" in press(at_the_desk, rob, "stop")
    assert theirs.get(reverse("console:queue"))["Location"].startswith(reverse("account_login"))
    assert "No second factor yet" in press(at_the_desk, rob, "readmit")
    assert {"person.stopped", "person.readmitted"} <= set(log.acts())


def test_a_lost_second_factor_is_taken_off_and_enrolled_anew(at_the_desk: Client) -> None:
    rob = cast.make_staff()
    with audit.acting(rob.actor):
        TOTP.activate(rob, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    assert "Done" in press(at_the_desk, rob, "forget-factor")
    assert not Authenticator.objects.filter(user=rob).exists()
    assert "somebody changed" in press(at_the_desk, rob, "forget-factor")


def test_nobody_changes_their_own_account_on_any_route(at_the_desk: Client, ada: User) -> None:
    for act, fields in (
        ("role", {"seen": "administrator", "role": "reviewer"}),
        ("stop", {}),
        ("readmit", {}),
        ("forget-factor", {}),
    ):
        assert "own account" in press(at_the_desk, ada, act, **fields)
    with pytest.raises(people.PersonRefusedError, match="oneself"):
        people.change_role(person_id=ada.pk, seen=Role.ADMINISTRATOR, role=Role.REVIEWER, actor=ada.actor)
    ada.refresh_from_db()
    assert (ada.role, ada.is_active) == (Role.ADMINISTRATOR, True)


def test_an_administrator_cannot_touch_a_customer(at_the_desk: Client) -> None:
    customer = cast.make_customer().user
    for act in ("role", "stop", "readmit", "forget-factor"):
        answer = at_the_desk.post(reverse("administration:people-act", args=[customer.pk, act]))
        assert answer.status_code == 404


def test_a_password_alone_is_not_fresh_enough(ada: User, sign_in: Callable[[User], Client]) -> None:
    client = freshly_signed_in(sign_in(ada), ada, method="password")
    rob = cast.make_staff()
    answer = client.post(reverse("administration:people-act", args=[rob.pk, "stop"]))
    assert answer["Location"].startswith(reverse("mfa_reauthenticate"))
    rob.refresh_from_db()
    assert rob.is_active


def test_an_auditor_sees_everybody_and_has_no_buttons(sign_in: Callable[[User], Client], ada: User) -> None:
    page = sign_in(cast.make_staff(Role.AUDITOR)).get(reverse(PAGE)).content.decode()
    assert "Ada Chow" in page
    assert reverse("administration:people-invite") not in page
    assert "/stop/" not in page


def test_the_last_administrator_stays(ada: User) -> None:
    with pytest.raises(people.PersonRefusedError, match="last_administrator"):
        people.stop(person_id=ada.pk, actor=audit.system("command_test"))


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_stop_each_other_at_once_leave_one() -> None:
    pair = [cast.make_staff(Role.ADMINISTRATOR, name) for name in ("Ada", "Abe")]
    gate, refused = threading.Barrier(2), []

    def stop(one: User, other: User) -> None:
        try:
            gate.wait(10)
            people.stop(person_id=other.pk, actor=one.actor)
        except people.PersonRefusedError as error:
            refused.append(error.reason)
        finally:
            connection.close()

    threads = [threading.Thread(target=stop, args=each) for each in (pair, reversed(pair))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).count() == 1
    assert refused == ["changed"]
