"""What SQLAlchemy spells differently for SQLite and PostgreSQL, spelt once."""

from typing import Any

from sqlalchemy import Connection, Table, literal
from sqlalchemy.dialects import postgresql, sqlite


def insert_or_ignore(db: Connection, table: Table, **values: Any) -> bool:
    """Insert a row unless a unique key already holds one like it. True: inserted.

    Safe against a second writer doing the same at the same moment: the database decides, not a look before.
    """
    # Asked with RETURNING: on PostgreSQL the row count of such an INSERT is -1 whatever happened.
    inserted = literal(1)
    if db.dialect.name == "postgresql":
        to_postgres = postgresql.insert(table).values(**values).on_conflict_do_nothing()
        return db.execute(to_postgres.returning(inserted)).first() is not None
    to_sqlite = sqlite.insert(table).values(**values).on_conflict_do_nothing()
    return db.execute(to_sqlite.returning(inserted)).first() is not None
