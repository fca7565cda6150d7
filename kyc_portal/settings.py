"""Django's names, made from the typed environment (env.py). No other module reads the environment."""

from email.utils import formataddr
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from kyc_portal import connections, env
from kyc_portal.accounts.allauth_settings import *  # noqa: F403

ENV = env.read()
BASE_DIR = Path(__file__).resolve().parent.parent
CODE_VERSION = "0.1.0"

DEBUG = False
# A value of no worth, so that tools import the settings with nothing set; production refuses to start on it.
SECRET_KEY = ENV.secret_key or "not-a-secret: nothing was set"
ALLOWED_HOSTS = list(ENV.allowed_hosts) or ["localhost", "127.0.0.1", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ENV.allowed_hosts if not host.startswith((".", "*"))]

INSTALLED_APPS = [
    "kyc_portal.audit",
    "kyc_portal.sealing",
    "kyc_portal.accounts",
    "kyc_portal.submissions",
    "kyc_portal.exports",
    "kyc_portal.privacy",
    "kyc_portal.oversight",
    "kyc_portal.customer_site",
    "kyc_portal.review_console",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "pgtrigger",
    # Last, because it takes the libraries' pages out of /admin/ again.
    "kyc_portal.administration",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kyc_portal.audit.middleware.NoteWhoActs",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "kyc_portal.accounts.middleware.RequireSecondFactor",
    "kyc_portal.customer_site.middleware.SpeakTheirLanguage",
]

ROOT_URLCONF = "kyc_portal.urls"
WSGI_APPLICATION = "kyc_portal.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    },
]

# The application's role owns nothing; the owner's connection exists only where migrations run.
_NOWHERE = "postgresql:///kyc"
DATABASES: dict[str, dict[str, Any]] = {
    "default": connections.database(ENV.database_url or _NOWHERE, name="DATABASE_URL"),
}
if ENV.migration_database_url:
    DATABASES["owner"] = connections.database(ENV.migration_database_url, name="MIGRATION_DATABASE_URL")
    DATABASES["default"]["TEST"] = {"MIRROR": "owner"}
DATABASE_ROUTERS = ["kyc_portal.audit.router.OwnerMigrates"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "kyc_portal.cache.ForgivingRedisCache",
        "LOCATION": ENV.redis_url,
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
        "KEY_PREFIX": "kyc",
    }
    if ENV.redis_url
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
SESSION_ENGINE = "kyc_portal.accounts.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

STORAGES = {
    "default": connections.storage(ENV.storage_url, default_folder=ENV.local_dir / "pictures"),
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if ENV.is_production
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not ENV.is_production
# A picture never touches the disk in clear: the upload view sets its own handler, and other forms are small.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

_mail = connections.email(ENV.email_url, mail_folder=ENV.local_dir / "mail")
EMAIL_BACKEND = _mail.pop("EMAIL_BACKEND")
globals().update(_mail)
SUPPORT_EMAIL = ENV.support_email or "help@kyc.example"

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("zh-hant", _("Traditional Chinese")),
    ("zh-hans", _("Simplified Chinese")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["kyc_portal.formats"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600  # of who has no account yet; an account keeps its own
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = ENV.is_production
TIME_ZONE = "Asia/Hong_Kong"
USE_TZ = True
USE_I18N = True

CELERY_BROKER_URL = connections.broker(ENV.redis_url) if ENV.redis_url else "memory://"
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "housekeeping"
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 270
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Visibility 15 min: twice the hard limit and more. A killed worker's task comes back in seconds, not in 100 s.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # Above a worker's blocking read of one second; a request that nudges waits for the connection only.
    "socket_timeout": 5,
    "socket_connect_timeout": 0.5,
    "retry_on_timeout": False,
    "max_retries": 0,
}

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_USE_SESSIONS = False
if ENV.is_production:
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
else:
    # Two copies side by side on localhost share its cookies' jar: the port keeps them apart.
    SESSION_COOKIE_NAME = f"session_{ENV.port}"
    CSRF_COOKIE_NAME = f"csrf_{ENV.port}"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "blob:"],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "object-src": [NONE],
    }
}

# Who asks for the proof, in each language; a local copy's is made up.
BUSINESS_NAMES = (
    {
        "en": ENV.business_name,
        "zh-hant": ENV.business_name_zh_hant or ENV.business_name,
        "zh-hans": ENV.business_name_zh_hans or ENV.business_name,
    }
    if ENV.business_name
    else {"en": "Harbour Securities", "zh-hant": "海港證券", "zh-hans": "海港证券"}
)
DEFAULT_FROM_EMAIL = formataddr((BUSINESS_NAMES["en"], ENV.email_from or "no-reply@kyc.example"))

OCR_ENDPOINT = ENV.ocr_endpoint
OCR_SECRET_ID = ENV.ocr_secret_id
OCR_SECRET_KEY = ENV.ocr_secret_key
OCR_REGION = ENV.ocr_region
# Who reads the pictures and where: named in the consent, stored with it.
OCR_PROVIDER = "Tencent Cloud" if "tencentcloudapi.com" in ENV.ocr_endpoint else BUSINESS_NAMES["en"]
OCR_REGION_NAME = ENV.ocr_region or ("Singapore" if "tencentcloudapi.com" in ENV.ocr_endpoint else "Hong Kong")
OCR_CALLS_PER_SECOND = ENV.ocr_calls_per_second
OCR_CALLS_PER_DAY = ENV.ocr_calls_per_day
REDIS_URL = ENV.redis_url
METRICS_TOKEN = ENV.metrics_token
MASTER_KEY = ENV.master_key
DIGEST_KEY = ENV.digest_key
SITE_URL = f"https://{ENV.allowed_hosts[0]}" if ENV.is_production else f"http://localhost:{ENV.port}"

ALLAUTH_TRUSTED_PROXY_COUNT = ENV.trusted_proxy_count
RETENTION_PRESET = ENV.retention_preset
AUDIT_ORIGIN = ENV.audit_origin or (f"{ENV.allowed_hosts[0]}/audit" if ENV.is_production else "permit-desk.local/audit")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "kyc_portal.logs.JsonFormatter"}},
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["out"], "level": "INFO"},
    "loggers": {
        "django.server": {"handlers": ["out"], "level": "WARNING", "propagate": False},
        "django.request": {"handlers": ["out"], "level": "ERROR", "propagate": False},
        "django.security": {"handlers": ["out"], "level": "WARNING", "propagate": False},
        "celery": {"level": "INFO"},
        "PIL": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},  # it lists the letters of what is printed
        "fpdf": {"level": "WARNING"},
    },
}
