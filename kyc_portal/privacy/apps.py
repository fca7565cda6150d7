"""The app's name."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "kyc_portal.privacy"
