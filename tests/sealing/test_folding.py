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
