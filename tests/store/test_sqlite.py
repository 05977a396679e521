"""What holds for SQLite alone: settings of every connection, group commits, what survives a kill -9."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from outreach.store.database import Database, DatabaseError
from outreach.store.schema import counselors, duty_hours
from outreach.store.sqlite import READERS

PRAGMAS = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "wal_autocheckpoint", "query_only")
FULL = 2


@pytest.fixture
def database(sqlite_url: str) -> Database:
    return Database.open(sqlite_url)


def keep(db: Connection, name: str) -> None:
    db.execute(insert(counselors).values(name=name, phone="1"))


def names(db: Connection) -> set[str]:
    return set(db.scalars(select(counselors.c.name)))


def settings(db: Connection) -> dict[str, object]:
    return {name: db.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS}


def test_the_writing_connection(database: Database) -> None:
    assert database.write_now(settings) == {
        "journal_mode": "wal",
        "synchronous": FULL,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
        "wal_autocheckpoint": 1000,
        "query_only": 0,
    }
    database.close_now()


def test_every_reading_connection(database: Database) -> None:
    """All of them at once, so that none is met twice; none may checkpoint."""
    together = threading.Barrier(READERS, timeout=20)

    def look(db: Connection) -> dict[str, object]:
        together.wait()
        return settings(db)

    async def all_of_them() -> list[dict[str, object]]:
        return await asyncio.gather(*(database.read(look) for _ in range(READERS)))

    for found in asyncio.run(all_of_them()):
        assert found["synchronous"] == FULL
        assert found["query_only"] == 1
        assert found["wal_autocheckpoint"] == 0
        assert found["busy_timeout"] == 10_000
    database.close_now()


def test_a_reading_connection_cannot_be_talked_into_writing(database: Database) -> None:
    def insist(db: Connection) -> None:
        db.exec_driver_sql("PRAGMA query_only=OFF")
        keep(db, "x")

    with pytest.raises(DatabaseError, match="tried to write"):
        database.read_now(insist)
    database.close_now()


def test_what_waits_together_is_committed_together(database: Database) -> None:
    """A hundred pieces of work that wait cost two commits: the one they waited for, and their own."""
    commits = count_commits(database)
    started, go_on = threading.Event(), threading.Event()

    def hold(db: Connection) -> None:
        started.set()
        assert go_on.wait(20)

    async def crowd() -> None:
        first = asyncio.ensure_future(database.write(hold))
        await asyncio.to_thread(started.wait, 20)
        waiting = [asyncio.ensure_future(database.write(partial(keep, name=str(i)))) for i in range(100)]
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(first, *waiting)

    asyncio.run(crowd())
    assert len(database.read_now(names)) == 100
    assert commits() == 2
    database.close_now()


def count_commits(database: Database) -> "Commits":
    commits = Commits()

    def watch(db: Connection) -> None:
        raw = db.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.set_trace_callback(commits.saw)

    database.write_now(watch)
    commits.seen = 0  # the watching's own
    return commits


class Commits:
    """How many COMMITs a connection has been given."""

    def __init__(self) -> None:
        self.seen = 0

    def saw(self, statement: str) -> None:
        self.seen += statement == "COMMIT"

    def __call__(self) -> int:
        return self.seen


def test_a_commit_that_fails_fails_for_all_and_the_next_one_works(database: Database) -> None:
    """A foreign key checked only at the end breaks the COMMIT itself."""
    started, go_on = threading.Event(), threading.Event()

    def hold(db: Connection) -> None:
        started.set()
        assert go_on.wait(20)

    def breaks_the_commit(db: Connection) -> None:
        db.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        db.execute(insert(duty_hours).values(counselor_id=99, weekday=1, starts="08:00", ends="09:00"))

    async def crowd() -> list[BaseException | None]:
        first = asyncio.ensure_future(database.write(hold))
        await asyncio.to_thread(started.wait, 20)
        works: list[Callable[[Connection], None]] = [
            partial(keep, name="a"),
            breaks_the_commit,
            partial(keep, name="b"),
        ]
        waiting = [asyncio.ensure_future(database.write(work)) for work in works]
        await asyncio.sleep(0)
        go_on.set()
        await first
        return await asyncio.gather(*waiting, return_exceptions=True)

    results = asyncio.run(crowd())
    assert all(isinstance(result, DatabaseError) and result.retry for result in results)
    database.write_now(partial(keep, name="later"))
    assert database.read_now(names) == {"later"}
    database.close_now()


def test_work_that_waits_for_work_is_refused(database: Database) -> None:
    """It would wait for itself for ever."""
    with pytest.raises(DatabaseError, match="do both in one"):
        database.write_now(lambda db: database.write_now(names))
    database.close_now()


def test_work_that_leaves_a_savepoint_open_is_undone(database: Database) -> None:
    def leaves(db: Connection) -> None:
        db.begin_nested()
        keep(db, "x")

    with pytest.raises(DatabaseError, match="savepoint"):
        database.write_now(leaves)
    database.write_now(partial(keep, name="after"))
    assert database.read_now(names) == {"after"}
    database.close_now()


def test_a_second_process_may_write_now_and_then(database: Database, sqlite_url: str) -> None:
    tool = Database.open(sqlite_url)

    async def both() -> None:
        one = (database.write(partial(keep, name=f"one {i}")) for i in range(50))
        other = (tool.write(partial(keep, name=f"other {i}")) for i in range(50))
        await asyncio.gather(*one, *other)

    asyncio.run(both())
    assert len(database.read_now(names)) == 100
    tool.close_now()
    database.close_now()


def test_a_path_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "outreach.db").mkdir()
    with pytest.raises(DatabaseError, match=r"cannot be written \(Is a directory\)"):
        Database.open(f"sqlite:///{tmp_path / 'outreach.db'}")


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "outreach.db").write_text("Dear diary, " * 100)
    with pytest.raises(DatabaseError, match="no SQLite database: move it away"):
        Database.open(f"sqlite:///{tmp_path / 'outreach.db'}")


def test_nobody_else_may_read_the_files(database: Database, tmp_path: Path) -> None:
    database.write_now(partial(keep, name="x"))
    assert {path.stat().st_mode & 0o077 for path in tmp_path.glob("outreach.db-*")} == {0}
    database.close_now()


WRITES_FOR_EVER = """
import asyncio, itertools, sys
from sqlalchemy import insert
from outreach.store.database import Database
from outreach.store.schema import counselors

def keep(db, name):
    db.execute(insert(counselors).values(name=name, phone="1"))

async def main():
    database, count = Database.open(sys.argv[1]), itertools.count()
    async def caller():
        while True:
            name = f"{sys.argv[2]} {next(count)}"
            await database.write(lambda db: keep(db, name))
            sys.stdout.write(name + chr(10))
            sys.stdout.flush()
    await asyncio.gather(*(caller() for _ in range(16)))

asyncio.run(main())
"""


def test_kill_9_loses_nothing_that_was_acknowledged(sqlite_url: str) -> None:
    """Twenty lives of one database, each cut short while it writes. (For power loss, see ``synchronous``.)"""
    acknowledged: set[str] = set()
    for life in range(20):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITES_FOR_EVER, sqlite_url, str(life)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for _ in range(50 + 10 * life):
            acknowledged.add(process.stdout.readline().strip())
        os.kill(process.pid, signal.SIGKILL)
        acknowledged.update(line.strip() for line in process.stdout if line.endswith("\n"))
        process.wait()
        process.stdout.close()
    database = Database.open(sqlite_url)
    kept = database.read_now(names)
    assert len(acknowledged) > 20 * 50
    assert acknowledged <= kept
    assert database.read_now(lambda db: db.exec_driver_sql("PRAGMA integrity_check").scalar()) == "ok"
    database.close_now()
