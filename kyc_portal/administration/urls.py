"""Addresses under /administration/."""

from django.urls import path

from kyc_portal.administration import views

app_name = "administration"
urlpatterns = [
    path("audit-log/", views.audit_log, name="audit-log"),
    path("exports/", views.exports, name="exports"),
]
