"""What administrators and auditors type."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from kyc_portal.exports.submission_list import PURPOSE_MIN
from kyc_portal.submissions.states import State


class ExportForm(forms.Form):
    """Purpose and state of a list to export."""

    purpose = forms.CharField(
        label=_("Purpose"),
        min_length=PURPOSE_MIN,
        max_length=500,
        help_text=_("At least 20 characters. Stands in the audit log beside the file's hash."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), *State.choices])


class LogFilterForm(forms.Form):
    """Filters of the audit log; each narrows, none is needed."""

    case = forms.CharField(label=_("Case"), required=False, max_length=40)
    person = forms.CharField(label=_("Person"), required=False, max_length=80)
    action = forms.CharField(label=_("Act"), required=False, max_length=80)
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def clean_case(self) -> str:
        """A case's reference, in capitals."""
        return str(self.cleaned_data["case"]).strip().upper()


def as_uuid(text: str) -> UUID | None:
    """A uuid, or None when the text is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
