"""The rules, each a pure function from the evidence to one finding; `run` applies them all in screen order.

A rule that lacks what it needs says "not checked", never "pass". Points are what a failed rule adds within its
tier; their sum is capped by the queue, so no rule lifts a case past a graver code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from kyc_portal.sealing.folding import fold_name
from kyc_portal.submissions.checks import dates, grammar, latin_names
from kyc_portal.submissions.checks.results import Finding, Result
from kyc_portal.submissions.checks.zone import ZONE_FIELDS, said_of
from kyc_portal.submissions.policy import Policy
from ocr_integration.contract import PermitType, ZoneValues

# Taiwan residents' permits carry no machine-readable line; the exit-entry ones have it in front, the others behind.
_WITHOUT_ZONE = frozenset({PermitType.TAIWAN_RESIDENT})
# Ten years, and five for who is not yet eighteen at the day of issue: docs/checks.md.
_OF_AGE, _YEARS_OF_A_CHILD, _MOST_YEARS = 18, 5, 10
_REQUIRED_FRONT = ("name", "sex", "birthday", "valid_date", "number", "type")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the rules look at. `front` and `back` hold the standing text of each field, None when not read.

    `today` is the date in Hong Kong. `differing_fields` is None until the customer has answered.
    `other_holders` counts other customers with the same life number, None when it could not be looked up.
    `picture_met` is "exact", "near" or "" for a picture that another customer sent too; None when it was not compared.
    `portrait_met` says whether another customer's portrait shows the same face; None where it was not compared.
    `zone` is what the machine-readable line says, None where none was read or the service tells none.
    `picture_faults` are those with which the standing pictures were sent all the same; None where there is no picture.
    """

    declared: frozenset[PermitType]
    front: Mapping[str, str] | None
    back: Mapping[str, str] | None
    back_needed: bool
    warnings_checked: bool
    today: date
    differing_fields: frozenset[str] | None = None
    was_asked_to_confirm: bool = False
    other_holders: int | None = None
    picture_met: str | None = None
    may_compare_portraits: bool = False
    portrait_met: bool | None = None
    zone: ZoneValues | None = None
    picture_faults: frozenset[str] | None = frozenset()

    @property
    def permit(self) -> PermitType | None:
        return grammar.permit_of(self.front["type"]) if self.front else None


def type_allowed(evidence: Evidence, policy: Policy) -> Finding:
    """Only permits the policy lists pass; the two-way permits are read and go to a person."""
    if not evidence.front or not evidence.front["type"]:
        return Finding("type_allowed", Result.NOT_CHECKED, "type_not_read")
    if evidence.permit is None:
        return Finding("type_allowed", Result.FAIL, "type_unknown", 300)
    if evidence.permit not in policy.allowed_types:
        return Finding("type_allowed", Result.FAIL, "type_not_accepted", 300)
    return Finding("type_allowed", Result.PASS, "type_accepted")


def type_declared(evidence: Evidence, policy: Policy) -> Finding:
    """The permit is the one the customer said they hold."""
    if evidence.permit is None:
        return Finding("type_declared", Result.NOT_CHECKED, "type_not_read")
    if evidence.permit in evidence.declared:
        return Finding("type_declared", Result.PASS, "type_as_declared")
    return Finding("type_declared", Result.FAIL, "type_differs", 100)


def required_fields(evidence: Evidence, policy: Policy) -> Finding:
    """The fields every permit prints were read."""
    if not evidence.front:
        return Finding("required_fields", Result.NOT_CHECKED, "front_not_read")
    missing = [name for name in _REQUIRED_FRONT if not evidence.front[name]]
    # Holders of another nationality have a Latin name and may have no Chinese one on the front.
    if missing == ["name"] and evidence.front["english_name"] and evidence.front["nationality"]:
        missing = []
    if missing:
        return Finding("required_fields", Result.FAIL, "fields_missing", min(40 * len(missing), 160))
    return Finding("required_fields", Result.PASS, "fields_present")


def number_grammar(evidence: Evidence, policy: Policy) -> Finding:
    """The number has a printed form of its type (grammar.FORMS)."""
    if evidence.permit is None or not evidence.front or not evidence.front["number"]:
        return Finding("number_grammar", Result.NOT_CHECKED, "number_not_read")
    if grammar.form_of(evidence.permit, evidence.front["number"]) is None:
        return Finding("number_grammar", Result.FAIL, "number_malformed", 120)
    return Finding("number_grammar", Result.PASS, "number_fits")


def dates_plausible(evidence: Evidence, policy: Policy) -> Finding:
    """Both dates parse, and birth < issue < expiry."""
    if not evidence.front or not evidence.front["birthday"] or not evidence.front["valid_date"]:
        return Finding("dates_plausible", Result.NOT_CHECKED, "dates_not_read")
    born_on, validity = dates.day(evidence.front["birthday"]), dates.span(evidence.front["valid_date"])
    if born_on is None or validity is None:
        return Finding("dates_plausible", Result.NOT_CHECKED, "dates_unclear")
    if not born_on < validity.issued_on <= evidence.today:
        return Finding("dates_plausible", Result.FAIL, "dates_out_of_order", 120)
    return Finding("dates_plausible", Result.PASS, "dates_in_order")


def not_expired(evidence: Evidence, policy: Policy) -> Finding:
    """The last day of validity is still a valid day, in Hong Kong."""
    validity = dates.span(evidence.front["valid_date"]) if evidence.front else None
    if validity is None:
        return Finding("not_expired", Result.NOT_CHECKED, "validity_unclear")
    if validity.expires_on is None:
        return Finding("not_expired", Result.PASS, "open_ended")
    if validity.expires_on < evidence.today:
        return Finding("not_expired", Result.FAIL, "expired", 200)
    if validity.expires_on - evidence.today < timedelta(days=policy.expires_soon.days):
        return Finding("not_expired", Result.WARN, "expires_soon")
    return Finding("not_expired", Result.PASS, "valid_today")


def front_agrees_with_back(evidence: Evidence, policy: Policy) -> Finding:
    """The name on both sides is one, in either script (folded, so 陳 meets 陈)."""
    rule = "front_agrees_with_back"
    if not evidence.back_needed:
        return Finding(rule, Result.PASS, "no_back")
    if not evidence.front or not evidence.back or not evidence.back["back_name"] or not evidence.front["name"]:
        return Finding(rule, Result.NOT_CHECKED, "back_not_read")
    if fold_name(evidence.front["name"]) == fold_name(evidence.back["back_name"]):
        return Finding(rule, Result.PASS, "sides_agree")
    return Finding(rule, Result.FAIL, "sides_differ", 200)


def renewal_chain(evidence: Evidence, policy: Policy) -> Finding:
    """The earlier number on the back is the same holder's: the digits for life stay over all renewals."""
    rule = "renewal_chain"
    if not evidence.back_needed:
        return Finding(rule, Result.PASS, "no_back")
    if evidence.permit is None or not evidence.front or not evidence.front["number"] or not evidence.back:
        return Finding(rule, Result.NOT_CHECKED, "chain_not_read")
    if not evidence.back["back_history_number"]:
        return Finding(rule, Result.PASS, "no_earlier_number")
    now = grammar.life_number(evidence.permit, evidence.front["number"])
    before = grammar.life_number(evidence.permit, evidence.back["back_history_number"])
    if now is None or before is None:
        return Finding(rule, Result.NOT_CHECKED, "chain_unclear")
    if now != before:
        return Finding(rule, Result.FAIL, "chain_broken", 250)
    return Finding(rule, Result.PASS, "chain_holds")


def validity_span(evidence: Evidence, policy: Policy) -> Finding:
    """The permit is not valid for longer than any that is issued at the holder's age; only a hint."""
    rule = "validity_span"
    validity = dates.span(evidence.front["valid_date"]) if evidence.front else None
    born_on = dates.day(evidence.front["birthday"]) if evidence.front else None
    if validity is None or born_on is None:
        return Finding(rule, Result.NOT_CHECKED, "validity_unclear")
    years = _YEARS_OF_A_CHILD if validity.issued_on < dates.years_later(born_on, _OF_AGE) else _MOST_YEARS
    if validity.expires_on is None or validity.expires_on > dates.years_later(validity.issued_on, years):
        return Finding(rule, Result.WARN, "span_unusual")
    return Finding(rule, Result.PASS, "span_usual")


def number_elsewhere(evidence: Evidence, policy: Policy) -> Finding:
    """No other customer holds this life number."""
    if evidence.other_holders is None:
        return Finding("number_elsewhere", Result.NOT_CHECKED, "number_not_read")
    if evidence.other_holders:
        return Finding("number_elsewhere", Result.FAIL, "number_on_another_customer", 300)
    return Finding("number_elsewhere", Result.PASS, "number_only_here")


def picture_elsewhere(evidence: Evidence, policy: Policy) -> Finding:
    """No other customer sent one of these pictures, be it resized, compressed or turned."""
    if evidence.picture_met == "exact":
        return Finding("picture_elsewhere", Result.FAIL, "picture_on_another_customer", 400)
    if evidence.picture_met == "near":
        return Finding("picture_elsewhere", Result.FAIL, "near_same_on_another_customer", 300)
    if evidence.picture_met is None:
        return Finding("picture_elsewhere", Result.NOT_CHECKED, "picture_not_compared")
    return Finding("picture_elsewhere", Result.PASS, "picture_only_here")


def portrait_elsewhere(evidence: Evidence, policy: Policy) -> Finding | None:
    """No other customer's portrait shows this face; no rule at all where the policy compares none."""
    rule = "portrait_elsewhere"
    if not policy.compares_portraits:
        return None
    if evidence.portrait_met:
        return Finding(rule, Result.FAIL, "portrait_on_another_customer", 200)
    if not evidence.may_compare_portraits:
        return Finding(rule, Result.NOT_CHECKED, "portrait_without_consent")
    if evidence.portrait_met is None:
        return Finding(rule, Result.NOT_CHECKED, "portrait_not_compared")
    return Finding(rule, Result.PASS, "portrait_only_here")


def zone_agrees(evidence: Evidence, policy: Policy) -> Finding:
    """The machine-readable line says what is printed, on whichever side of the card it stands."""
    if evidence.permit in _WITHOUT_ZONE:
        return Finding("zone_agrees", Result.PASS, "no_zone_on_this_card")
    if evidence.zone is None or not evidence.front:
        return Finding("zone_agrees", Result.NOT_CHECKED, "zone_not_read")
    printed = {name: evidence.front[name] or (evidence.back or {}).get(name, "") for name in ZONE_FIELDS}
    said = [said_of(name, text, evidence.zone) for name, text in printed.items() if text]
    compared = [each.agrees for each in said if each and each.agrees is not None]
    if not compared:
        return Finding("zone_agrees", Result.NOT_CHECKED, "zone_not_comparable")
    if not all(compared):
        return Finding("zone_agrees", Result.FAIL, "zone_differs", 250)
    return Finding("zone_agrees", Result.PASS, "zone_says_the_same")


def confirmation_agrees(evidence: Evidence, policy: Policy) -> Finding:
    """What the customer confirmed is what was read."""
    if evidence.differing_fields is None:
        reason = "not_confirmed" if evidence.was_asked_to_confirm else "not_asked_to_confirm"
        return Finding("confirmation_agrees", Result.NOT_CHECKED, reason)
    if evidence.differing_fields:
        return Finding("confirmation_agrees", Result.FAIL, "customer_differs", 80)
    return Finding("confirmation_agrees", Result.PASS, "customer_confirmed")


def latin_name(evidence: Evidence, policy: Policy) -> Finding:
    """The Latin name can be a spelling of the Chinese one; only a hint (latin_names)."""
    if not evidence.front or not evidence.front["english_name"]:
        return Finding("latin_name", Result.NOT_CHECKED, "latin_not_read")
    found = latin_names.is_spelling(evidence.front["name"], evidence.front["english_name"])
    if found is None:
        return Finding("latin_name", Result.NOT_CHECKED, "latin_not_comparable")
    return Finding("latin_name", *((Result.PASS, "latin_usual") if found else (Result.WARN, "latin_unusual")))


def sides_of_one_kind(evidence: Evidence, policy: Policy) -> Finding:
    """Both sides say that they are of one kind of permit; that they are of one holder is for the rules beside it."""
    rule = "sides_of_one_kind"
    if not evidence.back_needed:
        return Finding(rule, Result.PASS, "no_back")
    printed = evidence.back["back_type"] if evidence.back else ""
    if evidence.permit is None or not printed:
        return Finding(rule, Result.NOT_CHECKED, "back_type_not_read")
    if grammar.permit_of(printed) is not evidence.permit:
        return Finding(rule, Result.FAIL, "sides_of_two_kinds", 200)
    return Finding(rule, Result.PASS, "sides_of_one_kind")


# A fault with which a picture was sent all the same, gravest first, as quality names them.
# Gravest first: what hides the card, then what spoils it.
_PICTURE_FAULTS = ("no_card", "wrong_side", "two_cards", "dark", "glare", "blur", "cut_off", "too_small_card")


def picture_quality(evidence: Evidence, policy: Policy) -> Finding:
    """Every standing picture was taken well; each fault has a reason of its own, the gravest is said."""
    if evidence.picture_faults is None:
        return Finding("picture_quality", Result.NOT_CHECKED, "picture_not_measured")
    found = next((fault for fault in _PICTURE_FAULTS if fault in evidence.picture_faults), None)
    if found:
        return Finding("picture_quality", Result.FAIL, f"picture_{found}", 60)
    return Finding("picture_quality", Result.PASS, "picture_taken_well")


def forgery_tested(evidence: Evidence, policy: Policy) -> Finding:
    """The service's forgery tests ran on every picture; what they found are its codes, not this rule."""
    if evidence.warnings_checked:
        return Finding("forgery_tested", Result.PASS, "forgery_tests_ran")
    return Finding("forgery_tested", Result.NOT_CHECKED, "forgery_tests_did_not_run")


RULES: tuple[Callable[[Evidence, Policy], Finding | None], ...] = (
    type_allowed,
    type_declared,
    number_grammar,
    number_elsewhere,
    dates_plausible,
    not_expired,
    validity_span,
    required_fields,
    latin_name,
    sides_of_one_kind,
    front_agrees_with_back,
    renewal_chain,
    zone_agrees,
    picture_elsewhere,
    portrait_elsewhere,
    picture_quality,
    confirmation_agrees,
    forgery_tested,
)


def run(evidence: Evidence, policy: Policy) -> list[Finding]:
    """Every rule once that the policy asks for, in screen order."""
    return [finding for rule in RULES if (finding := rule(evidence, policy))]
