"""How surely one face under two names is found, and how rarely two people are taken for one.

python -m tests.bench.portraits FOLDER            photos in one folder a person, with people who agreed to it
python -m tests.bench.portraits --rows 1000000    the query beside so many other faces

Drawn faces are all one person to the model, so what it can tell is measured on photos; none are in the repository.
Prints tables, asserts nothing.
"""

from __future__ import annotations

import argparse
import io
import itertools
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import django
from PIL import Image

from kyc_portal.submissions.pictures import faces

BOUNDS = (0.35, 0.4, 0.45, 0.5, 0.55, 0.6)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _jpeg(image: Image.Image, height: int, quality: int) -> bytes:
    out = io.BytesIO()
    size = (max(1, round(image.width * height / image.height)), height)
    image.resize(size, Image.Resampling.LANCZOS).save(out, "JPEG", quality=quality)
    return out.getvalue()


WAYS: dict[str, Callable[[Image.Image], bytes]] = {
    "as it is": _png,
    "150 points high, quality 50": lambda image: _jpeg(image, 150, 50),
    "grey, 200 points high": lambda image: _jpeg(image.convert("L").convert("RGB"), 200, 70),
}


def photos(folder: Path) -> None:
    """Tables over every pair of photos: one as it is, the other in each of the ways."""
    seen: list[tuple[str, dict[str, faces.Numbers]]] = []
    without, took = 0, []
    for path in sorted(folder.glob("*/*")):
        image = Image.open(path).convert("RGB")
        started = time.process_time()
        found = {name: numbers for name, make in WAYS.items() if (numbers := faces.measured(make(image)))}
        took.append((time.process_time() - started) * 1000 / len(WAYS))
        without += len(WAYS) - len(found)
        seen.append((path.parent.name, found))
    print(f"{len(seen)} photos of {len({person for person, _found in seen})} people; {without} of", end=" ")
    print(f"{len(seen) * len(WAYS)} left no one face; {statistics.median(took):.0f} ms of CPU each")
    print("| one as it is, the other | " + " | ".join(f"one person, {bound}" for bound in BOUNDS), end=" | ")
    print(" | ".join(f"two people, {bound}" for bound in BOUNDS) + " |")
    for way in WAYS:
        same, other, bits = [], [], []
        for (one, mine), (two, theirs) in itertools.permutations(seen, 2):
            if "as it is" not in mine or way not in theirs:
                continue
            apart = faces.apart(mine["as it is"], theirs[way])
            (same if one == two else other).append(apart)
            if one == two and apart <= faces.SAME_UP_TO:
                bits.append((faces.bits(mine["as it is"]) ^ faces.bits(theirs[way])).bit_count())
        shares = [f"{100 * sum(each <= bound for each in same) / len(same):.1f}%" for bound in BOUNDS]
        taken = [str(sum(each <= bound for each in other)) for bound in BOUNDS]
        print(f"| {way} | " + " | ".join(shares + taken) + " |", end="  ")
        print(f"of {len(same)} and {len(other)} pairs, at most {max(bits)} bits apart")


FILL = """
INSERT INTO submissions_portraitlikeness (id, reading_id, customer_id, key_id, bits, numbers_sealed)
SELECT gen_random_uuid(), gen_random_uuid(), %(customer)s, %(key)s, ARRAY(
    SELECT ('x' || substr(md5(n || '-' || part), 1, 16))::bit(64)::bigint FROM generate_series(1, 4) part), ''
FROM generate_series(1, %(rows)s) n
"""


def speed(rows: int) -> None:
    """The query alone, over rows of random bits."""
    import psycopg
    from django.core.management import call_command
    from django.db import connection

    from kyc_portal.sealing import digests
    from kyc_portal.submissions.pictures import kept_bits, portraits
    from tests import cast

    call_command("prepare_database", verbosity=0)
    call_command("migrate", database="owner", verbosity=0)
    mine, theirs = cast.make_customer(), cast.make_customer()
    with psycopg.connect(os.environ["MIGRATION_DATABASE_URL"], autocommit=True) as owner:
        owner.execute("ALTER TABLE submissions_portraitlikeness DISABLE TRIGGER USER")
        found = owner.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'submissions_portraitlikeness'::regclass AND contype = 'f'"
        )
        for (name,) in found.fetchall():  # faces of nobody
            owner.execute(f'ALTER TABLE submissions_portraitlikeness DROP CONSTRAINT "{name}"'.encode())
        owner.execute(FILL, {"customer": theirs.pk, "key": digests.newest(), "rows": rows})
        owner.execute("VACUUM ANALYZE submissions_portraitlikeness")
    took = []
    with connection.cursor() as cursor:
        for at in range(12):
            started = time.perf_counter()
            looked = kept_bits.parts(at << 100, width=faces.BITS)
            asked = [*looked, digests.newest(), mine.pk, portraits.MOST_BITS, portraits.SETTLED]
            cursor.execute(portraits.QUERY, asked)
            took.append((time.perf_counter() - started) * 1000)
    print(f"{rows:,} faces: {statistics.median(took):.0f} ms, the longest {max(took):.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--rows", type=int, default=0)
    options = parser.parse_args()
    if options.folder:
        photos(options.folder)
    if options.rows:
        from tests import environment

        servers = environment.begin()
        try:
            django.setup()
            speed(options.rows)
        finally:
            environment.drop_database()
            servers.stop()


if __name__ == "__main__":
    main()
