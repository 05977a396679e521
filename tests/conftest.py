"""Databases for tests: every test that asks for one gets a fresh one, of each kind that is to be had."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from sqlalchemy import Engine, NullPool, create_engine

from outreach.store import tables as tables  # completes the metadata
from outreach.store.database import Database
from outreach.store.schema import metadata

POSTGRES = os.environ.get("OUTREACH_TEST_POSTGRES", "")
"""URL of a PostgreSQL where databases may be made and dropped; ``.ci/postgres`` starts one."""

EMPTY = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    *(f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables)),
    "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'",
)
"""Makes a PostgreSQL database as good as new; a tenth of the time of making a new one."""


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and not POSTGRES:
        reporter.write_line("OUTREACH_TEST_POSTGRES is not set: the PostgreSQL runs are skipped")


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A command that a test runs sets up the logs of the whole process: not for the tests after it."""
    yield
    structlog.reset_defaults()


@contextmanager
def made(server: Engine, name: str) -> Iterator[str]:
    """An empty PostgreSQL database for as long as the block lasts; its URL."""
    with server.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        try:
            yield server.url.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and no rows: copying it costs less than migrating."""
    path = tmp_path_factory.mktemp("template") / "outreach.db"
    Database.open(f"sqlite:///{path}").close_now()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Engine]:
    if not POSTGRES:
        pytest.skip("OUTREACH_TEST_POSTGRES is not set")
    engine = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_migrated(postgres_server: Engine) -> Iterator[Engine]:
    """One PostgreSQL database with all tables, for one test after the other."""
    with made(postgres_server, f"outreach_test_{os.getpid()}") as url:
        Database.open(url).close_now()
        yield create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database."""
    shutil.copy(sqlite_template, tmp_path / "outreach.db")
    return f"sqlite:///{tmp_path / 'outreach.db'}"


@pytest.fixture
def postgres_url(postgres_migrated: Engine) -> str:
    """A PostgreSQL database as good as fresh."""
    with postgres_migrated.connect() as connection:
        for statement in EMPTY:
            connection.exec_driver_sql(statement)
    return postgres_migrated.url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database of each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The same, open."""
    database = Database.open(database_url)
    yield database
    database.close_now()
