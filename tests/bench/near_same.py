"""How surely a copied picture is known again, and how rarely another is taken for it.

python -m tests.bench.near_same [--seeds 6] [--sisters 24]      recall and false matches on drawn cards
python -m tests.bench.near_same --rows 1000000 [--alike 50]     the indexed query beside a look at every row

Cards of one real kind share one layout. Drawn ones do not, so "sisters" are drawn as well: one layout and ground, other
holders. In one scanner they are the hardest strangers there are. Prints tables, asserts nothing.
"""

from __future__ import annotations

import argparse
import io
import itertools
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from kyc_portal.submissions.pictures.likeness import Likeness, is_one_picture, known_by
from ocr_integration import images
from ocr_integration.specimens import SpecimenKind, draw
from ocr_integration.specimens.cards import Card, print_card
from ocr_integration.specimens.kinds import Capture
from ocr_integration.specimens.photograph import photograph

KINDS = tuple(kind for kind in SpecimenKind if kind is not SpecimenKind.NOT_A_CARD)
CAPTURES = ("flat", "table", "tilted", "busy", "dim", "soft", "compressed", "any_angle")
FIRST_SEED, LAYOUT_SEED = 7000, 6000


@dataclass(frozen=True)
class Taken:
    """One picture: which card, by which way of photographing, and what it is known by."""

    card: str
    layout: str
    capture: str
    data: bytes
    likenesses: list[Likeness]

    @property
    def has_card(self) -> bool:
        return any(each.view == "card" for each in self.likenesses)


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _sized(image: Image.Image, share: float) -> Image.Image:
    return image.resize((round(image.width * share), round(image.height * share)), Image.Resampling.LANCZOS)


def _cropped(image: Image.Image, share: float) -> Image.Image:
    x, y = round(image.width * share), round(image.height * share)
    return image.crop((x, y, image.width - x, image.height - y))


TURN = Image.Transpose
COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "60 % of the size": lambda image: jpeg(_sized(image, 0.6)),
    "30 % of the size": lambda image: jpeg(_sized(image, 0.3)),
    "quality 30": lambda image: jpeg(image, 30),
    "60 % of the size, quality 40": lambda image: jpeg(_sized(image, 0.6), 40),
    "turned by 90": lambda image: jpeg(image.transpose(TURN.ROTATE_90)),
    "turned by 180": lambda image: jpeg(image.transpose(TURN.ROTATE_180)),
    "turned by 270": lambda image: jpeg(image.transpose(TURN.ROTATE_270)),
    "a fourth darker": lambda image: jpeg(image.point(lambda value: round(value * 0.75))),
    "a fifth lighter, light parts burnt": lambda image: jpeg(image.point(lambda value: min(255, round(value * 1.2)))),
    "without colour": lambda image: jpeg(image.convert("L")),
    "cut by 3 % on each side": lambda image: jpeg(_cropped(image, 0.03)),
    "cut by 8 % on each side": lambda image: jpeg(_cropped(image, 0.08)),
    "turned by 2 degrees": lambda image: jpeg(image.rotate(2, Image.Resampling.BICUBIC, expand=True)),
}


def strangers(seeds: int) -> Iterator[Taken]:
    """Other cards in other layouts, each photographed in every way."""
    for kind, capture, seed in itertools.product(KINDS, CAPTURES, range(seeds)):
        data = draw(kind, seed=FIRST_SEED + seed, capture=capture).image
        yield Taken(f"{kind} {seed}", f"{kind} {seed}", capture, data, known_by(data))


def sisters(many: int) -> Iterator[Taken]:
    """Cards of one layout and ground, in a scanner and on tables."""
    for kind, capture, holder in itertools.product(KINDS, ("flat", "table"), range(many)):
        card = _sister(kind, LAYOUT_SEED + 100 + holder)
        chance = np.random.default_rng([holder, KINDS.index(kind), len(capture)])
        data = photograph(np.asarray(card.paint()), Capture(capture), chance)
        yield Taken(f"{kind} sister {holder}", f"{kind} sisters {capture}", capture, data, known_by(data))


def _sister(kind: SpecimenKind, holder: int) -> Card:
    card, other = print_card(kind, LAYOUT_SEED), print_card(kind, holder)
    texts = {run.field: run.text for run in other.runs if run.field not in ("", "type", "back.type")}
    runs = tuple(replace(run, text=texts.get(run.field, run.text)) for run in card.runs)
    return replace(card, runs=runs, photo=card.photo and replace(card.photo, seed=holder))


def is_met(one: list[Likeness], other: list[Likeness]) -> bool:
    return any(is_one_picture(mine, theirs) for mine in one for theirs in other)


def quality(seeds: int, many_sisters: int) -> None:
    """Recall by what was done to a copy, and false matches by who the strangers are."""
    pictures = [*strangers(seeds), *sisters(many_sisters)]
    _recall([each for each in pictures if not each.card.endswith(tuple("13579"))])
    pairs: dict[str, list[bool]] = defaultdict(list)
    for one, other in itertools.combinations(pictures, 2):
        if one.card == other.card:
            kind = "the same card photographed twice"
        elif one.layout == other.layout:
            kind = f"sisters, {one.capture}"
        else:
            kind = "other cards"
        pairs[kind].append(is_met(one.likenesses, other.likenesses))
    print("| pair | taken for one picture | pairs |\n| --- | ---: | ---: |")
    for kind, found in sorted(pairs.items()):
        print(f"| {kind} | {sum(found)} | {len(found)} |")
    _cost(pictures)


def _recall(originals: list[Taken]) -> None:
    print(f"{len(originals)} pictures, the card found on {sum(each.has_card for each in originals)} of them")
    print("| copy | found | where the card was found |\n| --- | ---: | ---: |")
    for name, make in COPIES.items():
        found = [
            (each.has_card, is_met(each.likenesses, known_by(make(images.upright(each.data))))) for each in originals
        ]
        with_card = [met for has_card, met in found if has_card]
        shares = (statistics.mean(met for _has_card, met in found), statistics.mean(with_card))
        print(f"| {name} | {shares[0]:.1%} | {shares[1]:.1%} |")


def _cost(pictures: list[Taken]) -> None:
    reduced = [(each.data, images.reduced(each.data)) for each in pictures[::7]]
    started = time.process_time()
    for data, quarter in reduced:
        known_by(data, quarter)
    print(f"{(time.process_time() - started) / len(reduced) * 1000:.1f} ms of CPU a picture beside the reduced decode")


def speed(rows: int, alike: int) -> None:
    """The query at so many rows, a share of them alike in five clumps, as cards of few kinds are."""
    import django

    from tests import environment

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_portal.settings")
    servers = environment.begin()
    try:
        django.setup()
        _speed(rows, alike)
    finally:
        environment.drop_database()
        servers.stop()


# In a clump each bit differs with a chance of one in eight: as far as cards of one layout in one scanner are apart.
FILL = """
    INSERT INTO submissions_scanlikeness (id, scan_id, customer_id, view, key_id, coarse, wide, relief_sealed)
    SELECT gen_random_uuid(), %(scan)s, %(customer)s, 'x' || n, %(key)s, made.coarse,
           ARRAY[made.coarse, made.rest, made.rest, made.rest], ''::bytea
    FROM generate_series(1, %(rows)s) n,
    LATERAL (SELECT decode(md5(n::text), 'hex') AS one, decode(md5('a' || n), 'hex') AS two) dice,
    LATERAL (SELECT ('x' || encode(one, 'hex'))::bit(64)::bigint AS a, ('x' || encode(two, 'hex'))::bit(64)::bigint AS b,
        ('x' || substr(encode(two, 'hex'), 17))::bit(64)::bigint AS c) bits,
    LATERAL (SELECT CASE WHEN n %% 100 >= %(alike)s THEN a
        ELSE ('x' || md5('clump' || n %% 5))::bit(64)::bigint # (a & b & c) END AS coarse, b AS rest) made
"""
SCAN = "SELECT id FROM submissions_scanlikeness WHERE bit_count((coarse # %s::bigint)::bit(64)) <= 7"


def _speed(rows: int, alike: int) -> None:
    import psycopg
    from django.core.management import call_command
    from django.db import connection

    from kyc_portal.sealing import digests
    from kyc_portal.submissions.pictures import near_pictures
    from tests import cast

    call_command("prepare_database", verbosity=0)
    call_command("migrate", database="owner", verbosity=0)
    mine, theirs = cast.received().scans.get(), cast.received().scans.get()
    with psycopg.connect(os.environ["MIGRATION_DATABASE_URL"], autocommit=True) as owner:
        owner.execute("ALTER TABLE submissions_scanlikeness DISABLE TRIGGER USER")
        asked = {"scan": theirs.pk, "customer": theirs.customer_id, "key": digests.newest(), "rows": rows}
        owner.execute(FILL, {**asked, "alike": alike})
        owner.execute("VACUUM ANALYZE submissions_scanlikeness")
        clumped = owner.execute("SELECT coarse FROM submissions_scanlikeness WHERE view LIKE %s LIMIT 60", ["x%1"])
        looked = [row[0] for row in clumped.fetchall()]
    indexed, walked, found = [], [], []
    with connection.cursor() as cursor:
        for coarse in looked:
            bare = digests.unveil(coarse % 2**64, width=64, key_id=digests.newest())
            views = [near_pictures._Looked(bare, 0, b""), near_pictures._Looked(bare ^ 1, 0, b"")]
            parameters = near_pictures.asked(mine.customer_id, views, digests.newest())
            indexed.append(_ms(lambda parameters=parameters: cursor.execute(near_pictures.QUERY, parameters)))
        for coarse in looked[:10]:
            walked.append(_ms(lambda coarse=coarse: cursor.execute(SCAN, [coarse])))
            found.append(cursor.rowcount)
    print(
        f"{rows:,} rows, {alike} % of them in clumps; rows within 7 bits of one looked for: median {statistics.median(found):,.0f}"
    )
    print(f"  every row looked at   {statistics.median(walked):8.1f} ms")
    print(f"  bands, one view both ways up  {statistics.median(indexed):8.1f} ms, p95 {sorted(indexed)[-3]:.1f} ms")


def _ms(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--sisters", type=int, default=24)
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--alike", type=int, default=50, help="percent of the rows that lie in five clumps")
    options = parser.parse_args()
    if options.rows:
        speed(options.rows, options.alike)
    else:
        quality(options.seeds, options.sisters)


if __name__ == "__main__":
    main()
