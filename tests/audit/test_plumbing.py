"""The test run's own plumbing: tests stand on what they believe they stand on."""

import uuid

import pytest
from django.db import connection

from kyc_portal import audit
from kyc_portal.sealing.models import SearchDigest

pytestmark = pytest.mark.db_bound


@pytest.mark.django_db
def test_tests_run_as_the_applications_role():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('audit.require_context', true)")
        assert cursor.fetchone() == ("kyc_test_app", "on")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_transactional_test_finds_the_tables_empty(turn):
    assert SearchDigest.objects.count() == 0
    with audit.acting(audit.system("setup")):
        SearchDigest.objects.create(customer=uuid.uuid4(), kind="number", key_id="k", digest=b"d")


@pytest.mark.django_db
def test_so_does_the_test_after_it():
    assert SearchDigest.objects.count() == 0
