"""Parts of the one-machine default that need no running copy."""

import os
import socket
import stat
from pathlib import Path

import pytest

from kyc_portal.local import layout, privileges
from kyc_portal.local.secrets_file import load_or_make
from kyc_portal.local.stack import LocalStack, StackError, StackStoppedError


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = load_or_make(path)
    assert load_or_make(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_taken_port_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StackError, match=f"Port {port} is taken.*make run PORT="):
            LocalStack(tmp_path, port).start()


def test_a_remembered_port_is_kept_while_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / "port"
    first = layout.remembered_port(path)
    assert layout.remembered_port(path) == first


def test_a_remembered_port_that_is_taken_is_left_for_another(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        (tmp_path / "port").write_text(str(taken.getsockname()[1]))
        assert layout.remembered_port(tmp_path / "port") != taken.getsockname()[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has somebody to keep out")
def test_the_folder_of_the_sockets_is_closed_to_others() -> None:
    folder = privileges.socket_folder()
    try:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        privileges.remove(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops rights")
def test_a_closed_parent_stays_closed_and_the_servers_live_elsewhere(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    chosen = privileges.server_folder(closed / "postgres", name=f"test-{os.getpid()}")
    try:
        assert closed not in chosen.parents
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        privileges.remove(chosen)


def test_folders_that_end_alike_have_names_of_their_own() -> None:
    one, other = layout.name_of(Path("/tmp/tmp.AAAA/main/.local")), layout.name_of(Path("/tmp/tmp.BBBB/main/.local"))
    assert one != other
    assert layout.name_of(Path("/tmp/tmp.AAAA/main/.local")) == one


def test_a_copy_that_is_being_stopped_begins_no_command(tmp_path: Path) -> None:
    copy = LocalStack(tmp_path, layout.free_port(), say=lambda text: None)
    copy.ask_to_stop()
    with pytest.raises(StackStoppedError):
        copy.manage("check")
