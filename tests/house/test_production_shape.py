"""What can be proved of the container files without a container engine: their names, secrets and commands are ours."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kyc_portal import env

ROOT = Path(__file__).resolve().parents[2]
OURS = ("setup", "web", "worker-reading", "worker", "beat", "sealer", "ocr")


# What the README has an operator export; the rest is made or has a default.
GIVEN = {
    "PUBLIC_HOST": "kyc.example",
    "BUSINESS_NAME": "Pearl Brokers",
    "EMAIL_FROM": "no-reply@pearl.example",
    "SUPPORT_EMAIL": "help@pearl.example",
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file as the real Compose understands it."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("docker-compose")), "-f", "docker-compose.yml", "config", "--format", "json"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
        env={"PATH": os.environ["PATH"], **GIVEN},
    )  # fmt: skip
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def test_every_variable_is_one_the_portal_reads(compose: dict[str, Any]) -> None:
    for name in OURS:
        for variable in compose["services"][name]["environment"]:
            assert variable.removesuffix("_FILE") in env.DEFAULTS, f"{name}: {variable}"


@pytest.mark.parametrize("name", ["setup", "web", "worker-reading", "worker", "beat"])
def test_a_process_has_all_that_production_asks_for(compose: dict[str, Any], name: str) -> None:
    given = {variable.removesuffix("_FILE") for variable in compose["services"][name]["environment"]}
    assert set(env.REQUIRED_IN_PRODUCTION) <= given


@pytest.mark.parametrize("name", OURS)
def test_secrets_come_from_files_that_the_process_was_given(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    mounted = {each["source"] for each in service["secrets"]}
    named = {value for key, value in service["environment"].items() if key.endswith("_FILE")}
    assert named == {f"/run/secrets/{secret}" for secret in mounted}


def test_only_set_up_holds_the_owners_and_the_administrators_addresses(compose: dict[str, Any]) -> None:
    def holders(*secrets: str) -> set[str]:
        return {
            name
            for name, service in compose["services"].items()
            if {*secrets} & {each["source"] for each in service.get("secrets", [])}
        }

    assert holders("admin_database_url", "migration_database_url", "admin_password") == {"setup", "postgres"}
    assert holders("sealer_database_url") == {"setup", "sealer"}
    assert holders("audit_signing_key") == {"sealer"}


@pytest.mark.parametrize("name", OURS)
def test_our_processes_are_closed_in(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in service  # the image's own, which is not root


def test_what_can_be_asked_is_asked(compose: dict[str, Any]) -> None:
    asked = {name for name, each in compose["services"].items() if each.get("healthcheck", {}).get("test")}
    assert asked == {"worker-reading", "worker", "ocr", "postgres", "valkey", "store"}
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()  # the web's


def test_secrets_made_are_the_secrets_used(compose: dict[str, Any], tmp_path: Path) -> None:
    script = tmp_path / "make-secrets"
    script.write_bytes((ROOT / "docker" / "make-secrets").read_bytes())
    subprocess.run([sys.executable, str(script)], check=True, capture_output=True, timeout=60)
    made = tmp_path / "secrets"
    assert {path.name for path in made.iterdir()} == set(compose["secrets"])
    given = {
        variable.removesuffix("_FILE"): (made / Path(value).name).read_text() if variable.endswith("_FILE") else value
        for variable, value in compose["services"]["setup"]["environment"].items()
    }
    assert all(f"{name}=" in (ROOT / "README.md").read_text() for name in GIVEN)
    assert env.read(given).is_production
    assert subprocess.run([sys.executable, str(script)], capture_output=True, timeout=60, check=False).returncode


def test_the_images_own_command_collects_what_pages_need() -> None:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    line = re.search(r"^RUN (KYC_ENV=.* python manage.py collectstatic .*?) &&", text, re.MULTILINE)
    assert line
    command = line[1].replace("python ", f"{sys.executable} ", 1) + " --dry-run"
    done = subprocess.run(
        ["sh", "-c", command], cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_image_does_not_run_as_root() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001"]
