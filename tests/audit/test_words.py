"""Every act the code records has its sentence, and no sentence stands for an act nobody records."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from kyc_portal.audit.proof.checking import PART, SOUND, UNSOUND
from kyc_portal.audit.words import ACTS

_NAME = re.compile(r"[a-z_]+\.[a-z_]+")
# Object types and columns look alike; they stand in arguments of other names.
_WRITERS = re.compile(r"record|_record|_act|acted|_each")


def _names(path: Path) -> Iterator[str]:
    """What a file hands to a writer of acts as the act's name: its first argument, or `action`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if _WRITERS.fullmatch(name):
                said = [*node.args[:2], *(each.value for each in node.keywords if each.arg == "action")]
                for part in said:
                    yield from (
                        leaf.value
                        for leaf in ast.walk(part)
                        if isinstance(leaf, ast.Constant)
                        and isinstance(leaf.value, str)
                        and _NAME.fullmatch(leaf.value)
                    )


def test_the_acts_and_their_sentences_are_the_same_set() -> None:
    places = [
        path for path in Path("kyc_portal").rglob("*.py") if path.name != "words.py" and "migrations" not in path.parts
    ]
    # What a verification found is recorded under one of three names that others look for too.
    assert {name for path in places for name in _names(path)} | {PART, SOUND, UNSOUND} == set(ACTS)
