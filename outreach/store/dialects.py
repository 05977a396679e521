"""What SQLAlchemy spells differently for SQLite and PostgreSQL, spelt once."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_or_ignore(db: Connection, table: Table, **values: Any) -> bool:
    """Insert a row unless a unique key already holds one like it. True: inserted.

    Safe against a second writer doing the same at the same moment: the database decides, not a look before.
    """
    if db.dialect.name == "postgresql":
        return db.execute(postgresql.insert(table).values(**values).on_conflict_do_nothing()).rowcount == 1
    return db.execute(sqlite.insert(table).values(**values).on_conflict_do_nothing()).rowcount == 1
