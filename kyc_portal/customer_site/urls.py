"""Addresses of the customers' face. None names a person or a submission: a customer has one that is current."""

from django.urls import path

from kyc_portal.customer_site import data_views, passkeys, photo_views, views

app_name = "customer"
urlpatterns = [
    path("", views.welcome, name="welcome"),
    path("help/", views.help_page, name="help"),
    path("your-data/", views.privacy, name="privacy"),
    path("your-data/portraits/", views.portraits, name="portraits"),
    path("invited/<str:token>/", views.invited, name="invited"),
    path("language/", views.language, name="language"),
    path("identity/", views.home, name="home"),
    path("identity/start/", views.start, name="start"),
    path("identity/pictures/", photo_views.pictures, name="pictures"),
    path("identity/pictures/<str:side>/", photo_views.upload, name="upload"),
    path("identity/submit/", photo_views.submit, name="submit"),
    path("identity/progress/", views.progress, name="progress"),
    path("identity/details/", views.details, name="details"),
    path("identity/again/", views.again, name="again"),
    path("identity/closed/", views.closed, name="closed"),
    path("identity/withdraw/", views.withdraw, name="withdraw"),
    path("identity/download/", data_views.download, name="download"),
    path("identity/passkeys/", passkeys.passkeys, name="passkeys"),
    path("identity/passkeys/<int:number>/remove/", passkeys.remove, name="passkey-remove"),
    path("identity/delete/", views.delete, name="delete"),
]
