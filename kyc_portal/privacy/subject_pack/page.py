"""The pack's page in the customer's language: one HTML file, with its looks and photos inside, that runs nothing."""

from __future__ import annotations

import base64

from django.template.loader import render_to_string
from django.utils import timezone, translation

from kyc_portal.privacy.subject_pack.subject_file import SubjectFile
from kyc_portal.submissions.clocks.working_time import HONG_KONG


def render(held: SubjectFile) -> bytes:
    """index.html, UTF-8."""
    applications = [
        (each, [(photo, base64.b64encode(photo.display).decode()) for photo in each.photos])
        for each in held.applications
    ]
    with translation.override(held.language), timezone.override(HONG_KONG):
        return render_to_string("privacy/subject_pack.html", {"held": held, "applications": applications}).encode()
