"""Each person's language: a customer's own choice, English for staff; and that only our pages may use the camera."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from kyc_portal.accounts.models import Customer, User


class SpeakTheirLanguage:
    """A customer who signed in reads the language they chose last, also on another device."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if isinstance(user, User):
            language = "en" if user.works_here else _chosen(user)
            if language:
                translation.activate(language)
                request.LANGUAGE_CODE = language
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
        return response


def _chosen(user: User) -> str:
    return Customer.objects.filter(user=user).values_list("language", flat=True).first() or ""
