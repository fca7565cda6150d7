"""The app's name."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "kyc_portal.exports"
