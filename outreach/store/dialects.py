"""What SQLAlchemy spells differently for SQLite and PostgreSQL, spelt once."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, Table, cast, func, literal
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


def seconds_between(db: Connection, since: Any, until: Any) -> ColumnElement[float]:
    """The time from one stored instant to another, in SQL. NULL when either is."""
    if db.dialect.name == "postgresql":
        return cast(func.extract("epoch", until) - func.extract("epoch", since), Float)
    return (func.julianday(until) - func.julianday(since)) * 86400.0
