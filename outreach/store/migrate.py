"""Bring a schema up to date with Alembic, from the package's own files: no alembic.ini, works from a wheel.

A new migration, in a checkout, after changing schema.py (then read what was written, and correct it):
``python -m outreach.store.migrate "what changes"``
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from outreach.store.errors import DatabaseError

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Run the missing migrations, in the transaction that is open. Raises DatabaseError on a newer schema."""
    config = _config(connection)
    known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
    for current in MigrationContext.configure(connection).get_current_heads():
        if current not in known:
            raise DatabaseError(
                f"the database was written by a newer version of this program (schema {current}): "
                "update the program, or restore the backup from before the update"
            )
    command.upgrade(config, "head")


def revise(message: str) -> None:
    """Write a migration from what the migrations make to what schema.py says. For developers."""
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{folder}/scratch.db")
        with engine.begin() as connection:
            upgrade(connection)
            config = _config(connection)
            count = len(list(ScriptDirectory.from_config(config).walk_revisions()))
            command.revision(config, message, autogenerate=True, rev_id=f"{count + 1:04d}")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


if __name__ == "__main__":
    revise(sys.argv[1])
