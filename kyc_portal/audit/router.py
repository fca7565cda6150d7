"""Which connection migrates: the owner's alone. The application's role owns nothing."""

from __future__ import annotations

from typing import Any


class OwnerMigrates:
    """Everything reads and writes through `default`; tables are made through `owner`."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return db == "owner"
