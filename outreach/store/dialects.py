"""What SQLAlchemy spells differently for SQLite and PostgreSQL, spelt once."""

from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Executable, Float, Table, cast, func, literal
from sqlalchemy.dialects import postgresql, sqlite

INSERTED: Final = literal(1)


def insert_or_ignore(db: Connection, table: Table, **values: Any) -> bool:
    """Insert a row unless a unique key already holds one like it. True: inserted.

    Safe against a second writer doing the same at the same moment: the database decides, not a look before.
    """
    return db.execute(_insert_or_ignore(table, db.dialect.name, INSERTED), values).first() is not None


def insert_for_id(db: Connection, table: Table, **values: Any) -> int | None:
    """``insert_or_ignore``, and the new row's id; None: there was one like it."""
    new: int | None = db.execute(_insert_or_ignore(table, db.dialect.name, table.c.id), values).scalar()
    return new


@cache
def _insert_or_ignore(table: Table, dialect: str, column: ColumnElement[Any]) -> Executable:
    """Built once for each table, without its values: composing it costs ten times what running it does.

    Asked with RETURNING: on PostgreSQL the row count of such an INSERT is -1 whatever happened.
    """
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing().returning(column)
    return sqlite.insert(table).on_conflict_do_nothing().returning(column)


def seconds_between(db: Connection, since: Any, until: Any) -> ColumnElement[float]:
    """The time from one stored instant to another, in SQL. NULL when either is."""
    if db.dialect.name == "postgresql":
        return cast(func.extract("epoch", until) - func.extract("epoch", since), Float)
    return (func.julianday(until) - func.julianday(since)) * 86400.0


def contains(db: Connection, column: Any, part: str) -> ColumnElement[bool]:
    """Is ``part`` somewhere in the text? Letters as they are written: that needs no work on each row."""
    find = func.strpos if db.dialect.name == "postgresql" else func.instr
    return find(column, part) > 0
