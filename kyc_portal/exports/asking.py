"""What people do with an export: ask for it, approve another's, call it off, take the file."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.exports import nudges, store
from kyc_portal.exports.columns import COLUMNS_VERSION, columns
from kyc_portal.exports.errors import NotAllowedError, RefusedError, TooLateError
from kyc_portal.exports.formats import FORMATS
from kyc_portal.exports.models import OPEN, Export, ExportPart, ExportState
from kyc_portal.exports.wanted import Wanted

log = logging.getLogger(__name__)

PURPOSE_MIN = 20
# What one person has under way at once: a worker and its disk are everybody's.
OPEN_LIMIT = 5
# What nobody has approved is asked for again.
WAITS_FOR = timedelta(hours=24)


def details(export: Export) -> dict[str, str]:
    """What stands in the log about an export, whatever happens to it."""
    found = {
        "purpose": export.purpose,
        "columns": ",".join(columns(in_clear=export.in_clear)),
        "columns_version": export.columns_version,
        "filter": " ".join(f"{name}={value}" for name, value in export.wanted.items()),
        "format": export.format,
        "masked": "no" if export.in_clear else "yes",
        "asked_by": str(export.asked_by_id),
        "approved_by": str(export.approved_by_id or ""),
        "rows": "" if export.rows is None else str(export.rows),
        "sha256": export.sha256,
    }
    return {name: value for name, value in found.items() if value}


def record(action: str, export: Export, **more: str) -> None:
    """Record an act on an export inside the open `acting`."""
    audit.record(action, object_type="exports.export", object_id=str(export.pk), details={**details(export), **more})


def _require_administrator(person: User) -> None:
    if person.role != Role.ADMINISTRATOR or not person.is_active:
        raise NotAllowedError("an administrator does this")


def ask(*, purpose: str, wanted: Wanted, form: str, in_clear: bool, by: User, now: datetime) -> Export:
    """Ask for a file. In clear it waits for a second administrator; masked, a worker begins at once.

    Raises NotAllowedError, and RefusedError; nothing is recorded then, because nothing was asked.
    """
    _require_administrator(by)
    if len(purpose.strip()) < PURPOSE_MIN:
        raise RefusedError("purpose")
    many, limit = wanted.rows().count(), FORMATS[form].rows_limit
    if not many:
        raise RefusedError("nothing")
    if limit is not None and many > limit:
        raise RefusedError("too_many")
    with audit.acting(by.actor):
        # The person's own row: two asked at once queue here, and are counted.
        User.objects.select_for_update().get(pk=by.pk)
        under_way = Export.objects.filter(asked_by=by, state__in=set(OPEN) - {ExportState.READY}).count()
        if under_way >= OPEN_LIMIT:
            raise RefusedError("busy")
        made = Export.objects.create(
            asked_by=by,
            asked_at=now,
            purpose=purpose.strip(),
            wanted=wanted.as_json(),
            columns_version=COLUMNS_VERSION,
            format=form,
            in_clear=in_clear,
            state=ExportState.WAITING if in_clear else ExportState.ASKED,
            state_since=now,
        )
        record("export.asked", made)
        if not in_clear:
            transaction.on_commit(lambda: nudges.make(str(made.pk)), robust=True)
    return made


def approve(*, export: Export, by: User, now: datetime) -> None:
    """Let another administrator's export in clear be made.

    Raises NotAllowedError for anybody else and for the one who asked, TooLateError when it does not wait any more.
    """
    _require_administrator(by)
    if export.asked_by_id == by.pk:
        raise NotAllowedError("somebody else approves your export")
    with audit.acting(by.actor):
        moved = (
            Export.objects.filter(pk=export.pk, state=ExportState.WAITING, asked_at__gt=now - WAITS_FOR)
            .exclude(asked_by=by)
            .update(state=ExportState.ASKED, state_since=now, approved_by=by, approved_at=now)
        )
        if not moved:
            raise TooLateError("it does not wait for a second person")
        export.refresh_from_db()
        record("export.approved", export)
        transaction.on_commit(lambda: nudges.make(str(export.pk)), robust=True)


def cancel(*, export: Export, by: User, now: datetime) -> None:
    """Call an export off at any point before its end: refuse it, stop its worker, or take the file away.

    A worker notices between two blocks. Raises NotAllowedError, or TooLateError when it has ended.
    """
    _require_administrator(by)
    with audit.acting(by.actor):
        moved = Export.objects.filter(pk=export.pk, state__in=OPEN).update(
            state=ExportState.CANCELLED, state_since=now, ended_by=by, token=None
        )
        if not moved:
            raise TooLateError("it has ended")
        store.destroy_key(export.pk)
        export.refresh_from_db()
        record("export.cancelled", export)


def take(*, export: Export, by: User, now: datetime) -> Iterator[bytes]:
    """The file for the one person who asked for it, part by part; recorded before the first byte leaves.

    Raises NotAllowedError for everybody else, TooLateError when there is no file (any more), and OSError or SealError
    when its first part does not open; nobody has taken anything then.
    """
    _require_administrator(by)
    if export.asked_by_id != by.pk:
        raise NotAllowedError("the link works for the person who asked")
    if export.state != ExportState.READY or export.expires_at is None or export.expires_at <= now:
        raise TooLateError("there is no file")
    parts = list(file_parts(export).values_list("pk", flat=True))
    first = store.get(export.pk, parts[0]) if parts else b""
    with audit.acting(by.actor):
        record("export.taken", export)
    return _handed_out(export, first, parts[1:])


def _handed_out(export: Export, first: bytes, others: list[UUID]) -> Iterator[bytes]:
    """The parts one by one, checked on the way: the last one stays back when the whole is not what was recorded."""
    seen, piece = hashlib.sha256(first), first
    for part_id in others:
        yield piece
        piece = store.get(export.pk, part_id)
        seen.update(piece)
    if seen.hexdigest() != export.sha256:
        log.error("export_file_changed", extra={"export": str(export.pk)})
        raise OSError("the stored file is not the one that was made")
    yield piece


def file_parts(export: Export) -> QuerySet[ExportPart]:
    """The parts that make the file, in their order: of a workbook the packed ones."""
    return export.parts.filter(is_packed=FORMATS[export.format].pack is not None).order_by("number")
