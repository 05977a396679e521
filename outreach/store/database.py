"""The one door to the data: open a database, hand it work, get the result back once it is safe.

Work is a function of a Connection. It may be run more than once and shares its commit with strangers, so it
touches nothing but its connection, returns plain values (no open results), and neither commits nor rolls
back: it raises, and is undone, or returns, and is kept.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from outreach.store import migrate, postgres, sqlite
from outreach.store.errors import DatabaseError

__all__ = ["Database", "DatabaseError"]

T = TypeVar("T")


class Store(Protocol):
    """What a kind of database must be able to do."""

    @property
    def dialect(self) -> str:
        """SQLAlchemy's name for it."""

    def write(self, work: Callable[[Connection], T]) -> Future[T]:
        """Done once the work is durable."""

    def read(self, work: Callable[[Connection], T]) -> Future[T]:
        """Done once the work has been run; it cannot write."""

    def close(self) -> None:
        """Finish what is queued; blocks."""


class Database:
    """An open database, its schema up to date. Safe to share between threads and tasks."""

    def __init__(self, store: Store) -> None:
        """Use ``Database.open``."""
        self._store = store

    @staticmethod
    def open(url: str) -> "Database":
        """Open the database at a SQLAlchemy URL and bring its schema up to date. Blocks.

        Raises DatabaseError, in one sentence what is wrong and what to do: no rights, a wrong password, a
        schema newer than this program.
        """
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise DatabaseError(
                "the database address is no URL: see OUTREACH_DATABASE_URL in the manual"
            ) from None
        match parsed.get_backend_name():
            case "sqlite":
                return Database(_open_sqlite(parsed))
            case "postgresql":
                return Database(_open_postgres(parsed))
            case other:
                raise DatabaseError(f"{other} is not supported: use sqlite:///FILE or postgresql://…")

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self._store.dialect

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run work that writes; returns when it is on disk. Cancelled before it began, it is not done.

        Raises what the work raises (it is undone then, alone), or DatabaseError.
        """
        return await asyncio.wrap_future(self._store.write(work))

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run work that only reads: writing in it fails. It sees all that was committed before it began."""
        return await asyncio.wrap_future(self._store.read(work))

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """``write`` for the command line: blocks, so never from an event loop."""
        return self._store.write(work).result()

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """``read`` for the command line: blocks, so never from an event loop."""
        return self._store.read(work).result()

    async def close(self) -> None:
        """Finish what is queued, then close. Later work is refused with DatabaseError."""
        await asyncio.to_thread(self._store.close)

    def close_now(self) -> None:
        """``close`` for the command line."""
        self._store.close()


def _open_sqlite(url: URL) -> sqlite.Sqlite:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise DatabaseError("a SQLite database needs a file: sqlite:///data/outreach.db")
    path = Path(url.database).resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Personal data: nobody else's to read. SQLite gives its -wal and -shm files the same rights.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        lock = os.open(f"{path}-lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DatabaseError(
            f"{path}: cannot be written ({error.strerror}): check the rights of its folder"
        ) from None
    try:
        with sqlite.alone(lock, path):
            _migrate_sqlite(path)
            return sqlite.Sqlite(path, lock)
    except Exception as error:
        os.close(lock)
        if reason := sqlite.explain(error, path):
            raise reason from error
        raise


def _migrate_sqlite(path: Path) -> None:
    raw = sqlite.connect(path)
    try:
        # Rebuilding a table drops the old one, which would cascade into its children were the keys enforced.
        raw.execute("PRAGMA foreign_keys=OFF")
        with sqlite.over(raw).connect() as connection:
            raw.execute("BEGIN IMMEDIATE")
            migrate.upgrade(connection)
            if broken := raw.execute("PRAGMA foreign_key_check").fetchall():
                raise DatabaseError(
                    f"{path}: migrating would leave {len(broken)} rows without what they refer to: "
                    "nothing was changed, ask the developers"
                )
            raw.execute("COMMIT")  # before SQLAlchemy, on leaving, rolls back what is open
    finally:
        raw.close()


def _open_postgres(url: URL) -> postgres.Postgres:
    engine = postgres.connect(url)
    try:
        with engine.begin() as connection:
            # Nodes that start together migrate one after the other; migrations may take their time.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(620600)")
            migrate.upgrade(connection)
    except DBAPIError as error:
        engine.dispose()
        if reason := postgres.explain(error, url):
            raise reason from error
        raise
    except DatabaseError:
        engine.dispose()
        raise
    return postgres.Postgres(engine)
