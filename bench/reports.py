"""The yearly report over a city of a million people and ten million deliveries: what its page asks of the database."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sqlalchemy import Connection, text

from bench.effort import Effort
from bench.row import Row
from outreach.evaluation import figures, goals, usage
from outreach.evaluation.figures import FIGURES
from outreach.evaluation.periods import Period, month, year
from outreach.store.database import Database

LIMIT_SECONDS: Final = 2.0
YEAR: Final = year(2026)
TODAY: Final = date(2026, 11, 24)
BEGINS: Final = datetime(2026, 1, 1, tzinfo=UTC)
SPREAD_SECONDS: Final = 320 * 86_400

NUMBERS: Final = """
    WITH RECURSIVE ten(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM ten WHERE n < 9),
    numbers(n) AS (
        SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n + 100000 * f.n + 1000000 * g.n AS n
        FROM ten a, ten b, ten c, ten d, ten e, ten f, ten g
    )
"""
AT: Final = "strftime('%Y-%m-%d %H:%M:%f000', :begins, '+' || (n * 37 % :spread) || ' seconds')"
COUNTY: Final = (
    "CASE n % 4 WHEN 0 THEN 'liangzhou' WHEN 1 THEN 'minqin' WHEN 2 THEN 'gulang' ELSE 'tianzhu' END"
)


def measure(effort: Effort) -> list[Row]:
    """On SQLite: a small office has no other."""
    with TemporaryDirectory(prefix="outreach-bench-") as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'outreach.db'}")
        try:
            database.write_now(lambda db: _fill(db, effort.people, effort.delivered))
            whole = _timed(database, lambda db: _page(db, YEAR))
            short = _timed(database, lambda db: _page(db, month(2026, 11)))
        finally:
            database.close_now()
    size = f"{effort.people:,} people, {effort.delivered:,} deliveries"
    return [
        Row(f"the report of a year, {size}", whole, "s", LIMIT_SECONDS),
        Row("  of a month", short, "s", LIMIT_SECONDS),
    ]


def _page(db: Connection, period: Period) -> None:
    """Everything that the console's page asks."""
    list(goals.standings(db, YEAR, TODAY))
    for figure in FIGURES.values():
        figures.by_county(db, figure, period)
    usage.lines(db, period)
    usage.minutes(db, period)
    usage.funnel(db, period)
    usage.reminded(db, period)
    usage.deliveries_by_end(db, period)
    if period == YEAR:
        figures.by_month(db, FIGURES["calls"], period)


def _timed(database: Database, work: Callable[[Connection], None]) -> float:
    database.read_now(work)  # once unmeasured: what the office asks for every day is in the cache
    begun = time.perf_counter()
    database.read_now(work)
    return time.perf_counter() - begun


def _fill(db: Connection, people: int, deliveries: int) -> None:
    """Made in the database, or making ten million would be all that takes time."""
    values: dict[str, Any] = {"begins": f"{BEGINS:%Y-%m-%d %H:%M:%S}", "spread": SPREAD_SECONDS}
    calls, visits, openings = people // 2, people, people // 10
    for into, chosen, number in (
        ("people (id, county, created_at)", f"n + 1, {COUNTY}, {AT}", people),
        (
            "openings (id, title, employer, kind, county, pay, phone, published_at, expires_on)",
            f"n + 1, '按摩师', '店' || n, 'massage', {COUNTY}, '四千', '0935-2212345', {AT}, '2026-12-31'",
            openings,
        ),
        (
            "calls (id, carrier, carrier_call_id, session_id, state, person_id, started_at, ended_at)",
            f"'c' || n, 'bench', n, n, 'ended', n * 7 % :people + 1, {AT}, datetime({AT}, '+180 seconds')",
            calls,
        ),
        (
            "line_visits (source, channel, line, person_id, county, at)",
            f"'c' || (n / 2), 'voice', CASE n % 3 WHEN 0 THEN 'jobs' WHEN 1 THEN 'titles' ELSE 'rights' END,"
            f" n * 7 % :people + 1, {COUNTY}, {AT}",
            visits,
        ),
        (
            "applications (person_id, opening_id, state, created_at, updated_at)",
            f"n + 1, n + 1, 'received', {AT}, {AT}",
            openings,
        ),
        (
            "needs (person_id, kind, created_at, updated_at)",
            f"n + 1, 'job', {AT}, {AT}",
            openings,
        ),
        (
            "deliveries (purpose, person_id, channel, address, body, scope, state, reason, due_at, expires_at,"
            " created_at, updated_at)",
            f"'p' || n, n * 7 % :people + 1, 'sms', '+8619900000000', '您好', 'reminders',"
            " CASE n % 10 WHEN 0 THEN 'failed' WHEN 1 THEN 'skipped' ELSE 'delivered' END,"
            f" CASE n % 10 WHEN 0 THEN 'unreachable' WHEN 1 THEN 'cap' END, {AT}, {AT}, {AT}, {AT}",
            deliveries,
        ),
    ):
        db.execute(
            text(f"INSERT INTO {into} {NUMBERS} SELECT {chosen} FROM numbers WHERE n < :number"),
            {**values, "number": number, "people": people},
        )
    db.execute(text("ANALYZE"))
