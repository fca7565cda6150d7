"""What reviewers press and type."""

from __future__ import annotations

from django import forms

from kyc_portal.submissions import reasons
from kyc_portal.submissions.models import SideChoice
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.review import Verdict


class DecisionForm(forms.Form):
    """An outcome, its reasons and sides, an internal note, and the version that was seen."""

    outcome = forms.ChoiceField(choices=[(each.value, each.value) for each in Outcome])
    reasons = forms.MultipleChoiceField(required=False, choices=[(each.code, each.label) for each in reasons.ALL])
    sides = forms.MultipleChoiceField(required=False, choices=SideChoice.choices)
    note = forms.CharField(required=False, max_length=2000, strip=True)
    version = forms.IntegerField(min_value=1)

    def verdict(self) -> Verdict:
        """What was chosen, as the writer takes it."""
        chosen = self.cleaned_data
        return Verdict(
            outcome=Outcome(chosen["outcome"]),
            reasons=tuple(chosen["reasons"]),
            sides=tuple(chosen["sides"]),
            note=chosen["note"],
        )


class VersionForm(forms.Form):
    """The version that was seen, for acts that need nothing else."""

    version = forms.IntegerField(min_value=1)


class CorrectionForm(VersionForm):
    """A value beside the read one, and why."""

    field = forms.CharField(max_length=40)
    value = forms.CharField(max_length=200)
    reason = forms.CharField(max_length=500)
