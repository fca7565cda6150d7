"""Django's name for the customers' face."""

from django.apps import AppConfig


class CustomerSiteConfig(AppConfig):
    name = "kyc_portal.customer_site"
    label = "customer_site"
