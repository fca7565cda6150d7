"""Django's name for people."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "kyc_portal.accounts"
    label = "accounts"

    def ready(self) -> None:
        from kyc_portal.accounts import signals  # noqa: F401 - connects the receivers
