"""What customers type and tick."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms

from kyc_portal.submissions.card_fields import Field
from kyc_portal.submissions.models import DeclaredType


class ConsentForm(forms.Form):
    """Two separate consents that are needed and one that is not, none ticked before, and which permit it is."""

    declared_type = forms.ChoiceField(choices=DeclaredType.choices, widget=forms.RadioSelect)
    notice = forms.BooleanField()
    reading = forms.BooleanField()
    portraits = forms.BooleanField(required=False)
    text_version = forms.CharField(required=False, max_length=20)


class DetailsForm(forms.Form):
    """For each read field: is it wrong, what does the card say, a note. Built from the fields that were read."""

    def __init__(self, *args: object, fields: Sequence[Field], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.read = fields
        for each in fields:
            self.fields[f"wrong_{each.name}"] = forms.BooleanField(required=False)
            self.fields[f"value_{each.name}"] = forms.CharField(required=False, max_length=200)
            self.fields[f"note_{each.name}"] = forms.CharField(required=False, max_length=500)

    def differences(self) -> dict[str, dict[str, str]]:
        """{field: {"value", "note"}} of what the customer calls wrong, or typed differently."""
        found = {}
        for each in self.read:
            value = str(self.cleaned_data[f"value_{each.name}"]).strip()
            note = str(self.cleaned_data[f"note_{each.name}"]).strip()
            if self.cleaned_data[f"wrong_{each.name}"] or (value and value != each.read):
                found[each.name] = {"value": value, "note": note}
        return found
