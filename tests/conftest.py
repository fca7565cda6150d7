"""The test run's servers, database and log.

Tests run as the application's role on a database that the owner migrated, as in production. Servers are those
of ADMIN_DATABASE_URL and REDIS_URL, or embedded ones. Transactional tests are emptied by DELETE as the owner:
the log refuses TRUNCATE, so its entries stay and tests count them from a bookmark (`log`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import is_mfa_enabled
from django.core.management import call_command
from django.db import connections
from django.test import Client, TransactionTestCase
from pytest_django import DjangoDbBlocker, Settings
from xdist.scheduler import LoadFileScheduling

from kyc_portal import audit
from kyc_portal.accounts.models import User
from kyc_portal.audit.models import Entry
from kyc_portal.sealing.keys import held
from kyc_portal.submissions import policies
from ocr_integration.specimens import fonts
from tests import environment

SERVERS = environment.begin()

# A busy machine is no fault of what is tested: no example is judged by the clock.
hypothesis.settings.register_profile("no clock", deadline=None)
hypothesis.settings.load_profile("no clock")

# Filled by migrations, not by tests.
KEPT_TABLES = frozenset({"django_migrations", "django_content_type", "auth_permission"})
JOURNEYS = "tests/journeys/"
POLICIES = "submissions_policyversion"
HOLDS = "privacy_hold"


def owner_connection() -> psycopg.Connection:
    """A connection of its own as the owner, in autocommit."""
    return psycopg.connect(os.environ["MIGRATION_DATABASE_URL"], autocommit=True)


def _empty_domain_tables(case: TransactionTestCase) -> None:
    with owner_connection() as owner:
        tables = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        with _guards_aside(owner), owner.transaction():
            owner.execute("SET CONSTRAINTS ALL DEFERRED")
            owner.execute(f"DELETE FROM {HOLDS}")  # then nobody else's rows are kept by one
            for (table,) in tables:
                if table == POLICIES:
                    owner.execute(f"DELETE FROM {table} WHERE number > 1")
                elif table not in KEPT_TABLES:
                    owner.execute(f'DELETE FROM public."{table}"')


@contextmanager
def _guards_aside(owner: psycopg.Connection) -> Iterator[None]:
    """Published policies and open legal holds stand even for the owner; between tests only the first policy is left."""
    guards = {
        f"{POLICIES} DISABLE TRIGGER a_published_policy_stands": f"SELECT count(*) > 1 FROM {POLICIES}",
        f"{HOLDS} DISABLE TRIGGER keeps_what_is_held": f"SELECT count(*) > 0 FROM {HOLDS}",
    }
    aside = [guard for guard, asked in guards.items() if owner.execute(asked.encode()).fetchone() == (True,)]
    for guard in aside:
        owner.execute(f"ALTER TABLE {guard}".encode())
    yield
    for guard in aside:
        owner.execute(f"ALTER TABLE {guard.replace('DISABLE', 'ENABLE ALWAYS')}".encode())


TransactionTestCase._fixture_teardown = _empty_domain_tables  # type: ignore[attr-defined]


def pytest_unconfigure() -> None:
    SERVERS.stop()


class _Rooms(LoadFileScheduling):
    """A file in one process; the journeys all in one, since they share one running copy of the product."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return JOURNEYS if file.startswith(JOURNEYS) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return _Rooms(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in the order in which processes take them: first those that drive a whole product and mostly wait.

    Left at the end, where some stand, every process would wait there at once while the processors rest.
    """
    items.sort(key=lambda item: not any(map(item.get_closest_marker, ("browser", "faults"))))


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    """Nothing here tests the strength of a hash, and a strong one is most of a test's time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True, scope="session")
def _faces_every_machine_has() -> Iterator[None]:
    """Specimens in the wheels' faces: what a test holds must not hang on the fonts somebody else has installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fonts, "_installed", dict)
        fonts.clear()
        yield
    fonts.clear()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Make roles and database as an administrator would, migrate as the owner, drop it all at the end."""
    with django_db_blocker.unblock():
        call_command("prepare_database", verbosity=0)
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        yield
        for connection in connections.all():
            connection.close()
    environment.drop_database()


@pytest.fixture(autouse=True)
def _clean_process(tmp_path: Path, settings: Settings) -> Iterator[None]:
    """No unwrapped key, picture or mail of one test is met by the next."""
    held.clear()
    policies.forget()
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                "location": str(tmp_path / "pictures"),
                "base_url": None,
                "file_permissions_mode": 0o600,
            },
        },
    }
    yield
    held.clear()


class Bookmark:
    """Entries of the log written after this was made."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Count from here."""
        newest = Entry.objects.order_by("-id").values_list("id", flat=True).first()
        self._after = newest or 0

    def entries(self, **where: object) -> list[Entry]:
        """Oldest first, narrowed by columns."""
        return list(Entry.objects.filter(id__gt=self._after, **where).order_by("id"))

    def acts(self) -> list[str]:
        """The names of the acts, oldest first."""
        return [entry.action for entry in self.entries(kind="act")]


@pytest.fixture
def log(request: pytest.FixtureRequest) -> Bookmark:
    """What the test wrote to the audit log. Needs a database fixture or mark beside it."""
    return Bookmark()


@pytest.fixture
def owner() -> Iterator[psycopg.Connection]:
    """The owner's own connection (autocommit), for transactional tests."""
    with owner_connection() as connection:
        yield connection


@pytest.fixture
def app_role() -> Iterator[psycopg.Connection]:
    """A plain connection as the application's role (autocommit), beside Django's."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        yield connection


@pytest.fixture
def sign_in(client: Client) -> Callable[[User], Client]:
    """Sign a person in without their password; staff get a second factor first, since pages ask for one."""

    def signed_in(user: User) -> Client:
        with audit.acting(user.actor):
            if user.works_here and not is_mfa_enabled(user):
                TOTP.activate(user, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
            client.force_login(user)
        return client

    return signed_in
