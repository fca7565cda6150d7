"""The pages of exports as administrators use them, each step behind a fresh second factor."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.exports import asking
from kyc_portal.exports.models import Export, ExportState
from kyc_portal.exports.tasks import make_export
from kyc_portal.exports.wanted import Wanted
from tests import cast
from tests.signing_in import freshly_signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
PURPOSE = "Monthly report to the compliance officer"


def test_an_export_without_a_fresh_second_factor_asks_for_it(sign_in: Callable[[User], Client]) -> None:
    ada = cast.make_staff(Role.ADMINISTRATOR)
    client = freshly_signed_in(sign_in(ada), ada, method="password")
    answer = client.post(reverse("administration:exports"), {"purpose": PURPOSE})
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("mfa_reauthenticate"))


def asked_by(person: User, *, values: str = "") -> Export:
    """One export, asked for and as far as a worker gets with it."""
    export = asking.ask(
        purpose=PURPOSE, wanted=Wanted(), form="csv", in_clear=values == "clear", by=person, now=timezone.now()
    )
    make_export(str(export.pk))
    export.refresh_from_db()
    return export


def test_asking_makes_a_row_and_the_list_keeps_itself_fresh(sign_in: Callable[[User], Client]) -> None:
    ada = cast.make_staff(Role.ADMINISTRATOR)
    cast.to_review(now=timezone.now())
    client = freshly_signed_in(sign_in(ada), ada)
    listed = reverse("administration:exports-list")
    before = client.get(listed)
    assert client.get(listed, headers={"If-None-Match": before["ETag"]}).status_code == 304
    wanted = {"purpose": PURPOSE, "state": "to_review", "code": "", "received_from": "2026-01-01", "form": "jsonl"}
    assert client.post(reverse("administration:exports"), wanted).status_code == 302
    export = Export.objects.get()
    assert (export.in_clear, export.format) == (False, "jsonl")
    assert export.wanted == {"state": "to_review", "received_from": "2026-01-01"}
    after = client.get(listed, headers={"If-None-Match": before["ETag"]})
    assert after.status_code == 200
    assert "Waits for a worker" in after.content.decode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"purpose": "short"}, "at least 20 characters"),
        ({"code": "-9104"}, "Nothing matches"),
        ({"received_from": "2026-02-01", "received_to": "2026-01-01"}, "before the first one"),
    ],
)
def test_what_cannot_be_asked_for_is_said_beside_the_form(
    sign_in: Callable[[User], Client], change: dict[str, str], sentence: str
) -> None:
    ada = cast.make_staff(Role.ADMINISTRATOR)
    cast.to_review(now=timezone.now())
    answer = freshly_signed_in(sign_in(ada), ada).post(
        reverse("administration:exports"), {"purpose": PURPOSE, **change}
    )
    assert answer.status_code == 400
    assert sentence in answer.content.decode()


def test_the_file_leaves_with_its_hash_and_is_never_cached(sign_in: Callable[[User], Client], log) -> None:
    ada = cast.make_staff(Role.ADMINISTRATOR)
    cast.to_review(now=timezone.now())
    export = asked_by(ada)
    client = freshly_signed_in(sign_in(ada), ada)
    link = reverse("administration:export-file", args=[export.pk])
    assert link in client.get(reverse("administration:exports-list")).content.decode()
    answer = client.get(link)
    data = b"".join(answer)
    assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True)
    assert answer["X-Content-SHA256"] == hashlib.sha256(data).hexdigest()
    assert int(answer["Content-Length"]) == len(data)
    assert log.entries(action="export.taken")[0].details["sha256"] == answer["X-Content-SHA256"]


def test_a_file_needs_a_fresh_second_factor_too(sign_in: Callable[[User], Client]) -> None:
    ada = cast.make_staff(Role.ADMINISTRATOR)
    cast.to_review(now=timezone.now())
    export = asked_by(ada)
    client = freshly_signed_in(sign_in(ada), ada, method="password")
    for name in ("export-file", "export-approve"):
        answer = client.get(reverse(f"administration:{name}", args=[export.pk]))
        assert answer["Location"].startswith(reverse("mfa_reauthenticate")), name


def test_another_administrator_s_link_is_refused_and_recorded(sign_in: Callable[[User], Client], log) -> None:
    ada, ben = cast.make_staff(Role.ADMINISTRATOR), cast.make_staff(Role.ADMINISTRATOR)
    cast.to_review(now=timezone.now())
    export = asked_by(ada)
    client = freshly_signed_in(sign_in(ben), ben)
    link = reverse("administration:export-file", args=[export.pk])
    log.start()
    assert link not in client.get(reverse("administration:exports-list")).content.decode()
    assert client.get(link).status_code == 403
    assert log.acts() == ["permission.refused"]


def test_a_link_that_has_run_out_gives_no_file(sign_in: Callable[[User], Client], log) -> None:
    ada = cast.make_staff(Role.ADMINISTRATOR)
    cast.to_review(now=timezone.now())
    export = asked_by(ada)
    with audit.acting(audit.system("command_test")):
        Export.objects.update(expires_at=timezone.now())
    answer = freshly_signed_in(sign_in(ada), ada).get(
        reverse("administration:export-file", args=[export.pk]), follow=True
    )
    assert "There is no file any more" in answer.content.decode()
    assert not log.entries(action="export.taken")


def test_in_clear_two_people_are_needed_on_every_route(sign_in: Callable[[User], Client], log) -> None:
    ada, ben = cast.make_staff(Role.ADMINISTRATOR), cast.make_staff(Role.ADMINISTRATOR)
    cast.to_review(now=timezone.now())
    export = asked_by(ada, values="clear")
    approval = reverse("administration:export-approve", args=[export.pk])
    client = freshly_signed_in(sign_in(ada), ada)
    assert approval not in client.get(reverse("administration:exports")).content.decode()
    assert client.post(approval).status_code == 403
    export.refresh_from_db()
    assert export.state == ExportState.WAITING
    client = freshly_signed_in(sign_in(ben), ben)
    assert approval in client.get(reverse("administration:exports")).content.decode()
    assert client.post(approval).status_code == 302
    make_export(str(export.pk))
    assert client.get(reverse("administration:export-file", args=[export.pk])).status_code == 403
    client = freshly_signed_in(sign_in(ada), ada)
    data = b"".join(client.get(reverse("administration:export-file", args=[export.pk]))).decode()
    assert "李優圖" in data


def test_calling_off_takes_the_link_away(sign_in: Callable[[User], Client]) -> None:
    ada = cast.make_staff(Role.ADMINISTRATOR)
    cast.to_review(now=timezone.now())
    export = asked_by(ada)
    client = freshly_signed_in(sign_in(ada), ada)
    assert client.post(reverse("administration:export-cancel", args=[export.pk])).status_code == 302
    answer = client.get(reverse("administration:export-file", args=[export.pk]))
    assert answer.status_code == 302
    assert "Cancelled" in client.get(answer["Location"]).content.decode()


def test_rows_are_counted_while_the_filter_is_chosen(sign_in: Callable[[User], Client]) -> None:
    ada = cast.make_staff(Role.ADMINISTRATOR)
    cast.to_review(now=timezone.now())
    cast.collecting(cast.make_customer())
    client = sign_in(ada)
    counted = reverse("administration:exports-count")
    assert "<strong>2</strong> cases" in client.get(counted).content.decode()
    assert "<strong>1</strong> case" in client.get(counted, {"state": "to_review"}).content.decode()
    assert "Nothing matches" in client.get(counted, {"code": "-9104"}).content.decode()
    assert (
        "<strong>2</strong>" in client.get(counted, {"received_from": "no day", "state": "to_review"}).content.decode()
    )


def test_a_file_from_outside_is_compared_by_its_hash(sign_in: Callable[[User], Client]) -> None:
    ada, ben = cast.make_staff(Role.ADMINISTRATOR, "Ada Chow"), cast.make_staff(Role.ADMINISTRATOR, "Ben")
    cast.to_review(now=timezone.now())
    export = asked_by(ada)
    client = freshly_signed_in(sign_in(ben), ben)
    page = reverse("administration:exports")
    text = client.get(page, {"sha256": f" {export.sha256.upper()} "}).content.decode()
    assert "for Ada Chow, and unchanged" in text
    assert "No file we made has this hash" in client.get(page, {"sha256": "0" * 64}).content.decode()
    assert "No file we made" not in client.get(page).content.decode()


def test_who_may_say_yes_to_values_in_clear_is_named(sign_in: Callable[[User], Client]) -> None:
    ada = cast.make_staff(Role.ADMINISTRATOR, "Ada Chow")
    client = freshly_signed_in(sign_in(ada), ada)
    page = reverse("administration:exports")
    assert "There is no other administrator" in client.get(page).content.decode()
    cast.make_staff(Role.ADMINISTRATOR, "Ben Ho")
    assert "Who may say it: Ben Ho" in client.get(page).content.decode()
