"""A digest key goes out of use: what was found before is found after, and nothing needs the old key any more."""

from __future__ import annotations

import base64

import pytest
from django.core.management import call_command

from kyc_portal import audit
from kyc_portal.sealing import digests, files
from kyc_portal.sealing.errors import MasterKeyError
from kyc_portal.sealing.keys import require_known_master_keys
from kyc_portal.sealing.models import SearchDigest
from kyc_portal.submissions import evidence, intake, redigest, related
from kyc_portal.submissions.deciding import corrections
from kyc_portal.submissions.models import Reading, Scan, Submission
from tests import cast

pytestmark = [pytest.mark.db_bound, pytest.mark.django_db]
OLD = f"old:{base64.b64encode(bytes([4] * 32)).decode()}"
NEW = f"new:{base64.b64encode(bytes([5] * 32)).decode()}"
BOTH = f"{NEW},{OLD}"


@pytest.fixture
def two(settings) -> tuple[Submission, Submission]:
    """Two customers' cases with the same card on them, and a correction on the first: all of the old key's time."""
    settings.DIGEST_KEY = OLD
    first = cast.to_review(cast.make_customer("ann"))
    return first, cast.to_review(cast.make_customer("bea"))


def met(case: Submission) -> set[str]:
    return {each.row.submission.reference for each in related.related(case, now=cast.NOW)}


def test_what_was_found_is_found_and_the_old_key_may_leave(two, settings, capsys, log) -> None:
    first, second = two
    before = met(first)
    assert second.reference in before, "the two must share something, or the test shows nothing"
    settings.DIGEST_KEY = BOTH
    log.start()
    call_command("redigest")
    told = capsys.readouterr().out
    assert "Older keys may leave DIGEST_KEY now" in told
    assert set(redigest.made_by()) == {"new"}
    assert log.acts().count("digests.renewed") == 2
    settings.DIGEST_KEY = NEW
    require_known_master_keys()
    assert met(first) == before
    scan = Scan.objects.filter(submission=first).first()
    assert scan
    assert bytes(scan.picture_digest) == digests.picture_digest(files.load(scan.customer_id, scan.pk))
    call_command("redigest")
    assert "Digested 0 customers" in capsys.readouterr().out


def test_what_was_read_before_a_correction_is_still_found(settings) -> None:
    settings.DIGEST_KEY = OLD
    reviewer = cast.make_staff()
    case = cast.claimed(cast.to_review(), reviewer)
    cast.looked_at(case, reviewer)
    reading = Reading.objects.get(submission=case, side="FRONT")
    read = evidence.open_fields(reading)["number"]
    corrections.correct(
        submission=case, reviewer=reviewer, reading=reading, field_name="number", value="08320271", reason="misread",
        version_seen=case.version, actor=reviewer.actor, now=cast.NOW,
    )  # fmt: skip
    settings.DIGEST_KEY = BOTH
    redigest.redigest(case.customer_id, actor=audit.system("test"))
    settings.DIGEST_KEY = NEW
    assert digests.customers_sharing("number", read) == [case.customer_id]
    assert digests.customers_sharing("number", "08320271") == [case.customer_id]


def test_between_the_two_a_picture_that_stands_is_known_again(settings) -> None:
    settings.DIGEST_KEY = OLD
    case = cast.collecting(cast.make_customer())
    actor = audit.system("test")
    data = cast.picture(3)
    first = intake.add_scan(submission=case, side="FRONT", data=data, actor=actor, now=cast.NOW)
    settings.DIGEST_KEY = BOTH
    again = intake.add_scan(submission=case, side="FRONT", data=data, actor=actor, now=cast.NOW)
    assert again.pk == first.pk
    assert Scan.objects.filter(submission=case).count() == 1


def test_without_a_key_that_made_digests_the_product_does_not_start(two, settings) -> None:
    settings.DIGEST_KEY = BOTH
    require_known_master_keys()
    settings.DIGEST_KEY = NEW
    with pytest.raises(MasterKeyError, match="digest key 'old', which is not in DIGEST_KEY"):
        require_known_master_keys()


def test_a_store_that_is_away_leaves_the_customer_whole(two, settings, monkeypatch, capsys) -> None:
    first, _second = two
    settings.DIGEST_KEY = BOTH

    def away(*_args: object) -> bytes:
        raise OSError

    monkeypatch.setattr(files, "load", away)
    with pytest.raises(SystemExit):
        call_command("redigest")
    assert "keep the old key" in capsys.readouterr().err
    assert set(SearchDigest.objects.filter(customer=first.customer_id).values_list("key_id", flat=True)) == {"old"}
