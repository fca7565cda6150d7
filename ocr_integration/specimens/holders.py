"""Made-up holders, the same for the same seed, so that the two sides of one card belong together."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

_SURNAMES = (
    ("陳", "陈", "CHAN", "CHEN"), ("李", "李", "LEE", "LI"), ("張", "张", "CHEUNG", "ZHANG"),
    ("黃", "黄", "WONG", "HUANG"), ("林", "林", "LAM", "LIN"), ("吳", "吴", "NG", "WU"),
    ("劉", "刘", "LAU", "LIU"), ("鄭", "郑", "CHENG", "ZHENG"), ("何", "何", "HO", "HE"),
    ("梁", "梁", "LEUNG", "LIANG"), ("周", "周", "CHOW", "ZHOU"), ("蔡", "蔡", "CHOI", "CAI"),
)  # fmt: skip
_GIVEN = (
    ("大文", "大文", "TAI MAN", "DAWEN"), ("詠俊", "咏俊", "WING CHUN", "YONGJUN"), 
    ("美玲", "美玲", "MEI LING", "MEILING"),
    ("志明", "志明", "CHI MING", "ZHIMING"), ("嘉欣", "嘉欣", "KA YAN", "JIAXIN"), ("偉", "伟", "WAI", "WEI"),
    ("國強", "国强", "KWOK KEUNG", "GUOQIANG"), ("淑芬", "淑芬", "SUK FAN", "SHUFEN"),
    ("家豪", "家豪", "KA HO", "JIAHAO"),
    ("雅婷", "雅婷", "NGA TING", "YATING"), ("子軒", "子轩", "TSZ HIN", "ZIXUAN"),
    ("慧敏", "慧敏", "WAI MAN", "HUIMIN"),
)  # fmt: skip
PLACES = ("广东", "福建", "上海", "北京", "浙江", "四川", "湖南")


@dataclass(frozen=True, slots=True)
class Holder:
    """A person and the dates of their card. `digits` is a stock of random digits the numbers are cut from."""

    traditional: str
    simplified: str
    cantonese: str
    pinyin: str
    sex: str
    born_on: date
    issued_on: date
    expires_on: date
    digits: str
    issues: int
    place: str

    @property
    def valid(self) -> str:
        return f"{self.issued_on:%Y.%m.%d}-{self.expires_on:%Y.%m.%d}"


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def holder(seed: int) -> Holder:
    """The holder of a seed. Cards are valid for years to come and their holders grown up."""
    chance = random.Random(f"holder {seed}")  # noqa: S311 - drawings, not secrets
    surname, given = chance.choice(_SURNAMES), chance.choice(_GIVEN)
    born_on = date(1955, 1, 1) + timedelta(days=chance.randrange(45 * 365))
    issued_on = date(2021, 1, 1) + timedelta(days=chance.randrange(5 * 365))
    return Holder(
        traditional=surname[0] + given[0],
        simplified=surname[1] + given[1],
        cantonese=f"{surname[2]},{given[2]}",
        pinyin=f"{surname[3]},{given[3]}",
        sex=chance.choice("男女"),
        born_on=born_on,
        issued_on=issued_on,
        expires_on=_years_later(issued_on, 10) - timedelta(days=1),
        digits="".join(chance.choice("0123456789") for _each in range(40)),
        issues=chance.randrange(1, 8),
        place=chance.choice(PLACES),
    )
