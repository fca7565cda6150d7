"""The audit log: who did what, when, on what. Stands on the ground floor and imports nothing of the portal above it.

Row changes are recorded by the database (triggers); acts that change nothing by `record`. Everything an
application's role writes must happen inside `acting`.
"""

from kyc_portal.audit.context import (
    Actor,
    AuditError,
    acting,
    current_actor,
    identified,
    note_request,
    note_task,
    record,
    system,
)

__all__ = [
    "Actor",
    "AuditError",
    "acting",
    "current_actor",
    "identified",
    "note_request",
    "note_task",
    "record",
    "system",
]
