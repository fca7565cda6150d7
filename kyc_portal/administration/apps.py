"""Django's name for the administrators' face."""

from django.apps import AppConfig


class AdministrationConfig(AppConfig):
    name = "kyc_portal.administration"
    label = "administration"
