"""What holds for PostgreSQL alone: what is tried again, and what is reported."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, insert, select, update

from outreach.store.database import Database, DatabaseError
from outreach.store.postgres import SETTINGS
from outreach.store.schema import counselors
from tests.conftest import made


@pytest.fixture
def database(postgres_url: str) -> Database:
    return Database.open(postgres_url)


def two_counselors(db: Connection) -> None:
    db.execute(insert(counselors), [{"id": 1, "name": "a", "phone": ""}, {"id": 2, "name": "b", "phone": ""}])


def test_settings_are_in_force(database: Database) -> None:
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "timezone"):

        def show(db: Connection, name: str = name) -> str:
            return str(db.exec_driver_sql(f"SHOW {name}").scalar())

        assert database.write_now(show).lower() == SETTINGS[name].lower()
        assert database.read_now(show).lower() == SETTINGS[name].lower()
    database.close_now()


def test_a_deadlock_is_run_again(database: Database) -> None:
    """Two pieces of work that lock the same two rows crosswise: PostgreSQL ends one, which is run again."""
    database.write_now(two_counselors)
    both_hold_one = threading.Barrier(2, timeout=20)
    mark = update(counselors).values(phone=counselors.c.phone + "x")
    runs: list[int] = []

    def crosswise(first: int, second: int) -> Callable[[Connection], None]:
        def work(db: Connection) -> None:
            runs.append(first)
            db.execute(mark.where(counselors.c.id == first))
            if runs.count(first) == 1:
                both_hold_one.wait()
            db.execute(mark.where(counselors.c.id == second))

        return work

    async def both() -> None:
        await asyncio.gather(database.write(crosswise(1, 2)), database.write(crosswise(2, 1)))

    asyncio.run(both())
    assert len(runs) == 3
    assert database.read_now(lambda db: set(db.scalars(select(counselors.c.phone)))) == {"xx"}
    database.close_now()


def test_a_connection_lost_before_the_commit_is_replaced(database: Database, postgres_server: Engine) -> None:
    runs: list[int] = []

    def loses_its_connection(db: Connection) -> None:
        db.execute(insert(counselors).values(name="once", phone=""))
        runs.append(1)
        if len(runs) == 1:
            process = db.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            with postgres_server.connect() as killer:
                killer.exec_driver_sql(f"SELECT pg_terminate_backend({process}, 5000)")
            db.exec_driver_sql("SELECT 1")

    database.write_now(loses_its_connection)
    assert len(runs) == 2
    assert database.read_now(lambda db: list(db.scalars(select(counselors.c.name)))) == ["once"]
    database.close_now()


def test_a_connection_lost_during_the_commit_is_not_tried_again(
    database: Database, postgres_server: Engine
) -> None:
    """Whether it took place is unknown then; trying again might do it twice."""
    runs: list[int] = []

    def loses_its_connection(db: Connection) -> None:
        runs.append(1)
        process = db.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with postgres_server.connect() as killer:
            killer.exec_driver_sql(f"SELECT pg_terminate_backend({process}, 5000)")

    with pytest.raises(DatabaseError, match="not known") as caught:
        database.write_now(loses_its_connection)
    assert not caught.value.retry
    assert len(runs) == 1
    database.close_now()


def test_a_statement_that_takes_too_long_is_reported(database: Database) -> None:
    def dawdles(db: Connection) -> None:
        db.exec_driver_sql("SET LOCAL statement_timeout = 20")
        db.exec_driver_sql("SELECT pg_sleep(20)")

    with pytest.raises(DatabaseError, match="took too long") as caught:
        database.write_now(dawdles)
    assert caught.value.retry
    database.close_now()


def test_a_wrong_name_says_what_to_do(postgres_server: Engine) -> None:
    url = postgres_server.url.set(database="no_such_database").render_as_string(hide_password=False)
    with pytest.raises(DatabaseError, match="no such database or user: create it"):
        Database.open(url)


def test_nodes_that_start_together_migrate_once(postgres_server: Engine) -> None:
    async def start(url: str) -> list[Database]:
        return await asyncio.gather(*(asyncio.to_thread(Database.open, url) for _ in range(4)))

    with made(postgres_server, "outreach_empty") as url:
        for database in asyncio.run(start(url)):
            database.write_now(lambda db: db.execute(select(counselors)).all())
            database.close_now()
