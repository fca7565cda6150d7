"""Asking for an examiner's pack and handing it out: who may, why, what the log keeps. Nothing of it stays here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.conf import settings

from kyc_portal import audit
from kyc_portal.accounts.models import KEEPING, Role, User
from kyc_portal.audit.proof import pack_verifier, plain_ed25519, verifier
from kyc_portal.exports import archive
from kyc_portal.exports.archive import Content, Made
from kyc_portal.exports.asking import PURPOSE_MIN
from kyc_portal.exports.case_pack import contents, page
from kyc_portal.exports.case_pack.case_file import CaseFile, Making
from kyc_portal.exports.errors import NotAllowedError, RefusedError
from kyc_portal.submissions import scans
from kyc_portal.submissions.models import Submission

MAY_MAKE = KEEPING
READ_ME = """Case pack {reference}. It contains personal data: keep it as you would keep the card.

index.html      everything, to look at; opens in any browser, without a network
case.pdf        the same on paper
case.json       the same for machines
pictures/       the pictures as they were received
timeline.json   the entries of the audit log about this case, each with its way to the signed checkpoint
verify.py       checks all of it; it needs Python 3.11 or newer and the two files beside it, nothing else
SHA256SUMS      the hash of every file:  sha256sum -c SHA256SUMS

    python3 verify.py --key 'name+id+base64'

The key is not here on purpose: whoever could change this pack could change a key beside it. Ask for it where you ask
for things you trust. Take verify.py from such a place too if you can; it is the same in every pack of one release.

What it shows: no file was changed; each picture is the one that was logged when it came in; each entry stands in the
signed log. What it does not show: that no entry was left out (ask for the log itself), and that what was written was
true when it was written. Values of fields are what the product holds; the log holds digests of them, sealed.
Whoever changes a page here together with SHA256SUMS is found by its hash alone: verify.py prints it, and the audit log
holds it and the zip's hash under "case_pack.made", which is younger than this pack. Ask for that entry.
"""


def make(*, submission: Submission, purpose: str, with_notes: bool, by: User, now: datetime) -> Made:
    """The pack of one case for an auditor or administrator; the looking is recorded before anything is opened.

    Raises NotAllowedError, RefusedError("purpose"), KeyDestroyedError for an erased customer, and OSError when the
    store does not answer. A pack that could not be made leaves the entry of who asked.
    """
    if by.role not in MAY_MAKE or not by.is_active:
        raise NotAllowedError("an auditor or an administrator does this")
    if len(purpose.strip()) < PURPOSE_MIN:
        raise RefusedError("purpose")
    asked = {"purpose": purpose.strip(), "notes": "yes" if with_notes else "no"}
    with audit.acting(by.actor):
        _record("case_pack.asked", submission, asked)
        for scan in submission.scans.all():
            scans.record_view(
                scan_id=scan.pk, submission_id=submission.pk, customer_id=scan.customer_id, side=scan.side
            )
    made = Making(
        by=by.display_name,
        role=str(Role(by.role).label),
        at=now,
        purpose=purpose.strip(),
        with_notes=with_notes,
        business=settings.BUSINESS_NAMES["en"],
        code_version=settings.CODE_VERSION,
    )
    case = contents.gather(submission, made=made, now=now)
    name = f"case-pack-{submission.reference}-{now:%Y%m%d-%H%M%S}"
    pack = archive.made(name, files_of(case), at=now)
    with audit.acting(by.actor):
        _record(
            "case_pack.made",
            submission,
            {
                **asked,
                "sha256": pack.sha256,
                "sums_sha256": pack.sums_sha256,
                "bytes": str(pack.size_bytes),
                "version": str(case.version),
            },
        )
    return pack


def files_of(case: CaseFile) -> Mapping[str, Content]:
    """Every file of the pack by its path, but the list of hashes."""
    # What draws PDFs is 30 MB in memory, and every process that knows an address of ours would hold it.
    from kyc_portal.exports.case_pack import paper

    data = case.as_json()
    digest = hashlib.sha256(data).hexdigest()
    return {
        "READ-ME-FIRST.txt": READ_ME.format(reference=case.reference).encode(),
        "index.html": page.render(case, data_sha256=digest),
        "case.pdf": paper.render(case, data_sha256=digest),
        "case.json": data,
        "timeline.json": json.dumps(case.proof.as_record(), ensure_ascii=False, indent=1).encode() + b"\n",
        **{each.file: each.original for each in case.pictures},
        "verify.py": Path(pack_verifier.__file__).read_bytes(),
        "verify_log.py": Path(verifier.__file__).read_bytes(),
        "plain_ed25519.py": Path(plain_ed25519.__file__).read_bytes(),
    }


def _record(action: str, submission: Submission, details: Mapping[str, str]) -> None:
    audit.record(
        action,
        object_type="submissions.submission",
        object_id=str(submission.pk),
        subject=submission.customer_id,
        details=details,
    )
