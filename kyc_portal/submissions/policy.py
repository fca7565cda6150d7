"""What a policy is: how each signal is handled, and the numbers of the house. Pure; the versions are rows (`policies`).

A case keeps the version it opened under. What concerns the queue as a whole (rescue bound, claims, alarms) follows
the version in force.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kyc_portal.submissions.checks.results import Result
from kyc_portal.submissions.checks.words import TITLES
from kyc_portal.submissions.warning_codes import EDITED, MEANINGS, NOT_ENABLED, PHOTOCOPY, RECAPTURE, severity_of
from ocr_integration.contract import PermitType


class Handling(TextChoices):
    """What a signal asks for, mildest first. Nothing is ever approved without a person."""

    APPROVE = "approve", _("Approval allowed")
    REVIEW = "review", _("Review: approving takes a note")
    SECOND_REVIEW = "second_review", _("Second review: two people decide")
    ASK_AGAIN = "ask_again", _("Ask again: no approval")


ORDER = tuple(Handling)
UNKNOWN = "code:unknown"
KNOWN_CODES = (EDITED, RECAPTURE, PHOTOCOPY, NOT_ENABLED)
CODE_SIGNALS = (*(f"code:{code}" for code in KNOWN_CODES), UNKNOWN)
# A rule that only tells whether something ran, or only hints, cannot fail.
_CANNOT_FAIL = frozenset({"forgery_tested", "validity_span", "latin_name"})
CHECK_SIGNALS = tuple(
    f"check:{rule}:{result}"
    for rule in TITLES
    for result in (Result.FAIL, Result.NOT_CHECKED)
    if not (result is Result.FAIL and rule in _CANNOT_FAIL)
)
SIGNALS = CODE_SIGNALS + CHECK_SIGNALS


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a policy: its words, its unit and its limits, both allowed."""

    name: str
    label: Promise
    unit: Promise
    least: int
    most: int


NUMBERS: tuple[Number, ...] = (
    Number("second_person_percent", _("Decisions drawn for a second person"), _("percent"), 0, 100),
    Number("sample_percent", _("Decided cases drawn for a second look"), _("percent"), 0, 100),
    Number("failed_pictures_per_side", _("Pictures of a side before a person looks"), _("pictures"), 1, 10),
    Number("ocr_failed_tries", _("Tries of a picture the service cannot read"), _("tries"), 1, 10),
    Number("rescue_after_working_hours", _("Rescue lane after"), _("working hours"), 1, 240),
    Number("claim_minutes", _("A claim lasts"), _("minutes"), 2, 120),
    Number("undo_seconds", _("A decision can be taken back for"), _("seconds"), 5, 120),
    Number("confirm_within_hours", _("The customer compares within"), _("hours"), 1, 720),
    Number("abandon_after_days", _("Abandoned after"), _("days"), 1, 365),
    Number("stuck_after_hours", _("A delayed reading is an alarm after"), _("hours"), 1, 168),
    Number("expires_soon_days", _("A permit runs out soon within"), _("days"), 0, 365),
    Number("fast_seconds", _("A decision is fast under"), _("seconds"), 1, 600),
)
# What versions did not know that were published before the code learned it.
_LEARNED = {"sample_percent": 0, "fast_seconds": 20}
_LOOKS_ALIKE = "check:portrait_elsewhere:fail"
_LEARNED_TAGS = ("For training", "Ask compliance", "Call the customer")
PERMITS = {permit.name.lower(): permit for permit in PermitType}


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a policy asks of one case: every signal above "approval allowed" with its handling, gravest first."""

    handlings: Mapping[str, Handling]

    def _with(self, handling: Handling) -> tuple[str, ...]:
        return tuple(signal for signal, asked in self.handlings.items() if asked is handling)

    @property
    def two_people_because(self) -> tuple[str, ...]:
        return self._with(Handling.SECOND_REVIEW)

    @property
    def no_approval_because(self) -> tuple[str, ...]:
        return self._with(Handling.ASK_AGAIN)

    @property
    def note_because(self) -> tuple[str, ...]:
        return self._with(Handling.REVIEW)

    @property
    def way(self) -> Handling:
        """The strictest of what is asked: the way the case goes."""
        return max(self.handlings.values(), key=ORDER.index, default=Handling.APPROVE)


@dataclass(frozen=True, slots=True)
class Policy:
    """One version, ready to ask. Durations are real time unless the name says working."""

    version: str
    signals: Mapping[str, Handling]
    allowed_types: frozenset[PermitType]
    asks_for_portrait: bool
    compares_portraits: bool
    second_person_percent: int
    sample_percent: int
    sample_percent_of: Mapping[str, int]
    failed_pictures_per_side: int
    ocr_failed_tries: int
    rescue_after_working_hours: int
    claim: timedelta
    undo_window: timedelta
    confirm_within: timedelta
    abandon_after: timedelta
    stuck_after: timedelta
    expires_soon: timedelta
    fast: timedelta
    closed_days: frozenset[date]
    tags: tuple[str, ...]

    def sample_rate(self, reviewer_id: int) -> int:
        """Which share of this person's decided cases, in percent, is drawn for a second look."""
        return self.sample_percent_of.get(str(reviewer_id), self.sample_percent)

    def rule(self, signals: Iterable[str]) -> Ruling:
        """What is asked of a case with these signals. One the version does not name yet allows approval."""
        asked = {signal: self.signals.get(signal, Handling.APPROVE) for signal in sorted(signals)}
        strict = sorted(asked.items(), key=lambda each: -ORDER.index(each[1]))
        return Ruling({signal: handling for signal, handling in strict if handling is not Handling.APPROVE})


def signal_of_code(code: int) -> str:
    """The signal of one warning code; a code we do not know is a signal of its own."""
    return f"code:{code}" if code in KNOWN_CODES else UNKNOWN


def signals_of(codes: Iterable[int], checks: Iterable[tuple[str, str]]) -> frozenset[str]:
    """The signals of a case: its codes, and its checks as (rule, result) that failed or could not be made."""
    open_results = (Result.FAIL, Result.NOT_CHECKED)
    return frozenset(map(signal_of_code, codes)) | {
        f"check:{rule}:{result}" for rule, result in checks if result in open_results
    }


def words(signal: str) -> str:
    """A signal as people read it: "−9104 Edited", "Front agrees with back: Fail"; other reasons for two people too."""
    if signal in _OTHER_WORDS:
        return str(_OTHER_WORDS[signal])
    kind, _colon, rest = signal.partition(":")
    if kind == "code":
        code = int(rest)
        return f"{code} {MEANINGS[severity_of(code)].label}".replace("-", "−")
    rule, _colon, result = rest.partition(":")
    return f"{TITLES.get(rule, rule)}: {Result(result).label}"


REOPENED, SHARE = "reopened", "share"
_OTHER_WORDS: dict[str, Promise] = {
    REOPENED: _("the case was reopened"),
    SHARE: _("it was drawn at random"),
    UNKNOWN: _("Unknown code"),
}


def read(version: str, content: Mapping[str, Any]) -> Policy:
    """A stored version as a value. What the code has learned to ask since is asked as mildly as possible."""
    numbers: Mapping[str, int] = {**_LEARNED, **content["numbers"]}
    return Policy(
        version=version,
        signals={signal: Handling(handling) for signal, handling in content["signals"].items()},
        allowed_types=frozenset(PERMITS[name] for name in content["allowed_types"]),
        asks_for_portrait=content["asks_for_portrait"],
        compares_portraits=content.get("compares_portraits", False),
        second_person_percent=numbers["second_person_percent"],
        sample_percent=numbers["sample_percent"],
        sample_percent_of=content.get("sample_percent_of", {}),
        failed_pictures_per_side=numbers["failed_pictures_per_side"],
        ocr_failed_tries=numbers["ocr_failed_tries"],
        rescue_after_working_hours=numbers["rescue_after_working_hours"],
        claim=timedelta(minutes=numbers["claim_minutes"]),
        undo_window=timedelta(seconds=numbers["undo_seconds"]),
        confirm_within=timedelta(hours=numbers["confirm_within_hours"]),
        abandon_after=timedelta(days=numbers["abandon_after_days"]),
        stuck_after=timedelta(hours=numbers["stuck_after_hours"]),
        expires_soon=timedelta(days=numbers["expires_soon_days"]),
        fast=timedelta(seconds=numbers["fast_seconds"]),
        closed_days=frozenset(map(date.fromisoformat, content.get("closed_days", []))),
        tags=tags_of(content),
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a proposed content: which part (a signal, a number, a list) and why, in words."""

    part: str
    sentence: str


def problems(content: Mapping[str, Any]) -> list[Problem]:
    """Everything that keeps a content from being a policy, in the order of the form. Empty: it may be proposed."""
    found = _signal_problems(content.get("signals", {}))
    permits = content.get("allowed_types", [])
    if not permits:
        found.append(Problem("allowed_types", str(_("Accept at least one kind of permit."))))
    found += [
        Problem("allowed_types", str(_("“%s” is no kind of permit.") % name)) for name in permits if name not in PERMITS
    ]
    if not isinstance(content.get("asks_for_portrait"), bool):
        found.append(Problem("asks_for_portrait", str(_("Say yes or no."))))
    found += _portrait_problems(content)
    found += _number_problems(content.get("numbers", {}))
    found += [
        Problem(f"sample_percent_of:{person}", str(_("A whole number from 0 to 100, for a reviewer's number.")))
        for person, percent in content.get("sample_percent_of", {}).items()
        if not person.isdecimal() or type(percent) is not int or not 0 <= percent <= 100
    ]
    found += _day_problems(content.get("closed_days", []))
    found += _tag_problems(content.get("tags", []))
    strange = set(content) - _PARTS
    return found + [Problem(part, str(_("No policy has this part."))) for part in sorted(strange)]


def _portrait_problems(content: Mapping[str, Any]) -> list[Problem]:
    compares = content.get("compares_portraits", False)
    if not isinstance(compares, bool):
        return [Problem("compares_portraits", str(_("Say yes or no.")))]
    found = []
    if compares and not content.get("asks_for_portrait"):
        found.append(Problem("compares_portraits", str(_("Comparing portraits needs them: ask the service for them."))))
    if compares and content.get("signals", {}).get(_LOOKS_ALIKE) == Handling.APPROVE:
        sentence = _("Where portraits are compared, two that look alike ask for a review or for more.")
        found.append(Problem(_LOOKS_ALIKE, str(sentence)))
    return found


_PARTS = {
    "signals", "allowed_types", "asks_for_portrait", "compares_portraits", "numbers", "sample_percent_of",
    "closed_days", "tags",
}  # fmt: skip
_MOST_CLOSED_DAYS = 120
_MOST_TAGS = 20
TAG_LENGTH = 30
_TAG = re.compile(r"\w[\w /&+-]*")


def _day_problems(days: Sequence[Any]) -> list[Problem]:
    found = []
    for day in days:
        try:
            is_day = isinstance(day, str) and date.fromisoformat(day).isoformat() == day
        except ValueError:
            is_day = False
        if not is_day:
            found.append(Problem("closed_days", str(_("“%s” is no day: write it as 2026-12-25.") % day)))
    if len(days) > _MOST_CLOSED_DAYS:
        found.append(Problem("closed_days", str(_("At most %d days.") % _MOST_CLOSED_DAYS)))
    return found


def _tag_problems(tags: Sequence[Any]) -> list[Problem]:
    sentence = _("“%(tag)s” is no tag: letters and digits, at most %(most)d.")
    found = [
        Problem("tags", str(sentence % {"tag": tag, "most": TAG_LENGTH}))
        for tag in tags
        if not isinstance(tag, str) or len(tag) > TAG_LENGTH or not _TAG.fullmatch(tag)
    ]
    if len(tags) > _MOST_TAGS or len({str(tag).casefold() for tag in tags}) < len(tags):
        found.append(Problem("tags", str(_("At most %d tags, each once.") % _MOST_TAGS)))
    return found


def _signal_problems(signals: Mapping[str, Any]) -> list[Problem]:
    choose = str(_("Choose how this is handled."))
    found = [Problem(signal, choose) for signal in SIGNALS if signals.get(signal) not in Handling.values]
    strange = sorted(set(signals) - set(SIGNALS))
    return found + [Problem(signal, str(_("There is no such signal."))) for signal in strange]


def _number_problems(numbers: Mapping[str, Any]) -> list[Problem]:
    found = []
    for number in NUMBERS:
        value = numbers.get(number.name, _LEARNED.get(number.name))
        if isinstance(value, bool) or not isinstance(value, int) or not number.least <= value <= number.most:
            limits = {"least": number.least, "most": number.most, "unit": number.unit}
            sentence = _("A whole number from %(least)d to %(most)d (%(unit)s).") % limits
            found.append(Problem(number.name, str(sentence)))
    if not found and numbers["undo_seconds"] >= numbers["claim_minutes"] * 60:
        found.append(Problem("undo_seconds", str(_("A claim must outlast the time to take a decision back."))))
    known = {number.name for number in NUMBERS}
    return found + [Problem(name, str(_("No policy has this number."))) for name in sorted(set(numbers) - known)]


@dataclass(frozen=True, slots=True)
class Change:
    """One line by which two contents differ, in words."""

    what: str
    before: str
    after: str


def changes(
    before: Mapping[str, Any], after: Mapping[str, Any], *, names: Mapping[str, str] | None = None
) -> list[Change]:
    """How a content differs from another, in the order of the form; `names` are those of reviewers by number."""
    found = [
        Change(words(signal), _handling_words(before, signal), _handling_words(after, signal)) for signal in SIGNALS
    ]
    found.append(Change(str(_("Permits accepted")), _permit_words(before), _permit_words(after)))
    choices = {"asks_for_portrait": _("Portrait asked for"), "compares_portraits": _("Portraits compared")}
    found += [Change(str(label), yes_no(before, part), yes_no(after, part)) for part, label in choices.items()]
    found += [Change(str(each.label), number_words(before, each), number_words(after, each)) for each in NUMBERS]
    found.append(Change(str(_("The desk is closed on")), day_words(before), day_words(after)))
    found.append(Change(str(_("Tags")), tag_words(before), tag_words(after)))
    rates = [content.get("sample_percent_of", {}) for content in (before, after)]
    for person in sorted({*rates[0], *rates[1]}):
        name = (names or {}).get(person, person)
        found.append(
            Change(str(_("Second look at cases of %s") % name), *(_rate_words(each, person) for each in rates))
        )
    return [change for change in found if change.before != change.after]


def _rate_words(rates: Mapping[str, int], person: str) -> str:
    return str(_("%d percent") % rates[person] if person in rates else _("as all"))


def _handling_words(content: Mapping[str, Any], signal: str) -> str:
    return str(Handling(content["signals"].get(signal, Handling.APPROVE)).label)


def _permit_words(content: Mapping[str, Any]) -> str:
    return ", ".join(str(PERMIT_WORDS[name]) for name in PERMITS if name in content["allowed_types"])


def yes_no(content: Mapping[str, Any], part: str) -> str:
    """Whether a content does one thing; what it is older than it does not."""
    return str(_("Yes") if content.get(part) else _("No"))


def number_words(content: Mapping[str, Any], number: Number) -> str:
    """A number with its unit."""
    return f"{number_of(content, number)} {number.unit}"


def number_of(content: Mapping[str, Any], number: Number) -> int:
    """A number of a content, or what holds where the content is older than the number."""
    return int(content["numbers"].get(number.name, _LEARNED.get(number.name, 0)))


def day_words(content: Mapping[str, Any]) -> str:
    """The days the desk is closed, or that it is on no weekday."""
    return ", ".join(sorted(content.get("closed_days", []))) or str(_("no weekday"))


def tag_words(content: Mapping[str, Any]) -> str:
    """The words cases may carry, or that there are none."""
    return ", ".join(tags_of(content)) or str(_("none"))


def tags_of(content: Mapping[str, Any]) -> tuple[str, ...]:
    """The words cases may carry, or those that hold where the content is older than tags."""
    return tuple(content.get("tags", _LEARNED_TAGS))


PERMIT_WORDS: dict[str, Promise] = {
    "hk_macao_resident": _("Hong Kong and Macao residents' permit"),
    "taiwan_resident": _("Taiwan residents' permit"),
    "exit_entry_hk_macao": _("Exit-entry permit to Hong Kong and Macao"),
    "exit_entry_taiwan": _("Exit-entry permit to Taiwan"),
}
