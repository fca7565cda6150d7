"""What administrators and auditors type."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from kyc_portal.accounts.models import STAFF_ROLES, Role
from kyc_portal.audit.words import ACTS, CHANGES, WAYS
from kyc_portal.exports.asking import PURPOSE_MIN
from kyc_portal.exports.formats import FORMATS
from kyc_portal.exports.wanted import Wanted
from kyc_portal.privacy.consents import Sought
from kyc_portal.privacy.holds import WHY_MIN
from kyc_portal.privacy.models import SAID_BY_PEOPLE
from kyc_portal.submissions import policy
from kyc_portal.submissions.clocks.working_time import HONG_KONG
from kyc_portal.submissions.reading_service.call_hold import WHY_MAX
from kyc_portal.submissions.reading_service.call_hold import WHY_MIN as WHY_MIN_OF_CALLS
from kyc_portal.submissions.states import State


class ExportForm(forms.Form):
    """What a list is for, what is in it, and in which form it leaves. Masked unless something else is chosen."""

    purpose = forms.CharField(
        label=_("Purpose"),
        min_length=PURPOSE_MIN,
        max_length=500,
        help_text=_("At least 20 characters. Stands in the audit log beside the file's hash."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), *State.choices])
    code = forms.TypedChoiceField(label=_("Warning"), required=False, coerce=int, empty_value=None)
    permit_type = forms.ChoiceField(
        label=_("Permit type"), required=False, choices=[("", _("All")), *policy.PERMIT_WORDS.items()]
    )
    received_from = forms.DateField(
        label=_("Received from"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    received_to = forms.DateField(
        label=_("Received up to and with"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    form = forms.ChoiceField(
        label=_("Format"),
        required=False,
        initial="csv",
        choices=[(each.key, each.label) for each in FORMATS.values()],
        widget=forms.RadioSelect,
    )
    values = forms.ChoiceField(
        label=_("Personal values"),
        required=False,
        initial="",
        choices=[("", _("Masked")), ("clear", _("In clear, once a second administrator approves"))],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = [(code, policy.words(policy.signal_of_code(code))) for code in policy.KNOWN_CODES]
        cast(forms.ChoiceField, self.fields["code"]).choices = [("", _("Any or none")), *codes]

    def clean(self) -> dict[str, Any]:
        """The days in their order."""
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("received_from"), cleaned.get("received_to")
        if first and last and last < first:
            self.add_error("received_to", _("This day is before the first one."))
        return cleaned

    def wanted(self) -> Wanted:
        """The filter that was chosen."""
        days = {name: self.cleaned_data[name] for name in ("received_from", "received_to")}
        return Wanted(
            state=self.cleaned_data["state"],
            code=self.cleaned_data["code"],
            permit_type=self.cleaned_data["permit_type"],
            **{name: day.isoformat() if day else "" for name, day in days.items()},
        )


class InviteForm(forms.Form):
    """A colleague to ask in."""

    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("As colleagues and the audit log will read it.")
    )
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["role"]).choices = staff_roles()


class InvitationForm(forms.Form):
    """A link that asks a customer to start."""

    reference = forms.CharField(
        label=_("Your reference for the customer"),
        max_length=40,
        help_text=_("A number of yours, not a name: whoever starts by the link reads it."),
    )
    days = forms.IntegerField(label=_("Works for so many days"), min_value=1, max_value=30, initial=7)


class HoldForm(forms.Form):
    """Why a customer's data must stay."""

    why = forms.CharField(
        label=_("Why"), min_length=WHY_MIN, max_length=500, help_text=_("At least 10 characters. Kept sealed.")
    )


class RelationshipForm(forms.Form):
    """The day the relationship ended."""

    ended_on = forms.DateField(label=_("Ended on"), widget=forms.DateInput(attrs={"type": "date"}))


class ErasureForm(forms.Form):
    """Why a customer is erased, and their reference typed again."""

    cause = forms.ChoiceField(label=_("Why"), choices=[(cause.value, cause.label) for cause in SAID_BY_PEOPLE])
    reference = forms.CharField(label=_("The customer's reference, typed again"), max_length=12)


class PurposeForm(forms.Form):
    """What a file is for."""

    purpose = forms.CharField(
        label=_("Purpose"),
        min_length=PURPOSE_MIN,
        max_length=500,
        help_text=_("At least 20 characters. Stands in the audit log beside the file's hash."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CasePackForm(PurposeForm):
    """What an examiner's pack is for, and whether the staff's notes come along."""

    with_notes = forms.BooleanField(
        label=_("Include the staff's notes"),
        required=False,
        help_text=_("Notes and reasons that staff wrote for each other. Never for the customer."),
    )


class CallsReasonForm(forms.Form):
    """Why calls to the reading service are held, probed or let go on."""

    why = forms.CharField(
        label=_("Why"),
        min_length=WHY_MIN_OF_CALLS,
        max_length=WHY_MAX,
        help_text=_("At least 10 characters, for colleagues; it stands in the audit log. No customer's name."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ReleaseForm(CallsReasonForm):
    """Why calls go on, and which hold was seen."""

    since = forms.DateTimeField(widget=forms.HiddenInput, input_formats=["%Y-%m-%dT%H:%M:%S.%f%z"])


class ConsentFilterForm(forms.Form):
    """Filters of the register of consents; each narrows, none is needed."""

    customer = forms.CharField(label=_("Customer"), required=False, max_length=12)
    text_version = forms.CharField(label=_("Version of the text"), required=False, max_length=20)
    language = forms.ChoiceField(label=_("Language"), required=False, choices=[("", _("Any")), *settings.LANGUAGES])
    standing = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Any")), ("stands", _("Stands")), ("withdrawn", _("Taken back"))],
    )
    after = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def sought(self) -> Sought:
        """The filter that was chosen."""
        wanted = self.cleaned_data
        return Sought(
            customer=wanted["customer"].strip().upper(),
            text_version=wanted["text_version"].strip(),
            language=wanted["language"],
            standing=wanted["standing"],
        )


def staff_roles() -> list[tuple[str, Any]]:
    """The roles an administrator can give, by value and words."""
    return [(role.value, role.label) for role in Role if role in STAFF_ROLES]


class LogPartForm(forms.Form):
    """Which positions of the log are taken along; left empty, all that are signed."""

    first = forms.IntegerField(label=_("From position"), required=False, min_value=0)
    last = forms.IntegerField(label=_("Up to and with position"), required=False, min_value=0)


class LogFilterForm(forms.Form):
    """Filters of the audit log; each narrows, none is needed."""

    case = forms.CharField(
        label=_("Case or customer"), required=False, max_length=40, widget=forms.TextInput(attrs={"data-find": True})
    )
    person = forms.CharField(label=_("Person"), required=False, max_length=80)
    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[("", _("Everything")), ("acts", _("Acts only")), ("looks", _("Who looked"))],
    )
    via = forms.ChoiceField(label=_("Through"), required=False, choices=[("", _("Any")), *WAYS.items()])
    day_from = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    day_to = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        acts = sorted(ACTS.items(), key=lambda each: str(each[1]))
        self.fields["action"] = forms.ChoiceField(
            label=_("Act"), required=False, choices=[("", _("Any")), *CHANGES.items(), *acts]
        )
        self.order_fields(["case", "person", "action", "show", "via", "day_from", "day_to", "before"])

    def clean(self) -> dict[str, Any]:
        """The days as instants in Hong Kong, both counted in."""
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("day_from"), cleaned.get("day_to")
        cleaned["since"] = datetime.combine(first, time(), HONG_KONG) if first else None
        cleaned["until"] = datetime.combine(last, time(), HONG_KONG) + timedelta(days=1) if last else None
        return cleaned

    def clean_case(self) -> str:
        """A case's reference, in capitals."""
        return str(self.cleaned_data["case"]).strip().upper()
