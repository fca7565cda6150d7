"""Where fields stand and what the zone says is kept with the reading, sealed, and never guessed."""

from dataclasses import replace

import pytest

from kyc_portal.sealing.errors import SealBrokenError
from kyc_portal.submissions import card_fields, reading
from kyc_portal.submissions.models import Reading
from kyc_portal.submissions.pictures import regions
from ocr_integration.contract import FieldRegion, ZoneValues
from tests import cast

pytestmark = pytest.mark.django_db

NUMBER = FieldRegion("number", 0.97, ((0.6, 0.7), (0.8, 0.7), (0.8, 0.75), (0.6, 0.75)))
ON_BACK = FieldRegion("back.id_number", 0.5, ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
ZONE = ZoneValues(number="C08320271", birth="860302", expiry="290202")


def kept(**more: object) -> Reading:
    submission = cast.confirming(read=replace(cast.TAIWAN_READING, **more))
    return Reading.objects.get(submission=submission)


def test_regions_and_zone_are_kept_under_the_portals_names():
    found = regions.opened(kept(regions=(NUMBER, ON_BACK), zone=ZONE))
    assert set(found.regions) == {"number", "back_id_number"}
    assert found.regions["number"] == regions.Region(0.97, NUMBER.corners)
    assert found.zone == ZONE


def test_a_service_that_says_nothing_about_places_leaves_nothing():
    stored = kept()
    assert stored.regions_sealed is None
    assert regions.opened(stored) == regions.Evidence(None, None)


def test_no_field_seen_is_something_else_than_nothing_said():
    assert regions.opened(kept(regions=())) == regions.Evidence({}, None)


def test_a_reused_answer_keeps_its_places():
    answer = reading.answer_of(kept(regions=(NUMBER,), zone=ZONE))
    assert (answer.regions, answer.zone) == ((NUMBER,), ZONE)


def test_a_print_that_the_line_contradicts_never_looks_clean():
    submission = cast.confirming(read=replace(cast.TAIWAN_READING, zone=replace(ZONE, number="08320272")))
    fields = {each.name: each for each in card_fields.fields_of(submission)}
    assert (fields["number"].state, fields["number"].zone.agrees) == ("fail", False)
    assert (fields["birthday"].state, fields["birthday"].zone.agrees) != ("fail", False)


def test_places_of_another_reading_do_not_open():
    one, other = kept(zone=ZONE), kept(zone=ZONE)
    one.regions_sealed = other.regions_sealed
    with pytest.raises(SealBrokenError):
        regions.opened(one)
