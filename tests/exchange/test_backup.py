"""Backups: consistent while somebody writes, whole, and back into an empty house of either kind."""

import os
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from outreach.demo import seed
from outreach.exchange import backup
from outreach.exchange.backup import RestoreRefused
from outreach.store import people
from outreach.store import tables as tables
from outreach.store.database import Database
from outreach.store.errors import DatabaseError
from outreach.store.schema import metadata
from outreach.store.schema import people as person_rows
from outreach.store.tables.community import case_messages, cases
from tests.exchange.files import NOW

Rows = dict[str, list[tuple[object, ...]]]


def everything(database: Database) -> Rows:
    def read(db: Connection) -> Rows:
        found = {}
        for table in metadata.sorted_tables:
            order = list(table.primary_key)
            found[table.name] = [tuple(row) for row in db.execute(select(table).order_by(*order))]
        return found

    return database.read_now(read)


@pytest.fixture
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'other' / 'outreach.db'}"


def test_backed_up_and_restored_nothing_is_missing(database_url: str, other_url: str, tmp_path: Path) -> None:
    database, file = Database.open(database_url), tmp_path / "backup.db"
    database.write_now(lambda db: seed(db, NOW))
    backup.backup(database_url, file)
    backup.restore(file, other_url)
    other = Database.open(other_url)
    assert everything(other) == everything(database)
    assert len(everything(other)["openings"]) > 10
    other.close_now()
    database.close_now()


def test_from_sqlite_into_postgresql(sqlite_url: str, postgres_url: str, tmp_path: Path) -> None:
    source = Database.open(sqlite_url)
    source.write_now(lambda db: seed(db, NOW))
    backup.backup(sqlite_url, tmp_path / "backup.db")
    backup.restore(tmp_path / "backup.db", postgres_url)
    target = Database.open(postgres_url)
    assert everything(target) == everything(source)
    highest = max(int(str(row[0])) for row in everything(source)["people"])
    assert target.write_now(lambda db: people.create(db, None, NOW)).id > highest
    source.close_now()
    target.close_now()


def test_a_backup_is_one_file_of_its_owners(database_url: str, tmp_path: Path) -> None:
    Database.open(database_url).close_now()
    folder = tmp_path / "backups"
    folder.mkdir()
    backup.backup(database_url, folder / "backup.db")
    assert os.listdir(folder) == ["backup.db"]
    assert stat.S_IMODE((folder / "backup.db").stat().st_mode) == 0o600


def test_it_is_of_one_moment_while_others_write(database_url: str, tmp_path: Path) -> None:
    """Each write adds a case and its message: a backup with one and without the other was not of one moment."""
    database, stop = Database.open(database_url), threading.Event()

    def write(number: int) -> None:
        def work(db: Connection) -> None:
            values = {"number": f"{number:08}", "kind": "wages", "created_at": NOW, "updated_at": NOW}
            case_id = db.execute(insert(cases).values(values).returning(cases.c.id)).scalar_one()
            db.execute(insert(case_messages).values(case_id=case_id, words="话" * 500, created_at=NOW))

        database.write_now(work)

    def keep_writing() -> None:
        number = 1_000
        while not stop.is_set():
            write(number)
            number += 1

    for number in range(500):
        write(number)
    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        for round_ in range(3):
            backup.backup(database_url, tmp_path / f"{round_}.db")
    finally:
        stop.set()
        writer.join()
        database.close_now()
    for round_ in range(3):
        with closing(sqlite3.connect(tmp_path / f"{round_}.db")) as copy:
            (one,) = copy.execute("SELECT count(*) FROM cases").fetchone()
            (other,) = copy.execute("SELECT count(*) FROM case_messages").fetchone()
        assert one == other >= 500


def test_nothing_is_overwritten(database_url: str, other_url: str, tmp_path: Path) -> None:
    database = Database.open(database_url)
    database.write_now(lambda db: people.create(db, None, NOW))
    backup.backup(database_url, tmp_path / "backup.db")
    with pytest.raises(FileExistsError):
        backup.backup(database_url, tmp_path / "backup.db")
    before = everything(database)
    with pytest.raises(RestoreRefused, match="not empty"):
        backup.restore(tmp_path / "backup.db", database_url)
    assert everything(database) == before
    database.close_now()


def test_what_is_no_backup_is_refused(other_url: str, tmp_path: Path) -> None:
    text, foreign, broken = (tmp_path / name for name in ("text.db", "foreign.db", "broken.db"))
    text.write_text("姓名,电话")
    with closing(sqlite3.connect(foreign)) as file:
        file.execute("CREATE TABLE songs (name text)")
    backup_url = f"sqlite:///{tmp_path / 'whole.db'}"
    Database.open(backup_url).close_now()
    backup.backup(backup_url, broken)
    with broken.open("r+b") as damaged:
        damaged.seek(4096)
        damaged.write(os.urandom(40_000))
    for path, error in ((text, RestoreRefused), (foreign, RestoreRefused), (broken, DatabaseError)):
        with pytest.raises(error):
            backup.restore(path, other_url)


def test_a_backup_of_a_newer_program_is_refused(sqlite_url: str, other_url: str, tmp_path: Path) -> None:
    backup.backup(sqlite_url, tmp_path / "backup.db")
    with closing(sqlite3.connect(tmp_path / "backup.db")) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()
    with pytest.raises(DatabaseError, match="newer version"):
        backup.restore(tmp_path / "backup.db", other_url)


def test_a_restore_that_fails_leaves_the_house_empty(
    sqlite_url: str, other_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database.open(sqlite_url)
    database.write_now(lambda db: seed(db, NOW))
    database.close_now()
    backup.backup(sqlite_url, tmp_path / "backup.db")

    def fail(name: str, _done: int, _all: int) -> None:
        if name == "people":
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        backup.restore(tmp_path / "backup.db", other_url, fail)
    other = Database.open(other_url)
    assert other.read_now(lambda db: db.execute(select(person_rows)).all()) == []
    assert not any(everything(other).values())
    other.close_now()
