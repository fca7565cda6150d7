"""Made-up holders and the dates of their cards, the same for the same seed: two sides of one card belong together."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from ocr_integration.specimens.names import Name, Population, less_usual, made_up


class Generation(Enum):
    """Which make of a card: the cards printed now, or the ones before, which have run out or soon will."""

    OLD = "old"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Holder:
    """A person and the dates of their card. `digits` is a stock of random digits the numbers are cut from."""

    name: Name
    generation: Generation
    sex: str
    born_on: date
    issued_on: date
    expires_on: date
    digits: str
    issues: int

    @property
    def valid(self) -> str:
        return f"{self.issued_on:%Y.%m.%d}-{self.expires_on:%Y.%m.%d}"


# So many holders have a name that two hundred usual characters do not make.
_LESS_USUAL = 0.3


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def holder(seed: int, population: Population, generation: Generation = Generation.NEW) -> Holder:
    """The holder of a seed. New cards are valid for years to come; a few holders are children, with five years."""
    chance = random.Random(f"holder {population.value} {seed}")  # noqa: S311 - drawings, not secrets
    child = generation is Generation.NEW and chance.random() < 0.06
    first = date(2011, 1, 1) if child else date(1938, 1, 1)
    born_on = first + timedelta(days=chance.randrange((7 if child else 64) * 365))
    years = 5 if child or chance.random() < 0.2 else 10
    if generation is Generation.OLD:
        issued_on = max(date(2001, 3, 1) + timedelta(days=chance.randrange(11 * 365)), _years_later(born_on, 1))
    else:
        issued_on = date(2024 if years == 5 else 2021, 6, 1) + timedelta(days=chance.randrange(2 * 365))
    sex = chance.choice("男女")
    name = made_up(chance, population, sex=sex)
    # A lot of its own, so that all other lots stay as they are.
    rarer = random.Random(f"rarer name {population.value} {seed}")  # noqa: S311 - drawings, not secrets
    return Holder(
        name=less_usual(rarer, population, name, sex=sex) if rarer.random() < _LESS_USUAL else name,
        generation=generation,
        sex=sex,
        born_on=born_on,
        issued_on=issued_on,
        expires_on=_years_later(issued_on, years) - timedelta(days=1),
        digits="".join(chance.choice("0123456789") for _each in range(40)),
        issues=chance.randrange(1, 13),
    )
