"""Finding one of a million people at the console, and one's file: how long the database takes for a page (SQLite)."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sqlalchemy import Connection, insert

from bench.effort import Effort
from bench.row import Row, percentile
from outreach.console.people import file, search, timeline
from outreach.store.database import Database
from outreach.store.schema import COUNTIES, people

LIMIT_MS: Final = 100.0
BATCH: Final = 10_000
NOW: Final = datetime(2026, 11, 24, tzinfo=UTC)
FAMILY: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN: Final = "国栋桂英小龙秀兰建军明华丽芳大川永福玉梅红霞志强文静海燕"


def measure(effort: Effort) -> list[Row]:
    """The 95th percentile of each question, asked of rare and of frequent things alike."""
    total, rounds = effort.people, 40
    with TemporaryDirectory(prefix="outreach-people-") as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'outreach.db'}")
        try:
            chance = random.Random(1)
            for begin in range(0, total, BATCH):
                rows = [_person(chance) for _ in range(min(BATCH, total - begin))]
                database.write_now(partial(_fill, rows=rows))
            return [_row(database, name, ask, rounds, total) for name, ask in _questions(chance, total)]
        finally:
            database.close_now()


def _fill(db: Connection, rows: list[dict[str, Any]]) -> None:
    db.execute(insert(people), rows)


def _person(chance: random.Random) -> dict[str, Any]:
    return {
        "name": chance.choice(FAMILY) + "".join(chance.choices(GIVEN, k=2)),
        "phone": f"+86{chance.choice((138, 139, 150, 186))}{chance.randrange(10**8):08d}",
        "county": chance.choice(COUNTIES),
        "created_at": NOW,
    }


def _questions(chance: random.Random, total: int) -> list[tuple[str, Callable[[Connection], Any]]]:
    def find(words: Callable[[], str], county: str = "") -> Callable[[Connection], Any]:
        return lambda db: search.find(db, search.Wanted(words(), county))

    def digits(count: int) -> str:
        return str(chance.randrange(10 ** (count - 1), 10**count))

    def opened(db: Connection) -> None:
        person_id = chance.randrange(1, total + 1)
        file.read(db, person_id)
        file.alike(db, person_id)
        timeline.page(db, person_id)

    return [
        ("newest", find(lambda: "")),
        ("a county", find(lambda: "", "gulang")),
        ("a family name", find(lambda: chance.choice(FAMILY))),
        ("a whole name", find(lambda: str(_person(chance)["name"]))),
        ("a name nobody has", find(lambda: "欧阳靖雯")),
        ("four digits", find(lambda: digits(4))),
        ("eight digits", find(lambda: digits(8))),
        ("a whole number", find(lambda: str(_person(chance)["phone"]))),
        ("a file with its timeline", opened),
    ]


def _row(database: Database, name: str, ask: Callable[[Connection], Any], rounds: int, total: int) -> Row:
    database.read_now(ask)
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        database.read_now(ask)
        taken.append((time.perf_counter() - begun) * 1000)
    return Row(f"people, {total:,}: {name}, p95", percentile(taken, 95), "ms", LIMIT_MS)
