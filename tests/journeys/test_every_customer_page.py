"""Every page a customer may meet, in each language and every dress; screenshots of each for people to look at."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from kyc_portal.accounts import demo
from kyc_portal.local.stack import LocalStack
from tests.journeys.customers import customer, in_every_dress, phone
from tests.journeys.pages import shoot
from tests.journeys.test_in_three_languages import LANGUAGES, said_in_english

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(900)]

# Pages for everybody, then those of a customer whose photos are still to be taken.
OPEN_PAGES = {
    "first page": "/",
    "address": "/accounts/signup/",
    "way back": "/accounts/login/code/",
    "password": "/accounts/login/",
    "forgotten": "/accounts/password/reset/",
    "forgotten, sent": "/accounts/password/reset/done/",
    "stale link": "/accounts/password/reset/key/1-xx-yy/",
    "stopped account": "/accounts/inactive/",
    "help": "/help/",
    "your data": "/your-data/",
    "used invitation": "/invited/no-such-token/",
    "nothing here": "/nothing/",
}
OWN_PAGES = {
    "front": "/identity/pictures/",
    "your data": "/your-data/",
    "withdraw": "/identity/withdraw/",
    "download": "/identity/download/",
    "delete": "/identity/delete/",
    "passkeys": "/identity/passkeys/",
    "closed": "/identity/closed/",
    "sign out": "/accounts/logout/",
    "not for you": "/console/queue/",
}
# Applications in states that take people and days: made by the writers, as they could have happened.
STATES = {
    "approved": "cast.decided(staff, customer=who)",
    "rejected": "cast.decided(staff, Verdict(Outcome.REJECT, ('edited',)), customer=who)",
    "asked by a reviewer": "cast.decided(staff, Verdict(Outcome.ASK_AGAIN, ('glare',), sides=('FRONT',)), customer=who)",
    "late review": "cast.to_review(who, now=timezone.now() - timedelta(days=4))",
    "withdrawn": "intake.withdraw(submission=cast.to_review(who), actor=who.actor, now=timezone.now())",
    "details": "cast.confirming(who, read=replace(cast.TAIWAN_READING, english_name=''), now=timezone.now())",
}
_PEOPLE = """
import itertools
from dataclasses import replace
from datetime import timedelta
from django.db import transaction
from django.utils import timezone
from kyc_portal.accounts import demo
from kyc_portal.submissions import intake
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.review import Verdict
from tests import cast
cast._numbers = itertools.count({number}000)  # in each process its own people and permits: the same would be duplicates
whole = transaction.atomic()  # so that no worker reads a picture that is only made up
whole._from_testcase = True  # the writers' own transactions stand in it, as in any test
with whole:
    staff = cast.make_staff()
    who = demo.customer({number})
    {made}
"""
_numbers = itertools.count(8600)


def look(page: Page, language: str, name: str) -> None:
    expect(page.locator("html")).to_have_attribute("lang", re.compile(f"^{language}$", re.IGNORECASE))
    in_every_dress(page, f"{language} {name}")
    shoot(page, f"{language}-{name.replace(' ', '-').replace(',', '')}")
    page.set_viewport_size({"width": 390, "height": 844})
    if language != "en":
        assert said_in_english(page) == [], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_for_everybody(stack: LocalStack, chromium: Browser, language: str) -> None:
    page = phone(chromium, stack, locale=LANGUAGES[language][0])
    for name, path in OPEN_PAGES.items():
        page.goto(path)
        look(page, language, name)
    page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_ones_own(stack: LocalStack, chromium: Browser, language: str) -> None:
    page = phone(chromium, stack, locale=LANGUAGES[language][0])
    customer(page, stack)
    choose_language(page, language)
    for name, path in OWN_PAGES.items():
        page.goto(path)
        look(page, language, f"own {name}")
    page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES)
def test_states_that_take_people_and_days(stack: LocalStack, chromium: Browser, state: str, language: str) -> None:
    number = next(_numbers)
    stack.manage("shell", "--no-imports", "-c", _PEOPLE.format(number=number, made=STATES[state]))
    page = phone(chromium, stack, locale=LANGUAGES[language][0])
    page.goto("/accounts/login/?next=/identity/")
    page.fill("[name=login]", f"sample{number}@kyc.example")
    page.fill("[name=password]", demo.PASSWORD)
    page.click("main form button[type=submit]")
    page.wait_for_url("**/identity/**")
    choose_language(page, language)
    look(page, language, state)
    page.context.close()


def choose_language(page: Page, language: str) -> None:
    """By the switch in the bar, which keeps the page; an account keeps its own language, whatever the browser asks for."""
    page.click(".languages summary")
    page.click(f".languages button[value={language.lower()}]")
    expect(page.locator("html")).to_have_attribute("lang", re.compile(f"^{language}$", re.IGNORECASE))
