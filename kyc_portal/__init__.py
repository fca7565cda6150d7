"""The KYC portal. Importing it loads the Celery application, so that tasks find their broker."""

from kyc_portal.celery import app as celery_app

__all__ = ["celery_app"]
