"""Made-up holders, the same for the same seed, so that the two sides of one card belong together."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

# Traditional, simplified, Cantonese, pinyin, Wade-Giles.
_SURNAMES = (
    ("陳", "陈", "CHAN", "CHEN", "CHEN"), ("李", "李", "LEE", "LI", "LEE"), ("張", "张", "CHEUNG", "ZHANG", "CHANG"),
    ("黃", "黄", "WONG", "HUANG", "HUANG"), ("林", "林", "LAM", "LIN", "LIN"), ("吳", "吴", "NG", "WU", "WU"),
    ("劉", "刘", "LAU", "LIU", "LIU"), ("鄭", "郑", "CHENG", "ZHENG", "CHENG"), ("何", "何", "HO", "HE", "HO"),
    ("梁", "梁", "LEUNG", "LIANG", "LIANG"), ("周", "周", "CHOW", "ZHOU", "CHOU"), ("蔡", "蔡", "CHOI", "CAI", "TSAI"),
    ("曾", "曾", "TSANG", "ZENG", "TSENG"), ("歐陽", "欧阳", "AU YEUNG", "OUYANG", "OUYANG"),
)  # fmt: skip
_GIVEN_OF_WOMEN = (
    ("美玲", "美玲", "MEI LING", "MEILING", "MEI-LING"), ("嘉欣", "嘉欣", "KA YAN", "JIAXIN", "CHIA-HSIN"),
    ("淑芬", "淑芬", "SUK FAN", "SHUFEN", "SHU-FEN"), ("雅婷", "雅婷", "NGA TING", "YATING", "YA-TING"),
    ("慧敏", "慧敏", "WAI MAN", "HUIMIN", "HUI-MIN"), ("穎", "颖", "WING", "YING", "YING"),
)  # fmt: skip
_GIVEN_OF_MEN = (
    ("大文", "大文", "TAI MAN", "DAWEN", "TA-WEN"), ("詠俊", "咏俊", "WING CHUN", "YONGJUN", "YUNG-CHUN"),
    ("志明", "志明", "CHI MING", "ZHIMING", "CHIH-MING"), ("偉", "伟", "WAI", "WEI", "WEI"),
    ("國強", "国强", "KWOK KEUNG", "GUOQIANG", "KUO-CHIANG"), ("家豪", "家豪", "KA HO", "JIAHAO", "CHIA-HAO"),
    ("子軒", "子轩", "TSZ HIN", "ZIXUAN", "TZU-HSUAN"),
)  # fmt: skip
# Names in several parts, of residents of Chinese nationality.
_LONG = (
    ("阿卜杜拉·買買提·艾力江", "阿卜杜拉·买买提·艾力江", "ABUDULA,MAIMAITI"),
    ("迪麗努爾·阿不都熱合曼", "迪丽努尔·阿不都热合曼", "DILINUER,ABUDUREHEMAN"),
)
# Names and nationalities of permanent residents who are not Chinese.
_FOREIGN = (
    ("約翰·史密斯", "约翰·史密斯", "SMITH,JOHN WILLIAM", "英国", "男"),
    ("保羅·桑托斯", "保罗·桑托斯", "SANTOS,PAULO", "葡萄牙", "男"),
    ("佐藤美和", "佐藤美和", "SATO,MIWA", "日本", "女"),
    ("瑪麗·杜蘭", "玛丽·杜兰", "DURAND,MARIE", "法国", "女"),
)
PLACES = ("广东", "福建", "上海", "北京", "浙江", "四川", "湖南")


@dataclass(frozen=True, slots=True)
class Holder:
    """A person and the dates of their card. `digits` is a stock of random digits the numbers are cut from.

    `nationality` is filled for the residents of Hong Kong and Macao who are not Chinese.
    """

    traditional: str
    simplified: str
    cantonese: str
    pinyin: str
    wade_giles: str
    nationality: str
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


def holder(seed: int, *, foreign: bool = False, long: bool = False) -> Holder:
    """The holder of a seed. Cards are valid for years to come and their holders grown up."""
    chance = random.Random(f"holder {seed}")  # noqa: S311 - drawings, not secrets
    born_on = date(1955, 1, 1) + timedelta(days=chance.randrange(48 * 365))
    issued_on = date(2021, 6, 1) + timedelta(days=chance.randrange(4 * 365))
    sex = chance.choice("男女")
    traditional, simplified, cantonese, pinyin, wade_giles, nationality = _names(
        chance, sex=sex, foreign=foreign, long=long
    )
    return Holder(
        traditional=traditional,
        simplified=simplified,
        cantonese=cantonese,
        pinyin=pinyin,
        wade_giles=wade_giles,
        nationality=nationality,
        sex=sex,
        born_on=born_on,
        issued_on=issued_on,
        expires_on=_years_later(issued_on, 10) - timedelta(days=1),
        digits="".join(chance.choice("0123456789") for _each in range(40)),
        issues=chance.randrange(1, 8),
        place=chance.choice(PLACES),
    )


def _names(chance: random.Random, *, sex: str, foreign: bool, long: bool) -> tuple[str, str, str, str, str, str]:
    """Traditional, simplified, three romanisations and the nationality, if it is printed."""
    if foreign:
        traditional, simplified, latin, nationality, _sex = chance.choice([each for each in _FOREIGN if each[4] == sex])
        return traditional, simplified, latin, latin, latin, nationality
    if long:
        traditional, simplified, latin = chance.choice(_LONG)
        return traditional, simplified, latin, latin, latin, ""
    surname = chance.choice(_SURNAMES)
    given = chance.choice(_GIVEN_OF_MEN if sex == "男" else _GIVEN_OF_WOMEN)
    latin_names = [f"{surname[at]},{given[at]}" for at in (2, 3, 4)]
    return surname[0] + given[0], surname[1] + given[1], *latin_names, ""  # type: ignore[return-value]
