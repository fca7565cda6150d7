"""The register of consents: what it lists, who takes it as a file, and what the log says of that."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.administration import consent_views
from kyc_portal.exports.errors import NotAllowedError, RefusedError
from kyc_portal.privacy import consents
from kyc_portal.privacy.consents import Sought
from kyc_portal.submissions import intake
from kyc_portal.submissions.models import Consent, Submission
from tests import cast
from tests.signing_in import freshly_signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
PURPOSE = "Yearly review of consents by counsel"
REGISTER = "administration:consents"


@pytest.fixture
def ada() -> User:
    return cast.make_staff(Role.ADMINISTRATOR, "Ada Chow")


def withdrawn() -> Submission:
    submission = cast.to_review(now=timezone.now())
    return intake.withdraw(
        submission=submission, actor=submission.customer.actor, now=timezone.now(), with_consent=True
    )


def older(submission: Submission) -> None:
    """A consent to the text before, in Chinese."""
    with audit.acting(audit.system("command_test")):
        Consent.objects.filter(pk=submission.consent_id).update(
            text_version="1", language="zh-hant", given_at=timezone.now() - timedelta(days=90)
        )


def page(client: Client, **wanted: str) -> str:
    answer = client.get(reverse(REGISTER), wanted)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_register_lists_counts_and_narrows(sign_in: Callable[[User], Client]) -> None:
    stands, gone = cast.to_review(now=timezone.now()), withdrawn()
    older(gone)
    client = sign_in(cast.make_staff(Role.AUDITOR))
    both = {stands.customer.reference, gone.customer.reference}
    for wanted, expected in (
        ({}, both),
        ({"text_version": "1"}, {gone.customer.reference}),
        ({"language": "en"}, {stands.customer.reference}),
        ({"standing": "withdrawn"}, {gone.customer.reference}),
        ({"standing": "stands"}, {stands.customer.reference}),
        ({"customer": stands.customer.reference.lower()}, {stands.customer.reference}),
        ({"customer": "C-NOBODY"}, set()),
    ):
        text = page(client, **wanted)
        rows = {reference for reference in both if f'class="mono">{reference}</a>' in text}
        assert rows == expected, wanted
        assert "Take the file" not in text  # an auditor looks
    counted = {each.text_version: (each.given, each.withdrawn) for each in consents.by_version()}
    assert counted == {intake.CONSENT_TEXT_VERSION: (1, 0), "1": (1, 1)}
    assert "taken back" in page(client, text_version="1")
    assert client.get(reverse(REGISTER), {"standing": "nonsense"}).status_code == 404


def test_every_consent_stands_on_exactly_one_page(
    sign_in: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those given in the same instant."""
    monkeypatch.setattr(consent_views, "PAGE", 2)
    wanted = [cast.collecting(cast.make_customer(), now=cast.NOW) for _each in range(5)]
    client, address, seen = sign_in(cast.make_staff(Role.AUDITOR)), reverse(REGISTER), []
    while address:
        answer = client.get(address)
        seen += [each.customer.reference for each in answer.context["consents"]]
        after = answer.context["next_after"]
        address = f"{reverse(REGISTER)}?after={after}" if after else ""
    assert sorted(seen) == sorted(each.customer.reference for each in wanted)


def test_the_file_is_what_matches_and_the_log_knows_its_hash(sign_in: Callable[[User], Client], ada: User, log) -> None:
    stands, gone = cast.to_review(now=timezone.now()), withdrawn()
    older(gone)
    client = freshly_signed_in(sign_in(ada), ada)
    log.start()
    answer = client.post(reverse("administration:consents-file") + "?text_version=1", {"purpose": PURPOSE})
    data = b"".join(answer.streaming_content)
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [row["customer_reference"] for row in rows] == [gone.customer.reference]
    assert rows[0]["withdrawn_at"].endswith("+00:00")
    assert stands.customer.reference not in data.decode()
    [entry] = log.entries(action="consents.exported")
    assert entry.details == {
        "purpose": PURPOSE, "filter": "text_version=1", "rows": "1", "sha256": hashlib.sha256(data).hexdigest()
    }  # fmt: skip
    assert entry.actor == ada.actor.name
    assert answer["X-Content-SHA256"] == hashlib.sha256(data).hexdigest()
    assert int(answer["Content-Length"]) == len(data)


def test_a_file_needs_a_purpose_and_a_fresh_factor(sign_in: Callable[[User], Client], ada: User, log) -> None:
    address = reverse("administration:consents-file")
    log.start()
    stale = freshly_signed_in(sign_in(ada), ada, method="password").post(address, {"purpose": PURPOSE})
    assert stale["Location"].startswith(reverse("mfa_reauthenticate"))
    client = freshly_signed_in(sign_in(ada), ada)
    assert client.post(address, {"purpose": "because"}).status_code == 400
    assert client.get(address).status_code == 200  # where showing the factor leads back to
    assert "consents.exported" not in log.acts()


def test_the_writer_refuses_whom_the_page_would(ada: User, log) -> None:
    log.start()
    with pytest.raises(NotAllowedError):
        consents.take(sought=Sought(), purpose=PURPOSE, by=cast.make_staff(Role.AUDITOR))
    with pytest.raises(RefusedError):
        consents.take(sought=Sought(), purpose=" " * 30, by=ada)
    assert "consents.exported" not in log.acts()


def test_a_file_of_many_blocks_has_one_header_and_runs_no_formula(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consents, "_ROWS", 2)
    for _each in range(5):
        cast.collecting(cast.make_customer())
    with audit.acting(audit.system("command_test")):
        Consent.objects.update(provider="=HYPERLINK(1)")
    taken = consents.take(sought=Sought(), purpose=PURPOSE, by=ada)
    lines = taken.file.read().decode("utf-8-sig").splitlines()
    assert (lines[0], len(lines), taken.rows) == (",".join(consents.COLUMNS), 6, 5)
    assert all("'=HYPERLINK(1)" in line for line in lines[1:])
    nothing = consents.take(sought=Sought(customer="C-NOBODY"), purpose=PURPOSE, by=ada)
    assert nothing.file.read().decode("utf-8-sig").splitlines() == [",".join(consents.COLUMNS)]
