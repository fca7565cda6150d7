"""Names of one person meet in either script, character by character."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc_portal.sealing.folding import fold_character, fold_name

HAN = [
    chr(code)
    for first, last in [(0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF)]
    for code in range(first, last + 1)
]
PAIRS = [
    ("陳大文", "陈大文"), ("李優圖", "李优图"), ("張國榮", "张国荣"), ("劉德華", "刘德华"), ("黃曉明", "黄晓明"),
    ("葉問", "叶问"), ("鍾楚紅", "钟楚红"), ("於梨華", "于梨华"), ("范冰冰", "范冰冰"), ("鄧麗君", "邓丽君"),
    ("蔡依林", "蔡依林"), ("羅家輝", "罗家辉"), ("周潤發", "周润发"), ("趙雅芝", "赵雅芝"), ("關之琳", "关之琳"),
    ("孫燿威", "孙耀威"), ("李煇", "李辉"), ("王珮瑜", "王佩瑜"), ("陳濬", "陈浚"), ("栢芝", "柏芝"), ("寳儀", "宝仪"),
    ("歐陽娜娜", "欧阳娜娜"), ("司馬遷", "司马迁"), ("買買提·艾力", "买买提艾力"), ("陳　大文", "陈大文"),
]  # fmt: skip
# The commonest surnames that the two scripts write differently, and characters of given names that do.
SURNAMES = dict(
    zip(
        "張陳劉楊黃趙吳孫馬羅鄭謝韓馮蕭鄧許呂蘇盧蔣賈葉閻鍾譚鄒陸顧龍萬錢湯賀賴龔歐餘莊嚴齊樊魯韋倪紀華喬邊聶龐畢藍關閔齊單鄔饒",
        "张陈刘杨黄赵吴孙马罗郑谢韩冯萧邓许吕苏卢蒋贾叶阎钟谭邹陆顾龙万钱汤贺赖龚欧余庄严齐樊鲁韦倪纪华乔边聂庞毕蓝关闵齐单邬饶",
        strict=True,
    )
)
GIVEN = dict(
    zip(
        "偉麗強軍傑濤華國鳳蘭瑩慶義寶榮興豐衛東剛輝歡靈曉雲艷嬌燁潔穎詩語夢嵐維綺緹縈紅綠絲綺鋒銘鑫鈞鎮銀錦鍵鏡鐵陽陰隱際聖賢質貴賓贊趙躍進達遠運連選遙適還邁時曄書會條來僑億儀優兒兩啟喬單園圓團場壯壽夢學寧實審寬將尋導屆屬岡嶺幣師帥帶歸當彌彥徑從復恆愛",
        "伟丽强军杰涛华国凤兰莹庆义宝荣兴丰卫东刚辉欢灵晓云艳娇烨洁颖诗语梦岚维绮缇萦红绿丝绮锋铭鑫钧镇银锦键镜铁阳阴隐际圣贤质贵宾赞赵跃进达远运连选遥适还迈时晔书会条来侨亿仪优儿两启乔单园圆团场壮寿梦学宁实审宽将寻导届属冈岭币师帅带归当弥彦径从复恒爱",
        strict=True,
    )
)


def test_a_hundred_and_sixty_names_meet_whichever_script_writes_them():
    surnames, given = list(SURNAMES.items()), list(GIVEN.items())
    names = [
        (surnames[at % len(surnames)], given[at % len(given)], given[(7 * at + 3) % len(given)]) for at in range(160)
    ]
    missed = [
        ("".join(each[0] for each in name), "".join(each[1] for each in name))
        for name in names
        if fold_name("".join(each[0] for each in name)) != fold_name("".join(each[1] for each in name))
    ]
    assert missed == []


@pytest.mark.parametrize(("traditional", "simplified"), PAIRS)
def test_both_forms_of_a_name_fold_to_one(traditional, simplified):
    assert fold_name(traditional) == fold_name(simplified)


def test_different_names_stay_apart():
    assert fold_name("陳大文") != fold_name("陳文大") != fold_name("張大文")


@given(st.text(alphabet=st.sampled_from(HAN), max_size=6))
def test_folding_is_idempotent_and_knows_no_neighbours(name):
    folded = fold_name(name)
    assert fold_name(folded) == folded
    assert folded == "".join(fold_name(each) for each in name)


def test_the_whole_table_is_the_one_the_stored_digests_were_made_with():
    """When this changes, a release folds differently: stored digests need a re-index migration first."""
    table = "\n".join(f"{each}{fold_character(each)}" for each in HAN)
    assert (
        hashlib.sha256(table.encode()).hexdigest() == "2805b491369144081d617145517fd3f5cf36643c045e4a28a45de21f47a88ef1"
    )
