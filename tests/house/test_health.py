"""Readiness: every part by name, and both kinds of workers."""

from __future__ import annotations

import pytest
from django.test import Client

from kyc_portal import health
from kyc_portal.celery import app, refuse_an_unsafe_start
from kyc_portal.sealing.errors import MasterKeyError


@pytest.mark.parametrize(
    ("nodes", "is_ready"),
    [
        (None, False),
        (["reading@one"], False),
        (["others@one", "others@two"], False),
        (["reading@one", "others@two"], True),
    ],
)
def test_a_worker_of_each_kind_must_answer(nodes, is_ready, monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    """Only what the workers answer is put in: that they do is seen in the tests that start them."""
    answers = nodes and {node: {"ok": "pong"} for node in nodes}
    inspected = type("Inspected", (), {"ping": lambda self: answers})()
    monkeypatch.setattr(app.control, "inspect", lambda timeout: inspected)
    monkeypatch.setattr(health, "PARTS", {"worker": health.PARTS["worker"]})
    response = client.get("/health/ready")
    assert (response.status_code == 200, response.json()["parts"]["worker"]) == (is_ready, is_ready)


def test_a_worker_with_an_unknown_key_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Celery logs what a receiver raises and starts all the same: only an exit gets through."""

    def refuse() -> None:
        raise MasterKeyError("MASTER_KEY: id 1 is not the key it was")

    monkeypatch.setattr("kyc_portal.start.require_safe_start", refuse)
    with pytest.raises(SystemExit, match="not the key it was"):
        refuse_an_unsafe_start()
