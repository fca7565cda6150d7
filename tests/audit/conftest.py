"""A small real row of the domain for the log's tests."""

import pytest
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Customer, Role, User
from kyc_portal.submissions.models import Consent, Submission


@pytest.fixture
def a_submission(db: None) -> Submission:
    """Ann's submission, just begun."""
    now = timezone.now()
    with audit.acting(audit.system("setup")):
        user = User.objects.create_user("ann.of.the.log@example.com", role=Role.CUSTOMER)
        customer = Customer.objects.create(user=user)
        consent = Consent.objects.create(
            customer=customer, text_version="1", language="en", provider="p", region="r", given_at=now
        )
        return Submission.objects.create(
            customer=customer,
            consent=consent,
            state_since=now,
            started_at=now,
            policy_version="1",
            language="en",
            declared_type="hk_macao_resident",
        )
