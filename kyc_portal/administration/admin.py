"""`/admin/`: the submissions in the queue's order, to look at. No model with a writer is writable here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.states import State
from kyc_portal.submissions.warning_codes import MEANINGS, Severity

admin.site.site_header = "Permit Desk"
admin.site.site_title = "Permit Desk"
admin.site.index_title = _("Look, do not touch")
for library_model in list(admin.site._registry):
    admin.site.unregister(library_model)


class LookOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Nothing is added, changed or deleted here: the writers are the only way."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}


@admin.register(Submission)
class SubmissionAdmin(LookOnly):
    """The same order as the queue: what waits for a reviewer first, gravest first, then longest waiting."""

    list_display = ("case", "gravest", "codes", "state", "points_total", "permit_type", "waiting_since", "holder")
    list_filter = ("state", "severity", "permit_type")
    search_fields = ("reference",)
    list_per_page = 50
    show_full_result_count = False
    list_display_links = None
    list_select_related = ("claimed_by",)
    fields = (
        "reference", "state", "state_since", "attempt", "version", "policy_version", "language", "declared_type",
        "permit_type", "codes", "severity", "points", "started_at", "received_at", "read_at", "confirmed_at",
        "waiting_since", "delayed_since", "decided_at", "expires_on", "not_confirmed", "is_stuck", "is_escalated",
        "claimed_by", "claimed_until",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        waits = Case(When(state=State.TO_REVIEW, then=Value(0)), default=Value(1), output_field=IntegerField())
        return Submission.objects.annotate(waits=waits).order_by(*self.get_ordering(request))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("waits", "rank", "waiting_since", "number")

    @admin.display(description=_("Case"))
    def case(self, submission: Submission) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("console:case", args=[submission.pk]), submission.reference)

    @admin.display(description=_("Gravest warning"))
    def gravest(self, submission: Submission) -> str:
        return str(MEANINGS[Severity(submission.severity)].label)

    @admin.display(description=_("Points"))
    def points_total(self, submission: Submission) -> int:
        return -submission.rank

    @admin.display(description=_("Held by"))
    def holder(self, submission: Submission) -> str:
        return submission.claimed_by.display_name if submission.claimed_by else ""
