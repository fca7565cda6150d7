"""Sign-up, sign-in, second factor (the library's pages in our templates), and where each role lands."""

from django.urls import include, path, re_path

from kyc_portal.accounts import views

urlpatterns = [
    path("home/", views.home, name="accounts-home"),
    re_path(r"^2fa/webauthn/(?!login/)", views.not_here),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
]
