"""Django's name for the domain."""

from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    name = "kyc_portal.submissions"
    label = "submissions"
