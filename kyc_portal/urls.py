"""Every address of the portal; each face brings its own list."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from kyc_portal import health, metrics

urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", metrics.numbers, name="metrics"),
    # One way in for everybody: the admin's own pages know neither our limits nor the second factor.
    path("admin/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("admin/password_change/", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/password_change/done/", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("kyc_portal.accounts.urls")),
    path("console/", include("kyc_portal.review_console.urls")),
    path("administration/", include("kyc_portal.administration.urls")),
    path("", include("kyc_portal.customer_site.urls")),
]
