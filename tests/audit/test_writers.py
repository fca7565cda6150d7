"""Every writer says what it did in words, or is named here with why the rows' own entries are enough."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "kyc_portal"
SILENT = {
    "accounts/demo.py:make_people": "the demo's cast; the rows say who was made",
    "accounts/demo.py:customer": "the demo's cast",
    "accounts/middleware.py:_audited": "the library's views; signing in, factors and passkeys are acts of its signals",
    "accounts/preferences.py:put": "how one's own pages look",
    "customer_site/passkeys.py:passkeys": "the library adds it and its signal records passkey.added",
    "exports/making.py:begin": "a worker's go; what was asked and what came of it are acts",
    "exports/making.py:_add": "a part; list.exported counts them",
    "exports/making.py:_pack": "a workbook's pieces anew",
    "exports/making.py:_pieces": "a lease",
    "exports/making.py:hand_on": "a lease",
    "exports/making.py:put_back": "a lease; the fault stands in the row, giving up is an act",
    "exports/sweeps.py:clear": "bytes that no key opens any more; the end itself was an act",
    "sealing/keys.py:ensure_key": "the row says for whom a key was made",
    "sealing/keys.py:require_known_master_keys": "the row says which key came",
    "submissions/reading_service/budget.py:charge": "a count of calls",
    "submissions/reading_service/budget.py:not_made": "a count of calls",
    "submissions/reading_service/budget.py:ended": "a count of calls",
    "submissions/deciding/claims.py:renew": "a heartbeat",
    "submissions/deciding/claims.py:leave": "a heartbeat that ends sooner",
    "submissions/intake.py:choose_language": "the row says before and after",
    "submissions/notices.py:send": "taking the notice up; customer.told is recorded once it is sent",
    "submissions/reading.py:begin": "a worker's lease; the answer or the delay is an act",
    "submissions/reading_service/warning_service.py:_note": "operator.told says that they know",
}


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def calls(node: ast.AST) -> set[str]:
    return {name_of(each) for each in ast.walk(node) if isinstance(each, ast.Call)}


def silent_writers() -> set[str]:
    """Functions with a `with audit.acting(…)` in which nothing is recorded, in itself or by a neighbour it calls."""
    found = set()
    for path in ROOT.rglob("*.py"):
        if "migrations" in path.parts:
            continue
        functions = [each for each in ast.walk(ast.parse(path.read_text())) if isinstance(each, ast.FunctionDef)]
        recording = {"record"}
        while more := {each.name for each in functions if calls(each) & recording} - recording:
            recording |= more
        for function in functions:
            for block in ast.walk(function):
                if isinstance(block, ast.With) and any("acting(" in ast.unparse(each) for each in block.items):
                    told = set().union(*map(calls, block.body))
                    if not told & recording and not any(name.startswith(("record", "_record")) for name in told):
                        found.add(f"{path.relative_to(ROOT)}:{function.name}")
    return found


def test_no_writer_is_silent_but_those_named_with_why() -> None:
    assert silent_writers() == set(SILENT)
