"""The databases that the ledger is measured on: SQLite, and PostgreSQL where OUTREACH_TEST_POSTGRES names a server."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import create_engine

from outreach.store.database import Database

POSTGRES: Final = os.environ.get("OUTREACH_TEST_POSTGRES", "")


def databases() -> Iterator[tuple[str, str]]:
    """Name and URL of a fresh database of each kind, which is gone when the next is asked for."""
    with TemporaryDirectory(prefix="outreach-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'outreach.db'}"
        Database.open(url).close_now()
        yield "SQLite", url
    if POSTGRES:
        with _made(f"outreach_bench_{os.getpid()}") as url:
            Database.open(url).close_now()
            yield "PostgreSQL", url


@contextmanager
def _made(name: str) -> Iterator[str]:
    engine = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with engine.connect() as server:
        server.exec_driver_sql(f'CREATE DATABASE "{name}"')
        try:
            yield engine.url.set(database=name).render_as_string(hide_password=False)
        finally:
            server.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    engine.dispose()
