"""The four commands as real processes: a drawn specimen read here, read by a served engine, and how serving ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ocr_integration import specimens
from ocr_integration.__main__ import main
from ocr_integration.client import Client
from ocr_integration.contract import ACTION, ReadRequest, Side
from ocr_integration.errors import CustomerError, ServiceError
from ocr_integration.server.serving import keys_from_text
from tests.ocr_integration import pictures
from tests.ocr_integration.served import Served, start
from tests.scripted_service import ScriptedService, failure, success

ROOT = Path(__file__).parents[2]
KEYS = {"OCR_SERVER_KEYS": "AKIDmain:main-key", "OCR_SECRET_ID": "AKIDmain", "OCR_SECRET_KEY": "main-key"}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OCR_")}
    return subprocess.run(
        [sys.executable, "-m", "ocr_integration", *arguments],
        capture_output=True, text=True, timeout=120, cwd=ROOT, env=clean | environment,
    )  # fmt: skip


def serve() -> Served:
    return start(**KEYS)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    running = serve()
    yield running
    running.process.terminate()
    running.process.wait(30)


@pytest.fixture(scope="module")
def specimen(tmp_path_factory) -> Path:
    picture = tmp_path_factory.mktemp("specimen") / "card.jpg"
    assert main(["specimen", "--kind", "taiwan_front", "--seed", "7", str(picture)]) == 0
    return picture


def truth_of(picture: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(picture.with_name(picture.name + ".json").read_text())["truth"]
    return found


def test_a_specimen_is_drawn_with_its_truth_beside_it(specimen: Path) -> None:
    assert specimen.read_bytes()[:3] == b"\xff\xd8\xff"
    assert truth_of(specimen)["Type"] == "台湾居民来往大陆通行证"
    assert json.loads(specimen.with_name("card.jpg.json").read_text())["side"] == "FRONT"


def test_a_kind_nobody_draws_is_answered_with_those_somebody_does(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="taiwan_front"):
        main(["specimen", "--kind", "passport", "--seed", "1", str(tmp_path / "a.jpg")])


def test_reading_here_and_calling_the_served_engine_give_the_same(specimen: Path, served: Served) -> None:
    here = json.loads(run("read", str(specimen)).stdout)
    called = json.loads(run("call", str(specimen), "--endpoint", served.url, **KEYS).stdout)
    assert called.pop("RequestId")
    assert here.pop("RequestId") == ""
    assert called == here
    assert called["Number"] == truth_of(specimen)["Number"]


def test_the_served_engine_says_where_the_fields_stand(specimen: Path, served: Served) -> None:
    client = Client(served.url, "AKIDmain", "main-key", deadline_seconds=60)
    reading = client.read(ReadRequest(image=specimen.read_bytes(), with_regions=True))
    assert reading.regions
    found = {each.name: each for each in reading.regions}
    assert found["number"].confidence > 0.5
    for each in found.values():
        assert all(0 <= part <= 1 for corner in each.corners for part in corner)
    (left, top), (right, _), (_, bottom), _ = found["number"].corners
    assert right > left
    assert bottom > top


def test_the_served_engine_finds_no_card_where_there_is_none(served: Served) -> None:
    client = Client(served.url, "AKIDmain", "main-key")
    with pytest.raises(CustomerError) as caught:
        client.read(ReadRequest(image=pictures.jpeg()))
    assert caught.value.code == "FailedOperation.ImageNoSpecifiedCard"


def test_the_served_engine_names_the_other_side_beside_the_published_code(served: Served) -> None:
    back = specimens.draw("hk_macao_back", seed=7).image
    client = Client(served.url, "AKIDmain", "main-key", deadline_seconds=60)
    with pytest.raises(CustomerError) as caught:
        client.read(ReadRequest(image=back, side=Side.FRONT, with_regions=True))
    assert caught.value.code == "FailedOperation.ImageNoSpecifiedCard"
    assert caught.value.finer_code == "FailedOperation.CardSideError"


def test_the_server_keeps_connections_and_says_the_time(served: Served) -> None:
    with urllib.request.urlopen(f"{served.url}/health", timeout=30) as answer:
        assert answer.version == 11
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Date"]


def test_a_body_over_the_limit_is_refused_by_the_server(served: Served) -> None:
    request = urllib.request.Request(
        served.url, data=bytes(10 * 1024 * 1024 + 1), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert json.load(answer)["Response"]["Error"]["Code"] == "RequestSizeLimitExceeded"


def test_each_call_is_one_line_of_the_log_that_says_how_it_ended_and_nothing_of_the_card(specimen: Path) -> None:
    right, unknown, mistyped = ("AKIDmain", "main-key"), ("AKIDsecret-pasted-here", "x"), ("AKIDmain", "mistyped-key")
    image = specimen.read_bytes()
    running = serve()
    try:
        for key in (right, unknown, mistyped):
            with suppress(ServiceError):
                Client(running.url, *key, deadline_seconds=60).read(ReadRequest(image=image, with_portrait=True))
        with socket.create_connection(("127.0.0.1", running.port), timeout=30) as cut:
            cut.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
        urllib.request.urlopen(f"{running.url}/health", timeout=30).close()
        while len(lines := running.log()) < 4:
            time.sleep(0.05)
    finally:
        running.process.terminate()
        running.process.wait(30)
    told = {(line["key"], line["code"]): line for line in lines}
    assert set(told) == {
        ("AKIDmain", "ok"),
        ("", "AuthFailure.SecretIdNotFound"),
        ("AKIDmain", "AuthFailure.SignatureFailure"),
        ("", "Portal.HungUp"),
    }
    read = told["AKIDmain", "ok"]
    size = Image.open(specimen).size
    assert (read["action"], read["picture_bytes"], read["width"], read["height"]) == (ACTION, len(image), *size)
    assert read["milliseconds"] > 0
    assert uuid.UUID(read["request_id"])
    assert datetime.fromisoformat(read["at"]).tzinfo
    whole = json.dumps(lines, ensure_ascii=False)
    truth = truth_of(specimen)
    hidden = [truth["Number"], truth["Name"], truth["EnglishName"], "main-key", "mistyped-key", "AKIDsecret", "/9j/"]
    assert not [each for each in hidden if each in whole]


def wait_for_the_last_of(running: Served) -> None:
    """The worker holds the same pipe: its end is read only when no process of the family is left."""
    assert running.process.stdout is not None
    running.process.stdout.read()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_serving_ends_when_told_and_leaves_nothing(end: signal.Signals) -> None:
    running = serve()
    running.process.send_signal(end)
    assert running.process.wait(30) == 0
    wait_for_the_last_of(running)


@pytest.mark.timeout(60)
def test_a_killed_server_leaves_no_worker_behind() -> None:
    running = serve()
    running.process.kill()
    wait_for_the_last_of(running)
    assert running.process.wait(30) == -signal.SIGKILL
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(running.url, timeout=5)


def test_serving_without_keys_says_how_to_give_them() -> None:
    result = run("serve", "--port", "1")
    assert result.returncode == 1
    assert result.stderr == "OCR_SERVER_KEYS: keys are written id:key,id:key; there is none\n"


def test_calling_without_a_key_says_so(specimen: Path) -> None:
    result = run("call", str(specimen), "--endpoint", "http://127.0.0.1:1")
    assert result.returncode == 1
    assert "OCR_SECRET_ID" in result.stderr


def test_a_refused_call_names_class_code_and_request(
    specimen: Path, service: ScriptedService, tmp_path: Path, monkeypatch, capsys
) -> None:
    (tmp_path / "key").write_text("main-key\n")
    monkeypatch.setenv("OCR_SECRET_ID", "AKIDmain")
    monkeypatch.setenv("OCR_SECRET_KEY_FILE", str(tmp_path / "key"))
    service.queue(failure("FailedOperation.UnOpenError", request_id="the-request"), success(Name="李明"))
    assert main(["call", str(specimen), "--endpoint", service.url]) == 1
    assert capsys.readouterr().err == "config: FailedOperation.UnOpenError (request the-request)\n"
    assert main(["call", str(specimen), "--endpoint", service.url]) == 0
    assert json.loads(capsys.readouterr().out)["Name"] == "李明"


def test_a_picture_that_is_not_there_is_named(capsys) -> None:
    assert main(["read", "/nowhere/card.jpg"]) == 1
    assert "/nowhere/card.jpg" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "a", "a:", ":b", "a:b,c"])
def test_keys_that_are_not_pairs_are_refused_without_repeating_them(text: str) -> None:
    with pytest.raises(ValueError, match="id:key") as caught:
        keys_from_text(text)
    assert "a:b" not in str(caught.value)


def test_keys_may_hold_colons_and_blanks_around_them() -> None:
    assert keys_from_text(" a:b:c , d:e,") == {"a": "b:c", "d": "e"}


WITHOUT_DJANGO = """
import importlib, pkgutil, sys
for name in ("django", "kyc_portal", "celery"):
    sys.modules[name] = None
import ocr_integration
names = [each.name for each in pkgutil.walk_packages(ocr_integration.__path__, "ocr_integration.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names))
"""


def test_the_whole_package_imports_where_django_and_the_portal_are_absent() -> None:
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT_DJANGO], capture_output=True, text=True, timeout=120, cwd=ROOT
    )
    assert result.stderr == ""
    assert int(result.stdout) > 15


def test_calling_does_not_load_the_engine() -> None:
    code = (
        "import sys, ocr_integration.__main__; print([n for n in ('cv2', 'onnxruntime', 'numpy') if n in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert result.stdout == "[]\n"
