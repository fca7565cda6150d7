"""Who may import whom: faces → privacy → exports → submissions → sealing, accounts → audit; never upwards, never sideways."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEVELS = {
    "audit": 0,
    "sealing": 1,
    "accounts": 1,
    "submissions": 2,
    "exports": 3,
    "oversight": 3,
    "privacy": 4,  # an erasure calls back the files that may hold the person
    "customer_site": 5,
    "review_console": 5,
    "administration": 5,
}

# The rooms of the domain, each with those of the others it builds on. What stands beside them is the story itself.
ROOMS = {
    "checks": set[str](),
    "clocks": set[str](),
    "pictures": set[str](),
    "reading_service": {"clocks"},
    "deciding": {"clocks"},
    "counts": {"clocks", "reading_service", "deciding"},
}


def imports(path: Path) -> list[str]:
    """Every module a file imports, at its top or hidden in a function."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def sources(package: str) -> list[Path]:
    return [path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts]


@pytest.mark.parametrize("package", sorted(LEVELS))
def test_a_package_imports_only_from_the_floors_below(package: str) -> None:
    wrong = []
    for path in sources(f"kyc_portal/{package}"):
        for name in imports(path):
            parts = name.split(".")
            other = parts[1] if parts[0] == "kyc_portal" and len(parts) > 1 else ""
            if other != package and LEVELS.get(other, -1) >= LEVELS[package]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_of_the_domain_builds_only_on_those_it_names(room: str) -> None:
    wrong = []
    for path in sources(f"kyc_portal/submissions/{room}"):
        for name in imports(path):
            other = name.removeprefix("kyc_portal.submissions.").split(".")[0]
            if name.startswith("kyc_portal.submissions.") and other in ROOMS.keys() - ROOMS[room] - {room}:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_every_room_of_the_domain_is_named() -> None:
    """A room without a line above would be held to nothing."""
    folders = (ROOT / "kyc_portal/submissions").iterdir()
    unlike_rooms = {"management", "migrations", "templatetags", "__pycache__"}
    assert {each.name for each in folders if each.is_dir()} - unlike_rooms == set(ROOMS)


def test_reading_cards_knows_neither_django_nor_the_portal() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources("ocr_integration")
        for name in imports(path)
        if name.split(".")[0] in {"django", "kyc_portal", "celery"}
    ]
    assert wrong == []


def test_the_engine_does_not_know_how_specimens_are_drawn() -> None:
    names = [name for path in sources("ocr_integration/engine") for name in imports(path)]
    assert not [name for name in names if "specimens" in name]


def test_specimens_do_not_know_the_engine() -> None:
    names = [name for path in sources("ocr_integration/specimens") for name in imports(path)]
    assert not [name for name in names if ".engine" in name]


def test_only_the_domain_reads_cards() -> None:
    """Faces may name picture faults and limits, and the demo draws its cards; nobody else calls a service or an engine."""
    allowed = {
        "kyc_portal/customer_site": ("ocr_integration.images.ImageFault", "ocr_integration.images.MAX_BYTES"),
        "kyc_portal/administration/management/commands/demo_cards.py": ("ocr_integration.specimens",),
    }
    wrong = []
    for path in sources("kyc_portal"):
        place = str(path.relative_to(ROOT))
        for name in imports(path):
            if name.split(".")[0] != "ocr_integration" or place.startswith("kyc_portal/submissions/"):
                continue
            given = next((names for room, names in allowed.items() if place.startswith(room)), ())
            if not name.startswith(given or ("nothing",)):
                wrong.append(f"{place} imports {name}")
    assert wrong == []
