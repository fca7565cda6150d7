"""Characters of names that models take for commoner ones of the same shape, surely and with no rival beside them.

Only such pairs as sound unlike: the Latin name on the card tells them apart. From dictionaries of surnames and of
characters often mistaken for each other, not from what any picture showed.
"""

from __future__ import annotations

# What is read, and what may stand there instead.
_PAIRS = (
    "余佘 洗冼 先冼 龔龑 龚龑 袭龑 襲龑 或彧 域彧 染燊 桑燊 榮燊 荣燊 爽奭 夾奭 "
    "菇婼 诺婼 諾婼 偌婼 逢逄 降逄 宣亶 壹亶 弦弢 张弢 張弢 都郗 弄羿 瞰闞 敢阚 "
    "凡芃 种翀 狆翀 恒烜 恆烜 環嬛 环嬛 谬缪 謬繆 录逯 晃晁 却郤 東束 东束 下卞 "
    "元亓 咎昝 弋戈 郊郏 甄鄄 硕颀 衍珩 询珣 溶瑢 斌赟 斌贇 嵩翯 源嫄 妹姝 好妤 "
    "捷婕 提媞 "
)
LOOKALIKES: dict[str, tuple[str, ...]] = {}
for _pair in _PAIRS.split():
    LOOKALIKES[_pair[0]] = (*LOOKALIKES.get(_pair[0], ()), _pair[1])


def with_lookalikes(name: str) -> list[str]:
    """The name with one character's look-alike in its place, for each that has one."""
    return [name[:at] + other + name[at + 1 :] for at, read in enumerate(name) for other in LOOKALIKES.get(read, ())]
