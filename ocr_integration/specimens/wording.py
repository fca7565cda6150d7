"""The words beside the fields. Their exact wording on the cards is unverified, so each field has several."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ocr_integration.contract import PermitType


@dataclass(frozen=True, slots=True)
class Label:
    """A label in Chinese and in English."""

    chinese: str
    english: str


_CHINESE = {
    "name": ("姓名", "姓名", "姓名", "中文姓名"),
    "english_name": ("英文姓名", "英文姓名", "外文姓名"),
    "pinyin": ("拼音", "姓名拼音", "拼音姓名"),
    "birthday": ("出生日期", "出生日期", "出生日期", "出生年月日", "出生"),
    "sex": ("性别",),
    "nationality": ("国籍",),
    "valid_date": ("有效期限", "有效期限", "有效期", "有效期至", "有效日期"),
    "issue_authority": ("签发机关", "签发机关", "发证机关", "签发机构"),
    "issue_address": ("签发地点", "签发地点", "签发地", "发证地点"),
    "number": ("证件号码", "证件号码", "证件号", "证件编号", "通行证号码"),
    "renewals": ("换证次数", "换证次数", "换发次数", "补换发次数"),
    "issues": ("签发次数", "签发次数", "发证次数"),
    "back.name": ("姓名", "中文姓名", "持证人姓名"),
    "hong_kong_id": ("香港身份证号码", "香港永久性居民身份证号码", "香港居民身份证号码", "香港身份证", "身份证号码"),
    "macao_id": ("澳门身份证号码", "澳门永久性居民身份证号码", "澳门居民身份证号码", "澳门身份证", "身份证件号码"),
    "back.history_number": ("曾用证件号码", "曾持证件号码", "历史证件号码", "原证件号码", "原通行证号码"),
}
_ENGLISH = {
    "name": ("Name", "Full name", "Chinese name"),
    "english_name": ("English name", "Name in English"),
    "pinyin": ("English name",),
    "birthday": ("Date of birth",),
    "sex": ("Sex", "Gender"),
    "nationality": ("Nationality",),
    "valid_date": ("Period of validity", "Valid period", "Validity", "Valid through"),
    "issue_authority": ("Issuing authority", "Authority", "Issued by"),
    "issue_address": ("Place of issue", "Issued at"),
    "number": ("Document No.", "Permit No.", "Card No."),
    "renewals": ("Times of renewal", "Renewals"),
    "issues": ("Times of issue", "Issue No."),
    "back.name": ("Name", "Chinese name"),
    "hong_kong_id": ("HKID No.", "Hong Kong ID card No.", "ID card No."),
    "macao_id": ("Macao ID card No.", "ID card No."),
    "back.history_number": ("Previous permit No.", "Previous No.", "Former permit No."),
}
TITLES = {
    PermitType.HK_MACAO_RESIDENT: "Mainland Travel Permit for Hong Kong and Macao Residents",
    PermitType.TAIWAN_RESIDENT: "Mainland Travel Permit for Taiwan Residents",
    PermitType.EXIT_ENTRY_HK_MACAO: "Exit-Entry Permit for Travelling to and from Hong Kong and Macao",
    PermitType.EXIT_ENTRY_TAIWAN: "Exit-Entry Permit for Travelling to and from Taiwan",
}


def label(chance: Random, name: str) -> Label:
    """One of the wordings of a label."""
    return Label(chance.choice(_CHINESE[name]), chance.choice(_ENGLISH[name]))
