"""The pack's page: one HTML file with its looks and pictures inside; it runs nothing and asks nobody for anything."""

from __future__ import annotations

import base64
from datetime import datetime

from django.template.loader import render_to_string
from django.utils import timezone, translation

from kyc_portal.exports.case_pack.case_file import NOT_SEEN, CaseFile
from kyc_portal.submissions.clocks.working_time import HONG_KONG


def render(case: CaseFile, *, data_sha256: str) -> bytes:
    """index.html, UTF-8; `data_sha256` is the hash of case.json, which stands on it."""
    context = {
        "case": case,
        "made": case.made,
        "data_sha256": data_sha256,
        "not_seen": NOT_SEEN,
        "pictures": [(each, base64.b64encode(each.display).decode()) for each in case.pictures],
        "failed": case.of("FAIL"),
        "not_checked": case.of("NOT CHECKED"),
        "others": [check for check in case.checks if check.result not in ("FAIL", "NOT CHECKED")],
        "checkpoint": case.proof.checkpoint,
    }
    with translation.override("en"), timezone.override(HONG_KONG):
        return render_to_string("exports/case_pack.html", context).encode()


def at_hong_kong(at: datetime | None) -> str:
    """An instant as the pack writes it for people: Hong Kong time, and it says so."""
    return f"{at.astimezone(HONG_KONG):%-d %b %Y %H:%M:%S} HKT" if at else "–"
