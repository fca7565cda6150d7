"""Addresses under /console/."""

from django.urls import path

from kyc_portal.review_console import views

app_name = "console"
urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("queue/", views.lane, name="queue"),
    path("queue/<slug:lane>/", views.lane, name="lane"),
    path("claim-next/", views.claim_next, name="claim-next"),
    path("cases/<uuid:submission_id>/", views.case, name="case"),
    path("cases/<uuid:submission_id>/pictures/<uuid:scan_id>/", views.picture, name="picture"),
    path("cases/<uuid:submission_id>/claim/", views.claim, name="claim"),
    path("cases/<uuid:submission_id>/renew/", views.renew, name="renew"),
    path("cases/<uuid:submission_id>/release/", views.release, name="release"),
    path("cases/<uuid:submission_id>/take-over/", views.take_over, name="take-over"),
    path("cases/<uuid:submission_id>/reasons/<slug:outcome>/", views.ask_reasons, name="reasons"),
    path("cases/<uuid:submission_id>/decide/", views.decide, name="decide"),
    path("cases/<uuid:submission_id>/confirm/", views.confirm, name="confirm"),
    path("cases/<uuid:submission_id>/return/", views.send_back, name="return"),
    path("cases/<uuid:submission_id>/undo/", views.undo, name="undo"),
    path("cases/<uuid:submission_id>/correct/<uuid:reading_id>/", views.correct, name="correct"),
    path("cases/<uuid:submission_id>/escalate/", views.escalate, name="escalate"),
    path("cases/<uuid:submission_id>/park/", views.park, name="park"),
]
