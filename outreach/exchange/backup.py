"""Backups: one SQLite file with every row of every table, personal and secret ones too; and back into an empty house.

From SQLite it is the backup API inside one read transaction: consistent, and nobody who serves waits for it. From
PostgreSQL it is a file of the same shape, filled from one snapshot. So either can be restored into either.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, Integer, Table, func, insert, make_url, select, text

from outreach.store import sqlite
from outreach.store import tables as tables  # completes the metadata
from outreach.store.database import Database
from outreach.store.errors import DatabaseError
from outreach.store.schema import metadata

PAGES: Final = 1024
BATCH: Final = 1000
MAGIC: Final = b"SQLite format 3\x00"

Progress = Callable[[str, int, int], None]
"""What is being copied, how much of it, of how much (0: not known)."""


class RestoreRefused(Exception):
    """Nothing was restored; the message says why and what to do."""


def backup(database_url: str, path: Path, progress: Progress = lambda _what, _done, _all: None) -> None:
    """Write a backup of the database to a new file, readable by its owner only.

    Raises FileExistsError, OSError, DatabaseError. What is left behind on failure is nothing.
    """
    if path.exists():
        raise FileExistsError(path)
    with _part(path) as part:
        if make_url(database_url).get_backend_name() == "sqlite":
            _from_sqlite(Path(str(make_url(database_url).database)), part, progress)
        else:
            _from_postgres(database_url, part, progress)
        _sound(part)
        part.rename(path)


def restore(path: Path, database_url: str, progress: Progress = lambda _what, _done, _all: None) -> None:
    """Fill an empty database from a backup, in one transaction. Raises RestoreRefused, OSError, DatabaseError."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise RestoreRefused(f"{path}: no backup: it is no SQLite file")
    with tempfile.TemporaryDirectory(prefix="outreach-restore-", dir=path.parent) as folder:
        copy = Path(folder) / "backup.db"
        shutil.copyfile(path, copy)  # an older backup is brought up to date in a copy
        _sound(copy)
        if not _ours(copy):
            raise RestoreRefused(f"{path}: no backup of this program: its tables are others")
        source, target = Database.open(f"sqlite:///{copy}"), Database.open(database_url)
        try:
            source.read_now(lambda read: target.write_now(lambda write: _fill(read, write, progress)))
        finally:
            source.close_now()
            target.close_now()


def _from_sqlite(source: Path, part: Path, progress: Progress) -> None:
    if not source.exists():
        raise DatabaseError(f"{source}: there is no database to back up")
    with closing(sqlite.connect(source, read_only=True)) as raw, closing(sqlite3.connect(part)) as copy:
        raw.execute("BEGIN")
        raw.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on nothing changes for us
        raw.backup(
            copy,
            pages=PAGES,
            progress=lambda _status, left, pages: progress("", pages - left, pages),
            sleep=0,
        )
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, no -wal beside it


def _from_postgres(database_url: str, part: Path, progress: Progress) -> None:
    source = Database.open(database_url)
    try:
        target = Database.open(f"sqlite:///{part}")
        try:
            source.read_now(
                lambda read: target.write_now(lambda write: _copy(_snapshot(read), write, progress))
            )
        finally:
            target.close_now()
    finally:
        source.close_now()
    with closing(sqlite3.connect(part)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")
    Path(f"{part}-lock").unlink(missing_ok=True)


def _snapshot(db: Connection) -> Connection:
    """All that is read from here on is of one moment."""
    db.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    return db


def _fill(read: Connection, write: Connection, progress: Progress) -> None:
    for table in metadata.sorted_tables:
        if write.execute(select(table).limit(1)).first() is not None:
            raise RestoreRefused(
                f"the database is not empty ({table.name} has rows): restore into a new one; nothing was changed"
            )
    _copy(read, write, progress)


def _copy(read: Connection, write: Connection, progress: Progress) -> None:
    for table in metadata.sorted_tables:
        rows = int(read.execute(select(func.count()).select_from(table)).scalar_one())
        done = 0
        found = read.execute(select(table), execution_options={"yield_per": BATCH}).mappings()
        for batch in found.partitions(BATCH):
            write.execute(insert(table), [dict(row) for row in batch])
            done += len(batch)
            progress(table.name, done, rows)
        _count_on(write, table)


def _count_on(db: Connection, table: Table) -> None:
    """New rows get ids after the restored ones. (SQLite looks for the highest by itself.)"""
    key: Any = table.c.get("id")
    if db.dialect.name == "postgresql" and key is not None and isinstance(key.type, Integer):
        db.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"  # noqa: S608
                " HAVING max(id) IS NOT NULL"
            )
        )


@contextmanager
def _part(path: Path) -> Iterator[Path]:
    part = path.with_name(f"{path.name}.part")
    for leftover in (part, Path(f"{part}-lock"), Path(f"{part}-wal"), Path(f"{part}-shm")):
        leftover.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield part
    finally:
        for leftover in (part, Path(f"{part}-lock"), Path(f"{part}-wal"), Path(f"{part}-shm")):
            leftover.unlink(missing_ok=True)


def _sound(path: Path) -> None:
    """Raises DatabaseError on a damaged file."""
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as copy:
        try:
            (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            verdict = str(error)
    if verdict != "ok":
        raise DatabaseError(f"{path.name}: the file is damaged ({verdict})")


def _ours(path: Path) -> bool:
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as copy:
        names = {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return {"alembic_version", "people", "openings"} <= names
