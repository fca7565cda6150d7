"""The sealer: gives audit entries their place in the tree and signs checkpoints, until it is stopped.

Alone holds SEALER_DATABASE_URL and AUDIT_SIGNING_KEY. More than one may run; one works at a time.
"""

from __future__ import annotations

import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kyc_portal.audit.proof import afterwards, places, sealer, signing

_DAY_SECONDS = 24 * 3600


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="seal what waits, sign if due, and end")
        parser.add_argument("--every", type=float, default=5.0, help="seconds between looks")

    def handle(self, *args: Any, **options: Any) -> None:
        env = settings.ENV
        if not env.sealer_database_url:
            raise CommandError("SEALER_DATABASE_URL is not set: the sealer connects as a role of its own")
        try:
            signers = signing.signers(env.audit_signing_key, origin=settings.AUDIT_ORIGIN)
            outside = places.place(env.checkpoint_url)
        except ValueError as error:
            raise CommandError(str(error)) from error
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_given: stopping.set())
        looked_whole, told = 0.0, afterwards.Told()
        while True:
            whole = time.monotonic() - looked_whole > _DAY_SECONDS or not looked_whole
            try:
                with sealer.connect(env.sealer_database_url) as connection:
                    connection.autocommit = True
                    while True:
                        sealer.round_of(connection, signers=signers, outside=outside, whole=whole, told=told)
                        if whole:
                            looked_whole, whole = time.monotonic(), False
                        if options["once"] or stopping.wait(options["every"]):
                            return
                        whole = time.monotonic() - looked_whole > _DAY_SECONDS
            except psycopg.OperationalError as error:
                sealer.log.error("audit_sealer_disconnected", extra={"error": type(error).__name__})
                if options["once"]:
                    raise CommandError("the database does not answer") from error
            if stopping.wait(options["every"]):
                return
