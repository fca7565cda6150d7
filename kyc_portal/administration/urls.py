"""Addresses under /administration/."""

from django.urls import path

from kyc_portal.administration import (
    consent_views,
    export_views,
    invitation_views,
    pack_views,
    people_views,
    policy_views,
    privacy_views,
    reading_service_views,
    views,
)

app_name = "administration"
urlpatterns = [
    path("audit-log/", views.audit_log, name="audit-log"),
    path("audit-log/verify/", views.verify_log, name="audit-verify"),
    path("exports/", export_views.exports, name="exports"),
    path("exports/list/", export_views.listed, name="exports-list"),
    path("exports/<uuid:export_id>/approve/", export_views.approve, name="export-approve"),
    path("exports/<uuid:export_id>/cancel/", export_views.cancel, name="export-cancel"),
    path("exports/<uuid:export_id>/file/", export_views.file, name="export-file"),
    path("privacy/", privacy_views.overview, name="privacy"),
    path("privacy/<uuid:customer_id>/", privacy_views.customer_page, name="privacy-customer"),
    path("privacy/<uuid:customer_id>/data-pack/", pack_views.subject_pack, name="subject-pack"),
    path("privacy/<uuid:customer_id>/<slug:act>/", privacy_views.act, name="privacy-act"),
    path("cases/<uuid:submission_id>/pack/", pack_views.case_pack, name="case-pack"),
    path("consents/", consent_views.register, name="consents"),
    path("consents/file/", consent_views.file, name="consents-file"),
    path("policy/", policy_views.overview, name="policy"),
    path("policy/propose/", policy_views.propose, name="policy-propose"),
    path("policy/<int:number>/", policy_views.version_page, name="policy-version"),
    path("policy/<int:number>/publish/", policy_views.publish, name="policy-publish"),
    path("policy/<int:number>/withdraw/", policy_views.withdraw, name="policy-withdraw"),
    path("reading-service/", reading_service_views.overview, name="reading-service"),
    path("reading-service/state/", reading_service_views.state, name="reading-service-state"),
    path("reading-service/hold/", reading_service_views.hold, name="reading-service-hold"),
    path("reading-service/go-on/", reading_service_views.release, name="reading-service-release"),
    path("reading-service/probe/", reading_service_views.probe, name="reading-service-probe"),
    path("reading-service/try-all/", reading_service_views.try_all, name="reading-service-try-all"),
    path("reading-service/try/<uuid:scan_id>/", reading_service_views.try_now, name="reading-service-try"),
    path(
        "reading-service/hand-over/<uuid:submission_id>/",
        reading_service_views.hand_over,
        name="reading-service-hand-over",
    ),
    path("invitations/", invitation_views.overview, name="invitations"),
    path("invitations/make/", invitation_views.make, name="invitations-make"),
    path("people/", people_views.people_page, name="people"),
    path("people/invite/", people_views.invite, name="people-invite"),
    path("people/<int:person_id>/<slug:act>/", people_views.act, name="people-act"),
]
