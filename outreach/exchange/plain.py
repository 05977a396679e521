"""The whole database as a plain SQLite file that anyone can open with common tools, with full-text search.

Made with sqlite-utils. Columns that are personal are left out unless asked for, secret ones always (``personal``).
Search uses the trigram tokenizer: the usual one takes a Chinese sentence for one word. It finds words of three
characters and more; shorter ones are found with LIKE on the table itself.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import sqlite_utils
from sqlalchemy import JSON, Boolean, Column, Connection, Integer, String, Table, Text, select
from sqlite_utils.db import ForeignKey

from outreach.exchange.personal import leaves
from outreach.store import tables as tables  # completes the metadata
from outreach.store.people import GANSU
from outreach.store.schema import metadata

BATCH: Final = 1000
SEARCHED_FROM: Final = 40
"""Shorter texts are codes, states and times, not words to look for."""


def write_plain(
    db: Connection,
    path: Path,
    now: datetime,
    personal: bool = False,
    progress: Callable[[str, int], None] = lambda _table, _rows: None,
) -> None:
    """Write the file; all tables as they were at one moment. Raises FileExistsError, OSError."""
    if path.exists():
        raise FileExistsError(path)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    part.touch(0o600)
    try:
        with closing(sqlite3.connect(part)) as raw:
            raw.execute("PRAGMA synchronous=OFF")  # a file that breaks is made again
            plain = sqlite_utils.Database(raw)
            for table in metadata.sorted_tables:
                _copy(db, plain, table, personal, progress)
            _about(plain, now, personal)
            raw.commit()
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def _copy(
    db: Connection,
    plain: sqlite_utils.Database,
    table: Table,
    personal: bool,
    progress: Callable[[str, int], None],
) -> None:
    columns = [column for column in table.c if leaves(column, personal)]
    if not columns:
        return
    keys = [column.name for column in table.primary_key if column in columns]
    whole_key = keys if len(keys) == len(table.primary_key) else []
    plain.create_table(
        table.name,
        {column.name: _type(column) for column in columns},
        pk=(whole_key[0] if len(whole_key) == 1 else tuple(whole_key)) if whole_key else None,
        foreign_keys=_keys(plain, columns),
    )
    target, count = plain.table(table.name), 0
    for batch in db.execute(select(*columns), execution_options={"yield_per": BATCH}).partitions(BATCH):
        target.insert_all(_records(columns, batch), batch_size=BATCH)
        count += len(batch)
        progress(table.name, count)
    if searched := [column.name for column in columns if _searched(column)]:
        target.enable_fts(searched, fts_version="FTS5", tokenize="trigram")


def _records(columns: list[Column[Any]], rows: Any) -> Iterator[dict[str, Any]]:
    names = [column.name for column in columns]
    for row in rows:
        yield dict(zip(names, map(_value, row), strict=True))


def _value(value: Any) -> Any:
    match value:
        case datetime():
            return f"{value.astimezone(GANSU):%Y-%m-%d %H:%M:%S}"
        case date():
            return value.isoformat()
        case dict() | list():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return value


def _type(column: Column[Any]) -> type:
    return int if isinstance(column.type, Integer | Boolean) else str


def _keys(plain: sqlite_utils.Database, columns: list[Column[Any]]) -> list[ForeignKey]:
    there = set(plain.table_names())
    return [
        ForeignKey(column.table.name, column.name, key.column.table.name, key.column.name)
        for column in columns
        for key in column.foreign_keys
        if key.column.table.name in there and key.constraint is not None and len(key.constraint.columns) == 1
        if key.column.name in plain.table(key.column.table.name).columns_dict
    ]


def _searched(column: Column[Any]) -> bool:
    if column.foreign_keys or column.primary_key or isinstance(column.type, JSON):
        return False
    if isinstance(column.type, Text):
        return True
    return isinstance(column.type, String) and (column.type.length or 0) >= SEARCHED_FROM


def _about(plain: sqlite_utils.Database, now: datetime, personal: bool) -> None:
    rows = {
        "made_at": f"{now.astimezone(GANSU):%Y-%m-%d %H:%M:%S}",
        "time_zone": "Asia/Shanghai",
        "personal_columns": "in it" if personal else "left out",
        "search": "three characters and more: openings_fts MATCH '盲人按摩'; fewer: openings.title LIKE '%按摩%'",
    }
    plain.table("about").insert_all(
        ({"name": name, "value": value} for name, value in rows.items()), pk="name"
    )
