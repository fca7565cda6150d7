"""Django's name for the reviewers' face."""

from django.apps import AppConfig


class ReviewConsoleConfig(AppConfig):
    name = "kyc_portal.review_console"
    label = "review_console"
