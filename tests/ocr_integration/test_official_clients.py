"""The vendor's own client libraries, unchanged but for endpoint and keys, against the real server with the real engine."""

from __future__ import annotations

import base64
import io
import itertools
import os
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from ocr_integration import specimens
from ocr_integration.client import Client
from ocr_integration.contract import PermitReading, ReadRequest, Side
from ocr_integration.wire import answer_body
from tests.ocr_integration import official, pictures
from tests.ocr_integration.official import Official, Outcome
from tests.ocr_integration.served import Counter, Served, serving
from tests.scripted_service import Answer, ScriptedService

# Each test calls with a key of its own, by turns: the rate is counted for each key.
KEYS = [(f"AKIDofficial{n}", f"official-key-{n}") for n in range(50)]
_turns = itertools.cycle(KEYS)
TEMPORARY = {"secret_id": "AKIDtemporary", "secret_key": "temporary-key"}
ACTION = "MainlandPermitOCR"
CLIENTS = {
    "python-intl": lambda: official.python(),
    "python-intl-async": lambda: official.python(is_async=True),
    "python-intl-older": lambda: official.python(sign_method="HmacSHA1"),
    "python-mainland": lambda: official.python(mainland=True, language="zh-CN"),
    "node-intl": lambda: official.node(),  # knows the older signature only
}
NEW_SIGNATURE = ["python-intl", "python-intl-async", "python-mainland"]
if os.environ.get("NO_NODE") == "1":
    CLIENTS = {name: make for name, make in CLIENTS.items() if not name.startswith("node")}


def of_client(names: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("client", sorted(names), indirect=True)


every_client = of_client(CLIENTS)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    keys = {
        "OCR_SERVER_KEYS": ",".join(f"{name}:{key}" for name, key in [*KEYS, tuple(TEMPORARY.values())]),
        "OCR_SERVER_TOKENS": "AKIDtemporary:a-token",
    }
    with serving("--allow-private-urls", "--calls-per-second", "20", **keys) as running:
        yield running


_running: dict[str, Official] = {}


@pytest.fixture(scope="module")
def processes() -> Iterator[None]:
    """Child processes are started when first asked for and end with this module."""
    yield
    while _running:
        _running.popitem()[1].__exit__()


@pytest.fixture
def client(request: pytest.FixtureRequest, processes: None) -> Official:
    name = request.param
    if name not in _running:
        _running[name] = CLIENTS[name]().__enter__()
    _running[name].use(*next(_turns))
    return _running[name]


def photo(kind: str) -> tuple[bytes, PermitReading]:
    """A specimen small enough for every signature: the older one takes a megabyte of form."""
    drawn = specimens.draw(kind, seed=7)
    image = Image.open(io.BytesIO(drawn.image))
    image.thumbnail((1600, 1600))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue(), drawn.truth


@pytest.fixture(scope="module")
def front() -> tuple[bytes, PermitReading]:
    return photo("taiwan_front")


@pytest.fixture(scope="module")
def back() -> tuple[bytes, PermitReading]:
    return photo("hk_macao_back")


def base64_of(image: bytes) -> str:
    return base64.b64encode(image).decode("ascii")


def published(outcome: Outcome) -> dict[str, Any]:
    """The answer without what differs between two calls."""
    assert outcome.code == "", outcome
    answer = dict(outcome.answer)
    assert answer.pop("RequestId")
    return answer


@pytest.fixture(scope="module")
def ours(served: Served, front: tuple[bytes, PermitReading], back: tuple[bytes, PermitReading]) -> dict[Side, Any]:
    """The same pictures read by our own client."""
    client = Client(served.url, *next(_turns), deadline_seconds=60)
    answers = {}
    for side, image in ((Side.FRONT, front[0]), (Side.BACK, back[0])):
        answers[side] = answer_body(client.read(ReadRequest(image=image, side=side, with_portrait=True)))
        del answers[side]["RequestId"]
    return answers


@every_client
def test_a_front_and_its_portrait_are_read(
    client: Official, served: Served, front: tuple[bytes, PermitReading], ours: dict[Side, Any]
) -> None:
    image, truth = front
    answer = published(client.call(served.address, {"ImageBase64": base64_of(image), "RetProfile": True}))
    assert answer["Number"] == truth.number
    expected = ours[Side.FRONT]
    assert {name: expected[name] for name in answer} == answer
    # What the mainland's and the Node.js library have no name for.
    assert set(expected) - set(answer) <= {"WarnCardInfos", "Nationality", "MainlandTravelPermitBackInfos"}
    portrait = Image.open(io.BytesIO(base64.b64decode(answer["Profile"])))
    assert portrait.format == "JPEG"
    assert portrait.height > portrait.width


@every_client
def test_a_back_is_read(
    client: Official, served: Served, back: tuple[bytes, PermitReading], ours: dict[Side, Any]
) -> None:
    image, truth = back
    asked = {"ImageBase64": base64_of(image), "CardSide": "BACK"}
    answer = published(client.call(served.address, asked, action=ACTION))
    assert answer["MainlandTravelPermitBackInfos"]["IDNumber"] == truth.back.id_number
    assert {name: ours[Side.BACK][name] for name in answer} == answer


@every_client
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_url_is_fetched_and_read(
    client: Official, served: Served, front: tuple[bytes, PermitReading], service: ScriptedService, method: str
) -> None:
    service.default = Answer(front[0], headers={"Content-Type": "image/jpeg"})
    asked = {"ImageUrl": f"{service.url}/a card.jpg?x=1&y=通", "RetProfile": False}
    answer = published(client.call(served.address, asked, method=method))
    assert answer["Number"] == front[1].number
    assert len(service.requests) == 1


NOISE = base64_of(pictures.jpeg(quality=20))
# What the libraries can be made to send, and what they must find in the answer.
REFUSED: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "no action": ("MissingParameter", {}, {"version": ""}),
    "unknown key": ("AuthFailure.SecretIdNotFound", {}, {"secret_id": "AKIDnobody"}),
    "slow clock": ("AuthFailure.SignatureExpire", {}, {"clock": -400}),
    "fast clock": ("AuthFailure.SignatureExpire", {}, {"clock": 400}),
    "wrong key": ("AuthFailure.SignatureFailure", {}, {"secret_key": "mistyped"}),
    "no token": ("AuthFailure.TokenFailure", {}, TEMPORARY),
    "wrong token": ("AuthFailure.TokenFailure", {}, TEMPORARY | {"token": "another"}),
    "token of a lasting key": ("AuthFailure.TokenFailure", {}, {"token": "a-token"}),
    "another action": ("InvalidAction", {}, {"action": "IDCardOCR"}),
    "another version": ("NoSuchVersion", {}, {"version": "2017-03-12"}),
    "wrong type": ("InvalidParameter", {"ImageBase64": NOISE, "RetProfile": "perhaps"}, {"action": ACTION}),
    "unknown parameter": ("UnknownParameter", {"ImageBase64": NOISE, "Nonsense": "1"}, {"action": ACTION}),
    "no picture": ("InvalidParameterValue.InvalidParameterValueLimit", {}, {}),
    "unknown side": (
        "InvalidParameterValue.InvalidParameterValueLimit",
        {"ImageBase64": NOISE, "CardSide": "TOP"},
        {"action": ACTION},
    ),
    "nothing there": ("FailedOperation.DownLoadError", {"ImageUrl": "http://127.0.0.1:1/a.jpg"}, {}),
    "data prefix": ("FailedOperation.ImageDecodeFailed", {"ImageBase64": f"data:image/jpeg;base64,{NOISE}"}, {}),
    "not base64": ("FailedOperation.ImageDecodeFailed", {"ImageBase64": "通行证"}, {}),
    "not a picture": ("FailedOperation.ImageDecodeFailed", {"ImageBase64": base64_of(b"GIF89a" + bytes(99))}, {}),
    "no card": ("FailedOperation.ImageNoSpecifiedCard", {"ImageBase64": NOISE}, {}),
}  # fmt: skip


@every_client
@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_is_found_by_its_code(client: Official, served: Served, case: str) -> None:
    code, parameters, options = REFUSED[case]
    outcome = client.call(served.address, parameters, **options)
    assert outcome.code == code, outcome
    assert outcome.message
    assert outcome.request_id


@of_client(NEW_SIGNATURE)
def test_a_file_that_is_too_large_is_told_from_a_request_that_is(client: Official, served: Served) -> None:
    file = client.call(served.address, {"ImageBase64": "A" * 7_340_036})
    request = client.call(served.address, {"ImageBase64": "A" * 10_485_760})
    assert file.code == "LimitExceeded.TooLargeFileError"
    assert request.code == "RequestSizeLimitExceeded"


@of_client(set(CLIENTS) - set(NEW_SIGNATURE))
def test_a_form_over_a_megabyte_is_too_large_a_request(client: Official, served: Served) -> None:
    assert client.call(served.address, {"ImageBase64": "A" * 1_048_576}).code == "RequestSizeLimitExceeded"


@of_client(["python-intl", "python-intl-older"])
@pytest.mark.parametrize("method", ["HmacSHA1", "HmacSHA256"])
def test_both_older_signatures_are_taken(client: Official, served: Served, method: str) -> None:
    outcome = client.call(served.address, {"ImageBase64": NOISE}, sign_method=method)
    assert outcome.code == "FailedOperation.ImageNoSpecifiedCard"


@every_client
def test_a_long_query_is_too_large_a_request(client: Official, served: Served) -> None:
    outcome = client.call(served.address, {"ImageBase64": "A" * 33_000}, method="GET")
    assert outcome.code == "RequestSizeLimitExceeded"


@every_client
def test_temporary_credentials_are_taken_with_their_token(client: Official, served: Served) -> None:
    outcome = client.call(served.address, {"ImageBase64": NOISE}, **TEMPORARY, token="a-token")
    assert outcome.code == "FailedOperation.ImageNoSpecifiedCard"


@of_client(["python-intl", "python-mainland"])
@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"options": {"SkipSign": True}}, "AuthFailure.InvalidAuthorization"),
        ({"options": {"IsMultipart": True}}, "InvalidRequest"),
    ],
    ids=["unsigned", "multipart"],
)
def test_ways_of_calling_that_this_action_does_not_know(
    client: Official, served: Served, options: dict[str, Any], code: str
) -> None:
    assert client.call(served.address, {"ImageBase64": NOISE}, action=ACTION, **options).code == code


@of_client(NEW_SIGNATURE)
def test_a_body_left_out_of_the_signature_is_taken(client: Official, served: Served) -> None:
    outcome = client.call(served.address, {"ImageBase64": NOISE}, unsigned_payload=True)
    assert outcome.code == "FailedOperation.ImageNoSpecifiedCard"


@every_client
def test_calls_go_over_one_connection(client: Official, served: Served) -> None:
    with Counter(served.port) as counter:
        codes = {client.call(counter.address, {}).code for _each in range(12)}
        assert codes == {"InvalidParameterValue.InvalidParameterValueLimit"}
        assert counter.connections == 1


@of_client({"python-intl", "node-intl"} & set(CLIENTS))
def test_too_many_calls_are_told_so(client: Official, served: Served) -> None:
    """As many as it takes on a slow machine: a second must hold more than twenty of them at some time."""
    for _each in range(2000):
        outcome = client.call(served.address, {})
        if outcome.code == "RequestLimitExceeded":
            break
        assert outcome.code == "InvalidParameterValue.InvalidParameterValueLimit"
    assert outcome.code == "RequestLimitExceeded"
    assert "frequency limit `20`" in outcome.message
