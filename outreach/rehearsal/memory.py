"""A database for a rehearsal: in memory, gone with the process, so that nothing real can be touched.

Work is done at once, in the thread that asks: no disk to wait for and nobody to wait with. ``copy`` fills one from
the house's own database without writing to it.
"""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, create_engine, insert, make_url, select, text

from outreach.store import migrate, tables
from outreach.store.database import Database
from outreach.store.errors import DatabaseError
from outreach.store.postgres import connect, explain
from outreach.store.schema import metadata
from outreach.store.sqlite import over

T = TypeVar("T")
ROWS: Final = 1_000
assert tables.__all__, "importing the lines' tables completes the metadata"


class Memory:
    """An in-memory SQLite: what a ``Database`` is made of. Not for more than one thread."""

    dialect = "sqlite"

    def __init__(self, raw: sqlite3.Connection) -> None:
        """``raw``: open, its schema up to date, in no transaction."""
        self._raw = raw
        self._connection = over(raw).connect()
        raw.execute("BEGIN")

    def write(self, work: Callable[[Connection], T]) -> Future[T]:
        """Done, or undone alone."""
        self._raw.execute("SAVEPOINT work")
        done: Future[T] = Future()
        try:
            value = work(self._connection)
        except Exception as error:
            self._raw.execute("ROLLBACK TO work")
            self._raw.execute("RELEASE work")
            done.set_exception(error)
            return done
        self._raw.execute("RELEASE work")
        done.set_result(value)
        return done

    def read(self, work: Callable[[Connection], T]) -> Future[T]:
        """As ``write``: a rehearsal harms nobody."""
        return self.write(work)

    def close(self) -> None:
        """Forget everything."""
        self._raw.close()


def empty() -> Database:
    """All tables and no rows."""
    raw = _open()
    engine = create_engine("sqlite://", creator=lambda: raw)
    metadata.create_all(engine)
    return Database(Memory(raw))


def copy(url: str) -> Database:
    """What is in the database at ``url``, brought up to this program's schema. Only reads there.

    Raises DatabaseError: there is none, or it cannot be read.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return Database(Memory(_copy_file(Path(parsed.database or ""))))
    raw = _open()
    metadata.create_all(create_engine("sqlite://", creator=lambda: raw))
    engine = connect(parsed)
    try:
        with engine.connect() as source, over(raw).connect() as target:
            # one snapshot of all tables, in which nothing can be written by mistake
            source.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            for table in metadata.sorted_tables:
                found = source.execution_options(yield_per=ROWS).execute(select(table)).mappings()
                for rows in found.partitions(ROWS):
                    target.execute(insert(table), [dict(row) for row in rows])
    except Exception as error:
        raise explain(error, parsed) or error from error
    finally:
        engine.dispose()
    return Database(Memory(raw))


def _copy_file(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise DatabaseError(f"{path}: there is no database to rehearse with: outreach serve makes one")
    source = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    try:
        raw = _open()
        source.backup(raw)
    except sqlite3.Error as error:
        raise DatabaseError(f"{path}: cannot be read ({error})") from error
    finally:
        source.close()
    raw.execute("PRAGMA foreign_keys=OFF")
    with over(raw).connect() as connection:
        raw.execute("BEGIN")
        migrate.upgrade(connection)
        raw.execute("COMMIT")
    raw.execute("PRAGMA foreign_keys=ON")
    return raw


def _open() -> sqlite3.Connection:
    raw: Any = sqlite3.connect(
        ":memory:", isolation_level=None, check_same_thread=False, cached_statements=512
    )
    raw.execute("PRAGMA foreign_keys=ON")
    opened: sqlite3.Connection = raw
    return opened
