"""Wrap all customers' keys by the newest master key of MASTER_KEY; the product may go on meanwhile."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kyc_portal import audit
from kyc_portal.sealing import rotation
from kyc_portal.sealing.errors import MasterKeyError
from kyc_portal.sealing.keys import ring

# Keys in use are skipped; a batch of nothing but those is tried again so often, a second apart.
_TRIES = 30


class Command(BaseCommand):
    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            newest = ring().newest
            many = self._all(newest)
        except MasterKeyError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Wrapped {many} keys by master key '{newest}'")
        wrapped = rotation.wrapped_by()
        for name in ring().keys:
            if name != newest:
                left = wrapped.get(name, 0)
                self.stdout.write(
                    f"Master key '{name}' wraps {left} keys" + ("" if left else ": it may leave MASTER_KEY now")
                )

    def _all(self, newest: str) -> int:
        many = tries = 0
        while set(rotation.wrapped_by()) - {newest}:
            done = rotation.rewrap(actor=audit.system("command_rewrap"))
            many += done
            if done:
                self.stdout.write(f"… {many}")
                continue
            tries += 1
            if tries > _TRIES:
                raise CommandError("Some keys stay in use; run this again later.")
            time.sleep(1)
        return many
