"""`.env.example` and the typed environment name the same things."""

from pathlib import Path

from kyc_portal import env

EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"


def _example() -> dict[str, str]:
    lines = [line for line in EXAMPLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_the_example_lists_every_name_with_its_default() -> None:
    assert _example() == dict(env.DEFAULTS)


def test_the_example_itself_can_be_read() -> None:
    assert env.read(_example()).kyc_env == "local"
