"""Send the sample cards through the real pipeline: upload, reading by the service, confirmation. Local copies only.

Safe to repeat: a card that was sent goes on from where it stands, one that stands in the queue is left alone.
"""

from __future__ import annotations

import itertools
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kyc_portal.accounts import demo
from kyc_portal.submissions import intake
from kyc_portal.submissions.models import DeclaredType, Submission
from kyc_portal.submissions.states import State
from ocr_integration.specimens import SpecimenKind
from ocr_integration.specimens.demo import DemoCard, demo_cards, further_cards

_DECLARED = {
    SpecimenKind.HK_MACAO_FRONT: DeclaredType.HK_MACAO_RESIDENT,
    SpecimenKind.TAIWAN_FRONT: DeclaredType.TAIWAN_RESIDENT,
    SpecimenKind.EXIT_ENTRY_HK_MACAO_FRONT: DeclaredType.EXIT_ENTRY,
    SpecimenKind.EXIT_ENTRY_TAIWAN_FRONT: DeclaredType.EXIT_ENTRY,
    SpecimenKind.NOT_A_CARD: DeclaredType.TAIWAN_RESIDENT,
}

# The first number of the people beside those of the samples.
FURTHER = 1001

# A start that was stopped left these; the next one goes on with them.
_ON_THE_WAY = (State.RECEIVED, State.READING, State.CONFIRMING)


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--many", type=int, default=None, help="send only the first so many")
        parser.add_argument("--further", type=int, default=0, help="send a genuine card of so many more people too")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENV.is_production:
            raise CommandError("sample cards are never sent in production")
        cards = itertools.chain(
            enumerate(demo_cards()[: options["many"]], 1),
            enumerate(further_cards(options["further"]), FURTHER),
        )
        sent = [self._send(number, card) for number, card in cards]
        new = [submission for submission in sent if submission is not None]
        if not new:
            self.stdout.write("The sample cards were sent before.")
            return
        self.stdout.write(f"{len(new)} sample cards were sent; {self._confirm(new)} stand in the queue.")

    def _send(self, number: int, card: DemoCard) -> Submission | None:
        customer = demo.customer(number)
        before = Submission.objects.filter(customer=customer, received_at__isnull=False).first()
        if before is not None:
            return before if before.state in _ON_THE_WAY else None
        submission = intake.start(
            customer=customer,
            declared_type=_DECLARED[card.front.kind],
            language="en",
            actor=customer.actor,
            now=timezone.now(),
        )
        for specimen in filter(None, (card.front, card.back)):
            intake.add_scan(
                submission=submission,
                side=specimen.side.value,
                data=specimen.image,
                actor=customer.actor,
                now=timezone.now(),
                insists=True,  # one card lies under a lamp, and its reader shall see that
            )
        return intake.submit(submission=submission, actor=customer.actor, now=timezone.now())

    def _confirm(self, submissions: list[Submission]) -> int:
        """Wait for the readings, and confirm each as its customer would; gives up some minutes after the last came."""
        deadline, open_ones, queued = time.monotonic() + 120 + 10 * len(submissions), submissions, 0
        while open_ones and time.monotonic() < deadline:
            time.sleep(1)
            for submission in open_ones:
                submission.refresh_from_db()
                if submission.state == State.CONFIRMING:
                    actor = submission.customer.actor
                    intake.confirm(submission=submission, differences={}, actor=actor, now=timezone.now())
                    submission.refresh_from_db()
                if submission.state == State.TO_REVIEW:
                    queued += 1
            open_ones = [each for each in open_ones if each.state in (State.RECEIVED, State.READING)]
        return queued
