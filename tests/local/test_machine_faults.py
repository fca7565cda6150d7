"""What a machine can do to `make run`: each is answered with one sentence that says what to do, and leaves nothing running."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from kyc_portal.local.layout import PROJECT, free_port
from kyc_portal.local.processes import started
from kyc_portal.local.stack import LocalStack, StackError


def make_run(**given: str) -> subprocess.CompletedProcess[str]:
    """The command of `make run`, on a machine where it cannot start."""
    return subprocess.run(
        [sys.executable, "-m", "kyc_portal.local", "run"],
        cwd=PROJECT, env={"PATH": os.environ["PATH"], **given}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(("port", "advice"), [("eighty", "PORT: a whole number"), ("99999", "PORT: a whole number")])
def test_a_port_that_is_none_is_refused_by_name(port: str, advice: str, tmp_path: Path) -> None:
    done = make_run(PORT=port, LOCAL_DIR=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith(f"It could not start. {advice}")


@pytest.mark.parametrize("place", ["a-file/inside", "/proc/nowhere"])
def test_a_folder_that_cannot_be_written_is_named_with_what_to_do(place: str, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("")
    done = make_run(PORT=str(free_port()), LOCAL_DIR=str(tmp_path / place))
    assert done.returncode == 1
    assert f"It could not start. LOCAL_DIR {tmp_path / place} cannot be written. Choose another" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 24 MB, less than PostgreSQL's cluster needs."""
    folder = Path(tempfile.mkdtemp(prefix="kyc-small-"))
    folder.chmod(0o755)
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=24m,mode=755", "tmpfs", str(folder)], capture_output=True, check=False
        ).returncode
    )
    try:
        if not mounted:
            pytest.skip("a small file system cannot be mounted here")
        yield folder
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


def test_a_full_disk_is_said_first(small_disk: Path) -> None:
    done = make_run(PORT=str(free_port()), LOCAL_DIR=str(small_disk / "copy"))
    assert done.returncode == 1
    assert f"It could not start. The disk of {small_disk / 'copy'} is full. Free some space" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_python_is_refused_with_the_version_that_is_needed(tmp_path: Path) -> None:
    clone, programs = tmp_path / "clone", tmp_path / "bin"
    shutil.copytree(PROJECT / "scripts", clone / "scripts")
    programs.mkdir()
    for name in ("python", "python3", "python3.11", "python3.12", "python3.13"):
        (programs / name).write_text("#!/bin/sh\nexit 1\n")  # as the question for the version ends on an older one
        (programs / name).chmod(0o755)
    done = subprocess.run(
        [str(clone / "scripts" / "setup"), "run"], cwd=clone, env={"PATH": f"{programs}:/usr/bin:/bin"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed and was not found" in done.stderr
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize("changed", ["setup", "run", "engine", "portraits", None])
def test_a_changed_list_of_packages_is_installed_and_an_unchanged_one_skipped(
    changed: str | None, tmp_path: Path
) -> None:
    shutil.copytree(PROJECT / "scripts", tmp_path / "scripts")
    shutil.copytree(PROJECT / "requirements", tmp_path / "requirements")
    installed = tmp_path / ".venv" / "bin" / "python"
    installed.parent.mkdir(parents=True)
    # Packing the catalogues is part of every set-up; anything else it is asked for is an installation.
    installed.write_text('#!/bin/sh\ncase "$*" in scripts/messages*) exit 0 ;; esac\necho asked to install\nexit 3\n')
    installed.chmod(0o755)
    groups = ("setup", "run", "engine", "portraits", "test", "deploy", "mainland")
    lists = b"".join((tmp_path / "requirements" / f"{group}.txt").read_bytes() for group in groups)
    (tmp_path / ".venv" / "installed-run-engine-portraits-test-deploy").write_text(hashlib.sha256(lists).hexdigest())
    if changed:
        with (tmp_path / "requirements" / f"{changed}.txt").open("a") as file:
            file.write("# another line\n")
    done = subprocess.run(
        [str(tmp_path / "scripts" / "setup"), "run", "engine"], cwd=tmp_path, env={"PATH": os.environ["PATH"]},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode == 0) == (changed is None), done.stdout + done.stderr
    assert ("asked to install" in done.stdout) == (changed is not None)


@pytest.mark.faults
@pytest.mark.long
@pytest.mark.timeout(300)
def test_two_copies_stand_side_by_side_and_a_third_does_not_push_in() -> None:
    folders = [Path(tempfile.mkdtemp(prefix="kyc-beside-")) for _each in range(2)]
    copies = [LocalStack(folder, free_port(), say=lambda text: None) for folder in folders]
    try:
        for copy in copies:
            copy.start()
        ready = [f"http://127.0.0.1:{copy.port}/health/ready" for copy in copies]
        assert [requests.get(url, timeout=20).status_code for url in ready] == [200, 200]
        cookies = [
            set(requests.get(f"http://127.0.0.1:{copy.port}/accounts/login/", timeout=20).cookies.keys())
            for copy in copies
        ]
        assert cookies[0].isdisjoint(cookies[1])

        pids = [copies[0].process(name).pid for name in ("postgres", "web", "worker", "beat")]
        with pytest.raises(StackError, match=f"Another copy runs in {folders[0]}.*LOCAL_DIR=.*PORT="):
            LocalStack(folders[0], free_port(), say=lambda text: None).start()
        assert all(started(pid) for pid in pids)

        copies[0].stop()
        assert requests.get(ready[1], timeout=20).status_code == 200
    finally:
        for copy in copies:
            copy.stop()
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
