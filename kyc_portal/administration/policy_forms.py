"""The form of a policy: a choice for each signal, a number for each number, why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from kyc_portal.accounts import people
from kyc_portal.submissions import policy
from kyc_portal.submissions.checks.words import TITLES
from kyc_portal.submissions.policy import CHECK_SIGNALS, CODE_SIGNALS, NUMBERS, PERMIT_WORDS, SIGNALS, Handling
from kyc_portal.submissions.policy_versions import WHY_MIN


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check with what is asked where it fails and where it could not be made."""

    title: str
    fail: Any
    not_checked: Any


def check_rows(of: Mapping[str, Any]) -> list[CheckRow]:
    """Each check once, with whatever `of` holds for its two signals; None where it has no such result."""
    return [
        CheckRow(str(title), of.get(f"check:{rule}:fail"), of.get(f"check:{rule}:not_checked"))
        for rule, title in TITLES.items()
    ]


class PolicyForm(forms.Form):
    """A whole content. Fields are named as the content names its parts."""

    based_on = forms.IntegerField(widget=forms.HiddenInput)
    allowed_types = forms.MultipleChoiceField(
        label=_("Permits accepted"),
        required=False,
        choices=list(PERMIT_WORDS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    asks_for_portrait = forms.BooleanField(label=_("Ask the service for the portrait"), required=False)
    compares_portraits = forms.BooleanField(
        label=_("Compare portraits of customers who agree to it"),
        required=False,
        help_text=_("A consent of its own is asked for. Read the chapter on portraits before you propose it."),
    )
    closed_days = forms.CharField(
        label=_("The desk is closed on"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6, "placeholder": "2026-12-25"}),
        help_text=_("Public holidays, a day a line. No working time passes on them, nor at weekends."),
    )
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Words that reviewers may put on cases, one a line, and nothing about a customer."),
    )
    why = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("At least 20 characters, and nothing about a customer. Stands beside the version for good."),
    )

    def __init__(self, *args: Any, standing: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for signal in SIGNALS:
            self.fields[signal] = forms.ChoiceField(
                label=policy.words(signal),
                choices=Handling.choices,
                initial=standing["signals"].get(signal, Handling.APPROVE),
                widget=forms.Select(attrs={"aria-label": policy.words(signal)}),
            )
        for number in NUMBERS:
            self.fields[number.name] = forms.IntegerField(
                label=str(number.label),
                help_text=_("%(least)d to %(most)d %(unit)s")
                % {"least": number.least, "most": number.most, "unit": number.unit},
                min_value=number.least,
                max_value=number.most,
                initial=policy.number_of(standing, number),
            )
        self.reviewers = {f"sample_percent_of:{person.pk}": person for person in people.reviewers()}
        for name, person in self.reviewers.items():
            self.fields[name] = forms.IntegerField(
                label=person.display_name,
                required=False,
                min_value=0,
                max_value=100,
                initial=standing.get("sample_percent_of", {}).get(str(person.pk)),
            )
        self.fields["allowed_types"].initial = standing["allowed_types"]
        self.fields["asks_for_portrait"].initial = standing["asks_for_portrait"]
        self.fields["compares_portraits"].initial = standing.get("compares_portraits", False)
        self.fields["closed_days"].initial = "\n".join(standing.get("closed_days", []))
        self.fields["tags"].initial = "\n".join(policy.tags_of(standing))

    @property
    def codes(self) -> list[BoundField]:
        return [self[signal] for signal in CODE_SIGNALS]

    @property
    def checks(self) -> list[CheckRow]:
        return check_rows({signal: self[signal] for signal in CHECK_SIGNALS})

    @property
    def numbers(self) -> list[BoundField]:
        return [self[number.name] for number in NUMBERS]

    @property
    def rates(self) -> list[BoundField]:
        return [self[name] for name in self.reviewers]

    def content(self) -> dict[str, Any]:
        """What was chosen, as a version stores it."""
        chosen = self.cleaned_data
        return {
            "signals": {signal: chosen[signal] for signal in SIGNALS},
            "allowed_types": chosen["allowed_types"],
            "asks_for_portrait": chosen["asks_for_portrait"],
            "compares_portraits": chosen["compares_portraits"],
            "closed_days": sorted(set(chosen["closed_days"].split())),
            "tags": [line.strip() for line in chosen["tags"].splitlines() if line.strip()],
            "numbers": {number.name: chosen[number.name] for number in NUMBERS},
            "sample_percent_of": {
                str(person.pk): chosen[name] for name, person in self.reviewers.items() if chosen[name] is not None
            },
        }

    def refuse(self, problems: list[policy.Problem]) -> None:
        """Show each problem at its part."""
        for problem in problems:
            self.add_error(problem.part if problem.part in self.fields else None, problem.sentence)

    def clean_why(self) -> str:
        """A reason that says something, where the press is to propose; trying needs none."""
        why = str(self.cleaned_data["why"]).strip()
        if self.data.get("act") != "try" and len(why) < WHY_MIN:
            raise forms.ValidationError(_("Say why in at least 20 characters."))
        return why
