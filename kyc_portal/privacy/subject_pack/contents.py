"""All we hold of one customer that may be told to them, opened from its seals, in their language.

Left out, and why: names of staff (their own data), notes and reasons staff wrote for each other, warning codes, checks,
proposals, second looks, legal holds and the audit log's other entries (they would tell what is suspected, or of whom).
A case that was reopened stands as it was decided until it is decided anew, as the customer's own page says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from uuid import UUID

from allauth.account.models import EmailAddress
from django.utils import translation

from kyc_portal.accounts.models import Customer, Invitation, Role
from kyc_portal.audit.models import Entry
from kyc_portal.audit.queries import VIEWS
from kyc_portal.privacy import retention
from kyc_portal.privacy.models import DeletionRequest
from kyc_portal.privacy.subject_pack import words
from kyc_portal.privacy.subject_pack.subject_file import (
    ApplicationLine,
    ConsentLine,
    DecisionLine,
    FieldLine,
    LookLine,
    NoticeLine,
    Photo,
    ReadingLine,
    RefusedLine,
    SubjectFile,
)
from kyc_portal.sealing import files
from kyc_portal.submissions import card_fields, customer_progress, evidence, queries, reasons, scans
from kyc_portal.submissions.models import Confirmation, Consent, Decision, Reading, Scan, SideChoice, Submission
from kyc_portal.submissions.pictures import regions

# The longer side of the copies on the page, in pixels.
SIDE_SHOWN = 1400


def gather(customer: Customer, *, now: datetime) -> SubjectFile:
    """Open everything of this customer; the caller has recorded the act.

    Raises KeyDestroyedError for an erased customer, OSError when the store does not answer.
    """
    request = DeletionRequest.objects.filter(customer=customer).first()
    user = customer.user
    with translation.override(customer.language):
        return SubjectFile(
            reference=customer.reference,
            language=customer.language,
            made_at=now,
            email=user.email,
            emails=list(EmailAddress.objects.filter(user=user).order_by("pk").values_list("email", flat=True)),
            account_since=customer.created_at,
            last_sign_in=user.last_login,
            invited_as=list(
                Invitation.objects.filter(used_by=customer)
                .exclude(reference="")
                .order_by("used_at")
                .values_list("reference", flat=True)
            ),
            asked_deletion_at=request.asked_at if request else None,
            relationship_ended_on=retention.ended_on(customer),
            consents=[_consent(each) for each in Consent.objects.filter(customer=customer).order_by("given_at")],
            applications=[_application(each, now) for each in queries.for_customer(customer).order_by("number")],
            looks=_looks(customer),
        )


def _consent(consent: Consent) -> ConsentLine:
    return ConsentLine(
        text_version=consent.text_version,
        language=consent.language,
        provider=consent.provider,
        region=consent.region,
        given_at=consent.given_at,
        withdrawn_at=consent.withdrawn_at,
        portraits_given_at=consent.portraits_given_at,
        portraits_withdrawn_at=consent.portraits_withdrawn_at,
    )


def _application(submission: Submission, now: datetime) -> ApplicationLine:
    shown = customer_progress.of(submission, now=now)
    rows = list(submission.scans.order_by("received_at", "pk"))
    readings = list(submission.readings.select_related("scan").order_by("scan__received_at", "pk"))
    answers = list(submission.confirmations.order_by("attempt"))
    standing = {scan.pk for scan in evidence.standing_scans(submission).values()}
    final = submission.decisions.filter(stage="final").select_related("decided_by", "replaces").order_by("final_at")
    # A reopened case that ended as before: nothing was told then, and nothing is now.
    decisions = [each for each in final if each.replaces is None or each.replaces.outcome != each.outcome]
    return ApplicationLine(
        reference=submission.reference,
        state=str(words.STATES[shown.state]),
        permit=submission.get_declared_type_display(),
        language=submission.language,
        attempts=submission.attempt,
        started_at=submission.started_at,
        received_at=submission.received_at,
        confirmed_at=submission.confirmed_at,
        decided_at=max((each.final_at for each in decisions if each.final_at), default=None),
        permit_expires_on=submission.expires_on,
        photos=[
            *(_photo(scan, submission.reference, number) for number, scan in enumerate(rows, 1)),
            *(_portrait(each, submission.reference) for each in readings if each.has_profile),
        ],
        refused_photos=[
            RefusedLine(side=each.get_side_display(), at=each.refused_at, why=words.fault(each.fault))
            for each in submission.refused_pictures.order_by("refused_at")
        ],
        readings=[_reading(each, _answer(each, answers, standing)) for each in readings],
        decisions=[_decision(each) for each in decisions],
        notices=[
            NoticeLine(about=str(words.NOTICES[each.kind]), sent_at=each.sent_at)
            for each in submission.notices.order_by("created_at")
        ],
    )


def _photo(scan: Scan, reference: str, number: int) -> Photo:
    held = scans.copies(scan, max_side=SIDE_SHOWN)
    ending = "png" if scan.media_type == "image/png" else "jpg"
    return Photo(
        side=scan.get_side_display(),
        attempt=scan.attempt,
        received_at=scan.received_at,
        file=f"photos/{reference}-{number:02}-{scan.side.lower()}.{ending}",
        sha256=hashlib.sha256(held.original).hexdigest(),
        display=held.display,
        original=partial(scans.original, scan),
    )


def _portrait(reading: Reading, reference: str) -> Photo:
    data = files.load(reading.customer_id, reading.pk)
    return Photo(
        side=str(words.PORTRAIT),
        attempt=reading.scan.attempt,
        received_at=reading.answered_at,
        file=f"photos/{reference}-portrait-{reading.scan.attempt}.jpg",
        sha256=hashlib.sha256(data).hexdigest(),
        display=data,
        original=partial(files.load, reading.customer_id, reading.pk),
    )


def _answer(reading: Reading, answers: Sequence[Confirmation], standing: set[UUID]) -> Confirmation | None:
    """What the customer said about a reading: in its attempt, or later where its side was kept."""
    later = [each for each in answers if each.attempt >= reading.scan.attempt]
    own = [each for each in later if each.attempt == reading.scan.attempt]
    return next(iter(own or (later[-1:] if reading.scan_id in standing else [])), None)


def _reading(reading: Reading, answer: Confirmation | None) -> ReadingLine:
    """The fields that were read or that somebody said something about, in the order of the card."""
    read = evidence.open_fields(reading)
    corrected = {
        each.field: evidence.open_correction(each)["value"] for each in reading.corrections.order_by("corrected_at")
    }
    said = evidence.open_differences(answer) if answer and answer.differences_sealed is not None else {}
    own = card_fields.FRONT_FIELDS if reading.side == SideChoice.FRONT else card_fields.BACK_FIELDS
    zone = regions.opened(reading).zone
    return ReadingLine(
        side=reading.get_side_display(),
        attempt=reading.scan.attempt,
        read_at=reading.answered_at,
        request=reading.request_id,
        fields=[
            FieldLine(
                name=name,
                label=str(label),
                read=read.get(name, ""),
                you_said=said.get(name, {}).get("value", ""),
                your_note=said.get(name, {}).get("note", ""),
                corrected=corrected.get(name, ""),
                is_confirmed=answer is not None and name in card_fields.CONFIRMED_FIELDS and name not in said,
            )
            for name, label in words.FIELDS.items()
            if name in own and (read.get(name) or name in corrected or name in said)
        ],
        zone={name: value for name, value in asdict(zone).items() if value} if zone else {},
    )


def _decision(decision: Decision) -> DecisionLine:
    assert decision.final_at is not None  # noqa: S101 - only final ones come here
    return DecisionLine(
        outcome=str(words.OUTCOMES[decision.outcome]),
        decided_at=decision.final_at,
        by=words.role(decision.decided_by.role),
        texts=[str(text) for text in reasons.customer_texts(decision.reasons)],
    )


def _looks(customer: Customer) -> list[LookLine]:
    """Who looked, oldest first. The role is the one the entry names, not today's."""
    found = Entry.objects.filter(subject=customer.id, kind="act", action__in=VIEWS).exclude(role=Role.CUSTOMER)
    return [
        LookLine(at=each.at, who=words.role(each.role), what=str(words.LOOKS[each.action]))
        for each in found.order_by("id")
    ]
