"""Addresses under /console/."""

from django.urls import path

from kyc_portal.review_console import case_page, dashboard, lanes, pictures, presses, reason_dialog, second_looks

app_name = "console"
urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("shortcuts/", lanes.shortcuts, name="shortcuts"),
    path("preferences/", lanes.prefer, name="prefer"),
    path("queue/", lanes.lane, name="queue"),
    path("queue/<slug:lane>/", lanes.lane, name="lane"),
    path("second-looks/", second_looks.offered, name="samples"),
    path("second-looks/agreement/", second_looks.agreement, name="agreement"),
    path("second-looks/<uuid:sample_id>/", second_looks.look, name="sample"),
    path("second-looks/<uuid:sample_id>/take/", second_looks.take, name="sample-take"),
    path("second-looks/<uuid:sample_id>/answer/", second_looks.answer, name="sample-answer"),
    path("second-looks/<uuid:sample_id>/give-back/", second_looks.give_back, name="sample-give-back"),
    path("search/", lanes.search, name="search"),
    path("claim-next/", presses.claim_next, name="claim-next"),
    path("cases/<uuid:submission_id>/", case_page.case, name="case"),
    path("cases/<uuid:submission_id>/pictures/<uuid:scan_id>/", pictures.picture, name="picture"),
    path("cases/<uuid:submission_id>/pictures/<uuid:scan_id>/shown/", pictures.shown, name="picture-shown"),
    path("next-pictures/", pictures.ahead, name="next-pictures"),
    path("cases/<uuid:submission_id>/related/", case_page.related_cases, name="related"),
    path("cases/<uuid:submission_id>/claim/", presses.claim, name="claim"),
    path("cases/<uuid:submission_id>/renew/", presses.renew, name="renew"),
    path("cases/<uuid:submission_id>/leave/", presses.leave, name="leave"),
    path("cases/<uuid:submission_id>/release/", presses.release, name="release"),
    path("cases/<uuid:submission_id>/take-over/", presses.take_over, name="take-over"),
    path("cases/<uuid:submission_id>/reasons/<slug:outcome>/", reason_dialog.ask_reasons, name="reasons"),
    path("cases/<uuid:submission_id>/decide/", presses.decide, name="decide"),
    path("cases/<uuid:submission_id>/confirm/", presses.confirm, name="confirm"),
    path("cases/<uuid:submission_id>/return/", presses.send_back, name="return"),
    path("cases/<uuid:submission_id>/undo/", presses.undo, name="undo"),
    path("cases/<uuid:submission_id>/correct/<uuid:reading_id>/", presses.correct, name="correct"),
    path("cases/<uuid:submission_id>/escalate/", presses.escalate, name="escalate"),
    path("cases/<uuid:submission_id>/reopen/", presses.reopen, name="reopen"),
    path("cases/<uuid:submission_id>/park/", presses.park, name="park"),
]
