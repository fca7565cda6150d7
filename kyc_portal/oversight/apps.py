"""Django's name for what watches."""

from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "kyc_portal.oversight"
    label = "oversight"
