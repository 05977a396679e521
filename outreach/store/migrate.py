"""Bring a schema up to date with Alembic, from the package's own files: no alembic.ini, works from a wheel.

A new migration, in a checkout, after changing schema.py (then read what was written, and correct it):
``python -m outreach.store.migrate "what changes"``
"""

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, inspect, text

from outreach.store.errors import DatabaseError

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic is imported where it is needed: most starts find nothing to do, and a server need not hold its 8 MB

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Run the missing migrations, in the transaction that is open. Raises DatabaseError on a newer schema."""
    known, current = _known(), _current(connection)
    for revision in current:
        if revision not in known:
            raise DatabaseError(
                f"the database was written by a newer version of this program (schema {revision}): "
                "update the program, or restore the backup from before the update"
            )
    if current == known[-1:]:
        return
    from alembic import command

    command.upgrade(_config(connection), "head")


def revise(message: str) -> None:
    """Write a migration from what the migrations make to what schema.py says. For developers."""
    from alembic import command

    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{folder}/scratch.db")
        with engine.begin() as connection:
            upgrade(connection)
            command.revision(
                _config(connection), message, autogenerate=True, rev_id=f"{len(_known()) + 1:04d}"
            )


def _known() -> list[str]:
    """Every revision, oldest first: the names of their files begin with them."""
    return sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _current(connection: Connection) -> list[str]:
    if not inspect(connection).has_table("alembic_version"):
        return []
    return list(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


if __name__ == "__main__":
    revise(sys.argv[1])
