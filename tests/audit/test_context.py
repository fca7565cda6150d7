"""Who acts is said in the outermost transaction, and only there."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from kyc_portal import audit
from kyc_portal.sealing.models import SearchDigest

pytestmark = pytest.mark.db_bound


def a_row() -> SearchDigest:
    return SearchDigest(customer=uuid.uuid4(), kind="number", key_id="k", digest=b"d")


@pytest.mark.django_db
def test_a_write_that_has_not_said_who_acts_is_refused():
    with pytest.raises(DatabaseError, match="nobody was said to act"), transaction.atomic():
        a_row().save()


@pytest.mark.django_db(transaction=True)
def test_the_context_does_not_outlive_its_transaction():
    with audit.acting(audit.system("sweep")):
        a_row().save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('audit.context', true)")
        assert cursor.fetchone() == ("",)
    with pytest.raises(DatabaseError, match="nobody was said to act"):
        a_row().save()
