"""Who acts, said to the database as the first statement of the outermost transaction.

The web's middleware and the task's base class only note who asks and through what, in context variables; the
writer's own `acting` opens the durable transaction and sends it. No transaction is open while a body arrives,
a file is stored or the service is called.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db import connection, transaction


class AuditError(RuntimeError):
    """The log cannot be written as asked: a bug of ours, and the act does not happen."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `label` is a staff name at the time or a customer's reference, never a customer's name."""

    kind: Literal["staff", "customer", "system"]
    id: str
    label: str = ""
    role: str = ""

    @property
    def name(self) -> str:
        """As entries carry it: staff:7, customer:<uuid>, system:sweep."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Through what an act came: via web, api, task, command or shell; the request's and the task's id."""

    via: str = "shell"
    request: str = ""
    task: str = ""


_origin: ContextVar[Origin] = ContextVar("audit_origin", default=Origin())  # noqa: B039 - frozen
_acting: ContextVar[Actor | None] = ContextVar("audit_acting", default=None)


def system(name: str) -> Actor:
    """A part of the product that acts by itself; such entries are never dropped for lack of a person."""
    return Actor(kind="system", id=name, label=name, role="system")


def note_request(request_id: str, *, via: str = "web") -> Token[Origin]:
    """Note that what follows came by this request; give the token back to `forget`."""
    return _origin.set(Origin(via=via, request=request_id))


def note_task(task_id: str, *, request_id: str = "", via: str = "task") -> Token[Origin]:
    """Note that what follows runs in this task, sent on behalf of a request."""
    return _origin.set(Origin(via=via, request=request_id, task=task_id))


def forget(token: Token[Origin]) -> None:
    """Undo `note_request` or `note_task`."""
    _origin.reset(token)


def origin() -> Origin:
    """Through what the present act came."""
    return _origin.get()


def current_actor() -> Actor | None:
    """Who acts in the open `acting`, if any."""
    return _acting.get()


def _say(context: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('audit.context', %s, true)", [context])


@contextmanager
def acting(actor: Actor, *, via: str = "", request: str = "", task: str = "") -> Iterator[None]:
    """Open the outermost transaction and say who acts in it. Refuses to be opened inside another `acting`.

    The transaction is durable: when it ends without an error, it is committed. `via`, `request` and `task` are
    what was noted (see `note_request`, `note_task`) unless given.
    """
    if _acting.get() is not None:
        raise AuditError("acting is already open: a writer does not call a writer")
    told = _told(actor, _origin.get(), via=via, request=request, task=task)
    with transaction.atomic(durable=True):
        _say(told)
        token = _acting.set(actor)
        try:
            yield
        finally:  # before the commit: what runs on commit is nobody's act yet
            _acting.reset(token)
    if connection.in_atomic_block:
        # Only where a test case holds a transaction around everything: the words must not outlive the act.
        _say("")


def identified(actor: Actor) -> None:
    """A visitor has just proven who they are: what follows in the open `acting` is this person's.

    Only ever from the system to a person; a person never becomes another.
    """
    before = _acting.get()
    if before is None or before.kind != "system":
        raise AuditError("only a visitor inside acting is identified")
    _say(_told(actor, _origin.get(), via="", request="", task=""))
    _acting.set(actor)


def _told(actor: Actor, came: Origin, *, via: str, request: str, task: str) -> str:
    return json.dumps(
        {
            "actor": actor.name,
            "label": actor.label,
            "role": actor.role,
            "via": via or came.via,
            "request": request or came.request,
            "task": task or came.task,
        },
        ensure_ascii=True,
    )


def record(
    action: str,
    *,
    object_type: str,
    object_id: str | int | UUID,
    subject: UUID | None = None,
    details: Mapping[str, str] | None = None,
    sealed: bytes | None = None,
) -> None:
    """Record an act, named `thing.verb`, inside the open `acting`.

    `subject` is the customer it is about. `details` hold ids, codes and counts as text, nothing personal. What is
    personal (a search term, an address) comes as `sealed` ciphertext: it goes to the vault, its digest to the entry.
    """
    if _acting.get() is None:
        raise AuditError("an act is recorded inside acting")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT audit.record(%s, %s, %s, %s, %s::jsonb, %s)",
            [action, object_type, str(object_id), subject, json.dumps(dict(details or {})), sealed],
        )
