"""Draws how long clean cases wait while grave ones pour in, with the rescue lane and without it, into docs/.

python -m tests.bench.starvation [FILE]      (default docs/queue-starvation.svg)
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

WIDTH, HEIGHT, LEFT, TOP, FLOOR = 720, 300, 48, 40, 256


def simulate(*, has_lane: bool) -> list[tuple[int, float]]:
    """The hour at which each clean case was taken, and the working hours it had waited; nothing of it is kept."""
    from kyc_portal.submissions.deciding import claims
    from tests import cast
    from tests.submissions.starvation import waits_of_the_clean

    def never(now: datetime) -> datetime:
        return now - timedelta(days=3650)

    cutoff = claims.cutoff if has_lane else never
    with mock.patch.object(claims, "cutoff", cutoff):
        return [(hour, waited / timedelta(hours=1)) for hour, waited in waits_of_the_clean(cast.make_staff())]


def drawing(series: dict[str, list[tuple[int, float]]], *, bound: float, wave: int) -> str:
    """An SVG of its own, on white: a mark for each clean case, at the hour it was taken and the height of its wait."""
    last = max(hour for found in series.values() for hour, _waited in found) + 1
    most = max(waited for found in series.values() for _hour, waited in found)

    def x(hour: float) -> float:
        return LEFT + (WIDTH - LEFT - 16) * hour / last

    def y(waited: float) -> float:
        return FLOOR - (FLOOR - TOP) * waited / most

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        "<title>Working hours each clean case had waited when it was taken, with the rescue lane and without</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<rect x="{LEFT}" y="{TOP}" width="{x(wave) - LEFT:.1f}" height="{FLOOR - TOP}" fill="#ecedea"/>',
        f'<text x="{LEFT + 6}" y="{TOP + 16}" fill="#474d55">grave cases fill every hour of the reviewers</text>',
        f'<path d="M{LEFT} {FLOOR}H{WIDTH - 16}" stroke="#7b817a"/>',
        f'<path d="M{LEFT} {y(bound):.1f}H{WIDTH - 16}" stroke="#c21746" stroke-dasharray="4 3"/>',
        f'<text x="{WIDTH - 16}" y="{y(bound) - 5:.1f}" text-anchor="end" fill="#a3123a">bound: {bound:.0f} h</text>',
    ]
    for hours in range(0, int(most) + 1, 12):
        lines.append(f'<text x="{LEFT - 8}" y="{y(hours) + 4:.1f}" text-anchor="end" fill="#474d55">{hours}</text>')
    for hour in range(0, last + 1, 9):
        lines.append(f'<text x="{x(hour):.1f}" y="{FLOOR + 16}" text-anchor="middle" fill="#474d55">{hour // 9}</text>')
    lines.append(f'<text x="{LEFT}" y="{HEIGHT - 8}" fill="#474d55">working days since the wave began</text>')
    for at, (name, found) in enumerate(series.items()):
        shape = '<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#1d4fc4"/>' if not at else _CROSS
        lines += [shape.format(x=x(hour), y=y(waited)) for hour, waited in found]
        lines.append(shape.format(x=LEFT + 8 + 250 * at, y=16))
        longest = max(waited for _hour, waited in found)
        lines.append(f'<text x="{LEFT + 18 + 250 * at}" y="20" fill="#16191d">{name}: at most {longest:.0f} h</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


_CROSS = '<path transform="translate({x:.1f} {y:.1f})" d="M-3-3L3 3M3-3L-3 3" stroke="#963a00" stroke-width="1.5"/>'


def main(file: str = "docs/queue-starvation.svg") -> None:
    """Both simulations, in a database made for them and dropped at the end."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_portal.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from tests import environment

    servers = environment.begin()
    try:
        call_command("prepare_database", verbosity=0)
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        from kyc_portal.submissions import queue
        from tests.submissions.starvation import WAVE_HOURS

        series = {
            "with the rescue lane": simulate(has_lane=True),
            "without it": simulate(has_lane=False),
        }
        for name, found in series.items():
            print(
                f"{name}: {len(found)} clean cases taken, the longest wait {max(waited for _h, waited in found):.1f} h"
            )
        Path(file).write_text(drawing(series, bound=queue.bound() / timedelta(hours=1), wave=WAVE_HOURS))
        for connection in connections.all():
            connection.close()
        environment.drop_database()
    finally:
        servers.stop()


if __name__ == "__main__":
    main(*sys.argv[1:2])
