"""`python -m kyc_portal.local run`: the whole product on this machine, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from types import FrameType

from kyc_portal import env
from kyc_portal.local.stack import LocalStack, StackError, StackStoppedError


def _say(text: str) -> None:
    print(f"  {text}", flush=True)


def _sample_cards(stack: LocalStack) -> None:
    """Send the samples beside the running product, so that the first page does not wait for them."""
    try:
        _say(stack.manage("demo_cards").strip() or "Sample cards were sent before.")
    except StackStoppedError:
        _say("Not all sample cards were sent yet; the next start sends the rest.")
    except StackError as error:
        _say(f"The sample cards could not be sent: {error}")


def _from_outside(given: env.Env) -> dict[str, str]:
    """What the environment may add to a local copy: another reading service than our own, and a collector's token."""
    added = {"METRICS_TOKEN": given.metrics_token} if given.metrics_token else {}
    if not given.ocr_endpoint:
        return added
    _say(f"Cards are read by {given.ocr_endpoint}")
    return {
        **added,
        "OCR_ENDPOINT": given.ocr_endpoint,
        "OCR_SECRET_ID": given.ocr_secret_id,
        "OCR_SECRET_KEY": given.ocr_secret_key,
        "OCR_REGION": given.ocr_region,
    }


def main() -> int:
    """Start, print where to go, watch, stop."""
    if sys.argv[1:] != ["run"]:
        print("usage: python -m kyc_portal.local run", file=sys.stderr)
        return 2
    started = time.monotonic()
    try:
        given = env.read()
    except env.BadEnvironmentError as error:
        print(f"It could not start. {error}", file=sys.stderr)
        return 1
    stack = LocalStack(given.local_dir, given.port, extra=_from_outside(given), say=_say)

    # A start is broken off where it stands. Later nothing is: a thread sends the samples, and an interrupt between the
    # locks that the interpreter takes for a fork would leave them taken.
    is_started = False
    sender = threading.Thread(target=_sample_cards, args=[stack], daemon=True)

    def on_signal(number: int, frame: FrameType | None) -> None:
        stack.ask_to_stop()
        if not is_started:
            raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    print("Permit Desk is starting", flush=True)
    try:
        layout = stack.start()
        print(f"\nReady after {time.monotonic() - started:.0f} s: {layout.address}\n", flush=True)
        print(stack.manage("demo"), flush=True)
        print("A colleague's second-factor code:  .venv/bin/python manage.py totp_code rob@kyc.example")
        print(f"Mail is written to {layout.mail_folder}\nCtrl-C stops everything.\n", flush=True)
        is_started = True
        sender.start()
        stack.watch()
    except KeyboardInterrupt:
        pass
    except StackError as error:
        print(f"\nIt could not start. {error}", file=sys.stderr)
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        print("Stopping", flush=True)
        stack.stop()
        if sender.is_alive():
            sender.join(10)  # it may stand in a fork: the interpreter cannot end beside one
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # an interrupt of a start may have left such a lock taken: an orderly end would wait for it for good
