"""What the test run's environment holds: servers, URLs, keys of no worth, a folder.

The settings were read with nothing set when pytest started; `begin` sets the environment and reads them anew.
Child processes (xdist workers, commands) find everything set.
"""

from __future__ import annotations

import base64
import importlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.db import connections
from django.test import override_settings
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

_KEY = base64.b64encode(bytes(range(32))).decode()
_DIGEST_KEY = base64.b64encode(bytes(range(32, 64))).decode()


@dataclass(frozen=True, slots=True)
class Servers:
    """What this process started, and how to end it."""

    stop: Callable[[], None]


def begin() -> Servers:
    """Find or start the servers, set the environment, and read the settings again."""
    stops: list[Callable[[], None]] = []
    if not (os.environ.get("ADMIN_DATABASE_URL") and os.environ.get("REDIS_URL")):
        from kyc_portal.local.servers import start_for_tests

        admin_url, redis_url, stop = start_for_tests()
        os.environ["ADMIN_DATABASE_URL"], os.environ["REDIS_URL"] = admin_url, redis_url
        # Whoever begins again in this process starts servers of its own: these are gone.
        stops += [stop, lambda: _forget("ADMIN_DATABASE_URL", "REDIS_URL")]
    if "TEST_FOLDER" not in os.environ:
        os.environ["TEST_FOLDER"] = folder = tempfile.mkdtemp(prefix="kyc-test-")
        stops += [lambda: shutil.rmtree(folder, ignore_errors=True), lambda: _forget("TEST_FOLDER")]
    os.environ.update(_names())
    _read_settings_again()

    def stop_all() -> None:
        for stop in reversed(stops):
            with suppress(OSError):
                stop()

    return Servers(stop=stop_all)


def _forget(*names: str) -> None:
    for name in names:
        os.environ.pop(name, None)


def _next_store(url: str, steps: int) -> str:
    """The same server's numbered database so many steps on; servers have sixteen."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={(int(parse_qs(parts.query).get('db', ['0'])[0]) + steps) % 16}"
    return urlunsplit(parts._replace(path=f"/{(int(parts.path.strip('/') or 0) + steps) % 16}"))


def _names() -> dict[str, str]:
    """The environment of one process of the run: each has databases of its own, all share the roles."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker:
        os.environ["REDIS_URL"] = _next_store(os.environ["REDIS_URL"], 1 + int(worker.removeprefix("gw")))
    database = f"kyc_test_{os.getppid() if worker else os.getpid()}{worker}"
    admin_url = os.environ["ADMIN_DATABASE_URL"]

    def url(user: str) -> str:
        return make_conninfo(admin_url, user=user, password=f"{user}-test", dbname=database)

    return {
        "KYC_ENV": "test",
        "DATABASE_URL": url("kyc_test_app"),
        "MIGRATION_DATABASE_URL": url("kyc_test_owner"),
        "SEALER_DATABASE_URL": url("kyc_test_sealer"),
        "MASTER_KEY": f"test:{_KEY}",
        "DIGEST_KEY": f"test:{_DIGEST_KEY}",
        "LOCAL_DIR": os.environ["TEST_FOLDER"],
        "OCR_ENDPOINT": "http://127.0.0.1:9",
        "OCR_SECRET_ID": "test-id",
        "OCR_SECRET_KEY": "test-key",
    }


def _read_settings_again() -> None:
    from kyc_portal import settings as module

    fresh = importlib.reload(module)
    names = [name for name in dir(fresh) if name.isupper()]
    changed = {name: getattr(fresh, name) for name in names if getattr(settings, name, None) != getattr(fresh, name)}
    with warnings.catch_warnings():  # of changed DATABASES: the connections are made anew below
        warnings.simplefilter("ignore", UserWarning)
        override_settings(**changed).enable()
    connections._settings = connections.settings = connections.configure_settings(fresh.DATABASES)  # type: ignore[attr-defined]
    for alias in list(connections):
        with suppress(AttributeError):
            del connections[alias]


def drop_database() -> None:
    """Drop this process's database, whoever is still connected."""
    name = str(conninfo_to_dict(os.environ["DATABASE_URL"])["dbname"])
    with psycopg.connect(os.environ["ADMIN_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
