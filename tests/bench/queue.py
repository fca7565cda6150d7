"""What the queue's queries cost as it grows, beside the stock Django admin's list; ratios within one run, plans by EXPLAIN.

python -m tests.bench.queue [SUBMISSIONS …]      (default 1,000, 100,000 and 1,000,000; the last takes some minutes)

One in twenty submissions waits for a reviewer, at least a thousand; one in ten of these is in the rescue lane. A time is
the sum over an act's statements, without Python's own work, median of several rounds. Each claim really takes a case.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

ROUNDS = 9
RARE = 20
_TABLES = (
    "accounts_user",
    "accounts_customer",
    "submissions_consent",
    "submissions_submission",
    "submissions_check",
)
# Customers, consents and submissions numbered from %(first)s to %(last)s; the first %(open)s wait for a reviewer.
_FILL = (
    """INSERT INTO accounts_user (password, email, display_name, role, is_active, date_joined, preferences)
       SELECT 'x', 'b' || n || '@kyc.example', '', 'customer', true, now(), '{}'
         FROM generate_series(%(first)s::int, %(last)s::int) n""",
    """INSERT INTO accounts_customer (id, user_id, reference, language, created_at)
       SELECT md5('customer' || n)::uuid, u.id, 'C-' || n, 'en', now()
         FROM generate_series(%(first)s::int, %(last)s::int) n JOIN accounts_user u ON u.email = 'b' || n || '@kyc.example'""",
    """INSERT INTO submissions_consent (id, customer_id, text_version, language, provider, region, given_at)
       SELECT md5('consent' || n)::uuid, md5('customer' || n)::uuid, '1', 'en', 'p', 'r', now()
         FROM generate_series(%(first)s::int, %(last)s::int) n""",
    """INSERT INTO submissions_submission (id, reference, customer_id, consent_id, state, state_since, attempt, version,
         policy_version, language, declared_type, sides_asked, started_at, received_at, waiting_since, not_confirmed,
         is_stuck, is_escalated, permit_type, codes, signals, severity, points, waited_minutes)
       SELECT md5('submission' || n)::uuid, 'S-' || n, md5('customer' || n)::uuid, md5('consent' || n)::uuid,
         CASE WHEN n <= %(open)s THEN 'to_review' ELSE 'approved' END, now(), 1, 1, '1',
         (ARRAY['en', 'zh-hant', 'zh-hans'])[1 + n %% 3], (ARRAY['hk_macao_resident', 'taiwan_resident'])[1 + n %% 2], '{}',
         now(), now(),
         CASE WHEN n %% 10 = 0 THEN %(cutoff)s - n * interval '1 second'
              ELSE %(cutoff)s + (n %% 86400) * (now() - %(cutoff)s) / 86400 END,
         false, false, false, 'taiwan_resident',
         CASE WHEN n %% 7 = 1 THEN '{-9103}'::int[] WHEN n <= %(rare)s THEN '{-9177}' ELSE '{}' END,
         (CASE WHEN n %% 7 = 1 THEN '{code:-9103}' WHEN n <= %(rare)s THEN '{code:unknown}' ELSE '{}' END)::text[]
           || (CASE WHEN n %% 3 = 0 THEN '{check:confirmation_agrees:fail}' ELSE '{}' END)::text[]
           || (CASE WHEN n <= %(rare)s THEN '{check:number_elsewhere:fail}' ELSE '{}' END)::text[],
         CASE WHEN n %% 7 = 1 THEN 4 WHEN n <= %(rare)s THEN 2 ELSE 0 END, n %% 400, 0
         FROM generate_series(%(first)s::int, %(last)s::int) n""",
    """INSERT INTO submissions_check (id, submission_id, customer_id, version, rule, result, reason, points)
       SELECT md5(rule || n)::uuid, md5('submission' || n)::uuid, md5('customer' || n)::uuid, 1, rule, 'pass',
         'type_accepted', 0 FROM generate_series(%(first)s::int, least(%(last)s, %(open)s)::int) n,
         unnest(ARRAY['type_allowed', 'type_declared', 'number_grammar', 'not_expired', 'forgery_tested']) rule""",
)


def fill(first: int, last: int, *, waiting: int) -> None:
    """Rows by SQL, as the owner. The audit triggers are off: these rows are nobody's acts."""
    import psycopg
    from django.utils import timezone

    from kyc_portal.submissions import queue

    values = {"first": first, "last": last, "open": waiting, "rare": RARE, "cutoff": queue.cutoff(timezone.now())}
    with psycopg.connect(os.environ["MIGRATION_DATABASE_URL"], autocommit=True) as owner:
        for table in _TABLES:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in _FILL:
            owner.execute(statement, values)
        owner.execute(
            "UPDATE submissions_submission SET state = 'to_review' WHERE state <> 'to_review'"
            " AND substr(reference, 3)::int <= %s",
            [waiting],
        )
        for table in _TABLES:
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            owner.execute(f"VACUUM ANALYZE {table}")


@dataclass
class Statements:
    """What an act asked the database: every statement with its values, and the seconds of all."""

    seconds: float = 0.0
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - started
            self.asked.append((sql, params))


@contextmanager
def listening() -> Iterator[Statements]:
    """Hear an act's statements."""
    from django.db import connection

    heard = Statements()
    with connection.execute_wrapper(heard):
        yield heard


def measured(act: Callable[[], object]) -> tuple[float, Statements]:
    """The middle of nine rounds in milliseconds, after one that does not count, and one round's statements."""
    rounds = []
    for _each in range(ROUNDS + 1):
        with listening() as heard:
            act()
        rounds.append(heard.seconds * 1000)
    return statistics.median(rounds[1:]), heard


@dataclass(frozen=True)
class Plan:
    """What EXPLAIN ANALYZE says of an act's reads on submissions."""

    indexes: tuple[str, ...]
    blocks: int
    sorted_rows: int
    scans_all: bool

    @property
    def words(self) -> str:
        said = [f"{self.blocks} blocks", f"sorts {self.sorted_rows} rows" if self.sorted_rows else "no sort"]
        return ", ".join([*said, *(["SEQ SCAN"] if self.scans_all else []), *self.indexes])


def plan_of(heard: Statements) -> Plan:
    """The plans of every statement of an act that reads submissions."""
    from django.db import connection

    indexes: dict[str, None] = {}
    blocks = sorted_rows = 0
    scans_all = False
    for sql, params in heard.asked:
        if "submissions_submission" not in sql:
            continue
        runs = "ANALYZE, BUFFERS, " if sql.startswith("SELECT") else ""
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN ({runs}FORMAT JSON) {sql}", params)
            (found,) = cursor.fetchone()
        whole = found if isinstance(found, list) else json.loads(found)
        blocks += whole[0]["Plan"].get("Shared Hit Blocks", 0) + whole[0]["Plan"].get("Shared Read Blocks", 0)
        for node in _nodes(whole[0]["Plan"]):
            if node.get("Index Name", "").startswith(("queue", "submission")):
                indexes[node["Index Name"]] = None
            if "Sort" in node["Node Type"]:
                sorted_rows = max(sorted_rows, int(node["Plans"][0].get("Actual Rows", 0)))
            scans_all |= node["Node Type"] == "Seq Scan" and node.get("Relation Name") == "submissions_submission"
    return Plan(tuple(indexes), blocks, sorted_rows, scans_all)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)


def acts() -> dict[str, Callable[[], object]]:
    """What a reviewer's presses ask, and the stock admin's list of the same rows, order and filters."""
    from django.contrib import admin
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import Case, IntegerField, Value, When
    from django.test import RequestFactory
    from django.utils import timezone

    from kyc_portal import audit
    from kyc_portal.accounts.models import Role, User
    from kyc_portal.submissions import queue
    from kyc_portal.submissions.deciding import claims
    from kyc_portal.submissions.models import Submission
    from kyc_portal.submissions.queue_filters import Filters

    with audit.acting(audit.system("command_bench")):
        rob, _made = User.objects.get_or_create(email="rob@bench.example", role=Role.REVIEWER)
    now = timezone.now()
    deep = queue.ranked(queue.cutoff(now))[queue.waiting().count() // 2]
    cursor = queue.Cursor(queue.cutoff(now), False, deep.rank, deep.waiting_since, deep.number)
    middle = Submission.objects.order_by("number")[Submission.objects.count() // 2].reference

    class Stock(admin.ModelAdmin):  # type: ignore[type-arg]
        list_display = ("reference", "severity", "codes", "state", "points", "permit_type", "waiting_since")
        list_filter = ("state", "severity", "declared_type", "language")
        search_fields = ("reference",)
        list_per_page = queue.PAGE_SIZE
        ordering = (
            Case(When(state="to_review", then=Value(0)), default=Value(1), output_field=IntegerField()),
            "rank",
            "waiting_since",
        )

        def has_view_permission(self, *_any: object) -> bool:
            return True

    def admin_list(query: str = "") -> Callable[[], object]:
        def act() -> None:
            request = RequestFactory().get(f"/admin/submissions/submission/?{query}")
            request.user = AnonymousUser()
            shown = Stock(Submission, admin.site).get_changelist_instance(request)
            list(shown.result_list)

        return act

    def filtered(**asked: str) -> Callable[[], object]:
        narrow = Filters(**asked).narrow(reader=rob, now=now)
        return lambda: queue.next_up(now, narrow=narrow)

    return {
        "page of the queue": lambda: queue.next_up(now),
        "page in the middle": lambda: queue.next_up(now, after=cursor),
        "seven tab counts": lambda: queue.counts(rob, now=now),
        "place of a case": lambda: queue.place(deep, now=now),
        "claim next": lambda: claims.claim_next(reviewer=rob, actor=rob.actor, now=timezone.now()),
        "warning, 1 in 7": filtered(warning="code:-9103"),
        f"warning, {RARE} rows": filtered(warning="code:unknown"),
        "permit": filtered(permit="taiwan_resident"),
        "language": filtered(language="zh-hant"),
        "held by nobody": filtered(holder="nobody"),
        "check, 1 in 3": filtered(check="check:confirmation_agrees:fail"),
        f"check, {RARE} rows": filtered(check="check:number_elsewhere:fail"),
        "four filters": filtered(
            warning="code:-9103", permit="taiwan_resident", language="zh-hant", check="check:confirmation_agrees:fail"
        ),
        "search a reference": lambda: list(Submission.objects.filter(reference=middle)),
        "admin: list": admin_list(),
        "admin: severity": admin_list("severity__exact=4"),
        "admin: search": admin_list(f"q={middle}"),
    }


# The admin's list that does the same work as each act of ours.
_BESIDE = {"warning, 1 in 7": "admin: severity", "search a reference": "admin: search"}


def table(many: int, waiting: int) -> dict[str, float]:
    """One size: every act's time, against the admin's list, and its plan."""
    found = {name: measured(act) for name, act in acts().items()}
    print(f"\n{many:,} submissions, {waiting:,} wait; ms of the database, median of {ROUNDS}")
    print("| act | ms | statements | stock admin : this | plan |\n| --- | --- | --- | --- | --- |")
    for name, (ms, heard) in found.items():
        beside = "" if name.startswith("admin") else f"{found[_BESIDE.get(name, 'admin: list')][0] / ms:,.0f}"
        asked = [sql for sql, _params in heard.asked if "SAVEPOINT" not in sql]
        print(f"| {name} | {ms:.2f} | {len(asked)} | {beside} | {plan_of(heard).words} |")
    return {name: ms for name, (ms, _heard) in found.items()}


def main(*sizes: int) -> None:
    """A table for each size, in a database made for it and dropped at the end."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_portal.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from tests import environment

    servers = environment.begin()
    try:
        call_command("prepare_database", verbosity=0)
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        filled = 0
        first: dict[str, float] = {}
        for many in sorted(sizes or (1_000, 100_000, 1_000_000)):
            waiting = min(many, max(1_000, many // 20))
            fill(filled + 1, many, waiting=waiting)
            filled = many
            found = table(many, waiting)
            first = first or found
        print("\nLargest against smallest: " + ", ".join(f"{name} {found[name] / first[name]:.1f}" for name in found))
        for connection in connections.all():
            connection.close()
        environment.drop_database()
    finally:
        servers.stop()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
