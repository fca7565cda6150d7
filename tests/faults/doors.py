"""A running copy as a customer, a colleague and a test's own eyes see it: through the web, the mail folder and the rows."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import requests
from celery import Celery

from kyc_portal import connections
from kyc_portal.accounts import demo
from kyc_portal.local.stack import LocalStack
from kyc_portal.submissions.nudges import READ_SCAN

PATIENCE_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Row:
    """A submission with one side, as the rows say."""

    scan: str
    state: str
    scan_state: str
    tries: int
    readings: int
    error_code: str
    is_delayed: bool


class Portal:
    """The running copy, as a customer, a reviewer and a test's own eyes see it."""

    def __init__(self, stack: LocalStack) -> None:
        assert stack.layout is not None
        self.layout = stack.layout
        self._database = self.layout.postgres.admin_url.replace("/postgres?", "/kyc?")
        self._broker = Celery(broker=connections.broker(self.layout.environment["REDIS_URL"]))

    # ----- through the doors

    def page(self, email: str) -> requests.Session:
        """A signed-in browser without scripts; a colleague gives the second factor too."""
        page, at = requests.Session(), self.layout.address
        post(page, f"{at}/accounts/login/", {"login": email, "password": demo.PASSWORD})
        person = next((each for each in demo.CAST if each.email == email), None)
        if person and person.totp_secret:
            post(page, f"{at}/accounts/2fa/authenticate/", {"code": demo.current_code(person.totp_secret)})
        return page

    def start(self, number: int, declared: str = "taiwan_resident") -> requests.Session:
        """A sample customer signs in and consents."""
        page, at = self.page(f"sample{number}@kyc.example"), self.layout.address
        post(page, f"{at}/identity/start/", {"declared_type": declared, "notice": "on", "reading": "on"})
        return page

    def upload(self, page: requests.Session, data: bytes, side: str = "FRONT") -> requests.Response:
        """Send one picture as the page's module does, and return the answer whatever it is."""
        at = f"{self.layout.address}/identity/pictures/"
        files = {"picture": ("x.jpg", data, "image/jpeg")}
        headers = {"Referer": at, "Accept": "application/json"}
        token = {"csrfmiddlewaretoken": _token(page.get(at, timeout=20))}
        return page.post(f"{at}{side}/", data=token, files=files, headers=headers, timeout=60)

    def submit(self, page: requests.Session) -> None:
        at = self.layout.address
        post(page, f"{at}/identity/submit/", {}, form_at=f"{at}/identity/pictures/")

    def send_in(self, number: int, data: bytes) -> requests.Session:
        """A customer consents, uploads one picture and sends it in, all through the web."""
        page = self.start(number)
        assert self.upload(page, data).ok
        self.submit(page)
        return page

    def read(self, page: requests.Session, path: str) -> str:
        answer = page.get(self.layout.address + path, timeout=20)
        answer.raise_for_status()
        return words_of(answer.text)

    def mails(self, about: str) -> list[str]:
        """The mails to the administrator that carry a subject."""
        found = [path.read_text() for path in self.layout.mail_folder.iterdir()]
        return [mail for mail in found if about in mail and "To: ada@kyc.example" in mail]

    # ----- in the rows

    def rows(self) -> psycopg.Connection:
        """The copy's database, as its administrator."""
        return psycopg.connect(self._database)

    def row(self, number: int) -> Row:
        with self.rows() as connection:
            found = connection.execute(
                "SELECT c.id::text, s.state, c.state, c.tries,"
                " (SELECT count(*) FROM submissions_reading r WHERE r.submission_id = s.id), c.error_code,"
                " s.delayed_since IS NOT NULL FROM submissions_submission s"
                " JOIN submissions_scan c ON c.submission_id = s.id AND c.attempt = s.attempt"
                " JOIN accounts_customer k ON k.id = s.customer_id JOIN accounts_user u ON u.id = k.user_id"
                " WHERE u.email = %s ORDER BY s.number DESC, c.attempt DESC LIMIT 1",
                [f"sample{number}@kyc.example"],
            ).fetchone()
        assert found is not None
        return Row(*found)

    def is_stopped(self) -> bool:
        with self.rows() as connection:
            return bool(connection.execute("SELECT 1 FROM submissions_providerbreaker WHERE is_open").fetchone())

    def let_time_pass(self, *numbers: int) -> None:
        """The next try's instant comes for these, and the worker is woken for each."""
        scans = [self.row(number).scan for number in numbers]
        with self.rows() as connection:
            connection.execute("SELECT set_config('audit.context', '{\"actor\": \"system:test\"}', true)")
            connection.execute("UPDATE submissions_providerbreaker SET probe_at = now()")
            connection.execute(
                "UPDATE submissions_scan SET next_try_at = now() WHERE id::text = ANY(%s) AND state = 'due'", [scans]
            )
        for number in numbers:
            self.wake(number)

    def wake(self, number: int) -> None:
        self._broker.send_task(READ_SCAN, args=[self.row(number).scan], queue="reading")

    def until(self, is_so: Callable[[], bool], what: str, *, seconds: float = PATIENCE_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, f"never came: {what}"
            time.sleep(0.1)

    def fail_once_more(self, number: int) -> None:
        tries = self.row(number).tries
        self.let_time_pass(number)
        self.until(
            lambda: (row := self.row(number)).tries > tries and row.scan_state == "due", f"a failed try after {tries}"
        )


def words_of(page: str) -> str:
    """What a page's main part says."""
    main = page[page.find("<main") : page.find("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def _token(form: requests.Response) -> str:
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
    assert token, f"no form at {form.url}: {form.status_code}"
    return token[1]


def post(page: requests.Session, url: str, data: dict[str, str], *, form_at: str = "") -> requests.Response:
    """Send a form with the token of its page."""
    sent = {**data, "csrfmiddlewaretoken": _token(page.get(form_at or url, timeout=20))}
    answer = page.post(url, data=sent, headers={"Referer": url}, timeout=30)
    assert answer.ok, f"{url}: {answer.status_code} {words_of(answer.text)}"
    return answer
