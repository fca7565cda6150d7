"""Rows of the domain: submissions, scans, readings, warnings, checks, confirmations, corrections, decisions, notices.

Data, constraints and small facts about one row; writers change them, and every change leaves an audit entry by
trigger. Personal values stand only in sealed columns (see sealing). Row ids are made before the insert, because a
sealed value is bound to the id of its row.
"""

from __future__ import annotations

import secrets
import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from kyc_portal.accounts.models import Customer
from kyc_portal.audit.triggers import RowAudit
from kyc_portal.submissions.checks.results import Result
from kyc_portal.submissions.pictures import quality
from kyc_portal.submissions.policy import TAG_LENGTH
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import ENDS, UNFINISHED_SCANS, ScanState, State
from ocr_integration.contract import PermitType, Side

# No vowels, no letter that looks like a digit: a reference is read out on the telephone.
_REFERENCE_ALPHABET = "23456789BCDFGHJKLMNPQRSTVWXZ"


def make_reference() -> str:
    """A random reference such as S-7KQ4M2; uniqueness is the database's."""
    return "S-" + "".join(secrets.choice(_REFERENCE_ALPHABET) for _each in range(6))


class SideChoice(models.TextChoices):
    """The sides of a card, as the service names them."""

    FRONT = Side.FRONT.value, _("Front")
    BACK = Side.BACK.value, _("Back")


class DeclaredType(models.TextChoices):
    """Which permit the customer says they hold; it decides which sides are needed."""

    HK_MACAO_RESIDENT = "hk_macao_resident", _("Mainland Travel Permit for Hong Kong and Macao Residents")
    TAIWAN_RESIDENT = "taiwan_resident", _("Mainland Travel Permit for Taiwan Residents")
    EXIT_ENTRY = "exit_entry", _("Exit-Entry Permit to Hong Kong, Macao or Taiwan")


PERMIT_OF_DECLARED: dict[str, frozenset[PermitType]] = {
    DeclaredType.HK_MACAO_RESIDENT: frozenset({PermitType.HK_MACAO_RESIDENT}),
    DeclaredType.TAIWAN_RESIDENT: frozenset({PermitType.TAIWAN_RESIDENT}),
    DeclaredType.EXIT_ENTRY: frozenset({PermitType.EXIT_ENTRY_HK_MACAO, PermitType.EXIT_ENTRY_TAIWAN}),
}


class Consent(models.Model):
    """What the customer agreed to before any picture: text version, language, provider and its region.

    Comparing portraits is a consent of its own, asked only under a policy that compares: given and taken back apart.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="consents")
    text_version = models.CharField(max_length=20)
    language = models.CharField(max_length=10)
    provider = models.CharField(max_length=100)
    region = models.CharField(max_length=100)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    portraits_given_at = models.DateTimeField(null=True)
    portraits_withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        triggers = [
            RowAudit(
                plain=[
                    "id", "customer_id", "text_version", "language", "provider", "region", "given_at", "withdrawn_at",
                    "portraits_given_at", "portraits_withdrawn_at",
                ],
                subject="customer_id",
            )
        ]  # fmt: skip


class PolicyStage(models.TextChoices):
    """How far a version of the policy is. A published one never changes."""

    PROPOSED = "proposed", _("Proposed")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    PUBLISHED = "published", _("Published")


class PolicyVersion(models.Model):
    """One version of the policy, by its number: the content `policy.read` takes, who proposed it why, who published it.

    The newest published one is in force. The first came with the product and names nobody.
    """

    number = models.PositiveIntegerField(primary_key=True)
    content = models.JSONField()
    why = models.TextField()
    stage = models.CharField(max_length=10, choices=PolicyStage)
    based_on = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="policy_stage_is_known", condition=Q(stage__in=PolicyStage.values)),
            models.CheckConstraint(
                name="nobody_publishes_their_own_policy",
                condition=Q(published_by__isnull=True) | ~Q(published_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="a_published_policy_says_since_when",
                condition=Q(stage="published", published_at__isnull=False)
                | (~Q(stage="published") & Q(published_at__isnull=True)),
            ),
            models.UniqueConstraint(
                name="one_policy_follows_another", fields=["based_on"], condition=Q(stage="published")
            ),
        ]
        triggers = [
            RowAudit(
                plain=[
                    "number", "content", "why", "stage", "based_on_id", "proposed_by_id", "proposed_at",
                    "published_by_id", "published_at",
                ],
                subject=None,
            )
        ]  # fmt: skip


# Warning codes are what reviewers filter by most; each has the queue's order of its own cases.
_INDEXED_SIGNALS = {
    "edited": "code:-9104",
    "recapture": "code:-9103",
    "photocopy": "code:-9102",
    "not_enabled": "code:-9109",
    "unknown": "code:unknown",
}


def _queue_indexes(name: str, *first: str, condition: Q = Q()) -> tuple[models.Index, models.Index]:  # noqa: B008
    """The two walks of the queue, by rank and by age, within each value of a column or within a condition."""
    waits = Q(state="to_review") & condition
    return (
        models.Index(*first, "rank", "waiting_since", "number", name=f"queue_rank_{name}", condition=waits),
        models.Index(*first, "waiting_since", "number", name=f"queue_rescue_{name}", condition=waits),
    )


class Submission(models.Model):
    """One go at proving identity; has a number of attempts.

    `version` counts evidence (pictures, readings, fields, warnings, checks, policy), never claims.
    `signals` are its codes, and its checks that failed or were not made, as the policy names them.
    `summary_sealed` is what lists show, already masked: {"name": …, "number": …}. `rank` is the whole order of
    the queue below the rescue lane, ascending.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.BigIntegerField(
        unique=True,
        editable=False,
        db_default=Func(Value("submissions_submission_number"), function="nextval"),
    )
    reference = models.CharField(max_length=12, unique=True, default=make_reference, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="submissions")
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="submissions")
    state = models.CharField(max_length=20, choices=State, default=State.COLLECTING)
    state_since = models.DateTimeField()
    attempt = models.PositiveSmallIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    policy_version = models.CharField(max_length=20)
    language = models.CharField(max_length=10)
    declared_type = models.CharField(max_length=20, choices=DeclaredType)
    sides_asked = ArrayField(models.CharField(max_length=5, choices=SideChoice), default=list)

    started_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(null=True)
    delayed_since = models.DateTimeField(null=True)
    parked_until = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    expires_on = models.DateField(null=True)
    not_confirmed = models.BooleanField(default=False)
    is_stuck = models.BooleanField(default=False)
    is_escalated = models.BooleanField(default=False)
    # "Claim next" gives it to this person first, until then; a hint, never a claim.
    offered_to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    offered_until = models.DateTimeField(null=True)
    # Words of the policy's own list.
    tags = ArrayField(models.CharField(max_length=TAG_LENGTH), default=list, db_default=[])

    permit_type = models.CharField(max_length=20, blank=True, default="")
    codes = ArrayField(models.IntegerField(), default=list)
    signals = ArrayField(models.CharField(max_length=60), default=list)
    severity = models.PositiveSmallIntegerField(default=1)
    points = models.PositiveSmallIntegerField(default=0)
    rank = models.GeneratedField(
        expression=-(F("severity") * 1000 + F("points")), output_field=models.IntegerField(), db_persist=True
    )
    summary_sealed = models.BinaryField(null=True)
    # Working minutes it had waited when the customer was asked again: the clock stood still, and goes on from there.
    waited_minutes = models.PositiveIntegerField(default=0)

    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="claims")
    claimed_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    # Set while a reopened case waits for its new end; that decision stands till then, and two people decide.
    reopened_decision = models.ForeignKey("Decision", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="submission_state_is_known", condition=Q(state__in=State.values)),
            models.CheckConstraint(name="submission_points_stay_below_a_tier", condition=Q(points__lt=1000)),
            models.CheckConstraint(
                name="a_submission_to_review_waits_since_an_instant",
                condition=~Q(state="to_review") | Q(waiting_since__isnull=False),
            ),
            models.CheckConstraint(
                name="an_offer_has_a_person_and_an_end",
                condition=Q(offered_to__isnull=True, offered_until__isnull=True)
                | Q(offered_to__isnull=False, offered_until__isnull=False),
            ),
            models.UniqueConstraint(
                name="a_customer_has_one_open_submission",
                fields=["customer"],
                condition=~Q(state__in=sorted(ENDS)),
            ),
        ]
        indexes = [
            models.Index("rank", "waiting_since", "number", name="queue_rank", condition=Q(state="to_review")),
            models.Index("waiting_since", "number", name="queue_rescue", condition=Q(state="to_review")),
            *_queue_indexes("permit", "declared_type"),
            *_queue_indexes("language", "language"),
            *(
                index
                for name, signal in _INDEXED_SIGNALS.items()
                for index in _queue_indexes(name, condition=Q(signals__contains=[signal]))
            ),
            # A rare check is found by this one, a common one on the way; the planner knows how often each stands there.
            GinIndex(fields=["signals"], name="queue_signals", condition=Q(state="to_review"), fastupdate=False),
            models.Index("state", "state_since", name="submission_sweep"),
            # The severity first: by age alone it would draw the queue's own walks away from their indexes.
            models.Index(
                "severity", "waiting_since", name="submission_came_by", condition=Q(waiting_since__isnull=False)
            ),
            models.Index(
                "offered_to",
                "rank",
                "waiting_since",
                "number",
                name="queue_offered",
                condition=Q(state="to_review", offered_to__isnull=False),
            ),
            GinIndex(fields=["tags"], name="queue_tags", condition=Q(state="to_review"), fastupdate=False),
            models.Index("claimed_by", name="submission_claims", condition=Q(claimed_by__isnull=False)),
        ]
        triggers = [
            RowAudit(
                plain=[
                    "id", "number", "reference", "customer_id", "consent_id", "state", "state_since", "attempt",
                    "version", "policy_version", "language", "declared_type", "sides_asked", "started_at",
                    "received_at", "read_at", "confirmed_at", "waiting_since", "delayed_since", "parked_until",
                    "decided_at", "expires_on", "not_confirmed", "is_stuck", "is_escalated", "permit_type", "codes",
                    "signals", "severity", "points", "rank", "claimed_by_id", "claimed_at", "reopened_decision_id",
                    "waited_minutes", "offered_to_id", "offered_until", "tags",
                ],
                sealed=["summary_sealed"],
                quiet="claimed_until",
                subject="customer_id",
            )
        ]  # fmt: skip

    @property
    def needed_sides(self) -> tuple[str, ...]:
        """The sides this permit has that the service reads; only the residents' permit has a read back."""
        if self.declared_type == DeclaredType.HK_MACAO_RESIDENT:
            return (SideChoice.FRONT, SideChoice.BACK)
        return (SideChoice.FRONT,)

    @property
    def is_ended(self) -> bool:
        return self.state in ENDS


class Scan(models.Model):
    """One picture of one side of a card. The sealed original lies in storage as `scan/<id>`.

    `commitment` is SHA-256 over a sealed salt and the bytes. `picture_digest` is keyed and finds the same picture
    of the same customer. `attempt_token` names one try at reading: a late twin of an older try is dropped.
    `taken_despite` names the fault with which the picture was taken all the same: the customer insisted, or the tries
    were used up. `card_corners` is where the card lies on the upright picture: x, y in shares (0-1) of it, clockwise
    from the card's top left; None where that was not certain.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="scans")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=5, choices=SideChoice)
    attempt = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=ScanState, default=ScanState.KEPT)
    received_at = models.DateTimeField()

    media_type = models.CharField(max_length=20)
    size_bytes = models.PositiveIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    is_reencoded = models.BooleanField(default=False)
    salt_sealed = models.BinaryField()
    commitment = models.BinaryField()
    picture_digest = models.BinaryField(null=True)
    taken_despite = models.CharField(max_length=20, blank=True, default="")
    card_corners = ArrayField(models.FloatField(), size=8, null=True)

    tries = models.PositiveSmallIntegerField(default=0)
    ocr_failed_tries = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    attempt_token = models.UUIDField(null=True)
    next_try_at = models.DateTimeField(null=True)
    delayed_since = models.DateTimeField(null=True)
    fault_code = models.CharField(max_length=80, blank=True, default="")
    error_code = models.CharField(max_length=80, blank=True, default="")
    error_request_id = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(name="scan_state_is_known", condition=Q(state__in=ScanState.values)),
            models.UniqueConstraint(
                name="one_picture_stands_for_a_side_of_an_attempt",
                fields=["submission", "side", "attempt"],
                condition=~Q(state="replaced"),
            ),
            models.CheckConstraint(
                name="a_scan_being_read_has_a_lease_and_a_token",
                condition=~Q(state="reading") | Q(lease_until__isnull=False, attempt_token__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                "state",
                "next_try_at",
                "lease_until",
                name="scan_sweep",
                condition=Q(state__in=sorted(UNFINISHED_SCANS)),
            ),
            models.Index("customer", "picture_digest", name="scan_same_picture"),
            models.Index("picture_digest", name="scan_picture_anywhere", condition=Q(picture_digest__isnull=False)),
        ]
        triggers = [
            RowAudit(
                plain=[
                    "id", "submission_id", "customer_id", "side", "attempt", "state", "received_at", "media_type",
                    "size_bytes", "width", "height", "is_reencoded", "taken_despite", "card_corners", "tries",
                    "ocr_failed_tries", "lease_until", "attempt_token", "next_try_at", "delayed_since", "fault_code",
                    "error_code", "error_request_id",
                ],
                sealed=["salt_sealed", "commitment"],
                hidden=["picture_digest"],
                subject="customer_id",
            )
        ]  # fmt: skip

    @property
    def taken_despite_words(self) -> str:
        """The fault the picture was taken with all the same, in the staff's words; empty where it had none."""
        return str(quality.WORDS.get(self.taken_despite, self.taken_despite))


class ScanLikeness(models.Model):
    """One view of a scan's picture by which near-same pictures are found (`likeness`); goes with the erasure.

    `coarse` and `wide` are veiled under `key_id` (sealing.digests): in signed parts of 64 bits, the lowest first.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="likenesses")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    view = models.CharField(max_length=10)
    key_id = models.CharField(max_length=40)
    coarse = models.BigIntegerField()
    wide = ArrayField(models.BigIntegerField(), size=4)
    relief_sealed = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="a_scan_has_one_likeness_a_view", fields=["scan", "view"]),
        ]
        # Two pictures that differ in seven bits at most differ in one bit at most in one of four bands.
        indexes = [
            models.Index(F("coarse").bitand(0xFFFF), name="likeness_band_0"),
            models.Index(F("coarse").bitrightshift(16).bitand(0xFFFF), name="likeness_band_1"),
            models.Index(F("coarse").bitrightshift(32).bitand(0xFFFF), name="likeness_band_2"),
            models.Index(F("coarse").bitrightshift(48).bitand(0xFFFF), name="likeness_band_3"),
        ]
        triggers = [
            RowAudit(
                plain=["id", "scan_id", "customer_id", "view", "key_id"],
                sealed=["relief_sealed"],
                hidden=["coarse", "wide"],
                subject="customer_id",
            )
        ]


class RefusedPicture(models.Model):
    """A picture that was refused at once for a fault of its own; only its keyed digest is kept, never the picture."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="refused_pictures")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=5, choices=SideChoice)
    attempt = models.PositiveSmallIntegerField()
    fault = models.CharField(max_length=20)
    refused_at = models.DateTimeField()
    picture_digest = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="a_picture_is_refused_once", fields=["submission", "side", "attempt", "picture_digest"]
            ),
        ]
        triggers = [
            RowAudit(
                plain=["id", "submission_id", "customer_id", "side", "attempt", "fault", "refused_at"],
                hidden=["picture_digest"],
                subject="customer_id",
            )
        ]


class Reading(models.Model):
    """One answer of the service for one scan. `fields_sealed` holds every text field of the answer as one blob.

    `regions_sealed` says where the fields stand and what the machine-readable line states (regions.py); None where
    the service said neither. `read_fields` names the fields that were not empty. `warnings_checked` is false where the
    answer said nothing about forgery. A reused answer names the reading it came from.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scan = models.OneToOneField(Scan, on_delete=models.PROTECT, related_name="reading")
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="readings")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=5, choices=SideChoice)
    endpoint = models.CharField(max_length=200)
    api_version = models.CharField(max_length=20)
    request_id = models.CharField(max_length=80)
    answered_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    fields_sealed = models.BinaryField()
    regions_sealed = models.BinaryField(null=True)
    read_fields = ArrayField(models.CharField(max_length=40), default=list)
    has_profile = models.BooleanField(default=False)
    warnings_checked = models.BooleanField()
    reused_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        # The newest answers of the service: how long they took, and whether forgery was tested.
        indexes = [models.Index("endpoint", "answered_at", name="reading_answered")]
        triggers = [
            RowAudit(
                plain=[
                    "id", "scan_id", "submission_id", "customer_id", "side", "endpoint", "api_version", "request_id",
                    "answered_at", "duration_ms", "read_fields", "has_profile", "warnings_checked", "reused_from_id",
                ],
                sealed=["fields_sealed", "regions_sealed"],
                subject="customer_id",
            )
        ]  # fmt: skip


class PortraitLikeness(models.Model):
    """By what the face of a reading's portrait is known again (`faces`); goes with the consent to it, and the erasure.

    `bits` are veiled under `key_id` (sealing.digests): in signed parts of 64 bits, the lowest first.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reading = models.OneToOneField(Reading, on_delete=models.PROTECT, related_name="portrait_likeness")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    key_id = models.CharField(max_length=40)
    bits = ArrayField(models.BigIntegerField(), size=4)
    numbers_sealed = models.BinaryField()

    class Meta:
        triggers = [
            RowAudit(
                plain=["id", "reading_id", "customer_id", "key_id"],
                sealed=["numbers_sealed"],
                hidden=["bits"],
                subject="customer_id",
            )
        ]


class PortraitMeeting(models.Model):
    """That the face of a portrait is one of another customer's that was there before, `apart` in thousandths.

    The row is the later one's. Where the earlier one's consent ended it does not say any more who was met.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    later = models.ForeignKey(PortraitLikeness, on_delete=models.PROTECT, related_name="+")
    earlier = models.ForeignKey(PortraitLikeness, on_delete=models.PROTECT, null=True, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    apart = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="two_portraits_meet_once", fields=["later", "earlier"]),
        ]
        triggers = [RowAudit(plain=["id", "later_id", "earlier_id", "customer_id", "apart"], subject="customer_id")]


class Warning(models.Model):
    """A code the service raised for one reading; unknown codes are kept as they came."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="warnings")
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="warnings")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    code = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="a_reading_raises_a_code_once", fields=["reading", "code"]),
        ]
        triggers = [RowAudit(plain=["id", "reading_id", "submission_id", "customer_id", "code"], subject="customer_id")]


class Check(models.Model):
    """The result of one of our rules at one version of the evidence; the newest version is the current one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="checks")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    rule = models.CharField(max_length=40)
    result = models.CharField(max_length=12, choices=[(each.value, each.label) for each in Result])
    reason = models.CharField(max_length=60)
    points = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="a_rule_has_one_result_a_version", fields=["submission", "version", "rule"]),
        ]
        triggers = [
            RowAudit(
                plain=["id", "submission_id", "customer_id", "version", "rule", "result", "reason", "points"],
                subject="customer_id",
            )
        ]


class Confirmation(models.Model):
    """What the customer said about the read fields: {field: {"value": …, "note": …}} of those called wrong."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="confirmations")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    attempt = models.PositiveSmallIntegerField()
    confirmed_at = models.DateTimeField()
    differing_fields = ArrayField(models.CharField(max_length=40), default=list)
    differences_sealed = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="an_attempt_is_confirmed_once", fields=["submission", "attempt"]),
        ]
        triggers = [
            RowAudit(
                plain=["id", "submission_id", "customer_id", "attempt", "confirmed_at", "differing_fields"],
                sealed=["differences_sealed"],
                subject="customer_id",
            )
        ]


class FieldCorrection(models.Model):
    """A reviewer's value beside the read one, which stays: {"value": …, "reason": …}. The newest one stands."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="corrections")
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="corrections")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    field = models.CharField(max_length=40)
    value_sealed = models.BinaryField()
    corrected_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    corrected_at = models.DateTimeField()

    class Meta:
        triggers = [
            RowAudit(
                plain=[
                    "id",
                    "reading_id",
                    "submission_id",
                    "customer_id",
                    "field",
                    "corrected_by_id",
                    "corrected_at",
                ],
                sealed=["value_sealed"],
                subject="customer_id",
            )
        ]


class DecisionStage(models.TextChoices):
    """How far a decision is. A proposal becomes a decision when a second person confirms it."""

    PROPOSED = "proposed", _("Proposed")
    RETURNED = "returned", _("Returned")
    OTHERWISE = "otherwise", _("Another outcome was proposed")
    WINDOW = "window", _("In the undo window")
    UNDONE = "undone", _("Undone")
    FINAL = "final", _("Final")


class Decision(models.Model):
    """Approve, ask again or reject, with reason codes, the version seen and a receipt of the evidence.

    `second_person_because` says why it takes two people: signals of the policy, "reopened" or "share"; `draw_seed`
    and `sample_seed` are the seeds of the draws for the random share and for a second look. `replaces` is the
    decision a reopened case had before: what that one decided stands until this one is final. `was_late` says whether
    the case had waited past the policy's bound at the last press; unknown until it took effect, and for older ones.
    `instead_of` is the proposal with which a second person did not agree. `held_since` is when the person who decided
    had claimed the case; unknown for older ones.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="decisions")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome)
    reasons = ArrayField(models.CharField(max_length=30), default=list)
    sides = ArrayField(models.CharField(max_length=5), default=list)
    note_sealed = models.BinaryField(null=True)
    version_seen = models.PositiveIntegerField()
    stage = models.CharField(max_length=10, choices=DecisionStage)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions")
    decided_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="confirmed_decisions"
    )
    confirmed_at = models.DateTimeField(null=True)
    window_ends_at = models.DateTimeField(null=True)
    final_at = models.DateTimeField(null=True)
    receipt = models.JSONField(default=dict)
    second_person_because = ArrayField(models.CharField(max_length=60), default=list)
    draw_seed = models.CharField(max_length=32, blank=True, default="")
    sample_seed = models.CharField(max_length=32, blank=True, default="")
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    was_late = models.BooleanField(null=True)
    instead_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    held_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_decision_is_replaced_by_two_people",
                condition=Q(replaces__isnull=True)
                | ~Q(stage__in=["window", "final"])
                | Q(confirmed_by__isnull=False)
                | Q(instead_of__isnull=False),
            ),
            models.CheckConstraint(
                name="what_takes_two_people_was_seen_by_two",
                condition=Q(second_person_because=[])
                | ~Q(stage__in=["window", "final"])
                | Q(confirmed_by__isnull=False)
                | Q(instead_of__isnull=False),
            ),
            models.UniqueConstraint(
                name="a_submission_has_one_open_decision",
                fields=["submission"],
                condition=Q(stage__in=["proposed", "window"]),
            ),
            models.CheckConstraint(
                name="nobody_confirms_their_own_proposal",
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("decided_by")),
            ),
        ]
        indexes = [
            models.Index("window_ends_at", name="decision_window", condition=Q(stage="window")),
            models.Index("final_at", name="decision_final", condition=Q(stage="final")),
            models.Index("decided_at", name="decision_not_agreed", condition=Q(stage__in=["returned", "otherwise"])),
        ]
        triggers = [
            RowAudit(
                plain=[
                    "id", "submission_id", "customer_id", "outcome", "reasons", "sides", "version_seen", "stage",
                    "decided_by_id", "decided_at", "confirmed_by_id", "confirmed_at", "window_ends_at", "final_at",
                    "receipt", "replaces_id", "second_person_because", "draw_seed", "sample_seed", "was_late",
                    "instead_of_id", "held_since",
                ],
                sealed=["note_sealed"],
                subject="customer_id",
            )
        ]  # fmt: skip


class Reopening(models.Model):
    """A decided case taken up again: by whom, when and why (sealed). A decision is reopened once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="reopenings")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="reopening")
    why_sealed = models.BinaryField()
    reopened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reopened_at = models.DateTimeField()

    class Meta:
        triggers = [
            RowAudit(
                plain=["id", "submission_id", "customer_id", "decision_id", "reopened_by_id", "reopened_at"],
                sealed=["why_sealed"],
                subject="customer_id",
            )
        ]


class NoteKind(models.TextChoices):
    """Why a colleague wrote a note to a case beside a decision."""

    RETURNED = "returned", _("Returned a proposal")
    PARKED = "parked", _("Parked the case")
    ESCALATED = "escalated", _("Escalated the case")


class CaseNote(models.Model):
    """What a colleague wrote as they handed a case on: {"text": …}. Staff only, never in the customer's data pack."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="notes")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=NoteKind)
    text_sealed = models.BinaryField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="a_notes_kind_is_known", condition=Q(kind__in=NoteKind.values)),
        ]
        triggers = [
            RowAudit(
                plain=["id", "submission_id", "customer_id", "kind", "written_by_id", "written_at"],
                sealed=["text_sealed"],
                subject="customer_id",
            )
        ]


class SampleStage(models.TextChoices):
    """How far a second look is. A void one fell away: its case was reopened."""

    WAITING = "waiting", _("Waiting")
    TAKEN = "taken", _("Taken")
    ANSWERED = "answered", _("Answered")
    VOID = "void", _("Fell away")


class ReviewSample(models.Model):
    """A decided case drawn to be looked at again by a senior reviewer who does not know how it was decided.

    `outcome`, `reasons` and `note_sealed` are what the second person would have done; nothing follows for the case.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="samples")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="sample")
    stage = models.CharField(max_length=10, choices=SampleStage, default=SampleStage.WAITING)
    drawn_at = models.DateTimeField()
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, default="")
    reasons = ArrayField(models.CharField(max_length=30), default=list)
    note_sealed = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="sample_stage_is_known", condition=Q(stage__in=SampleStage.values)),
            models.CheckConstraint(
                name="an_answered_sample_says_by_whom_and_what",
                condition=~Q(stage="answered")
                | (Q(taken_by__isnull=False, answered_at__isnull=False) & ~Q(outcome="")),
            ),
        ]
        indexes = [models.Index("drawn_at", name="sample_open", condition=Q(stage__in=["waiting", "taken"]))]
        triggers = [
            RowAudit(
                plain=[
                    "id", "submission_id", "customer_id", "decision_id", "stage", "drawn_at", "taken_by_id", "taken_at",
                    "answered_at", "outcome", "reasons",
                ],
                sealed=["note_sealed"],
                subject="customer_id",
            )
        ]  # fmt: skip


class NoticeKind(models.TextChoices):
    """What a customer is told by e-mail."""

    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    ASKED_AGAIN = "asked_again", _("Asked again")
    LAPSED = "lapsed", _("Lapsed")


class Notice(models.Model):
    """A message owed to a customer: written in the transaction of the outcome, sent after it, kept until sent.

    `decision` is the one it tells of; rows from before decisions were named have none.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="notices")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=NoticeKind)
    attempt = models.PositiveSmallIntegerField()
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, null=True, related_name="notice")
    created_at = models.DateTimeField()
    sending_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # A reopened case may end the same way twice in one attempt, told by two decisions.
            models.UniqueConstraint(
                name="a_notice_is_owed_once",
                fields=["submission", "kind", "attempt", "decision"],
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index("created_at", name="notice_unsent", condition=Q(sent_at__isnull=True))]
        triggers = [
            RowAudit(
                plain=[
                    "id", "submission_id", "customer_id", "kind", "attempt", "decision_id", "created_at",
                    "sending_until", "sent_at",
                ],
                subject="customer_id",
            )
        ]  # fmt: skip


class ProviderBreaker(models.Model):
    """Whether calls to one endpoint are stopped, since when and why. One row an endpoint.

    `probing_until` is set while the one call that was let through is under way. A hold (`held_since`, by whom, why) is
    a person's and stands apart from all that: no answer and no fault ends it. `warnings_off_since` is set while every
    answer says that its forgery tests did not run.
    """

    endpoint = models.CharField(max_length=200, primary_key=True)
    is_open = models.BooleanField(default=False)
    since = models.DateTimeField()
    probe_at = models.DateTimeField(null=True)
    probing_until = models.DateTimeField(null=True)
    cause = models.CharField(max_length=80, blank=True, default="")
    faults = models.PositiveIntegerField(default=0)
    held_since = models.DateTimeField(null=True)
    held_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    held_why = models.CharField(max_length=300, blank=True, default="")
    warnings_off_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_hold_on_calls_says_who_and_why",
                condition=Q(held_since__isnull=True, held_by__isnull=True, held_why="")
                | Q(held_since__isnull=False, held_by__isnull=False) & ~Q(held_why=""),
            ),
        ]
        triggers = [
            RowAudit(
                plain=[
                    "endpoint", "is_open", "since", "probe_at", "probing_until", "cause", "faults",
                    "held_since", "held_by_id", "held_why", "warnings_off_since",
                ],
                subject=None,
            )
        ]  # fmt: skip


class ProviderDay(models.Model):
    """Calls to one endpoint on one day of Hong Kong, by how they ended; `charged` counts what was
    or may be billed, `is_told` says whether administrators know that it reached the day's budget.
    """

    endpoint = models.CharField(max_length=200)
    day = models.DateField()
    charged = models.PositiveIntegerField(default=0)
    is_told = models.BooleanField(default=False)
    answered = models.PositiveIntegerField(default=0)
    customer = models.PositiveIntegerField(default=0)
    retry = models.PositiveIntegerField(default=0)
    throttle = models.PositiveIntegerField(default=0)
    config = models.PositiveIntegerField(default=0)
    defect = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "day"], name="one_row_a_day")]
        triggers = [
            RowAudit(
                plain=[
                    "id", "endpoint", "day", "charged", "is_told", "answered",
                    "customer", "retry", "throttle", "config", "defect",
                ],
                subject=None,
            )
        ]  # fmt: skip


class ProviderHour(models.Model):
    """How many calls to one endpoint ended with one code in one hour, "" for a reading. Kept for a month.

    Measured, not decided: a count alone leaves no entry in the log.
    """

    endpoint = models.CharField(max_length=200)
    hour = models.DateTimeField()
    code = models.CharField(max_length=80, blank=True)
    calls = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "hour", "code"], name="one_row_an_hour_and_code")]
        triggers = [RowAudit(plain=["id", "endpoint", "hour", "code"], quiet="calls", subject=None)]


class ProviderMinute(models.Model):
    """How many calls to one endpoint began in one minute. A ring: so many rows an endpoint, each used again in turn.

    Measured, not decided: a count alone leaves no entry in the log.
    """

    # An hour of whole minutes and the present one.
    RING = 61

    endpoint = models.CharField(max_length=200)
    slot = models.PositiveSmallIntegerField()
    minute = models.DateTimeField()
    calls = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "slot"], name="a_slot_of_the_ring_stands_once")]
        triggers = [RowAudit(plain=["id", "endpoint", "slot", "minute"], quiet="calls", subject=None)]
