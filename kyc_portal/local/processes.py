"""Is a process of an earlier start still running? A number alone may belong to another by now."""

from __future__ import annotations

from pathlib import Path


def started(pid: int) -> str:
    """When a process started, as the system counts; "" when it has ended, or was never collected by its parent."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, IndexError):
        return ""
    return "" if fields[0] == "Z" else fields[19]
