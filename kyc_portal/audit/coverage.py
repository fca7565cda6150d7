"""Which tables the log watches: every one, but for those named here, with why. A verification walks them."""

from __future__ import annotations

from collections.abc import Mapping

EXEMPT: Mapping[str, str] = {
    "django_migrations": "written by the owner alone, in releases; the application may only read it",
    "accounts_session": "the library's, written with every page and short-lived; signing in and out are acts",
    "django_content_type": "names of models, made by migrations",
    "auth_permission": "names of rights, made by migrations; rights here come from the role",
    "django_admin_log": "the library's own journal of the admin, where nothing is writable",
}
