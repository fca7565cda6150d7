"""Three languages, complete: catalogues, reasons, e-mails, the switch. A missing cell fails here."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path

import allauth
import django
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from opencc import OpenCC

from kyc_portal.accounts.models import User
from kyc_portal.submissions import notices
from kyc_portal.submissions.models import Notice, NoticeKind
from tests import cast

ROOT = Path(settings.BASE_DIR)
CHINESE = ("zh_Hant", "zh_Hans")
# What reads alike in both scripts, each with the reason, divided by a tab.
SAME_IN_BOTH = ROOT / "tests/customer_site/same_in_both_scripts.txt"


def catalogue(locale: str) -> Catalog:
    with (ROOT / "locale" / locale / "LC_MESSAGES/django.po").open("rb") as file:
        return read_po(file, locale=locale)


def said(locale: str) -> dict[object, str]:
    """{what is said in English: what is said in this language}."""
    found = {}
    for message in catalogue(locale):
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            text = message.string if isinstance(message.string, str) else "".join(message.string)
            found[key] = text
    return found


@pytest.mark.parametrize("locale", CHINESE)
def test_the_catalogue_holds_exactly_what_is_said(locale: str) -> None:
    tool = runpy.run_path(str(ROOT / "scripts/messages"))
    wanted = {each.id if isinstance(each.id, str) else each.id[0] for each in tool["wanted"]() if each.id}
    assert set(said(locale)) == wanted, "run scripts/messages update and translate what is new"


@pytest.mark.parametrize("locale", CHINESE)
def test_no_string_is_missing_fuzzy_or_english(locale: str) -> None:
    bad = [key for key, text in said(locale).items() if not text or text == key]
    fuzzy = [message.id for message in catalogue(locale) if message.id and message.fuzzy]
    assert (bad, fuzzy) == ([], [])


@pytest.mark.parametrize("locale", CHINESE)
def test_placeholders_survive_translation(locale: str) -> None:
    errors = [
        (message.id, str(error))
        for message in catalogue(locale)
        if message.id
        for error in message.check(catalogue(locale))
    ]
    assert errors == []


@pytest.mark.parametrize(("locale", "other"), [("zh_Hant", "您"), ("zh_Hans", "你")])
def test_each_script_addresses_its_reader_in_one_way(locale: str, other: str) -> None:
    assert [key for key, text in said(locale).items() if other in text] == []


def test_what_reads_alike_in_both_scripts_is_listed() -> None:
    hant, hans = (said(locale) for locale in CHINESE)
    alike = {str(key): text for key, text in hant.items() if text == hans[key]}
    listed = dict(line.split("\t") for line in SAME_IN_BOTH.read_text(encoding="utf-8").splitlines())
    assert set(alike) == set(listed)
    assert all(len(reason) > 5 for reason in listed.values())
    to_simplified = OpenCC("t2s")
    assert [text for text in alike.values() if to_simplified.convert(text) != text] == []


# Words of one country that the other does not use, or means otherwise: what a conversion of characters would leave.
ELSEWHERE = {
    "zh_Hant": "照片 電子郵件 電子信箱 郵箱 登錄 帳號 賬號 賬戶 鏈接 屏幕 複印 窗口 工作日 什麼 腳本 默認 信息 點擊 訪問 令牌 密鑰匙 設備",
    "zh_Hans": "相片 电邮 登入 登出 帐户 帐号 连结 档案 荧幕 影印 视窗 身分 工作天 甚么 装置 指令码 讯息 资讯 送出 索取",
}


@pytest.mark.parametrize("locale", CHINESE)
def test_each_script_has_the_words_of_its_own_country(locale: str) -> None:
    foreign = ELSEWHERE[locale].split()
    found = [(key, word) for key, text in said(locale).items() for word in foreign if word in text]
    assert found == []


def test_a_card_is_called_as_it_is_printed() -> None:
    """身分 is who one is, 身份證 the card: so Hong Kong prints it."""
    hant = said("zh_Hant")
    assert [key for key, text in hant.items() if "身分證" in text or re.search("身份(?!證)", text)] == []


@pytest.mark.parametrize("locale", CHINESE)
def test_what_libraries_say_is_still_said_by_them(locale: str) -> None:
    """A string that an update of a library reworded would fall back to the library's own Chinese."""
    theirs: set[str] = set()
    for module in (allauth, django):
        for file in Path(module.__path__[0]).rglob(f"locale/{locale}/LC_MESSAGES/django.mo"):
            with file.open("rb") as opened:
                theirs |= {each.id if isinstance(each.id, str) else each.id[0] for each in read_mo(opened)}
    ours = json.loads((ROOT / "locale/said_by_libraries.json").read_text(encoding="utf-8"))
    assert [each for each in ours if each not in theirs] == []


@pytest.mark.django_db
@pytest.mark.db_bound
class TestTheSwitch:
    def test_it_keeps_the_page_and_is_kept_with_the_account(self, sign_in: Callable[[User], Client]) -> None:
        ann = cast.make_customer()
        submission = cast.collecting(ann)
        client = sign_in(ann.user)
        page = reverse("customer:pictures")
        answer = client.post(reverse("customer:language"), {"language": "zh-hans", "next": page})
        assert answer["Location"] == page
        ann.refresh_from_db()
        submission.refresh_from_db()
        assert (ann.language, submission.language) == ("zh-hans", "zh-hans")
        client.cookies.pop("django_language", None)  # another device
        assert "证件正面" in client.get(page).content.decode()

    def test_it_leads_nowhere_else(self, client: Client) -> None:
        answer = client.post(
            reverse("customer:language"), {"language": "zh-hant", "next": "https://elsewhere.example/"}
        )
        assert answer["Location"] == "/"

    def test_staff_pages_stay_in_english(self, sign_in: Callable[[User], Client]) -> None:
        client = sign_in(cast.make_staff())
        page = client.get(reverse("console:queue"), headers={"Accept-Language": "zh-HK"}).content.decode()
        assert '<html lang="en"' in page


@pytest.mark.django_db
@pytest.mark.db_bound
@pytest.mark.parametrize("kind", NoticeKind.values)
def test_an_outcome_is_told_in_the_customers_language(kind: str) -> None:
    ann = cast.make_customer()
    submission = cast.collecting(ann)
    subjects = set()
    for attempt, language in enumerate(("en", "zh-hant", "zh-hans")):
        with cast.audit.acting(ann.actor):
            type(ann).objects.filter(pk=ann.pk).update(language=language)
            notice = Notice.objects.create(
                submission=submission, customer=ann, kind=kind, attempt=attempt + 1, created_at=cast.NOW
            )
        mail.outbox.clear()
        assert notices.send(notice=Notice.objects.get(pk=notice.pk), actor=cast.READER, now=cast.NOW)
        sent = mail.outbox[0]
        subjects.add(sent.subject)
        html = str(sent.alternatives[0][0])
        assert f'lang="{language}"' in html
        assert submission.reference in sent.body
        assert submission.reference in html
    assert len(subjects) == 3
