"""`make bench`: tables of ratios measured in one run, medians of several rounds. Prints, asserts nothing."""

from __future__ import annotations

import io
import os
import statistics
import time
from collections.abc import Callable

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from PIL import Image

from ocr_integration import images
from tests.bench import audit_log, client_cpu, keys, queue
from tests.bench.exports.__main__ import main as exports_main

ROUNDS = 9


def median_ms(act: Callable[[], object]) -> float:
    """The middle of nine rounds, in milliseconds of this process's CPU."""
    act()
    rounds = []
    for _each in range(ROUNDS):
        started = time.process_time()
        act()
        rounds.append((time.process_time() - started) * 1000)
    return statistics.median(rounds)


def photo(seed: int = 1) -> bytes:
    """A picture of twelve megapixels as a phone saves it, about 3 MB; another for each seed."""
    smooth = np.random.default_rng(seed).integers(0, 255, (375, 500, 3), dtype=np.uint8)
    image = Image.fromarray(smooth).resize((4000, 3000), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def upload() -> None:
    """What each step of an upload costs beside a full decode."""
    data = photo()
    key, nonce = AESGCM(AESGCM.generate_key(256)), os.urandom(12)
    full = median_ms(lambda: Image.open(io.BytesIO(data)).load())
    steps = {
        "full decode (the measure)": full,
        "examine: header guards": median_ms(lambda: images.inspect(data)),
        "examine: reduced decode": median_ms(lambda: images.reduced(data)),
        "cut out place metadata": median_ms(lambda: images.without_location(data)),
        "seal the picture": median_ms(lambda: key.encrypt(nonce, data, b"")),
    }
    print(f"Upload of {len(data) / 1e6:.1f} MB, 12 megapixels; CPU ms, median of {ROUNDS}")
    for name, milliseconds in steps.items():
        print(f"  {name:28} {milliseconds:8.2f} ms   {milliseconds / full:6.3f} of a full decode")


def main() -> None:
    """Every table."""
    upload()
    client_cpu.table()
    audit_log.main()
    exports_main()
    queue.main()
    keys.main(15)


if __name__ == "__main__":
    main()
