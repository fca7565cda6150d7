"""The standing cast and factories in domain words: Ann uploads, Bea is another customer, Rob and Sue review.

Everything is made through the writers, so what a test stands on could have happened.
"""

from __future__ import annotations

import copy
import io
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from PIL import Image

from kyc_portal import audit
from kyc_portal.accounts.models import Customer, Role, User
from kyc_portal.submissions import intake, policies, policy, policy_versions, reading, review, scans
from kyc_portal.submissions.deciding import claims, taking_effect, verdicts
from kyc_portal.submissions.models import DeclaredType, PolicyVersion, Submission
from kyc_portal.submissions.reasons import Outcome
from ocr_integration.contract import BackFields, PermitReading, PermitType

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # a Friday noon in Hong Kong
READER = audit.system("reader")
_numbers = itertools.count(1)

TAIWAN_READING = PermitReading(
    name="李優圖",
    english_name="LI,YOU-TU",
    sex="男",
    birthday="1986.03.02",
    issue_authority="公安部出入境管理局",
    valid_date="2024.02.03-2029.02.02",
    number="08320271",
    issue_address="广东",
    issue_number="02",
    type=PermitType.TAIWAN_RESIDENT.value,
    warnings=(),
    request_id="bd8fb0bc-6558-48b5-b057-2b04edacf225",
)
HK_FRONT_READING = replace(
    TAIWAN_READING,
    name="陳大文",
    english_name="CHAN,TAI MAN",
    number="H01234567",
    type=PermitType.HK_MACAO_RESIDENT.value,
)
HK_BACK_READING = PermitReading(
    back=BackFields(
        type=PermitType.HK_MACAO_RESIDENT.value, name="陈大文", id_number="A123456(7)", history_number="H0123456700"
    ),
    warnings=(),
    request_id="00000000-0000-4000-8000-000000000001",
)


def make_staff(role: Role = Role.REVIEWER, name: str = "") -> User:
    """Somebody who works here, without a second factor (pages need one, writers do not ask)."""
    with audit.acting(audit.system("command_test")):
        return User.objects.create_user(
            f"{role}{next(_numbers)}@kyc.example", "x" * 12, role=role, display_name=name or role
        )


def make_customer(name: str = "ann") -> Customer:
    with audit.acting(audit.system("command_test")):
        user = User.objects.create_user(f"{name}{next(_numbers)}@customer.example", "x" * 12, role=Role.CUSTOMER)
        return Customer.objects.create(user=user)


def picture(seed: int = 1, size: tuple[int, int] = (640, 400)) -> bytes:
    """A JPEG of coloured noise, another for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=80)
    return out.getvalue()


def collecting(customer: Customer, *, declared: str = DeclaredType.TAIWAN_RESIDENT, now: datetime = NOW) -> Submission:
    return intake.start(customer=customer, declared_type=declared, language="en", actor=customer.actor, now=now)


def received(
    customer: Customer | None = None, *, declared: str = DeclaredType.TAIWAN_RESIDENT, now: datetime = NOW
) -> Submission:
    """A submission that was sent in, every scan due."""
    customer = customer or make_customer()
    submission = collecting(customer, declared=declared, now=now)
    return send_in(submission, now=now)


def send_in(submission: Submission, *, now: datetime = NOW) -> Submission:
    """Add what is missing and submit."""
    actor = submission.customer.actor
    for side in intake.missing_sides(submission):
        intake.add_scan(submission=submission, side=side, data=picture(next(_numbers)), actor=actor, now=now)
    return intake.submit(submission=submission, actor=actor, now=now)


def begin(submission: Submission, side: str = "FRONT", *, now: datetime = NOW) -> reading.Try:
    attempt = reading.begin(scan=submission.scans.filter(side=side).latest("attempt"), actor=READER, now=now)
    assert attempt is not None, "the scan is not due"
    return attempt


def answer(submission: Submission, side: str = "FRONT", *, read: PermitReading, now: datetime = NOW) -> bool:
    """One scan begun and its answer stored."""
    return reading.store(
        attempt=begin(submission, side, now=now), answer=read, prepared=None, duration_ms=900, actor=READER, now=now
    )


def confirming(
    customer: Customer | None = None, *, read: PermitReading = TAIWAN_READING, now: datetime = NOW
) -> Submission:
    submission = received(customer, now=now)
    answer(submission, read=read, now=now)
    submission.refresh_from_db()
    return submission


def to_review(
    customer: Customer | None = None,
    *,
    warnings: tuple[int, ...] | None = (),
    read: PermitReading | None = None,
    waited: timedelta = timedelta(0),
    now: datetime = NOW,
) -> Submission:
    """A case that waits for a reviewer, since `waited` ago."""
    since = now - waited
    submission = confirming(
        customer, read=replace(read or TAIWAN_READING, number=_number(), warnings=warnings), now=since
    )
    return intake.confirm(submission=submission, differences={}, actor=submission.customer.actor, now=since)


def _number() -> str:
    return f"{next(_numbers):08d}"


def claimed(submission: Submission, reviewer: User, *, now: datetime = NOW) -> Submission:
    return claims.claim(submission=submission, reviewer=reviewer, actor=reviewer.actor, now=now)


def looked_at(submission: Submission, reviewer: User) -> Submission:
    """Open every picture, as the page does."""
    for scan in submission.scans.all():
        scans.display_copy(scan, actor=reviewer.actor)
    return submission


def decided(
    reviewer: User,
    verdict: verdicts.Verdict = verdicts.Verdict(Outcome.APPROVE),  # noqa: B008 - frozen
    *,
    customer: Customer | None = None,
    warnings: tuple[int, ...] = (),
    now: datetime = NOW,
) -> Submission:
    """A case one person decided, its undo window over."""
    submission = looked_at(claimed(to_review(customer, warnings=warnings, now=now), reviewer, now=now), reviewer)
    decision = review.decide(
        submission=submission,
        reviewer=reviewer,
        verdict=verdict,
        version_seen=submission.version,
        actor=reviewer.actor,
        now=now,
    )
    assert taking_effect.finish(decision=decision, actor=READER, now=now + timedelta(seconds=11))
    submission.refresh_from_db()
    return submission


def policy_content(**parts: Any) -> dict[str, Any]:
    """The first policy's content with some signals, numbers or parts changed."""
    content = copy.deepcopy(PolicyVersion.objects.get(pk=1).content)
    learned = dict.fromkeys(policy.SIGNALS, policy.Handling.APPROVE.value)  # as the form offers what is new
    content["signals"] = learned | content["signals"]
    for name, value in parts.items():
        if name == "signals":
            content["signals"].update(value)
        elif name in {number.name for number in policy.NUMBERS}:
            content["numbers"][name] = value
        else:
            content[name] = value
    return content


def policy_in_force(content: dict[str, Any]) -> PolicyVersion:
    """A version in force, proposed by one person and published by another."""
    sue, ada = make_staff(Role.SENIOR_REVIEWER), make_staff(Role.ADMINISTRATOR)
    version = policy_versions.propose(
        content=content, why="As this test wants it", based_on=policies.standing(), by=sue, actor=sue.actor, now=NOW
    )
    made = policy_versions.publish(version=version, by=ada, actor=ada.actor, now=NOW)
    policies.forget()
    return made
