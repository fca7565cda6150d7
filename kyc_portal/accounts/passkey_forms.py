"""The sign-in library's forms for passkeys, which fall over an answer that no device gives: here it is just wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import LoginWebAuthnForm, SignupWebAuthnForm


@contextmanager
def _an_answer_of_a_device() -> Iterator[None]:
    """Parts that are missing or of another kind, as anybody may send, become the form's own error."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise get_adapter().validation_error("incorrect_code") from error


class AddPasskeyForm(SignupWebAuthnForm):
    """A new passkey of a person who is signed in."""

    def clean(self) -> dict[str, Any]:
        with _an_answer_of_a_device():
            cleaned: dict[str, Any] = super().clean()
            return cleaned


class SignInByPasskeyForm(LoginWebAuthnForm):
    """Signing in by a passkey; who it is comes out of the answer."""

    def clean_credential(self) -> Authenticator:
        with _an_answer_of_a_device():
            found: Authenticator = super().clean_credential()
            return found
