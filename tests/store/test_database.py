"""What holds for every kind of database."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest
from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from outreach.store.database import Database, DatabaseError
from outreach.store.postgres import CONNECTIONS
from outreach.store.schema import counselors, people, sessions

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def keep(db: Connection, name: str) -> str:
    db.execute(insert(counselors).values(name=name, phone="1"))
    return name


def names(db: Connection) -> list[str]:
    return list(db.scalars(select(counselors.c.name).order_by(counselors.c.name)))


def test_what_was_written_is_read(database: Database) -> None:
    assert database.write_now(lambda db: keep(db, "马")) == "马"
    assert database.read_now(names) == ["马"]


def test_it_waits_without_blocking_the_loop(database: Database) -> None:
    async def both() -> list[str]:
        await asyncio.gather(*(database.write(partial(keep, name=str(i))) for i in range(20)))
        return await database.read(names)

    assert asyncio.run(both()) == sorted(str(i) for i in range(20))


def test_work_that_raises_is_undone_alone(database: Database) -> None:
    def fails(db: Connection) -> None:
        keep(db, "undone")
        raise ZeroDivisionError

    def breaks_a_constraint(db: Connection) -> None:
        keep(db, "undone too")
        db.execute(insert(people).values(speed=9, created_at=NOW))

    async def mixed() -> list[object]:
        works = [partial(keep, name=f"kept {i}") for i in range(9)]
        return await asyncio.gather(
            *map(database.write, works[:3]),
            database.write(fails),
            *map(database.write, works[3:6]),
            database.write(breaks_a_constraint),
            *map(database.write, works[6:]),
            return_exceptions=True,
        )

    results = asyncio.run(mixed())
    failed = [type(result) for result in results if not isinstance(result, str)]
    assert failed == [ZeroDivisionError, IntegrityError]
    assert database.read_now(names) == [f"kept {i}" for i in range(9)]


def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(DatabaseError, match="tried to write"):
        database.read_now(lambda db: keep(db, "x"))
    assert database.read_now(names) == []


def test_work_may_not_commit(database: Database) -> None:
    def commits(db: Connection) -> None:
        keep(db, "x")
        db.commit()

    with pytest.raises(DatabaseError, match="neither commit"):
        database.write_now(commits)
    database.write_now(lambda db: keep(db, "after"))
    assert database.read_now(names) == ["after"]


def test_a_savepoint_inside_work(database: Database) -> None:
    def tries(db: Connection) -> None:
        keep(db, "outer")
        savepoint = db.begin_nested()
        keep(db, "inner")
        savepoint.rollback()

    database.write_now(tries)
    assert database.read_now(names) == ["outer"]


def test_counting_together_loses_nothing(database: Database) -> None:
    """Read, add one, write: on PostgreSQL this is what the row lock is for."""

    def start(db: Connection) -> None:
        db.execute(insert(sessions).values(id="s", state="{}", turn=0, updated_at=NOW))

    def add_one(db: Connection) -> None:
        turn = db.scalar(select(sessions.c.turn).where(sessions.c.id == "s").with_for_update())
        db.execute(update(sessions).where(sessions.c.id == "s").values(turn=(turn or 0) + 1))

    database.write_now(start)

    async def crowd() -> None:
        await asyncio.gather(*(database.write(add_one) for _ in range(200)))

    asyncio.run(crowd())
    assert database.read_now(lambda db: db.scalar(select(sessions.c.turn))) == 200


def test_a_read_sees_one_moment(database: Database) -> None:
    """A reader that is at work does not hold up a writer, and on SQLite does not see it either."""
    reading, written = threading.Event(), threading.Event()

    def count_twice(db: Connection) -> tuple[int | None, int | None]:
        first = db.scalar(select(func.count()).select_from(counselors))
        reading.set()
        assert written.wait(20)
        return first, db.scalar(select(func.count()).select_from(counselors))

    async def both() -> tuple[int | None, int | None]:
        result = asyncio.ensure_future(database.read(count_twice))
        await asyncio.to_thread(reading.wait, 20)
        await database.write(lambda db: keep(db, "x"))
        written.set()
        return await result

    assert asyncio.run(both()) == ((0, 0) if database.dialect == "sqlite" else (0, 1))


def test_cancelled_before_it_began_is_not_done(database: Database) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(db: Connection) -> None:
        started.set()
        assert go_on.wait(20)

    async def cancel_while_waiting() -> None:
        every_thread = [asyncio.ensure_future(database.write(slow)) for _ in range(CONNECTIONS)]
        await asyncio.to_thread(started.wait, 20)
        waiting = asyncio.ensure_future(database.write(lambda db: keep(db, "cancelled")))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        go_on.set()
        await asyncio.gather(*every_thread)

    asyncio.run(cancel_while_waiting())
    assert database.read_now(names) == []


def test_closing_finishes_what_waits_and_then_refuses(database_url: str) -> None:
    database = Database.open(database_url)

    async def close_at_once() -> None:
        writes = [asyncio.ensure_future(database.write(partial(keep, name=str(i)))) for i in range(50)]
        await asyncio.sleep(0)
        await database.close()
        await asyncio.gather(*writes)

    asyncio.run(close_at_once())
    for again in (database.write_now, database.read_now):
        with pytest.raises(DatabaseError, match="closed"):
            again(names)
    database.close_now()
    reopened = Database.open(database_url)
    assert len(reopened.read_now(names)) == 50
    reopened.close_now()


def test_errors_show_no_values(database: Database) -> None:
    """Errors are logged, and must hold no number or name. (PostgreSQL's own words, in ``orig``, may.)"""

    def wrong(db: Connection) -> None:
        db.execute(insert(people).values(phone="+8619900000001", speed=9, created_at=NOW))

    with pytest.raises(IntegrityError) as caught:
        database.write_now(wrong)
    assert "19900000001" not in str(caught.value).replace(str(caught.value.orig), "")


def test_a_schema_from_the_future_is_refused(database_url: str) -> None:
    def call_it(version: str) -> Callable[[Connection], None]:
        def work(db: Connection) -> None:
            db.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})

        return work

    database = Database.open(database_url)
    now = database.read_now(lambda db: str(db.scalar(text("SELECT version_num FROM alembic_version"))))
    database.write_now(call_it("9999"))
    with pytest.raises(DatabaseError, match=r"newer version.*9999.*update the program"):
        Database.open(database_url)
    database.write_now(call_it(now))
    database.close_now()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://localhost/x", "mysql is not supported: use sqlite"),
        ("nonsense", "no URL"),
        ("sqlite://", "needs a file"),
        ("sqlite:////proc/none/outreach.db", "cannot be written"),
        ("postgresql://nobody@127.0.0.1:9/none", "cannot be reached: check that it runs"),
        ("postgresql://nobody:secret@no.such.host.invalid/none", "no such host"),
    ],
)
def test_what_cannot_be_opened_says_what_to_do(url: str, says: str) -> None:
    with pytest.raises(DatabaseError, match=says) as caught:
        Database.open(url)
    assert "secret" not in str(caught.value)
