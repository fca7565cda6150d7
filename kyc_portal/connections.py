"""Addresses of the outside services, turned into the forms Django, Celery and django-storages want."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.config import Config
from psycopg.conninfo import conninfo_to_dict

from kyc_portal.env import BadEnvironmentError

# The customer waits for the answer: a store that is away is said within seconds, not after the library's minutes.
_S3_CONNECT_SECONDS = 2
_S3_READ_SECONDS = 10


def database(url: str, *, name: str) -> dict[str, Any]:
    """A PostgreSQL URL as Django's settings; `?host=/path` names a socket folder."""
    try:
        parts = conninfo_to_dict(url)
    except Exception as error:
        raise BadEnvironmentError(f"{name}: postgresql://user:password@host:port/name is needed") from error
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname") or "",
        "USER": parts.get("user") or "",
        "PASSWORD": parts.get("password") or "",
        "HOST": parts.get("host") or "",
        "PORT": str(parts.get("port") or ""),
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
    }


def broker(redis_url: str) -> str:
    """Celery spells a socket address differently from redis-py."""
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")


def storage(url: str, *, default_folder: Path) -> dict[str, Any]:
    """`file:///folder` (private folder) or `s3://key:secret@host:port/bucket?region=…&tls=0`."""
    parts = urlsplit(url)
    if not url or parts.scheme == "file":
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                "location": parts.path or str(default_folder),
                "base_url": None,
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }
    if parts.scheme != "s3" or not parts.path.strip("/"):
        raise BadEnvironmentError("STORAGE_URL: file:///folder or s3://key:secret@host:port/bucket is needed")
    query = parse_qs(parts.query)
    secure = query.get("tls", ["1"])[0] != "0"
    port = f":{parts.port}" if parts.port else ""
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": parts.path.strip("/"),
            "access_key": unquote(parts.username or "") or None,
            "secret_key": unquote(parts.password or "") or None,
            "endpoint_url": f"{'https' if secure else 'http'}://{parts.hostname}{port}" if parts.hostname else None,
            "region_name": query.get("region", ["us-east-1"])[0],
            "file_overwrite": False,
            "default_acl": None,
            "querystring_auth": True,
            "client_config": Config(
                s3={"addressing_style": query.get("addressing", ["path"])[0]},
                signature_version="s3v4",
                connect_timeout=_S3_CONNECT_SECONDS,
                read_timeout=_S3_READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": 2},
            ),
        },
    }


def email(url: str, *, mail_folder: Path) -> dict[str, Any]:
    """Django's e-mail settings: `smtp://user:password@host:port` (`smtps` for TLS) or `file:///folder`."""
    parts = urlsplit(url)
    if not url or parts.scheme == "file":
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": parts.path or str(mail_folder),
        }
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise BadEnvironmentError("EMAIL_URL: smtp://user:password@host:port or file:///folder is needed")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and bool(parts.username),
        "EMAIL_TIMEOUT": 10,
    }
