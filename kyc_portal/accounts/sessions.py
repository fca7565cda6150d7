"""Signed-in browsers, each with whose it is, so that an erasure ends exactly those of one person.

The sign-in library keeps in a session which address somebody came in by. So a session is personal data: it ends with
the person's erasure, and a task removes those that have run out, which nobody else does.
"""

from __future__ import annotations

from typing import Any

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.utils import url_str_to_user_pk
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as LibrarysStore
from django.contrib.sessions.base_session import AbstractBaseSession

from kyc_portal.accounts.models import Session, User


class SessionStore(LibrarysStore):
    """The library's store in a table of ours."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        made = super().create_model_instance(data)
        made.person = person_of(data)  # type: ignore[attr-defined]
        return made


def person_of(data: dict[str, Any]) -> int | None:
    """Whose session it is: of who signed in with it, or is about to."""
    if signed_in := data.get(SESSION_KEY):
        return int(signed_in)
    coming = (data.get(LOGIN_SESSION_KEY) or {}).get("user_pk")
    return int(url_str_to_user_pk(coming)) if coming else None


def end_all_of(user: User) -> int:
    """Sign a person out everywhere; gives how many sessions ended."""
    return Session.objects.filter(person=user.pk).delete()[0]


def remove_run_out() -> None:
    """Sessions whose time is over."""
    SessionStore.clear_expired()
