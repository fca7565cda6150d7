"""The web process's entry: a WSGI server runs `kyc_portal.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_portal.settings")
application = get_wsgi_application()

from kyc_portal.start import require_safe_start  # noqa: E402 - models exist only now

require_safe_start()
