"""PostgreSQL as the operational store: a pool of connections, each piece of work in a transaction of its own.

Work is run again after a serialization failure, a deadlock, or a connection lost before COMMIT was sent; that
is why work may touch nothing but its connection. A connection lost during COMMIT is never tried again here:
whether the commit took place is unknown.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from outreach.store.errors import DatabaseError

T = TypeVar("T")

CONNECTIONS = 16
ATTEMPTS = 4
SETTINGS = {
    "statement_timeout": "5s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "10s",
    "timezone": "UTC",
    "application_name": "outreach",
}
RUN_AGAIN = {"40001", "40P01"}
"""SQLSTATE: serialization failure, deadlock."""
READ_ONLY = "25006"
LATER = {
    "53100": "its disk is full: make room",
    "53300": "it has no connection left: raise max_connections",
    "55P03": "a row stayed locked for too long",
    "57014": "a statement took too long",
    "57P01": "it is being shut down",
    "57P03": "it is starting up",
}
"""SQLSTATE: what is the matter; the same work may succeed later."""
CANNOT_CONNECT = (
    ("password authentication failed", "the user or password is wrong: correct OUTREACH_DATABASE_URL"),
    ("no password supplied", "it wants a password: add one to OUTREACH_DATABASE_URL"),
    ("does not exist", "there is no such database or user: create it (createdb, createuser)"),
    ("no pg_hba.conf entry", "it does not admit this machine: add a line to its pg_hba.conf"),
    ("could not translate host name", "no such host: correct OUTREACH_DATABASE_URL"),
    ("failed to resolve host", "no such host: correct OUTREACH_DATABASE_URL"),
    ("permission denied", "the user may not create tables there: grant the right, or use the owner"),
)
"""libpq gives no SQLSTATE when connecting fails, only words."""


def connect(url: URL) -> Engine:
    """An engine with this store's settings. Nothing is connected yet."""
    options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=10,
        pool_recycle=1800,
        hide_parameters=True,  # errors are logged; numbers and names must not be
        connect_args={"connect_timeout": 5, "options": options},
    )


def explain(error: BaseException, url: URL) -> DatabaseError | None:
    """What the driver's error means for whoever runs the house; None: it is the work's own."""
    where = url.render_as_string(hide_password=True)
    if isinstance(error, PoolTimeout):
        return DatabaseError(f"{where}: every connection is busy", retry=True)
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    state, words = getattr(error.orig, "sqlstate", None), str(error.orig)
    if state in LATER:
        return DatabaseError(f"{where}: {LATER[state]}", retry=True)
    if state in RUN_AGAIN:
        return DatabaseError(f"{where}: too many writers met on the same rows", retry=True)
    if state is None or state.startswith(("08", "28", "3D", "42501")):
        for sign, reason in CANNOT_CONNECT:
            if sign in words:
                return DatabaseError(f"{where}: {reason}")
    if error.connection_invalidated or state is None or state.startswith("08"):
        return DatabaseError(f"{where}: it cannot be reached: check that it runs", retry=True)
    return None


class Postgres:
    """One PostgreSQL database, open. The schema must be up to date."""

    dialect = "postgresql"

    def __init__(self, engine: Engine) -> None:
        """``engine``: from ``connect``; owned from now on."""
        self._engine = engine
        self._reading = engine.execution_options(postgresql_readonly=True)
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="database")
        self._gate = threading.Lock()
        self._closed = False
        event.listen(engine, "commit", _refuse_commit)

    def write(self, work: Callable[[Connection], T]) -> Future[T]:
        """Run work in a transaction of its own. Raises DatabaseError once closed."""
        with self._gate:
            self._refuse_if_closed()
            return self._threads.submit(self._explained, self._write, work)

    def read(self, work: Callable[[Connection], T]) -> Future[T]:
        """Run work in a read-only transaction. Raises DatabaseError once closed."""
        with self._gate:
            self._refuse_if_closed()
            return self._threads.submit(self._explained, self._read, work)

    def close(self) -> None:
        """Finish what is queued, then close every connection. Blocks."""
        with self._gate:
            self._closed = True
        self._threads.shutdown()
        self._engine.dispose()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise DatabaseError("the database is closed")

    def _explained(self, run: Callable[[Callable[[Connection], T]], T], work: Callable[[Connection], T]) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return run(work)
            except (DBAPIError, PoolTimeout) as error:
                if attempt < ATTEMPTS and _may_run_again(error):
                    time.sleep(0.005 * 4**attempt)
                    continue
                if reason := explain(error, self._engine.url):
                    raise reason from error
                raise
        raise AssertionError("unreachable")

    def _read(self, work: Callable[[Connection], T]) -> T:
        with self._reading.connect() as connection:
            try:
                return work(connection)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) == READ_ONLY:
                    raise DatabaseError("work that was to read tried to write") from error
                raise

    def _write(self, work: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection:
            try:
                value = work(connection)
            finally:
                if not connection.in_transaction():
                    connection.rollback()  # else, after work's own commit(), it goes back open
            marks = connection.info  # out of reach once the connection breaks
            marks["committing"] = True
            try:
                connection.commit()
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                raise DatabaseError(
                    "the connection broke during a commit: it is not known whether it took place"
                ) from error
            finally:
                marks.pop("committing")
            return value


def _may_run_again(error: Exception) -> bool:
    """Whether nothing of the work can have been kept, and another run may fare better."""
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in RUN_AGAIN


def _refuse_commit(connection: Connection) -> None:
    if not connection.info.get("committing"):
        raise DatabaseError("work may neither commit nor roll back: it raises, or it is committed")
