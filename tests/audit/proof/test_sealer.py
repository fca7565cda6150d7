"""Every entry gets one leaf, in an order that keeps what came first first, whoever writes, waits or is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from kyc_portal.audit.proof import places, sealer, signing
from kyc_portal.audit.proof.places import Folder, PlaceError
from kyc_portal.audit.proof.verifier import Edge
from tests.audit.proof.conftest import SIGNING_KEY, seal_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_bound]


def unsealed(connection: psycopg.Connection) -> int:
    row = connection.execute(
        "SELECT count(*) FROM audit.entry e WHERE NOT EXISTS (SELECT FROM audit.leaf l WHERE l.entry_id = e.id)"
    ).fetchone()
    assert row
    return int(row[0])


def has_no_gap(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT count(*), coalesce(max(position) + 1, 0) FROM audit.leaf").fetchone()
    assert row
    return bool(row[0] == row[1])


def test_each_entry_gets_one_leaf_and_a_second_look_makes_none(sealing, write: Callable[..., None]) -> None:
    write(5)
    size = seal_all(sealing)
    step = sealer.seal(sealing)
    assert (unsealed(sealing), has_no_gap(sealing)) == (0, True)
    assert step
    assert (step.made, step.size) == (0, size)


def test_a_batch_that_is_exactly_full_is_followed_by_the_rest(sealing, write: Callable[..., None]) -> None:
    seal_all(sealing)
    write(7)
    made = []
    while (step := sealer.seal(sealing, limit=3)) and step.more:
        made.append(step.made)
    assert sum(made) + (step.made if step else 0) == 7
    assert unsealed(sealing) == 0


def test_two_sealers_do_not_work_at_once(sealing, write: Callable[..., None]) -> None:
    write()
    with sealer.connect(os.environ["SEALER_DATABASE_URL"]) as other, other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(%s)", [sealer._LOCK])
        assert sealer.seal(sealing) is None
    assert sealer.seal(sealing) is not None


def test_stored_block_roots_are_the_roots_of_their_leaves(sealing, write: Callable[..., None]) -> None:
    write(sealer.BLOCK + 3)
    size = seal_all(sealing)
    edge = Edge()
    for leaf in sealer.leaves(sealing, 0, size):
        edge.append(leaf)
    assert sealer.edge_at(sealing, size) == edge


def test_an_open_transaction_holds_nobody_up_and_its_entries_follow(sealing, app_role, write) -> None:
    seal_all(sealing)
    with app_role.transaction():
        app_role.execute("SELECT set_config('audit.context', '{\"actor\": \"system:slow\"}', true)")
        app_role.execute("SELECT audit.record('thing.begun', 'test', '1', NULL, '{}', NULL)")
        write(3)
        step = sealer.seal(sealing)
        assert step
        assert step.made == 3
    step = sealer.seal(sealing)
    assert step
    assert step.made == 1


def test_what_committed_before_another_began_stands_before_it(sealing) -> None:
    """Twelve writers with savepoints and roll-backs, two sealers beside them."""
    seal_all(sealing)
    url, stop = os.environ["DATABASE_URL"], threading.Event()
    spans: list[tuple[float, float, str]] = []

    def writer(seed: int) -> None:
        chance = random.Random(seed)
        with psycopg.connect(url, autocommit=True) as connection:
            for number in range(40):
                began = time.monotonic()
                name = f"{seed}-{number}"
                try:
                    with connection.transaction():
                        connection.execute("SELECT set_config('audit.context', '{\"actor\": \"system:w\"}', true)")
                        connection.execute("SELECT audit.record('thing.done', 'order', %s, NULL, '{}', NULL)", [name])
                        if chance.random() < 0.3:
                            with connection.transaction(force_rollback=True):
                                connection.execute(
                                    "SELECT audit.record('thing.undone', 'order', 'x', NULL, '{}', NULL)"
                                )
                        if chance.random() < 0.2:
                            raise psycopg.Rollback
                        time.sleep(chance.random() / 300)
                except psycopg.Rollback:
                    continue
                spans.append((began, time.monotonic(), name))

    def seals() -> None:
        with sealer.connect(os.environ["SEALER_DATABASE_URL"]) as connection:
            connection.autocommit = True
            while not stop.is_set():
                sealer.seal(connection, limit=50)

    sealers = [threading.Thread(target=seals) for _each in range(2)]
    writers = [threading.Thread(target=writer, args=[seed]) for seed in range(12)]
    for thread in [*sealers, *writers]:
        thread.start()
    for thread in writers:
        thread.join(120)
    stop.set()
    for thread in sealers:
        thread.join(60)
    seal_all(sealing)
    assert (unsealed(sealing), has_no_gap(sealing)) == (0, True)
    place_of = dict(
        sealing.execute(
            "SELECT e.object_id, l.position FROM audit.entry e JOIN audit.leaf l ON l.entry_id = e.id"
            " WHERE e.object_type = 'order' AND e.action = 'thing.done' AND l.position >= %s",
            [0],
        ).fetchall()
    )
    kept = [span for span in spans if span[2] in place_of]
    assert len(kept) > 100
    wrong = [
        (one, other)
        for _began, ended, one in kept
        for began, _ended, other in kept
        if ended < began and place_of[one] > place_of[other]
    ]
    assert wrong == []


def test_a_restored_cluster_is_looked_at_whole(sealing, write: Callable[..., None]) -> None:
    """Its transactions are counted anew: the watermark of the other one lies far ahead."""
    size = seal_all(sealing)
    with sealing.transaction(force_rollback=True):
        sealing.execute("INSERT INTO audit.seal(size, watermark, system_id) VALUES (%s, %s, 'another')", [size, 2**62])
        write(2)
        step = sealer.seal(sealing)
        assert step
        assert step.made == 2


def test_a_look_at_the_whole_finds_what_was_put_in_below_the_watermark(sealing, owner, write) -> None:
    write(3)
    seal_all(sealing)
    owner.execute(
        "INSERT INTO audit.entry(tx, at, kind, action, object_type, object_id, actor, actor_label, role, via, request,"
        " task, db_user) VALUES (1, now(), 'act', 'thing.forged', 'x', '1', 'a', '', '', '', '', '', 'owner')"
    )
    step = sealer.seal(sealing)
    assert step
    assert step.made == 0
    step = sealer.seal(sealing, whole=True)
    assert step
    assert (step.made, step.strays) == (1, 1)


def test_a_killed_sealer_is_followed_by_another(sealing, write: Callable[..., None], tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "seal_audit", "--every", "0.01"]
    environment = {**os.environ, "AUDIT_SIGNING_KEY": SIGNING_KEY, "CHECKPOINT_URL": f"file://{tmp_path}/cp"}
    for _round in range(2):
        process = subprocess.Popen(command, env=environment)
        size, deadline = seal_all(sealing), time.monotonic() + 60
        while time.monotonic() < deadline:
            write(20)
            if sealer.sealed_size(sealing) > size:
                break
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        assert sealer.sealed_size(sealing) > size
    write(3)
    seal_all(sealing)
    assert (unsealed(sealing), has_no_gap(sealing)) == (0, True)


class TestSigning:
    def test_a_checkpoint_is_due_when_something_came_and_a_minute_passed(
        self, sealing, signers, outside: Folder, write: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write()
        size = seal_all(sealing)
        monkeypatch.setattr(sealer, "SIGN_EVERY", sealer.SIGN_EVERY * 0)
        first = sealer.sign(sealing, signers=signers, outside=outside)
        assert first
        assert (first.size, first.root) == (size, sealer.edge_at(sealing, size).root())
        assert sealer.sign(sealing, signers=signers, outside=outside) is None, "nothing came, and no hour passed"
        write()
        seal_all(sealing)
        monkeypatch.setattr(sealer, "SIGN_EVERY", sealer.SIGN_ANYWAY)
        assert sealer.sign(sealing, signers=signers, outside=outside) is None, "something came, no minute passed"
        monkeypatch.setattr(sealer, "SIGN_ANYWAY", sealer.SIGN_EVERY * 0)
        monkeypatch.setattr(sealer, "SIGN_EVERY", sealer.SIGN_EVERY * 0)
        assert sealer.sign(sealing, signers=signers, outside=outside) is not None
        assert len(list(outside.notes())) == 2

    def test_where_the_place_is_away_nothing_is_kept_and_the_next_round_signs(
        self, sealing, signers, tmp_path: Path, write: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sealer, "SIGN_EVERY", sealer.SIGN_EVERY * 0)
        write()
        seal_all(sealing)
        before = sealer.last_checkpoint(sealing)
        (tmp_path / "file").write_text("in the way")
        away = Folder(tmp_path / "file" / "below")
        with pytest.raises(PlaceError):
            sealer.sign(sealing, signers=signers, outside=away)
        assert sealer.last_checkpoint(sealing) == before
        sealer.round_of(sealing, signers=signers, outside=away, whole=False)
        assert sealer.sign(sealing, signers=signers, outside=Folder(tmp_path / "there")) is not None

    def test_a_new_key_is_signed_in_by_the_old_one(
        self, sealing, signers, outside: Folder, write: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sealer, "SIGN_EVERY", sealer.SIGN_EVERY * 0)
        write()
        seal_all(sealing)
        sealer.sign(sealing, signers=signers, outside=outside)
        newer = signing.signers("new:" + "b2ZmIHRvIHNlZSB0aGUgd2l6YXJkLCAgICAgICAgICA=", origin=signers[0].origin)
        with sealing.transaction(force_rollback=True):  # other tests go on with the old key
            handed = sealer.sign(sealing, signers=[*newer, *signers], outside=outside)
            assert handed
            assert (handed.retires, handed.key) == (signers[0].key.id.hex(), str(newer[0].key))
            assert {short for _name, short, _signature in handed.signatures} == {newer[0].key.id, signers[0].key.id}

    def test_a_note_is_never_written_over(self, outside: Folder) -> None:
        outside.put("1.txt", "one")
        outside.put("1.txt", "one")
        with pytest.raises(PlaceError, match="another text"):
            outside.put("1.txt", "two")
        assert list(outside.notes()) == ["one"]

    @pytest.mark.parametrize("url", ["", "folder", "http://x/y", "s3://key:secret@host"])
    def test_a_place_of_no_form_is_refused(self, url: str) -> None:
        with pytest.raises(ValueError, match="CHECKPOINT_URL"):
            places.place(url)
