"""Everything that hangs on a person: every table with a key of ``people``, and what hangs on those rows in turn.

Made from the schema, so a table that is added tomorrow is handed over, counted and moved as well.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, func, select

from outreach.store import tables
from outreach.store.schema import metadata, people

assert tables.__all__, "importing the lines' tables completes the metadata"

SECRET: Final = frozenset({"pin_hash", "token_hash", "password_hash", "totp_secret", "owner", "lease_until"})
"""Columns that say nothing about anybody, or are nobody's to read."""
BELOW: Final = ("case_messages", "title_ticks", "task_notes", "call_items", "case_notes", "campaign_answers")
"""Tables whose rows are somebody's through a row that is."""


def tables_of_people() -> tuple[tuple[Table, Any], ...]:
    """Each table, and its column that says whose a row is."""
    return tuple(
        (table, column)
        for table in metadata.sorted_tables
        for column in table.columns
        if any(key.column is people.c.id for key in column.foreign_keys)
    )


def rows(db: Connection, person_id: int) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """All that is kept of a person, table by table, without secrets; tables without any are left out."""
    for table, whose in _all(person_id):
        columns = [column for column in table.columns if column.name not in SECRET]
        query = select(*columns).where(whose).order_by(*table.primary_key.columns)
        found = [dict(row._mapping) for row in db.execute(query)]
        if found:
            yield table, found


def counts(db: Connection, person_id: int) -> Mapping[str, int]:
    """How many rows of each table are the person's; what there is none of is left out."""
    found = {
        table.name: db.execute(select(func.count()).select_from(table).where(whose)).scalar_one()
        for table, whose in _all(person_id)
    }
    return {name: count for name, count in found.items() if count}


def _all(person_id: int) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    yield people, people.c.id == person_id
    theirs: dict[str, ColumnElement[bool]] = {}
    for table, column in tables_of_people():
        theirs[table.name] = column == person_id
        yield table, theirs[table.name]
    for name in BELOW:
        table = metadata.tables[name]
        for key in table.foreign_keys:
            above = theirs.get(key.column.table.name)
            if above is not None:
                yield table, key.parent.in_(select(key.column).where(above))
