"""Every address of the portal; each face brings its own list."""

from django.contrib import admin
from django.urls import include, path

from kyc_portal import health

urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("kyc_portal.accounts.urls")),
    path("console/", include("kyc_portal.review_console.urls")),
    path("administration/", include("kyc_portal.administration.urls")),
    path("", include("kyc_portal.customer_site.urls")),
]
