"""Cases as a journey needs them, made of those that wait in the running copy."""

from __future__ import annotations

from kyc_portal.local.stack import LocalStack

_EDITED = """
from django.db.models import F
from django.utils import timezone
from kyc_portal import audit
from kyc_portal.submissions import evidence
from kyc_portal.submissions.models import Submission, Warning
free = Submission.objects.filter(state="to_review", claimed_by=None, is_escalated=False).exclude(codes__contains=[-9104])
for case in free[:{many}]:
    with audit.acting(audit.system("command_test")):
        case = Submission.objects.select_for_update().get(pk=case.pk)
        reading = case.readings.filter(side="FRONT").latest("answered_at")
        Warning.objects.create(reading=reading, submission=case, customer_id=case.customer_id, code=-9104)
        Submission.objects.filter(pk=case.pk).update(version=F("version") + 1)
        case.refresh_from_db()
        evidence.weigh(case, now=timezone.now())
        print("EDITED", case.pk)
"""


def make_edited(stack: LocalStack, *, many: int) -> list[str]:
    """So many free cases more of which the service says that their picture was edited, weighed as after any new evidence:
    they stand at the head of the queue, and two people decide on them. Answers their addresses.
    """
    said = stack.manage("shell", "-c", _EDITED.format(many=many)).splitlines()
    addresses = [f"/console/cases/{line.split()[1]}/" for line in said if line.startswith("EDITED")]
    assert len(addresses) == many, "not enough cases wait"
    return addresses
