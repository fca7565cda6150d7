"""The environment is read in one place, listed whole, taken from files too, and refused where production would be open."""

from __future__ import annotations

import ast
import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kyc_portal import env

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / ".env.example"
# The portal's one reader; the reading package's own command, which must work without the portal; and the drawing of
# specimens, which looks for a person's own fonts where the desktop's standard says (XDG_DATA_HOME).
READERS = {"kyc_portal/env.py", "ocr_integration/__main__.py", "ocr_integration/specimens/fonts.py"}
WHERE_DJANGO_STARTS = {"manage.py", "kyc_portal/celery.py", "kyc_portal/wsgi.py"}
SECRETS = [
    name
    for name in env.DEFAULTS
    if name.endswith(("_URL", "_KEY", "_KEYS", "_ID", "_TOKEN")) and name != "AUDIT_VERIFY_KEY"
]
PRODUCTION = {
    "KYC_ENV": "production",
    "DATABASE_URL": "postgresql://kyc_app:x@db/kyc",
    "REDIS_URL": "redis://valkey:6379/0",
    "STORAGE_URL": "s3://id:key@store:8333/kyc",
    "OCR_ENDPOINT": "https://ocr.example/",
    "OCR_SECRET_ID": "an-id",
    "OCR_SECRET_KEY": "a-key",
    "MASTER_KEY": "first:" + base64.b64encode(bytes(range(32))).decode(),
    "DIGEST_KEY": "first:" + base64.b64encode(bytes(range(32, 64))).decode(),
    "SECRET_KEY": "3Yw0GmLkQ9vXr2TzPq8sNfHd6JbCeRaU1iKoWxMy",
    "ALLOWED_HOSTS": "kyc.example",
    "EMAIL_URL": "smtps://id:key@mail.example:465",
    "EMAIL_FROM": "no-reply@kyc.example",
    "SUPPORT_EMAIL": "help@kyc.example",
    "BUSINESS_NAME": "Pearl Brokers",
}


def _example() -> dict[str, str]:
    lines = [line for line in EXAMPLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def _uses_of_the_environment(source: str) -> list[str]:
    """Every expression that touches it, in a module's source: `os.environ`, `os.getenv` and what is imported of them."""
    names = {"environ", "environb", "getenv", "getenvb"}
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            found += [each.name for each in node.names if each.name in names]
        if isinstance(node, ast.Attribute) and node.attr in names and ast.unparse(node.value) == "os":
            found.append(ast.unparse(node))
    return found


def _modules() -> list[str]:
    packages = [path for name in ("kyc_portal", "ocr_integration") for path in (ROOT / name).rglob("*.py")]
    return sorted(str(path.relative_to(ROOT)) for path in [ROOT / "manage.py", *packages])


def test_only_the_named_modules_read_the_environment() -> None:
    users = {name for name in _modules() if _uses_of_the_environment((ROOT / name).read_text(encoding="utf-8"))}
    assert users == READERS | WHERE_DJANGO_STARTS


@pytest.mark.parametrize("name", sorted(WHERE_DJANGO_STARTS))
def test_where_django_starts_only_the_settings_module_is_named(name: str) -> None:
    source = (ROOT / name).read_text(encoding="utf-8")
    assert _uses_of_the_environment(source) == ["os.environ"]
    assert 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_portal.settings")' in source


@pytest.mark.parametrize(
    "source",
    ["import os\nos.environ['X']", "import os\nos.getenv('X')", "from os import environ", "from os import getenv as g"],
)
def test_a_planted_reader_is_found(source: str) -> None:
    assert _uses_of_the_environment(source)


def test_the_example_lists_every_name_with_its_default() -> None:
    assert _example() == dict(env.DEFAULTS)


def test_the_example_itself_can_be_read() -> None:
    assert env.read(_example()).kyc_env == "local"


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_come_from_a_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("from-the-file\n")
    assert getattr(env.read({f"{name}_FILE": str(path)}), name.lower()) == "from-the-file"


def test_a_file_that_cannot_be_read_is_named() -> None:
    with pytest.raises(env.BadEnvironmentError, match="MASTER_KEY_FILE: cannot read /nowhere/key"):
        env.read({"MASTER_KEY_FILE": "/nowhere/key"})


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_not_shown_with_the_object(name: str) -> None:
    if name != "OCR_ENDPOINT":
        assert "only-we-know" not in repr(env.read({name: "only-we-know"}))


def test_production_starts_with_everything_set() -> None:
    assert env.read(PRODUCTION).is_production


@pytest.mark.parametrize("name", env.REQUIRED_IN_PRODUCTION)
def test_production_names_what_is_missing(name: str) -> None:
    with pytest.raises(env.BadEnvironmentError, match=rf"not set: {name}$"):
        env.read({key: value for key, value in PRODUCTION.items() if key != name})


@pytest.mark.parametrize("value", ["x", "changeme", "a" * 64, "ab" * 40])
def test_production_refuses_a_key_somebody_typed(value: str) -> None:
    with pytest.raises(env.BadEnvironmentError, match=r"^SECRET_KEY: ") as refused:
        env.read({**PRODUCTION, "SECRET_KEY": value})
    assert value not in str(refused.value).removeprefix("SECRET_KEY: ").split()


@pytest.mark.parametrize("value", ["x", "changeme", "a" * 64])
def test_production_refuses_a_collectors_token_somebody_typed(value: str) -> None:
    with pytest.raises(env.BadEnvironmentError, match=r"^METRICS_TOKEN: "):
        env.read({**PRODUCTION, "METRICS_TOKEN": value})
    assert env.read({**PRODUCTION, "METRICS_TOKEN": PRODUCTION["SECRET_KEY"][::-1]}).metrics_token


def test_production_refuses_one_key_for_both_rings() -> None:
    with pytest.raises(env.BadEnvironmentError, match=r"^DIGEST_KEY: "):
        env.read({**PRODUCTION, "DIGEST_KEY": PRODUCTION["MASTER_KEY"].replace("first", "other")})


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "eighty"), ("PORT", "0"), ("PORT", "65536"), ("OCR_CALLS_PER_SECOND", "-1"), ("KYC_ENV", "prod")],
)
def test_a_value_we_cannot_use_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(env.BadEnvironmentError, match=f"^{name}: "):
        env.read({name: value})


def _settings(**given: str) -> subprocess.CompletedProcess[str]:
    """The settings imported by a fresh process that has nothing else set."""
    return subprocess.run(
        [sys.executable, "-c", "import kyc_portal.settings as s; print(s.SECRET_KEY)"],
        env={"PATH": os.environ["PATH"], **given}, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_with_nothing_set_the_settings_import() -> None:
    done = _settings()
    assert done.returncode == 0, done.stderr


def test_production_does_not_import_on_the_settings_own_value_of_no_worth() -> None:
    worthless = _settings().stdout.strip()
    assert _settings(**PRODUCTION).stdout.strip() == PRODUCTION["SECRET_KEY"]
    done = _settings(**{**PRODUCTION, "SECRET_KEY": worthless})
    assert done.returncode != 0
    assert "SECRET_KEY: " in done.stderr
