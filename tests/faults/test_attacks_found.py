"""What an attack on the running product found once; each is held here by the smallest test that shows it."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from allauth.mfa.utils import is_mfa_enabled
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from kyc_portal.accounts.models import Role, User
from kyc_portal.submissions import intake, nudges, sweeps, tasks
from kyc_portal.submissions.models import Scan
from kyc_portal.submissions.states import ScanState, State
from ocr_integration import images
from ocr_integration.errors import RetryError
from ocr_integration.images import ImageRefusedError
from tests import cast
from tests.signing_in import freshly_signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(nudges, "read", lambda ids: found.extend(ids))
    cache.clear()
    return found


def test_a_withdrawn_card_is_not_woken_and_takes_no_place_of_others(woken: list[str], monkeypatch) -> None:
    monkeypatch.setattr(sweeps, "BATCH", 2)
    for _each in range(3):
        gone = cast.received()
        intake.withdraw(submission=gone, actor=gone.customer.actor, now=cast.NOW)
    waits = cast.received()
    sweeps.wake_scans(now=cast.NOW + timedelta(minutes=1))
    assert woken == [str(waits.scans.get().pk)]


@pytest.mark.django_db(transaction=True)
class TestAnAnswerNoRowCanHold:
    @pytest.fixture
    def due(self) -> Scan:
        cast.make_staff(Role.ADMINISTRATOR)
        cache.clear()
        return cast.received(now=timezone.now()).scans.get()

    def test_a_long_request_id_is_cut(self, due: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
        answer = replace(cast.TAIWAN_READING, request_id="x" * 500 + "\0")
        monkeypatch.setattr(tasks.ocr, "read", lambda *_given, **_named: answer)
        tasks.read_scan(str(due.pk))
        due.refresh_from_db()
        assert due.submission.readings.get().request_id == "x" * 80

    def test_a_long_code_of_an_error_waits_like_any_other(self, due: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(*_given: object, **_named: object) -> None:
            raise RetryError("Internal" * 40, "it broke", "y" * 300)

        monkeypatch.setattr(tasks.ocr, "read", fails)
        tasks.read_scan(str(due.pk))
        due.refresh_from_db()
        assert (due.state, len(due.error_code)) == (ScanState.DUE, 80)
        assert due.next_try_at is not None

    def test_what_still_does_not_fit_waits_and_an_operator_is_told(
        self, due: Scan, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answer = replace(cast.TAIWAN_READING, warnings=(-(10**12),))
        monkeypatch.setattr(tasks.ocr, "read", lambda *_given, **_named: answer)
        tasks.read_scan(str(due.pk))
        due.refresh_from_db()
        assert (due.state, due.error_code) == (ScanState.DUE, "Portal.AnswerNotStored")
        assert due.next_try_at is not None
        assert "could not be stored" in mail.outbox[-1].subject


class TestOneWayIn:
    def test_the_admins_own_pages_take_no_password(self, client: Client) -> None:
        cast.make_staff(Role.ADMINISTRATOR)
        answer = client.post("/admin/login/", {"username": "x@kyc.example", "password": "wrong"})
        assert answer.status_code in (301, 302)
        assert reverse("account_login") in answer["Location"]

    def test_no_password_is_changed_there(self, sign_in: Callable[[User], Client]) -> None:
        client = sign_in(cast.make_staff(Role.ADMINISTRATOR))
        assert client.get("/admin/password_change/").status_code in (301, 302)

    def test_too_many_tries_are_told_in_the_readers_language(self, client: Client, settings) -> None:
        cache.clear()
        settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip", "login_failed": "2/m/ip"}
        for _each in range(5):
            answer = client.post(
                reverse("account_login"),
                {"login": "a@b.example", "password": "x"},
                headers={"accept-language": "zh-hans"},
            )
        assert answer.status_code == 429
        assert "尝试次数过多" in answer.content.decode()


@pytest.mark.parametrize("query", ["find=%00", "code=--9104", "code=-", "find=%E2%80%AE", "after=%00"])
def test_a_strange_address_of_the_queue_is_no_fault(query: str, sign_in: Callable[[User], Client]) -> None:
    client = sign_in(cast.make_staff())
    assert client.get(f"{reverse('console:queue')}?{query}").status_code in (200, 404)


def test_a_customer_confirms_only_what_they_saw(sign_in: Callable[[User], Client]) -> None:
    submission = cast.confirming(now=timezone.now())
    client = sign_in(submission.customer.user)
    page = client.get(reverse("customer:details")).content.decode()
    assert f'name="version" value="{submission.version}"' in page
    typed = {"version": str(submission.version - 1)}
    answer = client.post(reverse("customer:details"), typed, follow=True)
    assert "changed in another window" in answer.content.decode()
    submission.refresh_from_db()
    assert submission.state == State.CONFIRMING


@pytest.mark.parametrize("name", ["mfa_deactivate_totp", "mfa_generate_recovery_codes", "account_email"])
def test_a_password_alone_does_not_take_a_colleagues_second_factor_off(
    name: str, sign_in: Callable[[User], Client]
) -> None:
    rob = cast.make_staff()
    client = freshly_signed_in(sign_in(rob), rob, method="password")
    answer = client.post(reverse(name), {"email": "other@kyc.example", "action_add": ""})
    assert answer["Location"].startswith(reverse("mfa_reauthenticate"))
    assert is_mfa_enabled(rob)


def test_a_body_that_was_cut_for_its_size_is_told_to_be_too_large(sign_in: Callable[[User], Client]) -> None:
    submission = cast.collecting(cast.make_customer())
    client = sign_in(submission.customer.user)
    file = io.BytesIO(bytes(101_000_000))
    file.name = "photo.jpg"
    answer = client.post(
        reverse("customer:upload", args=["FRONT"]), {"picture": file}, headers={"accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "too_large")


def test_a_deep_png_counts_twice() -> None:
    out = io.BytesIO()
    Image.new("I;16", (4000, 4000)).save(out, "PNG")
    with pytest.raises(ImageRefusedError, match="too_many_pixels"):
        images.inspect(out.getvalue())


@pytest.mark.django_db(transaction=True)
def test_two_sign_ups_of_one_address_at_once_leave_one_and_no_fault() -> None:
    gate, found = threading.Barrier(4), []

    def sign_up() -> None:
        gate.wait(20)
        answer = Client().post(reverse("account_signup"), {"email": "race@customer.example"})
        found.append(answer.status_code)
        connection.close()

    threads = [threading.Thread(target=sign_up) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    # How many the mail limit turns away depends on which came first; a fault, or a second account, never does.
    assert len(found) == 4
    assert set(found) <= {302, 429}
    assert 302 in found
    assert User.objects.filter(email="race@customer.example").count() == 1
