"""What reviewers press and type."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from kyc_portal.accounts import people
from kyc_portal.review_console import parking
from kyc_portal.submissions import reasons, several
from kyc_portal.submissions.deciding import reopening
from kyc_portal.submissions.deciding.verdicts import Verdict
from kyc_portal.submissions.models import SideChoice
from kyc_portal.submissions.policy import TAG_LENGTH
from kyc_portal.submissions.reasons import Outcome


class NoteField(forms.CharField):
    """Text of several lines. A browser counts a line's end as one character and sends two: they are one here too."""

    def to_python(self, value: object) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class DecisionForm(forms.Form):
    """An outcome, its reasons and sides, an internal note, and the version that was seen."""

    outcome = forms.ChoiceField(choices=[(each.value, each.value) for each in Outcome])
    reasons = forms.MultipleChoiceField(required=False, choices=[(each.code, each.label) for each in reasons.ALL])
    sides = forms.MultipleChoiceField(required=False, choices=SideChoice.choices)
    note = NoteField(required=False, max_length=2000, strip=True)
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


class CasesField(forms.TypedMultipleChoiceField):
    """Ids of cases, as many as a page of the queue shows. Any id will do: the writer looks at the rows."""

    def __init__(self) -> None:
        super().__init__(coerce=UUID, required=False)

    def valid_value(self, value: object) -> bool:
        return True

    def validate(self, value: list[str]) -> None:
        """Refuse more than a page."""
        if len(value) > several.MOST:
            raise forms.ValidationError("more than a page of cases")


class SeveralForm(forms.Form):
    """What is done to the chosen cases; nothing that decides is among it."""

    ACTS = (("offer", _("Offer")), ("tag", _("Tag")), ("untag", _("Take tag off")), ("escalate", _("Escalate")))

    act = forms.ChoiceField(choices=ACTS)
    case = CasesField()
    to = forms.ModelChoiceField(people.reviewers(), required=False)
    tag = forms.CharField(required=False, max_length=TAG_LENGTH)


class LeaveForm(forms.Form):
    """Until when a lease ran, as the page that is left knew it."""

    until = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z"])


class SecondLookForm(forms.Form):
    """How a second person would have decided."""

    outcome = forms.ChoiceField(choices=Outcome.choices)
    reasons = forms.MultipleChoiceField(required=False, choices=[(each.code, each.label) for each in reasons.ALL])
    note = NoteField(required=False, max_length=2000, strip=True)


class WhyForm(VersionForm):
    """Why a case is sent back."""

    why = NoteField(required=False, max_length=2000, strip=True)


class ParkForm(WhyForm):
    """Until when a case is put aside, and why."""

    until = forms.ChoiceField(required=False, choices=parking.Until.choices)


class ReopenForm(VersionForm):
    """Why a decided case is taken up again."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    why = NoteField(
        label=_("Why"),
        min_length=reopening.WHY_MIN,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("At least 10 characters. Staff only, kept sealed; colleagues who decide read it."),
    )


class CorrectionForm(VersionForm):
    """A value beside the read one, and why."""

    field = forms.CharField(max_length=40)
    value = forms.CharField(max_length=200)
    reason = forms.CharField(max_length=500)


class SearchForm(forms.Form):
    """What is looked for, and the date of birth that goes with a name."""

    what = forms.CharField(
        label=_("Reference, permit number or name"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        help_text=_("A name in either script, with its date of birth beside it."),
    )
    born = forms.CharField(
        label=_("Date of birth"),
        required=False,
        max_length=10,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "1986-03-02"}),
    )
