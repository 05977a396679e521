"""The migrations end at exactly the tables of schema.py, constraints and all."""

import re
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine

from outreach.store import tables as tables
from outreach.store.database import Database
from outreach.store.migrate import MIGRATIONS
from outreach.store.schema import metadata
from tests.conftest import made

NEWEST = max(path.name[:4] for path in (MIGRATIONS / "versions").glob("0*.py"))
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass
    UNION SELECT tablename, indexname, indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    UNION SELECT table_name, column_name,
        concat_ws(' ', data_type, character_maximum_length, is_nullable, column_default)
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
"""


def test_alembic_sees_no_difference(database: Database) -> None:
    def differences(db: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(db), metadata))

    assert database.write_now(differences) == []


def test_sqlite_tables_are_word_for_word_the_same(sqlite_url: str, tmp_path: Path) -> None:
    """Alembic compares neither CHECKs nor defaults."""
    fresh = create_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
    metadata.create_all(fresh)
    assert _sqlite_tables(create_engine(sqlite_url)) == _sqlite_tables(fresh)


def test_postgres_constraints_are_the_same(postgres_url: str, postgres_server: Engine) -> None:
    with made(postgres_server, "outreach_fresh") as url:
        fresh = create_engine(url)
        metadata.create_all(fresh)
        with fresh.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE alembic_version (version_num text)")
        expected = _postgres_tables(fresh)
    assert len(expected) > 150
    assert _postgres_tables(create_engine(postgres_url)) == expected


def test_opening_again_changes_nothing(database_url: str) -> None:
    for _ in range(2):
        database = Database.open(database_url)
        assert database.read_now(_version) == [NEWEST]
        database.close_now()


def _version(db: Connection) -> list[str]:
    return [row.version_num for row in db.exec_driver_sql("SELECT version_num FROM alembic_version")]


def _sqlite_tables(engine: Engine) -> dict[str, list[str]]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").all()
    engine.dispose()
    return {
        # a table that was built anew keeps the quotes around its name
        row.name: sorted(
            line.strip().rstrip(",")
            for line in re.sub(r"\s+\n", "\n", row.sql.replace(f'"{row.name}"', row.name)).splitlines()
        )
        for row in rows
        if row.name != "alembic_version"
    }


def _postgres_tables(engine: Engine) -> set[tuple[str, ...]]:
    with engine.connect() as connection:
        rows = {tuple(row) for row in connection.exec_driver_sql(CONSTRAINTS)}
    engine.dispose()
    return rows
