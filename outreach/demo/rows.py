"""From the TOML files beside this one to rows: reading one, and adding what is not there yet."""

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, insert, select

Entry = Mapping[str, Any]


def read(name: str) -> Mapping[str, Any]:
    """``name.toml``."""
    return tomllib.loads(files(__package__ or "").joinpath(f"{name}.toml").read_text("utf-8"))


def found_or_added(
    db: Connection, table: Table, same: ColumnElement[bool], values: Mapping[str, Any]
) -> tuple[int, bool]:
    """The id of the row that is the same, and whether it had to be added."""
    found = db.execute(select(table.c.id).where(same).limit(1)).scalar_one_or_none()
    if found is not None:
        return int(found), False
    return int(db.execute(insert(table).values(dict(values)).returning(table.c.id)).scalar_one()), True


def dated(entry: Entry, today: date, *names: str) -> dict[str, date]:
    """The named fields, days from today, as dates; those that are there."""
    return {name: today + timedelta(days=entry[name]) for name in names if name in entry}
