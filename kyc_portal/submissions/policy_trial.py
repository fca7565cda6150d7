"""A policy tried on past cases before it is published: how many would go another way, because of what.

Stands on the receipts of decisions, so it judges what was known when each case was decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from kyc_portal.submissions import policy
from kyc_portal.submissions.checks.results import Result
from kyc_portal.submissions.models import Decision, DecisionStage
from kyc_portal.submissions.policy import PERMITS, Handling, Policy
from kyc_portal.submissions.reasons import Outcome

LAST = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One signal that sends cases another way, with how many."""

    signal: str
    label: str
    before: str
    after: str
    many: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What a policy would have done with the last decided cases, compared with another.

    `stricter` and `milder` count cases whose way changes; one whose way stays counts in neither. `barred` of them
    were approved and could not be now. `lines` are by signal; a case with two changed signals stands in both.
    """

    cases: int
    stricter: int
    milder: int
    barred: int
    lines: tuple[Line, ...]

    @property
    def other_way(self) -> int:
        return self.stricter + self.milder


def run(candidate: Policy, *, against: Policy, last: int = LAST) -> Trial:
    """Rule the last decided cases by both."""
    stricter = milder = barred = 0
    found: Counter[tuple[str, Handling, Handling]] = Counter()
    decisions = _last_decided(last)
    for decision in decisions:
        before = against.rule(_signals(decision, against))
        after = candidate.rule(_signals(decision, candidate))
        rank = policy.ORDER.index(after.way) - policy.ORDER.index(before.way)
        stricter, milder = stricter + (rank > 0), milder + (rank < 0)
        barred += bool(decision.outcome == Outcome.APPROVE and after.no_approval_because and rank)
        if rank:
            found.update(_causes(before.handlings, after.handlings))
    lines = (
        Line(signal, policy.words(signal), str(was.label), str(becomes.label), many)
        for (signal, was, becomes), many in found.items()
    )
    ordered = tuple(sorted(lines, key=lambda line: (-line.many, policy.SIGNALS.index(line.signal))))
    return Trial(cases=len(decisions), stricter=stricter, milder=milder, barred=barred, lines=ordered)


def _last_decided(last: int) -> list[Decision]:
    """The newest final approvals and rejections, one a case."""
    finals = Decision.objects.filter(stage=DecisionStage.FINAL, outcome__in=[Outcome.APPROVE, Outcome.REJECT])
    newest: dict[object, Decision] = {}
    for decision in finals.select_related("submission").order_by("-final_at")[: 2 * last]:
        newest.setdefault(decision.submission_id, decision)
    return list(newest.values())[:last]


def _signals(decision: Decision, held: Policy) -> frozenset[str]:
    """The signals of a receipt, with the one check that depends on the policy done by this policy."""
    receipt = decision.receipt
    checks = dict(receipt.get("checks", {}))
    permit = PERMITS.get(decision.submission.permit_type)
    if permit is not None and "type_allowed" in checks:
        checks["type_allowed"] = Result.PASS if permit in held.allowed_types else Result.FAIL
    return policy.signals_of([int(code) for code in receipt.get("warnings", [])], checks.items())


def _causes(before: Mapping[str, Handling], after: Mapping[str, Handling]) -> list[tuple[str, Handling, Handling]]:
    """The signals of a case that are handled otherwise."""
    pairs = (
        (signal, before.get(signal, Handling.APPROVE), after.get(signal, Handling.APPROVE))
        for signal in {*before, *after}
    )
    return [each for each in pairs if each[1] is not each[2]]
