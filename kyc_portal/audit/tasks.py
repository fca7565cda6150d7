"""The base of every task: notes which task acts, and on behalf of which request it was sent."""

from __future__ import annotations

from typing import Any

from celery import Task

from kyc_portal.audit.context import forget, note_task, origin

_HEADER = "audit_request"


class AuditedTask(Task):
    """Sent with the id of the request that caused it; run with its own id noted for the log."""

    abstract = True

    def apply_async(self, *args: Any, headers: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        return super().apply_async(*args, headers={_HEADER: origin().request, **(headers or {})}, **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        task = f"{self.name}:{self.request.id}:{self.request.retries}" if self.request.id else self.name
        token = note_task(task, request_id=self._caused_by())
        try:
            return super().__call__(*args, **kwargs)
        finally:
            forget(token)

    def _caused_by(self) -> str:
        """The originating request: a worker flattens the message's headers, a call in this process does not."""
        if not self.request.id:
            return origin().request
        return str(self.request.get(_HEADER) or (self.request.headers or {}).get(_HEADER) or "")
