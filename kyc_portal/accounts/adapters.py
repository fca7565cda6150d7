"""Where the sign-in library asks us: who may sign up, and what goes into its e-mails."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from kyc_portal.accounts.models import Customer, Role, User
from kyc_portal.accounts.templatetags.business import business


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

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        super().send_mail(template_prefix, email, {**context, "business": business()})
