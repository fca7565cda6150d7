"""The environment, read once into one frozen, typed object. Nothing else in the portal reads the environment.

Every name may also be given as NAME_FILE, the path of a file that holds the value (container secrets).
With nothing set the settings still import, so that type checks, `makemigrations` and help need no set-up;
`missing_for_production` names what a production start must have; there, secrets of no worth are refused as well.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

KycEnv = Literal["local", "test", "production"]


class BadEnvironmentError(ValueError):
    """A variable has a value we cannot use; the message names the variable and the accepted form."""


@dataclass(frozen=True, slots=True)
class Env:
    """What the environment says. An empty string means "not given"."""

    kyc_env: KycEnv
    port: int
    local_dir: Path
    database_url: str = field(repr=False)
    admin_database_url: str = field(repr=False)
    migration_database_url: str = field(repr=False)
    sealer_database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    storage_url: str = field(repr=False)
    ocr_endpoint: str
    ocr_secret_id: str = field(repr=False)
    ocr_secret_key: str = field(repr=False)
    ocr_region: str
    ocr_calls_per_second: int
    ocr_calls_per_day: int
    ocr_server_keys: str = field(repr=False)
    ocr_server_tokens: str = field(repr=False)
    master_key: str = field(repr=False)
    digest_key: str = field(repr=False)
    audit_signing_key: str = field(repr=False)
    checkpoint_url: str = field(repr=False)
    audit_verify_key: str
    audit_origin: str
    trusted_proxy_count: int
    retention_preset: Literal["hk", "mainland", "fatf"]
    metrics_token: str = field(repr=False)
    secret_key: str = field(repr=False)
    allowed_hosts: tuple[str, ...]
    email_url: str = field(repr=False)
    email_from: str
    support_email: str
    business_name: str
    business_name_zh_hant: str
    business_name_zh_hans: str

    @property
    def is_production(self) -> bool:
        return self.kyc_env == "production"


# Name, and what it is when not given. `.env.example` lists the same names; a test keeps them in step.
DEFAULTS: Mapping[str, str] = {
    "KYC_ENV": "local",
    "PORT": "8000",
    "LOCAL_DIR": ".local",
    "DATABASE_URL": "",
    "ADMIN_DATABASE_URL": "",
    "MIGRATION_DATABASE_URL": "",
    "SEALER_DATABASE_URL": "",
    "REDIS_URL": "",
    "STORAGE_URL": "",
    "OCR_ENDPOINT": "",
    "OCR_SECRET_ID": "",
    "OCR_SECRET_KEY": "",
    "OCR_REGION": "",
    "OCR_CALLS_PER_SECOND": "20",
    "OCR_CALLS_PER_DAY": "0",
    "OCR_SERVER_KEYS": "",
    "OCR_SERVER_TOKENS": "",
    "MASTER_KEY": "",
    "DIGEST_KEY": "",
    "AUDIT_SIGNING_KEY": "",
    "CHECKPOINT_URL": "",
    "AUDIT_VERIFY_KEY": "",
    "AUDIT_ORIGIN": "",
    "RETENTION_PRESET": "hk",
    "TRUSTED_PROXY_COUNT": "0",
    "METRICS_TOKEN": "",
    "SECRET_KEY": "",
    "ALLOWED_HOSTS": "",
    "EMAIL_URL": "",
    "EMAIL_FROM": "",
    "SUPPORT_EMAIL": "",
    "BUSINESS_NAME": "",
    "BUSINESS_NAME_ZH_HANT": "",
    "BUSINESS_NAME_ZH_HANS": "",
}

REQUIRED_IN_PRODUCTION = (
    "DATABASE_URL",
    "REDIS_URL",
    "STORAGE_URL",
    "OCR_ENDPOINT",
    "OCR_SECRET_ID",
    "OCR_SECRET_KEY",
    "MASTER_KEY",
    "DIGEST_KEY",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "EMAIL_URL",
    "EMAIL_FROM",
    "SUPPORT_EMAIL",
    "BUSINESS_NAME",
)

# Where programs are found, and how text and certificates are read.
_INHERITED = ("PATH", "HOME", "LANG", "SSL_CERT_FILE")

# Of what is random text and meant to be kept.
_SHORTEST_SECRET = 32
_FEWEST_CHARACTERS = 10


def _value(environ: Mapping[str, str], name: str) -> str:
    path = environ.get(f"{name}_FILE", "")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise BadEnvironmentError(f"{name}_FILE: cannot read {path}: {error.strerror}") from error
    return environ.get(name, "").strip() or DEFAULTS[name]


def _number(name: str, text: str, *, low: int, high: int) -> int:
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise BadEnvironmentError(f"{name}: a whole number from {low} to {high} is needed")
    return int(text)


def read(environ: Mapping[str, str] = os.environ) -> Env:
    """Read and check the environment.

    Raises BadEnvironmentError naming the variable and the accepted form; the caller lets the start fail.
    """
    values = {name: _value(environ, name) for name in DEFAULTS}
    if values["KYC_ENV"] not in ("local", "test", "production"):
        raise BadEnvironmentError("KYC_ENV: one of local, test, production is needed")
    if values["RETENTION_PRESET"] not in ("hk", "mainland", "fatf"):
        raise BadEnvironmentError("RETENTION_PRESET: one of hk, mainland, fatf is needed")
    env = Env(
        kyc_env=cast(KycEnv, values["KYC_ENV"]),
        port=_number("PORT", values["PORT"], low=1, high=65535),
        local_dir=Path(values["LOCAL_DIR"]).absolute(),
        ocr_calls_per_second=_number("OCR_CALLS_PER_SECOND", values["OCR_CALLS_PER_SECOND"], low=1, high=1000),
        ocr_calls_per_day=_number("OCR_CALLS_PER_DAY", values["OCR_CALLS_PER_DAY"], low=0, high=2_000_000),
        allowed_hosts=tuple(each.strip() for each in values["ALLOWED_HOSTS"].split(",") if each.strip()),
        trusted_proxy_count=_number("TRUSTED_PROXY_COUNT", values["TRUSTED_PROXY_COUNT"], low=0, high=9),
        retention_preset=cast(Literal["hk", "mainland", "fatf"], values["RETENTION_PRESET"]),
        **{
            name.lower(): values[name]
            for name in DEFAULTS
            if name
            not in {
                "TRUSTED_PROXY_COUNT",
                "RETENTION_PRESET",
                "KYC_ENV",
                "PORT",
                "LOCAL_DIR",
                "OCR_CALLS_PER_SECOND",
                "OCR_CALLS_PER_DAY",
                "ALLOWED_HOSTS",
            }
        },
    )
    missing = missing_for_production(env)
    if missing:
        raise BadEnvironmentError(f"KYC_ENV is production and these are not set: {', '.join(missing)}")
    if env.is_production:
        _refuse_weak_secrets(env)
    return env


def inherited(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What child processes of the one-machine default get from outside; everything else is theirs alone."""
    return {name: environ[name] for name in _INHERITED if name in environ}


def _refuse_weak_secrets(env: Env) -> None:
    """Raises BadEnvironmentError for a value that somebody typed to get past a missing one."""
    _require_random("SECRET_KEY", env.secret_key)
    if env.metrics_token:
        _require_random("METRICS_TOKEN", env.metrics_token)
    shared = _key_values(env.master_key) & _key_values(env.digest_key)
    if shared:
        raise BadEnvironmentError("DIGEST_KEY: a key of its own is needed, not the one of MASTER_KEY")


def _require_random(name: str, value: str) -> None:
    if len(value) < _SHORTEST_SECRET or len(set(value)) < _FEWEST_CHARACTERS:
        raise BadEnvironmentError(f"{name}: a random text of {_SHORTEST_SECRET} characters or more is needed")


def _key_values(ring: str) -> set[str]:
    return {part.partition(":")[2].strip() for part in ring.split(",")} - {""}


def missing_for_production(env: Env) -> list[str]:
    """The names a production start lacks; empty elsewhere."""
    if not env.is_production:
        return []
    return [name for name in REQUIRED_IN_PRODUCTION if not getattr(env, name.lower())]
