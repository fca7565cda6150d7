"""What must stand in the database for the log to be complete: its tables, their guards, and the text of every function.

Read from the models and the migrations, so that nothing is said twice. A verification compares.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps

from kyc_portal.audit.coverage import EXEMPT
from kyc_portal.audit.triggers import RowAudit

# Every table of the log with what its guard refuses; the vault is emptied by erasures.
GUARDED: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("entry", "leaf", "node", "seal", "checkpoint"), frozenset({"UPDATE", "DELETE", "TRUNCATE"})),
    "vault": frozenset({"UPDATE", "TRUNCATE"}),
}
# What a legal hold does not keep: digests are made anew from what is sealed when their key is changed.
NOT_HELD = frozenset({"sealing_searchdigest"})
_MIGRATIONS = ("0001_the_log", "0003_the_proof", "0004_forget", "0005_held")
_FUNCTION = re.compile(r"CREATE(?: OR REPLACE)? FUNCTION audit\.(\w+)\(.*?\sAS (\$\w*\$)(.*?)\2", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Definitions:
    """`row_functions`: a domain table to the function its row trigger calls. `bodies`: each function's text, as
    `body` gives it. `exempt`: tables that no trigger watches. `held`: tables of which nothing is removed while a
    legal hold is open, with the column that says whose a row is."""

    row_functions: Mapping[str, str]
    bodies: Mapping[str, str]
    exempt: frozenset[str]
    held: Mapping[str, str]


def body(text: str) -> str:
    """A function's text without what the server does not mind: how its words are spaced."""
    return " ".join(text.split())


@cache
def ours() -> Definitions:
    """What this release installs."""
    row_functions: dict[str, str] = {}
    bodies = {}
    held = {}
    for name in _MIGRATIONS:
        text = str(import_module(f"kyc_portal.audit.migrations.{name}").FORWARDS)
        bodies.update({found[1]: body(found[3]) for found in _FUNCTION.finditer(text)})
    models: list[Any] = list(apps.get_models(include_auto_created=True))
    for model in models:
        for trigger in getattr(model._meta, "triggers", []):
            if isinstance(trigger, RowAudit):
                row_functions[model._meta.db_table] = trigger.get_pgid(model)
                if trigger.subject is not None and model._meta.db_table not in NOT_HELD:
                    held[model._meta.db_table] = trigger.subject
                found = _FUNCTION.search(str(trigger.compile(model).install_sql))
                assert found is not None  # noqa: S101 - our own template
                bodies[found[1]] = body(found[3])
    return Definitions(row_functions=row_functions, bodies=bodies, exempt=frozenset(EXEMPT), held=held)
