"""Claiming what is due, with ten thousand deliveries waiting and with a million; and a tick that finds nothing due.

Each claim is of a full batch and rolled back, so that all begin alike. SQLite, and PostgreSQL where
OUTREACH_TEST_POSTGRES names a server. Many fall due at the same moment, as reminders do.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Integer, String, cast, insert, literal, select, text

from bench.databases import databases
from bench.effort import Effort
from bench.row import Row, percentile
from outreach.delivery import outbox
from outreach.delivery.worker import BATCH, LEASE_SECONDS
from outreach.store.database import Database
from outreach.store.schema import deliveries

RATIO_LIMIT, EMPTY_LIMIT_US = 1.5, 100.0
CLAIMS, TICKS = 50, 500
MOMENTS = 100
"""Different due times among the few; the many share these."""
QUARTILE = 25
"""Of all claims, the quick ones: neighbours on the machine only add."""
MICRO = 1e6
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""Nine in the morning in Wuwei, a Monday."""


def measure(effort: Effort) -> list[Row]:
    """On each database."""
    return [row for kind, url in databases() for row in _rows(kind, url, effort)]


def _rows(kind: str, url: str, effort: Effort) -> Iterator[Row]:
    few, many = effort.waiting
    database = Database.open(url)
    try:
        database.write_now(lambda db: _fill(db, few))
        database.write_now(_analyse)
        claim_few = database.write_now(_claims)
        database.write_now(lambda db: _multiply(db, many // few - 1))
        database.write_now(_analyse)
        claim_many = database.write_now(_claims)
        empty = database.read_now(_ticks)
    finally:
        database.close_now()
    yield Row(f"{kind}, claiming {BATCH} of {few:,} deliveries", claim_few * MICRO, "us")
    yield Row(f"  of {many:,}", claim_many * MICRO, "us")
    yield Row("  the one against the other", claim_many / claim_few, "x", RATIO_LIMIT)
    limit = EMPTY_LIMIT_US if kind == "SQLite" else None  # over there a question alone takes as long
    yield Row(f"  a tick with {many:,} waiting and none due", empty * MICRO, "us", limit)


def _fill(db: Connection, number: int) -> None:
    fixed = {
        "channel": "sms",
        "address": "+8619900000000",
        "body": "【武威市残联】您明天上午九点有培训。回复1确认，回复2不能来。",
        "scope": "reminders",
        "expires_at": NOW + timedelta(days=1),
        "created_at": NOW,
        "updated_at": NOW,
    }
    rows = [
        fixed | {"purpose": f"n{at}", "due_at": NOW - timedelta(minutes=at * MOMENTS // number)}
        for at in range(number)
    ]
    db.execute(insert(deliveries), rows)


def _multiply(db: Connection, times: int) -> None:
    """Each row ``times`` more. In the database, or making a million would be all that is measured."""
    first = select(literal(1, Integer).label("n")).cte("copies", recursive=True)
    copies = first.union_all(select(first.c.n + 1).where(first.c.n < times))
    names = [column.name for column in deliveries.c if column.name not in ("id", "purpose")]
    purpose = deliveries.c.purpose + "/" + cast(copies.c.n, String)
    rows = select(purpose, *(deliveries.c[name] for name in names)).join(copies, literal(True))
    if db.dialect.name == "postgresql":
        db.execute(text("SET LOCAL statement_timeout = 0"))
    db.execute(insert(deliveries).from_select(["purpose", *names], rows))


def _analyse(db: Connection) -> None:
    db.execute(text("ANALYZE deliveries"))


def _claims(db: Connection) -> float:
    took = []
    for _ in range(CLAIMS):
        with db.begin_nested() as undone:
            begun = time.perf_counter()
            claimed = outbox.claim(db, "bench", NOW, LEASE_SECONDS, BATCH)
            took.append(time.perf_counter() - begun)
            assert len(claimed) == BATCH
            undone.rollback()
    return percentile(took, QUARTILE)


def _ticks(db: Connection) -> float:
    before = NOW - timedelta(days=1)
    took = []
    for _ in range(TICKS):
        begun = time.perf_counter()
        assert not outbox.is_due(db, before)
        took.append(time.perf_counter() - begun)
    return percentile(took, QUARTILE)
