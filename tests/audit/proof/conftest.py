"""A sealer of the test's own: its role, a key of no worth, a folder outside."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path

import psycopg
import pytest

from kyc_portal import audit
from kyc_portal.audit.proof import places, sealer, signing
from kyc_portal.audit.proof.places import Folder

ORIGIN = "test.example/audit"
SIGNING_KEY = f"test:{base64.b64encode(b'k' * 32).decode()}"


@pytest.fixture
def signers() -> list[signing.Signer]:
    return signing.signers(SIGNING_KEY, origin=ORIGIN)


@pytest.fixture
def outside(tmp_path: Path) -> Folder:
    found = places.place(f"file://{tmp_path}/checkpoints")
    assert isinstance(found, Folder)
    return found


@pytest.fixture
def sealing() -> Iterator[psycopg.Connection]:
    """The sealer's connection, in autocommit as the command has it."""
    with sealer.connect(os.environ["SEALER_DATABASE_URL"]) as connection:
        connection.autocommit = True
        yield connection


@pytest.fixture
def write() -> Callable[..., None]:
    """Write acts, a transaction each."""

    def acts(many: int = 1, name: str = "picture.viewed") -> None:
        for number in range(many):
            with audit.acting(audit.system("test")):
                audit.record(name, object_type="test.thing", object_id=str(number))

    return acts


def seal_all(connection: psycopg.Connection) -> int:
    """Seal until nothing waits; the size then."""
    while (step := sealer.seal(connection)) is None or step.more:
        pass
    return step.size


def forget_checkpoints() -> None:
    """Earlier tests signed the log of this run with keys of theirs; what follows believes only its own."""
    with psycopg.connect(os.environ["MIGRATION_DATABASE_URL"]) as owner:
        owner.execute("ALTER TABLE audit.checkpoint DISABLE TRIGGER checkpoint_only_grows")
        owner.execute("DELETE FROM audit.checkpoint")
        owner.execute("ALTER TABLE audit.checkpoint ENABLE ALWAYS TRIGGER checkpoint_only_grows")


def signed_all(connection: psycopg.Connection) -> str:
    """Seal and sign all there is, due or not, with the one key of these tests: the log never forgets a checkpoint."""
    size = seal_all(connection)
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row
    by = signing.signers(SIGNING_KEY, origin=ORIGIN)[0]
    note = signing.note(size=size, root=sealer.edge_at(connection, size).root(), at=row[0].astimezone(UTC), by=by)
    connection.execute("INSERT INTO audit.checkpoint(size, note, at) VALUES (%s, %s, %s)", [size, note, row[0]])
    return note
