"""Sign-up, sign-in, second factor (the library's pages in our templates), and where each role lands."""

from django.urls import include, path

from kyc_portal.accounts import views

urlpatterns = [
    path("home/", views.home, name="accounts-home"),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
]
