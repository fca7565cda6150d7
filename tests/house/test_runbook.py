"""The runbook knows every alarm that code can raise, and its command for the first administrator works."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command

from kyc_portal.accounts.models import Role, User

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
_SUBJECT_AT = {"tell": 0, "tell_hourly": 1}


def _alarms() -> set[str]:
    """Subjects of mails to operators and names of error lines, as the code has them."""
    found = set()
    for path in (ROOT / "kyc_portal").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            called = ast.unparse(node.func)
            place = 0 if called == "log.error" else _SUBJECT_AT.get(called.removeprefix("operators."), -1)
            if place >= 0 and called.startswith(("operators.", "log.error")):
                subject = node.args[place]
                assert isinstance(subject, ast.Constant), f"{path}: {called} with a made-up name"
                found.add(str(subject.value))
    return found


def test_every_alarm_stands_in_the_runbook() -> None:
    alarms = _alarms()
    assert {"provider_stopped", "The reading service is stopped"} <= alarms
    assert not {alarm for alarm in alarms if alarm not in RUNBOOK and alarm.partition(" for their")[0] not in RUNBOOK}


@pytest.mark.django_db(transaction=True)
def test_the_command_for_the_first_administrator_makes_one() -> None:
    command = re.search(r"manage.py (add_person .*)", RUNBOOK)
    assert command
    name, *arguments = shlex.split(command[1])
    call_command(name, *arguments)
    made = User.objects.get(email="you@your-name.example")
    assert made.role == Role.ADMINISTRATOR
    assert EmailAddress.objects.get(user=made).verified
