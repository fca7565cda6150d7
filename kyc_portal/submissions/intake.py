"""What a customer does: choose a language, start, add pictures, send them in, confirm, take again, withdraw.

The only code that changes rows on the customer's behalf. Each writer checks, changes and leaves its act in one
transaction; the message that wakes the reader goes out after the commit and may be lost without harm.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NoReturn

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from kyc_portal import audit
from kyc_portal.accounts.models import Customer
from kyc_portal.audit import Actor
from kyc_portal.sealing import files, keys
from kyc_portal.sealing.values import seal, seal_json
from kyc_portal.submissions import evidence, nudges, policies, scans
from kyc_portal.submissions.clocks import clock
from kyc_portal.submissions.errors import IncompleteError, PictureRefusedError, StaleError, TooLateError
from kyc_portal.submissions.models import Confirmation, Consent, DeclaredType, RefusedPicture, Scan, Submission
from kyc_portal.submissions.moves import move
from kyc_portal.submissions.pictures import framing, near_pictures, portraits
from kyc_portal.submissions.policy import Policy
from kyc_portal.submissions.states import ENDS, IN_REVIEW, WITHDRAWABLE, ScanState, State

CONSENT_TEXT_VERSION = "2"
# The same with a third, free choice: that portraits are compared.
CONSENT_TEXT_WITH_PORTRAITS = "3"
SAME_AS_FAILED = "same_as_failed"
# Permits whose two sides are known by their layout.
_TOLD_APART = (DeclaredType.HK_MACAO_RESIDENT,)


def consent_text(policy: Policy) -> str:
    """The version of the text that asks for consent under a policy."""
    return CONSENT_TEXT_WITH_PORTRAITS if policy.compares_portraits else CONSENT_TEXT_VERSION


def start(
    *,
    customer: Customer,
    declared_type: str,
    language: str,
    actor: Actor,
    now: datetime,
    agrees_to_portraits: bool = False,
) -> Submission:
    """Store the consent and open a submission; a second call returns the one already open.

    The caller has seen both consents ticked. `agrees_to_portraits` is the third, free one: it is kept only where the
    policy in force asks for it. Safe to call twice, also at once from two tabs.
    """
    keys.ensure_key(customer.id)
    try:
        with audit.acting(actor):
            already = open_submission(customer)
            if already:
                return already
            held = policies.in_force()
            consent = Consent.objects.create(
                customer=customer,
                text_version=consent_text(held),
                portraits_given_at=now if agrees_to_portraits and held.compares_portraits else None,
                language=language,
                provider=settings.OCR_PROVIDER,
                region=settings.OCR_REGION_NAME,
                given_at=now,
            )
            submission = Submission.objects.create(
                customer=customer,
                consent=consent,
                state=State.COLLECTING,
                state_since=now,
                started_at=now,
                policy_version=held.version,
                language=language,
                declared_type=declared_type,
            )
            audit.record(
                "submission.started",
                object_type="submissions.submission",
                object_id=str(submission.id),
                subject=customer.id,
            )
    except IntegrityError as error:
        found = open_submission(customer)
        if found is None:
            raise TooLateError("another start was first and has ended") from error
        return found
    return submission


def open_submission(customer: Customer) -> Submission | None:
    """The customer's submission that has not ended, if any."""
    return Submission.objects.filter(customer=customer).exclude(state__in=sorted(ENDS)).first()


def add_scan(
    *, submission: Submission, side: str, data: bytes, actor: Actor, now: datetime, insists: bool = False
) -> Scan:
    """Take one side's picture, sealed and stored before its row; an earlier one of this attempt is replaced.

    The same picture sent twice for the same side is one scan. A picture with a fault of its own is refused by name,
    unless the customer `insists` (once a side) or has used up the tries; then the scan names the fault. Raises
    PictureRefusedError (nothing is stored), or TooLateError when pictures are no longer taken.
    """
    if side not in submission.needed_sides:
        raise PictureRefusedError("side_not_needed")
    examined = scans.examine(data, side=side if is_told_apart(submission) else "")
    digest, known = scans.picture_digest(data), scans.picture_digests(data)
    attempt = _attempt_being_collected(submission)
    twin = _twin(submission, side=side, attempt=attempt, digests=known)
    if twin is not None:
        return twin
    if examined.fault and not _taken_despite(submission, side=side, attempt=attempt, digests=known, insists=insists):
        _refuse(submission, side=side, attempt=attempt, fault=examined.fault, digest=digest, actor=actor, now=now)
    scan_id = uuid.uuid4()
    stored = files.store(submission.customer_id, scan_id, examined.data)
    try:
        with audit.acting(actor):
            salt = seal(
                submission.customer_id,
                table="scan",
                column="salt_sealed",
                row_id=scan_id,
                plaintext=stored.salt,
            )
            locked = Submission.objects.select_for_update().get(pk=submission.pk)
            if locked.state not in (State.COLLECTING, State.ASKED_AGAIN) or _attempt_being_collected(locked) != attempt:
                raise TooLateError("pictures are not taken any more")
            if locked.state == State.ASKED_AGAIN and side not in locked.sides_asked:
                raise PictureRefusedError("side_not_needed")
            # Asked again behind the lock: the other window may have been first with the same picture.
            twin = _twin(locked, side=side, attempt=attempt, digests=known)
            scan = twin or _replace(
                locked,
                Scan(
                    id=scan_id,
                    submission=locked,
                    customer_id=locked.customer_id,
                    side=side,
                    attempt=attempt,
                    received_at=now,
                    media_type=examined.media_type,
                    size_bytes=stored.size,
                    width=examined.width,
                    height=examined.height,
                    salt_sealed=salt,
                    commitment=stored.commitment,
                    picture_digest=digest,
                    taken_despite=examined.fault,
                    card_corners=_flat(examined.card),
                ),
                examined,
            )
    except BaseException:
        files.delete(scan_id)
        raise
    if twin is not None:
        files.delete(scan_id)
    return scan


def _flat(corners: Sequence[framing.Point] | None) -> list[float] | None:
    """The corners as a scan keeps them: x, y, x, y, to a ten-thousandth."""
    return None if corners is None else [round(each, 4) for corner in corners for each in corner]


def _replace(locked: Submission, scan: Scan, examined: scans.Examined) -> Scan:
    """Write the row of a picture and set the one before it aside; inside `acting`, with the submission locked."""
    before = Scan.objects.filter(submission=locked, side=scan.side, attempt=scan.attempt)
    before.exclude(state=ScanState.REPLACED).update(state=ScanState.REPLACED)
    scan.save(force_insert=True)
    near_pictures.remember(scan, examined.likenesses)
    Submission.objects.filter(pk=locked.pk).update(version=locked.version + 1)
    audit.record(
        "picture.added",
        object_type="submissions.scan",
        object_id=str(scan.id),
        subject=locked.customer_id,
        details={"submission": str(locked.id), "side": scan.side, "taken_despite": scan.taken_despite},
    )
    return scan


def _attempt_being_collected(submission: Submission) -> int:
    """Pictures taken after "ask again" belong to the attempt that sending them in will open."""
    return submission.attempt + (submission.state == State.ASKED_AGAIN)


def _twin(submission: Submission, *, side: str, attempt: int, digests: list[bytes]) -> Scan | None:
    """The same picture already standing for this side; a picture that failed before is refused by name."""
    same = Scan.objects.filter(customer_id=submission.customer_id, picture_digest__in=digests, side=side)
    if same.filter(state=ScanState.FAULTY).exists():
        raise PictureRefusedError(SAME_AS_FAILED)
    return same.filter(submission=submission, attempt=attempt, state=ScanState.KEPT).first()


def refused_pictures(submission: Submission, side: str) -> list[RefusedPicture]:
    """What was refused at once for this side in the attempt being collected, oldest first."""
    attempt = _attempt_being_collected(submission)
    return list(RefusedPicture.objects.filter(submission=submission, side=side, attempt=attempt).order_by("refused_at"))


def is_told_apart(submission: Submission) -> bool:
    """Whether the two sides of the permit that the customer holds are known by their layout."""
    return submission.declared_type in _TOLD_APART


def may_insist(submission: Submission, side: str) -> bool:
    """Whether the customer may still have a picture of this side taken in spite of its fault: once."""
    return not Scan.objects.filter(submission=submission, side=side).exclude(taken_despite="").exists()


def _taken_despite(submission: Submission, *, side: str, attempt: int, digests: list[bytes], insists: bool) -> bool:
    """Whether a picture with a fault is taken all the same: a person will look at it.

    Raises PictureRefusedError for the very picture that was refused before.
    """
    if insists and may_insist(submission, side):
        return True
    refused = RefusedPicture.objects.filter(submission=submission, side=side, attempt=attempt)
    if refused.filter(picture_digest__in=digests).exists():
        raise PictureRefusedError(SAME_AS_FAILED)
    return refused.count() + 1 >= policies.of(submission).failed_pictures_per_side


def _refuse(
    submission: Submission, *, side: str, attempt: int, fault: str, digest: bytes, actor: Actor, now: datetime
) -> NoReturn:
    """Remember the refused picture by its digest in a transaction of its own, then refuse it by name."""
    with audit.acting(actor):
        RefusedPicture.objects.get_or_create(
            submission=submission,
            side=side,
            attempt=attempt,
            picture_digest=digest,
            defaults={"customer_id": submission.customer_id, "fault": fault, "refused_at": now},
        )
        audit.record(
            "picture.refused",
            object_type="submissions.submission",
            object_id=str(submission.id),
            subject=submission.customer_id,
            details={"side": side, "fault": fault},
        )
    raise PictureRefusedError(fault)


def missing_sides(submission: Submission) -> list[str]:
    """The sides still to be taken before the submission can be sent in, in card order."""
    attempt = _attempt_being_collected(submission)
    wanted = submission.sides_asked if submission.state == State.ASKED_AGAIN else submission.needed_sides
    present = set(
        Scan.objects.filter(submission=submission, attempt=attempt, state=ScanState.KEPT).values_list("side", flat=True)
    )
    return [side for side in submission.needed_sides if side in wanted and side not in present]


def submit(*, submission: Submission, actor: Actor, now: datetime) -> Submission:
    """Send the pictures in: `received`, and every new scan is due. A second call finds it done and is silent.

    Raises IncompleteError naming the side that is missing.
    """
    if submission.state not in (State.COLLECTING, State.ASKED_AGAIN):
        if submission.is_ended:
            raise TooLateError("the submission has ended")
        return submission
    missing = missing_sides(submission)
    if missing:
        raise IncompleteError(missing[0].lower())
    origin, attempt = State(submission.state), _attempt_being_collected(submission)
    try:
        with audit.acting(actor):
            move(
                submission,
                origin=origin,
                to=State.RECEIVED,
                now=now,
                where={"attempt": submission.attempt},
                attempt=attempt,
                received_at=now,
                sides_asked=[],
                delayed_since=None,
                is_stuck=False,
                not_confirmed=False,
                version=submission.version + 1,
            )
            due = Scan.objects.filter(submission=submission, attempt=attempt, state=ScanState.KEPT)
            ids = [str(scan_id) for scan_id in due.values_list("id", flat=True)]
            due.update(state=ScanState.DUE)
            audit.record(
                "submission.submitted",
                object_type="submissions.submission",
                object_id=str(submission.id),
                subject=submission.customer_id,
                details={"attempt": str(attempt)},
            )
            transaction.on_commit(lambda: nudges.read(ids), robust=True)
    except TooLateError:
        submission.refresh_from_db()  # the other tab was first: the same result, told the same way
    return submission


def confirm(
    *,
    submission: Submission,
    differences: Mapping[str, Mapping[str, str]],
    actor: Actor,
    now: datetime,
    seen_version: int | None = None,
) -> Submission:
    """The customer has compared: `differences` holds {field: {"value", "note"}} of what they call wrong.

    What was read stays; a difference becomes a failed check. A second call finds it done. With `seen_version`, the
    version whose fields they saw, a newer one raises StaleError: nobody confirms what they did not see.
    """
    if submission.state in (State.TO_REVIEW, State.DECIDING, State.SECOND_REVIEW, State.PARKED):
        return submission
    confirmation_id = uuid.uuid4()
    with audit.acting(actor):
        blob = (
            seal_json(
                submission.customer_id,
                table="confirmation",
                column="differences_sealed",
                row_id=confirmation_id,
                value={name: dict(each) for name, each in differences.items()},
            )
            if differences
            else None
        )
        locked = Submission.objects.select_for_update().get(pk=submission.pk)
        if seen_version is not None and locked.state == State.CONFIRMING and locked.version != seen_version:
            raise StaleError(seen=seen_version, now=locked.version)
        move(
            locked,
            origin=State.CONFIRMING,
            to=State.TO_REVIEW,
            now=now,
            confirmed_at=now,
            waiting_since=clock.resumed(locked, now),
            version=locked.version + 1,
        )
        Confirmation.objects.create(
            id=confirmation_id,
            submission=locked,
            customer_id=locked.customer_id,
            attempt=locked.attempt,
            confirmed_at=now,
            differing_fields=sorted(differences),
            differences_sealed=blob,
        )
        evidence.weigh(locked, now=now)
        audit.record(
            "submission.confirmed",
            object_type="submissions.submission",
            object_id=str(locked.id),
            subject=locked.customer_id,
            details={"differing": ",".join(sorted(differences))},
        )
    return locked


def can_take_again(submission: Submission) -> bool:
    """Whether every side has a try left."""
    limit = policies.of(submission).failed_pictures_per_side
    return all(evidence.failed_tries(submission, side) + 1 < limit for side in submission.needed_sides)


def take_again(*, submission: Submission, sides: list[str], actor: Actor, now: datetime) -> Submission:
    """The customer wants to take sides again instead of confirming; counts as a try of each side.

    Raises TooLateError when tries are used up or the submission has moved on.
    """
    chosen = [side for side in submission.needed_sides if side in sides]
    if not chosen:
        raise IncompleteError("side")
    with audit.acting(actor):
        locked = Submission.objects.select_for_update().get(pk=submission.pk)
        limit = policies.of(locked).failed_pictures_per_side
        if any(evidence.failed_tries(locked, side) + 1 >= limit for side in chosen):
            raise TooLateError("the tries of a side are used up")
        Scan.objects.filter(submission=locked, attempt=locked.attempt, side__in=chosen, state=ScanState.READ).update(
            state=ScanState.FAULTY, fault_code="Customer.TakenAgain"
        )
        move(
            locked,
            origin=State.CONFIRMING,
            to=State.ASKED_AGAIN,
            now=now,
            sides_asked=chosen,
            version=locked.version + 1,
        )
        audit.record(
            "submission.taken_again",
            object_type="submissions.submission",
            object_id=str(locked.id),
            subject=locked.customer_id,
            details={"sides": ",".join(chosen)},
        )
    return locked


def can_withdraw(submission: Submission) -> bool:
    """Whether the customer may still walk away: not once a decision runs, nor while one stands and is looked at."""
    is_looked_at_anew = submission.reopened_decision_id is not None and submission.state in IN_REVIEW
    return submission.state in WITHDRAWABLE and not is_looked_at_anew


def withdraw(*, submission: Submission, actor: Actor, now: datetime, with_consent: bool = False) -> Submission:
    """Walk away, and take the consent back where asked: then no picture is ever sent for reading on it.

    A late answer is dropped, a reviewer's decision on it is refused. Raises TooLateError.
    """
    if submission.state == State.WITHDRAWN:
        return submission
    with audit.acting(actor):
        locked = Submission.objects.select_for_update().get(pk=submission.pk)
        if not can_withdraw(locked):
            raise TooLateError("a decision is under way or made")
        move(
            locked,
            origin=State(locked.state),
            to=State.WITHDRAWN,
            now=now,
            claimed_by=None,
            claimed_at=None,
            claimed_until=None,
            version=locked.version + 1,
        )
        audit.record(
            "submission.withdrawn",
            object_type="submissions.submission",
            object_id=str(locked.id),
            subject=locked.customer_id,
        )
        if with_consent:
            _take_consent_back(locked, now=now)
    return locked


def can_take_consent_back(submission: Submission) -> bool:
    """Whether an application has ended and its consent still stands; of an open one, both are withdrawn together."""
    return submission.state in ENDS and submission.consent.withdrawn_at is None


def take_consent_back(*, submission: Submission, actor: Actor, now: datetime) -> None:
    """Take the consent back after the end: what was decided stands, and no picture is ever sent for reading on it.

    Safe to call twice. Raises TooLateError where the application is open, or a decision is looked at anew.
    """
    with audit.acting(actor):
        locked = Submission.objects.select_for_update().get(pk=submission.pk)
        if locked.state not in ENDS:
            raise TooLateError("the application is open")
        _take_consent_back(locked, now=now)


def _take_consent_back(submission: Submission, *, now: datetime) -> None:
    if not Consent.objects.filter(pk=submission.consent_id, withdrawn_at__isnull=True).update(withdrawn_at=now):
        return
    compared = Consent.objects.filter(pk=submission.consent_id, portraits_given_at__isnull=False)
    compared.filter(portraits_withdrawn_at__isnull=True).update(portraits_withdrawn_at=now)
    audit.record(
        "consent.withdrawn",
        object_type="submissions.consent",
        object_id=str(submission.consent_id),
        subject=submission.customer_id,
    )
    portraits.forget_withdrawn(submission.customer_id)


def stands_for_portraits(customer: Customer) -> QuerySet[Consent]:
    """The consents to comparing portraits that stand: what a customer can take back without anything else."""
    return Consent.objects.filter(
        customer=customer, portraits_given_at__isnull=False, portraits_withdrawn_at__isnull=True
    )


def take_portraits_back(*, customer: Customer, actor: Actor, now: datetime) -> bool:
    """Take back that portraits are compared, at any time, and forget what they were compared by. False: none stood.

    Nothing else changes: the application goes on, a decision stands, and so does what was found on a case. Nobody is
    met by it from now on.
    """
    with audit.acting(actor):
        standing = list(stands_for_portraits(customer).select_for_update().values_list("pk", flat=True))
        Consent.objects.filter(pk__in=standing).update(portraits_withdrawn_at=now)
        for consent in standing:
            audit.record(
                "portrait_consent.withdrawn",
                object_type="submissions.consent",
                object_id=str(consent),
                subject=customer.id,
            )
        portraits.forget_withdrawn(customer.id)
    return bool(standing)


def choose_language(*, customer: Customer, language: str, actor: Actor) -> None:
    """Remember the customer's language for pages and e-mails; the same choice again changes nothing."""
    with audit.acting(actor):
        Customer.objects.filter(pk=customer.pk).exclude(language=language).update(language=language)
        Submission.objects.filter(customer=customer).exclude(state__in=sorted(ENDS)).exclude(language=language).update(
            language=language
        )
