"""Made-up names in the scripts and romanisations that the holders of these cards have."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from random import Random


class Population(Enum):
    """Whose cards: it decides how a name is romanised and which unusual names occur."""

    HK_MACAO = "hk_macao"
    TAIWAN = "taiwan"
    MAINLAND = "mainland"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Name:
    """A name in both scripts and as printed in Latin letters, surname before the comma.

    `nationality` is filled for people who are not Chinese; their Chinese name may be empty.
    """

    traditional: str
    simplified: str
    latin: str
    nationality: str = ""


# A word of a name: traditional, simplified, Cantonese, pinyin, Wade-Giles.
_Word = tuple[str, str, str, str, str]


def _words(table: str) -> list[_Word]:
    """One word for each stretch between semicolons; a simplified form that is the same is left out."""
    words = []
    for line in table.split(";"):
        parts = line.split()
        if len(parts) == 4:
            parts.insert(1, parts[0])
        traditional, simplified, *latin = parts
        cantonese, pinyin, wade_giles = (each.replace("_", " ") for each in latin)
        words.append((traditional, simplified, cantonese, pinyin, wade_giles))
    return words


_SURNAMES = _words(
    "陳 陈 CHAN CHEN CHEN; 李 LEE LI LEE; 張 张 CHEUNG ZHANG CHANG; 黃 黄 WONG HUANG HUANG; 林 LAM LIN LIN;"
    "吳 吴 NG WU WU; 劉 刘 LAU LIU LIU; 鄭 郑 CHENG ZHENG CHENG; 何 HO HE HO; 梁 LEUNG LIANG LIANG;"
    "周 CHOW ZHOU CHOU; 蔡 CHOI CAI TSAI; 曾 TSANG ZENG TSENG; 王 WONG WANG WANG; 趙 赵 CHIU ZHAO CHAO;"
    "楊 杨 YEUNG YANG YANG; 許 许 HUI XU HSU; 謝 谢 TSE XIE HSIEH; 鄧 邓 TANG DENG TENG; 馮 冯 FUNG FENG FENG;"
    "葉 叶 IP YE YEH; 蘇 苏 SO SU SU; 羅 罗 LAW LUO LO; 郭 KWOK GUO KUO; 徐 TSUI XU HSU; 潘 POON PAN PAN;"
    "余 YU YU YU; 杜 TO DU TU; 鍾 钟 CHUNG ZHONG CHUNG; 譚 谭 TAM TAN TAN; 顏 颜 NGAN YAN YEN;"
    "關 关 KWAN GUAN KUAN; 盧 卢 LO LU LU; 蕭 萧 SIU XIAO HSIAO; 方 FONG FANG FANG; 石 SHEK SHI SHIH;"
    "簡 简 KAN JIAN CHIEN; 龔 龚 KUNG GONG KUNG"
)
_DOUBLE_SURNAMES = _words(
    "歐陽 欧阳 AU_YEUNG OUYANG OUYANG; 司徒 SZETO SITU SZUTU; 上官 SHEUNG_KWUN SHANGGUAN SHANGKUAN;"
    "諸葛 诸葛 CHU_KOT ZHUGE CHUKO"
)
_GIVEN_OF_MEN = _words(
    "大 TAI DA TA; 文 MAN WEN WEN; 志 CHI ZHI CHIH; 明 MING MING MING; 偉 伟 WAI WEI WEI; 國 国 KWOK GUO KUO;"
    "強 强 KEUNG QIANG CHIANG; 家 KA JIA CHIA; 豪 HO HAO HAO; 子 TSZ ZI TZU; 軒 轩 HIN XUAN HSUAN;"
    "俊 CHUN JUN CHUN; 傑 杰 KIT JIE CHIEH; 建 KIN JIAN CHIEN; 榮 荣 WING RONG JUNG; 德 TAK DE TE;"
    "輝 辉 FAI HUI HUI; 浩 HO HAO HAO; 龍 龙 LUNG LONG LUNG; 華 华 WAH HUA HUA; 永 WING YONG YUNG;"
    "銘 铭 MING MING MING; 澤 泽 CHAK ZE TSE; 宇 YU YU YU; 鴻 鸿 HUNG HONG HUNG; 廷 TING TING TING;"
    "冠 KWUN GUAN KUAN; 賢 贤 YIN XIAN HSIEN"
)
_GIVEN_OF_WOMEN = _words(
    "美 MEI MEI MEI; 玲 LING LING LING; 嘉 KA JIA CHIA; 欣 YAN XIN HSIN; 淑 SUK SHU SHU; 芬 FAN FEN FEN;"
    "雅 NGA YA YA; 婷 TING TING TING; 慧 WAI HUI HUI; 敏 MAN MIN MIN; 穎 颖 WING YING YING; 詠 咏 WING YONG YUNG;"
    "麗 丽 LAI LI LI; 珍 CHUN ZHEN CHEN; 鳳 凤 FUNG FENG FENG; 儀 仪 YEE YI YI; 瑩 莹 YING YING YING;"
    "雯 MAN WEN WEN; 怡 YEE YI YI; 萍 PING PING PING; 蘭 兰 LAN LAN LAN; 倩 SIN QIAN CHIEN; 靜 静 CHING JING CHING;"
    "曉 晓 HIU XIAO HSIAO; 寶 宝 PO BAO PAO; 琳 LAM LIN LIN; 詩 诗 SZE SHI SHIH; 韻 韵 WAN YUN YUN"
)
_RARE = _words(
    "喆 CHIT ZHE CHE; 堃 KWAN KUN KUN; 淼 MIU MIAO MIAO; 彧 YUK YU YU; 玥 YUET YUE YUEH; 翀 CHUNG CHONG CHUNG;"
    "犇 PAN BEN PEN; 禕 祎 YEE YI I; 叡 YUI RUI JUI; 珮 PUI PEI PEI; 昇 SING SHENG SHENG; 鑫 YAM XIN HSIN;"
    "垚 YIU YAO YAO; 龑 YIM YAN YEN; 嬛 WAN HUAN HUAN; 璟 KING JING CHING; 燊 SAN SHEN SHEN"
)
# What the lists above leave out: surnames that are less frequent, and given characters that are rare in texts.
_OTHER_SURNAMES = _words(
    "麥 麦 MAK MAI MAI; 冼 SIN XIAN HSIEN; 佘 SHE SHE SHE; 佟 TUNG TONG TUNG; 鄺 邝 KWONG KUANG KUANG;"
    "鄔 邬 WU WU WU; 闕 阙 KUET QUE CHUEH; 曹 TSO CAO TSAO; 戴 TAI DAI TAI; 賴 赖 LAI LAI LAI; 溫 温 WAN WEN WEN;"
    "湯 汤 TONG TANG TANG; 莫 MOK MO MO; 翁 YUNG WENG WENG; 柯 OR KE KO; 彭 PANG PENG PENG; 董 TUNG DONG TUNG;"
    "阮 YUEN RUAN JUAN; 姚 YIU YAO YAO; 尹 WAN YIN YIN; 朱 CHU ZHU CHU; 胡 WU HU HU; 馬 马 MA MA MA; 呂 吕 LUI LU LU;"
    "孫 孙 SUEN SUN SUN; 沈 SHUM SHEN SHEN; 韓 韩 HON HAN HAN; 唐 TONG TANG TANG; 施 SZE SHI SHIH; 丁 TING DING TING;"
    "卓 CHEUK ZHUO CHO; 文 MAN WEN WEN; 古 KOO GU KU; 利 LEE LI LI; 岑 SHAM CEN TSEN; 伍 NG WU WU; 巫 MO WU WU;"
    "畢 毕 PAT BI PI; 顧 顾 KOO GU KU; 霍 FOK HUO HUO; 闞 阚 HAM KAN KAN; 逄 PONG PANG PANG; 郗 HEI XI HSI;"
    "甯 宁 NING NING NING; 於 于 YU YU YU; 國 国 KWOK GUO KUO; 史 SZE SHI SHIH; 居 KUI JU CHU"
)
_OTHER_GIVEN = _words(
    "珺 KWAN JUN CHUN; 珈 KA JIA CHIA; 瑀 YU YU YU; 曦 HEI XI HSI; 烜 HUEN XUAN HSUAN; 煒 炜 WAI WEI WEI;"
    "焱 YIM YAN YEN; 昉 FONG FANG FANG; 晞 HEI XI HSI; 媛 WUN YUAN YUAN; 嬋 婵 SIM CHAN CHAN; 湉 TIM TIAN TIEN;"
    "淏 HO HAO HAO; 沅 YUEN YUAN YUAN; 旻 MAN MIN MIN; 旼 MAN MIN MIN; 頤 颐 YEE YI I; 鈺 钰 YUK YU YU;"
    "銓 铨 CHUEN QUAN CHUAN; 錡 锜 KEI QI CHI; 鏗 铿 HANG KENG KENG; 鐸 铎 TOK DUO TO; 奭 SIK SHI SHIH; 弢 TO TAO TAO;"
    "亶 TAN DAN TAN; 昶 CHONG CHANG CHANG; 翊 YIK YI I; 翎 LING LING LING; 羿 NGAI YI I; 芃 PUNG PENG PENG;"
    "芊 CHIN QIAN CHIEN; 莘 SAN SHEN SHEN; 菀 YUEN WAN WAN; 蓁 CHUN ZHEN CHEN; 薇 MEI WEI WEI; 蘅 HANG HENG HENG;"
    "瑋 玮 WAI WEI WEI; 琦 KEI QI CHI; 琪 KEI QI CHI; 瑄 SUEN XUAN HSUAN; 瑤 瑶 YIU YAO YAO; 瑢 YUNG RONG JUNG;"
    "晟 SING SHENG SHENG; 昊 HO HAO HAO; 灝 灏 HO HAO HAO; 顥 颢 HO HAO HAO; 鈞 钧 KWAN JUN CHUN; 鋒 锋 FUNG FENG FENG;"
    "栢 PAK BAI PAI; 纓 缨 YING YING YING; 啟 启 KAI QI CHI; 嫻 娴 HAN XIAN HSIEN; 妍 YIN YAN YEN;"
    "衛 卫 WAI WEI WEI; 婼 YEUK RUO JO; 晙 CHUN JUN CHUN; 綽 绰 CHEUK CHUO CHO; 恩 YAN EN EN;"
    "樂 乐 LOK LE LE; 朗 LONG LANG LANG; 柏 PAK BAI PAI; 善 SIN SHAN SHAN; 卿 HING QING CHING; 芷 CHI ZHI CHIH"
)
_SELDOM = frozenset("".join(word[0] + word[1] for word in _RARE + _OTHER_SURNAMES + _OTHER_GIVEN))
# Names of their own that holders in Hong Kong and Macao bear behind the Chinese one.
_WESTERN = {"男": ("PETER", "JASON", "KELVIN", "ANDREW"), "女": ("MARY", "GRACE", "IVY", "JOSEPHINE")}
# Families of Fujian overseas write their names after Hokkien.
_HOKKIEN = (
    ("陳美玲", "陈美玲", "TAN,BEE LENG", "女"), ("王淑芬", "王淑芬", "ONG,SIOK HOON", "女"),
    ("黃秀英", "黄秀英", "NG,SIEW ENG", "女"), ("林文德", "林文德", "LIM,BOON TECK", "男"),
    ("陳國強", "陈国强", "TAN,KOK KEONG", "男"), ("吳清水", "吴清水", "GOH,CHENG CHWEE", "男"),
)  # fmt: skip
# Parts of names of Uyghur, Kazakh, Tibetan and Yi holders; joined by a middle dot they have ten characters and more.
_FIRST_PARTS = {
    "男": (
        ("阿卜杜熱合曼", "阿卜杜热合曼", "ABUDUREHEMAN"), ("買買提艾力", "买买提艾力", "MAIMAITIAILI"),
        ("葉爾蘭別克", "叶尔兰别克", "YEERLANBIEKE"), ("吉克阿優木呷", "吉克阿优木呷", "JIKEAYOUMUGA"),
    ),
    "女": (
        ("古麗巴哈爾", "古丽巴哈尔", "GULIBAHAER"), ("阿依努爾汗", "阿依努尔汗", "AYINUERHAN"),
        ("迪麗拜爾古麗", "迪丽拜尔古丽", "DILIBAIERGULI"), ("阿卓斯木史喬英", "阿卓斯木史乔英", "AZHUOSIMUSHIQIAOYING"),
    ),
}  # fmt: skip
_LAST_PARTS = (
    ("阿不都熱合曼", "阿不都热合曼", "ABUDUREHEMAN"), ("吐爾遜買買提", "吐尔逊买买提", "TUERXUNMAIMAITI"),
    ("努爾艾合買提", "努尔艾合买提", "NUERAIHEMAITI"), ("沙吾列提別克", "沙吾列提别克", "SHAWULIETIBIEKE"),
)  # fmt: skip
# Chinese name (often there is none), Latin name, sex.
_FOREIGN = (
    ("約翰·史密斯", "约翰·史密斯", "SMITH,JOHN WILLIAM", "男"), ("保羅·桑托斯", "保罗·桑托斯", "SANTOS,PAULO", "男"),
    ("", "", "O'BRIEN,SEAN PATRICK", "男"), ("", "", "VENKATARAMAN,LAKSHMI NARAYANAN", "男"),
    ("", "", "MUHAMMAD,ASIF KHAN", "男"), ("韋大衛", "韦大卫", "WEBB-HARRIS,DAVID", "男"),
    ("佐藤美和", "佐藤美和", "SATO,MIWA", "女"), ("瑪麗·杜蘭", "玛丽·杜兰", "DURAND,MARIE", "女"),
    ("", "", "DELA CRUZ,MARIA FERNANDA", "女"), ("", "", "GURUNG,SITA", "女"),
    ("金秀賢", "金秀贤", "KIM,SUHYEON", "女"), ("", "", "WIJAYA,DEWI ANGGRAENI", "女"),
)  # fmt: skip
_NATIONALITIES = (
    "英国", "美国", "加拿大", "澳大利亚", "葡萄牙", "印度", "菲律宾", "日本", "韩国", "法国", "德国", "巴基斯坦",
    "尼泊尔", "印度尼西亚", "新西兰", "马来西亚",
)  # fmt: skip
_CANTONESE, _PINYIN, _WADE_GILES = 2, 3, 4


def is_rare(name: str) -> bool:
    """Whether a name has a character that is less frequent in texts than in names."""
    return not _SELDOM.isdisjoint(name)


def made_up(chance: Random, population: Population, *, sex: str) -> Name:
    """A name for a holder of the population and sex (男 or 女)."""
    if population is Population.FOREIGN:
        traditional, simplified, latin, _sex = chance.choice([each for each in _FOREIGN if each[3] == sex])
        return Name(traditional, simplified, latin, chance.choice(_NATIONALITIES))
    if population is Population.MAINLAND and chance.random() < 0.14:
        return _of_parts(chance, sex)
    if population is not Population.MAINLAND and chance.random() < 0.07:
        traditional, simplified, latin, _sex = chance.choice([each for each in _HOKKIEN if each[3] == sex])
        return Name(traditional, simplified, latin)
    return _han(chance, _romanisation(chance, population), sex)


def less_usual(chance: Random, population: Population, usual: Name, *, sex: str) -> Name:
    """Another name than `usual`: rarer characters, or a Western name behind it; foreign and long names stay."""
    if usual.nationality or "·" in usual.simplified:
        return usual
    if population is Population.HK_MACAO and chance.random() < 0.2:
        return replace(usual, latin=f"{usual.latin} {chance.choice(_WESTERN[sex])}")
    surname = chance.choice(_OTHER_SURNAMES if chance.random() < 0.6 else _SURNAMES)
    given = chance.sample(_GIVEN_OF_MEN if sex == "男" else _GIVEN_OF_WOMEN, 2)[: chance.choice((1, 2, 2))]
    given[chance.randrange(len(given))] = chance.choice(_OTHER_GIVEN)
    return _written([surname], given, _romanisation(chance, population))


def _romanisation(chance: Random, population: Population) -> int:
    """The column of a word that the holder's Latin name follows; people who moved keep pinyin."""
    if population is Population.MAINLAND or chance.random() < 0.1:
        return _PINYIN
    return _CANTONESE if population is Population.HK_MACAO else _WADE_GILES


def _of_parts(chance: Random, sex: str) -> Name:
    first, last = chance.choice(_FIRST_PARTS[sex]), chance.choice(_LAST_PARTS)
    return Name(f"{first[0]}·{last[0]}", f"{first[1]}·{last[1]}", f"{first[2]},{last[2]}")


def _han(chance: Random, column: int, sex: str) -> Name:
    """A name of two to four characters; a wife may bear both surnames, one in eight names has a rare character."""
    single, double = chance.random() < 0.2, chance.random() < 0.06
    surname = [chance.choice(_DOUBLE_SURNAMES if double else _SURNAMES)]
    if sex == "女" and not double and not single and chance.random() < 0.06:
        surname.append(chance.choice(_SURNAMES))
    given = chance.sample(_GIVEN_OF_MEN if sex == "男" else _GIVEN_OF_WOMEN, 1 if single else 2)
    if chance.random() < 0.12:
        given[-1] = chance.choice(_RARE)
    return _written(surname, given, column)


def _written(surname: list[_Word], given: list[_Word], column: int) -> Name:
    """The words of a name in both scripts and in the Latin letters of a column."""
    between = {_CANTONESE: " ", _PINYIN: "", _WADE_GILES: "-"}[column]
    latin = " ".join(word[column] for word in surname) + "," + between.join(word[column] for word in given)
    traditional, simplified = ("".join(word[script] for word in surname + given) for script in (0, 1))
    return Name(traditional, simplified, latin)
