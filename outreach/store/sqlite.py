"""SQLite as the operational store: one connection writes, in group commits; others only read.

The laws of this file:

* One thread per process writes. It takes all the work that waits, gives each piece a SAVEPOINT of its own,
  and makes one COMMIT for all: one fsync, however many callers. Nobody is told "done" before that COMMIT is
  on disk.
* ``synchronous=FULL``: a commit survives the loss of power, not only the death of the process.
* No two connections, in whatever process, write or checkpoint at the same moment. SQLite 3.7.0 to 3.51.2 has
  a race there (the "WAL-reset bug", https://sqlite.org/wal.html#walresetbug) that can lose commits or corrupt
  the file, and Debian 12's 3.40.1 is one of them. So readers can neither write (``mode=ro``) nor checkpoint,
  and a writer holds an advisory lock on ``FILE-lock`` from BEGIN until after COMMIT, which is where it
  checkpoints.
* Therefore several processes may share one file: one that serves, and command-line tools that write now and
  then. Two that serve belong on PostgreSQL: waiting here is polling, and polling is not fair. Windows has no
  ``flock``: there, one process at a time. Foreign programs that write to the file know nothing of the lock.
"""

import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, StaticPool, create_engine, event

from outreach.store.errors import DatabaseError

if sys.platform != "win32":
    import fcntl

T = TypeVar("T")

GROUP = 256
"""Most pieces of work in one commit: at 0.2 ms each, nobody waits longer than some 50 ms for strangers."""
READERS = 4
BUSY_SECONDS = 10.0

EVERY_CONNECTION = (
    f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
)
READER = (*EVERY_CONNECTION, "PRAGMA wal_autocheckpoint=0", "PRAGMA query_only=ON")

REASONS = {
    "SQLITE_CANTOPEN": "the file cannot be opened: check that its folder exists and may be written",
    "SQLITE_READONLY": "the file may not be written: check the rights of the file and its folder",
    "SQLITE_PERM": "the file may not be written: check the rights of the file and its folder",
    "SQLITE_NOTADB": "the file is no SQLite database: move it away, or restore a backup",
    "SQLITE_CORRUPT": "the file is damaged: restore the latest backup",
    "SQLITE_FULL": "the disk is full: make room",
    "SQLITE_IOERR": "the disk reports an error: check it, then the file",
    "SQLITE_BUSY": "another program holds the file: end it, or wait",
    "SQLITE_LOCKED": "another program holds the file: end it, or wait",
}
TRY_AGAIN = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_BUSY", "SQLITE_LOCKED")


def explain(error: BaseException, path: Path) -> DatabaseError | None:
    """What SQLite's error means for whoever runs the house; None: it is about the work, not the database."""
    code = getattr(getattr(error, "orig", error), "sqlite_errorname", "")
    for name, reason in REASONS.items():
        if code.startswith(name):
            return DatabaseError(f"{path}: {reason}", retry=name in TRY_AGAIN)
    return None


@contextmanager
def alone(lock: int, path: Path) -> Iterator[None]:
    """Hold the write lock between processes. Raises DatabaseError when it is not had in BUSY_SECONDS."""
    if sys.platform == "win32":
        yield
        return
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > give_up:
                raise DatabaseError(
                    f"{path}: another process has been writing for too long", retry=True
                ) from None
            time.sleep(0.002)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection with this store's settings; transactions are begun by hand. Raises sqlite3.Error."""
    mode = "ro" if read_only else "rw"
    raw = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,  # a pool hands them from thread to thread, never to two at once
        cached_statements=512,
    )
    for pragma in READER if read_only else EVERY_CONNECTION:
        raw.execute(pragma)
    if not read_only and raw.execute("PRAGMA journal_mode=WAL").fetchone()[0] != "wal":
        raw.close()
        raise DatabaseError(f"{path}: this file system cannot hold it: put it on a local disk")
    return raw


@dataclass(slots=True)
class Job:
    """A piece of work that waits for the writer, and whoever waits for it."""

    work: Callable[[Connection], Any]
    future: Future[Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a piece of work came to; it is told only once it is on disk."""

    value: Any = None
    error: BaseException | None = None


class Sqlite:
    """One SQLite file, open: a writer thread and a few reader threads. The schema must be up to date."""

    dialect = "sqlite"

    def __init__(self, path: Path, lock: int) -> None:
        """``lock``: descriptor of the open lock file; ``close`` closes it."""
        self._path, self._lock = path, lock
        self._raw = connect(path)
        self._connection = over(self._raw).connect()
        event.listen(self._connection, "rollback", _refuse)
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._reading = create_engine(
            "sqlite://",
            creator=lambda: connect(path, read_only=True),
            poolclass=QueuePool,
            pool_size=READERS,
            max_overflow=0,
            hide_parameters=True,
        )
        event.listen(self._reading, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="database-read")
        self._writer = threading.Thread(target=self._write_all, name="database-write", daemon=True)
        self._writer.start()

    def write(self, work: Callable[[Connection], T]) -> Future[T]:
        """Queue work for the next group commit. Raises DatabaseError once closed, or inside other work."""
        if threading.current_thread() is self._writer:
            raise DatabaseError("work may not wait for other work: do both in one")
        future: Future[T] = Future()
        with self._gate:
            self._refuse_if_closed()
            self._jobs.put(Job(work, future))
        return future

    def read(self, work: Callable[[Connection], T]) -> Future[T]:
        """Run work that only reads, on one consistent snapshot. Raises DatabaseError once closed."""
        with self._gate:
            self._refuse_if_closed()
            return self._readers.submit(self._read, work)

    def close(self) -> None:
        """Finish what is queued, then close every connection. Blocks."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._writer.join()
        self._readers.shutdown()
        self._reading.dispose()
        os.close(self._lock)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise DatabaseError("the database is closed")

    def _read(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._reading.connect() as connection:
                return work(connection)
        except Exception as error:
            if getattr(getattr(error, "orig", error), "sqlite_errorname", "") == "SQLITE_READONLY":
                raise DatabaseError("work that was to read tried to write") from error
            if reason := explain(error, self._path):
                raise reason from error
            raise

    def _write_all(self) -> None:
        more = True
        while more:
            jobs, more = self._waiting()
            if jobs:
                self._commit(jobs)
        with alone(self._lock, self._path):
            self._raw.close()  # checkpoints

    def _waiting(self) -> tuple[list[Job], bool]:
        """Wait for one piece of work, take what else is there. False: the last one has been taken."""
        jobs: list[Job] = []
        job = self._jobs.get()
        while job is not None:
            if job.future.set_running_or_notify_cancel():
                jobs.append(job)
            if len(jobs) >= GROUP:
                return jobs, True
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return jobs, True
        return jobs, False

    def _commit(self, jobs: list[Job]) -> None:
        try:
            with alone(self._lock, self._path):
                outcomes = self._transact(jobs)
        except Exception as error:
            failure = error if isinstance(error, DatabaseError) else explain(error, self._path)
            failure = failure or DatabaseError(f"{self._path}: nothing was written: {error}", retry=True)
            outcomes = [Outcome(error=failure) for _ in jobs]
        for job, outcome in zip(jobs, outcomes, strict=True):
            if outcome.error is None:
                job.future.set_result(outcome.value)
            else:
                job.future.set_exception(outcome.error)

    def _transact(self, jobs: list[Job]) -> list[Outcome]:
        """All jobs in one transaction. Raises what BEGIN or COMMIT raises; nothing is written then."""
        raw = self._raw
        raw.execute("BEGIN IMMEDIATE")
        try:
            outcomes = [self._attempt(job.work) for job in jobs]
            raw.execute("COMMIT")
        except BaseException:
            if raw.in_transaction:
                raw.execute("ROLLBACK")
            raise
        return outcomes

    def _attempt(self, work: Callable[[Connection], Any]) -> Outcome:
        """One job in its savepoint. Raises only when SQLite itself has given up the whole transaction."""
        raw, connection = self._raw, self._connection
        raw.execute("SAVEPOINT work")
        try:
            value = work(connection)
            if connection.in_nested_transaction():
                raise DatabaseError("work left a savepoint of its own open")
        except BaseException as error:
            if not raw.in_transaction:  # a full disk, for one: SQLite rolls everybody back
                raise
            while nested := connection.get_nested_transaction():
                nested.rollback()
            if not connection.in_transaction():
                connection.rollback()  # forgets a transaction that the work tried to end; touches no data
            raw.execute("ROLLBACK TO work")
            raw.execute("RELEASE work")
            return Outcome(error=explain(error, self._path) or error)
        raw.execute("RELEASE work")
        return Outcome(value)


def over(raw: sqlite3.Connection) -> Engine:
    """SQLAlchemy over one connection; BEGIN and COMMIT are its owner's, not SQLAlchemy's nor the work's."""
    engine = create_engine(
        "sqlite://",
        creator=lambda: raw,
        poolclass=StaticPool,
        pool_reset_on_return=None,
        hide_parameters=True,  # errors are logged; numbers and names must not be
    )
    event.listen(engine, "commit", _refuse)
    return engine


def _refuse(_: Connection) -> None:
    raise DatabaseError("work may neither commit nor roll back: it raises, or it is committed")
