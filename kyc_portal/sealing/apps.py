"""Django's name for sealing."""

from django.apps import AppConfig


class SealingConfig(AppConfig):
    name = "kyc_portal.sealing"
    label = "sealing"
