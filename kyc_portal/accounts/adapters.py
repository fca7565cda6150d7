"""Where the sign-in library asks us: who may sign up, and what goes into its e-mails."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from kyc_portal.accounts.models import Customer, Role, User
from kyc_portal.accounts.templatetags.business import business


class FactorAdapter(DefaultMFAAdapter):
    """What counts as a second factor: for staff what they enrolled, and never a passkey; for customers nothing.

    A customer's passkey is another way in. Counted as a second factor it would lock out whoever loses the phone.
    """

    def is_mfa_enabled(self, user: AbstractBaseUser, types: Collection[str] | None = None) -> bool:
        if not isinstance(user, User) or not user.works_here:
            return False
        counted = set(types or Authenticator.Type.values) - {Authenticator.Type.WEBAUTHN}
        return super().is_mfa_enabled(user, types=counted)

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        """What a passkey is called until its owner says otherwise."""
        return gettext("Passkey")


class AccountAdapter(DefaultAccountAdapter):
    """Whoever signs up is a customer; staff are made by an administrator."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user.role = Role.CUSTOMER
        saved: User = super().save_user(request, user, form, commit=commit)
        if commit:
            Customer.objects.create(user=saved, language=getattr(request, "LANGUAGE_CODE", "en"))
        return saved

    def populate_username(self, request: HttpRequest, user: User) -> None:
        """The address is the name."""

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Customers, who have no password, to the page that mails a code."""
        user = request.user
        is_staff = isinstance(user, User) and user.works_here
        return reverse("account_login" if is_staff else "account_request_login_code")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        super().send_mail(template_prefix, email, {**context, "business": business()})
