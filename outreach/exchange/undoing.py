"""Undoing an import: what it added goes, what it changed is put back; what was touched since stays, and is named.

A record counts as touched when any of its columns is no longer as the import left it, or when anything points at it:
a consent, a booking, an application. Nothing is ever deleted along with a record but the parts the import gave it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, delete, select, update

from outreach.exchange import staging
from outreach.exchange.batches import Rest, politely
from outreach.exchange.fields import Target
from outreach.exchange.judging import plain, stored
from outreach.exchange.marks import mark, parts_mark
from outreach.exchange.staging import TERMINAL, By, Import, Outcome, Row, State, WrongState
from outreach.exchange.targets import TARGETS
from outreach.exchange.words import Word
from outreach.store import tables as tables  # completes the metadata: who points at whom
from outreach.store.database import Database
from outreach.store.schema import metadata

BATCH: Final = 100


def undo(
    database: Database,
    import_id: int,
    *,
    clock: Callable[[], datetime],
    by: By = TERMINAL,
    progress: Callable[[int], None] = lambda _lines: None,
    rest: Rest = politely,
    into: State = "undone",
) -> Import:
    """Take back what an import wrote, the last line first; the import as it is then. ``kept`` lines say why.

    Raises WrongState. One that was cut off while "undoing" goes on.
    """

    def start(db: Connection) -> Import:
        found = staging.get(db, import_id)
        before: tuple[State, ...] = ("applied", "applying", "undoing")
        if not staging.move(db, import_id, before, "undoing", clock()):
            raise WrongState(found.state if found else "missing")
        assert found is not None
        return found

    target, back = TARGETS[database.write_now(start).target], 0
    before: int | None = None
    while True:
        with rest():
            looked, before = database.write_now(
                lambda db, before=before: _batch(db, target, import_id, before, clock())  # type: ignore[misc]
            )
        if not looked:
            break
        back += looked
        progress(back)

    def finish(db: Connection) -> Import:
        staging.move(db, import_id, ("undoing",), into, clock(), undone_at=clock())
        after = staging.get(db, import_id)
        assert after is not None
        by.record(db, "import.undo", after, clock())
        return after

    return database.write_now(finish)


def forgotten(database: Database, import_id: int) -> bool:
    """Are its lines gone, so that it cannot be undone any more?"""
    found = database.read_now(lambda db: (staging.get(db, import_id), staging.lines(db, import_id, count=1)))
    return bool(found[0] and found[0].lines and not found[1])


def _batch(
    db: Connection, target: Target, import_id: int, before: int | None, now: datetime
) -> tuple[int, int | None]:
    rows = staging.applied(db, import_id, before, BATCH)
    if not rows:
        return 0, before
    used = _used(
        db, target, [row.record_id for row in rows if "added" in (row.written or {}) and row.record_id]
    )
    settled = []
    for row in rows:
        why = _take_back(db, target, row, used)
        outcome: Outcome = "kept" if why and why.code != "undo_gone" else "undone"
        remarks = row.remarks if not why else (("", why), *row.remarks)
        settled.append(replace(row, outcome=outcome, remarks=remarks))
    staging.settle(db, import_id, settled)
    kept = sum(row.outcome == "kept" for row in settled)
    staging.advance(db, import_id, kept - len(settled), now, kept)
    return len(rows), rows[-1].line


def _take_back(db: Connection, target: Target, row: Row, used: dict[int, list[str]]) -> Word | None:
    """None: done. Else why the line's record stays."""
    written = row.written or {}
    if "changed" in written:
        return _put_back(db, target, *written["changed"][1:])
    (name, record_id, was), *parents = written["added"]
    if record_id in used:
        return Word("undo_used", {"names": "、".join(used[record_id])})
    table = metadata.tables[name]
    present = _present(db, table, record_id)
    if present is None:
        return Word("undo_gone")
    parts = written.get("parts", [])
    if present != was or any(_changed(db, *part) for part in parts):
        return Word("undo_changed", {"names": target.zh})
    for part_name, link, _, _ in parts:
        part = metadata.tables[part_name]
        db.execute(delete(part).where(part.c[link] == record_id))
    db.execute(delete(table).where(table.c.id == record_id))
    for parent_name, parent_id, parent_was in parents:
        parent = metadata.tables[parent_name]
        if _present(db, parent, parent_id) == parent_was and not any(_pointing(db, parent, [parent_id], ())):
            db.execute(delete(parent).where(parent.c.id == parent_id))
    return None


def _put_back(db: Connection, target: Target, record_id: int, fields: dict[str, list[Any]]) -> Word | None:
    """Each field that still is as the import left it; the others are named."""
    row = db.execute(select(target.table).where(target.table.c.id == record_id)).mappings().one_or_none()
    if row is None:
        return Word("undo_gone")
    mine = {name: was for name, (was, now) in fields.items() if plain(row[name]) == now}
    if mine:
        values = {name: stored(target.table.c[name], value) for name, value in mine.items()}
        if target.version:
            values[target.version] = target.table.c[target.version] + 1
        db.execute(update(target.table).where(target.table.c.id == record_id).values(values))
    theirs = [target.field(name).zh for name in fields if name not in mine]
    return Word("undo_changed", {"names": "、".join(theirs)}) if theirs else None


def _present(db: Connection, table: Table, record_id: int) -> str | None:
    row = db.execute(select(table).where(table.c.id == record_id)).mappings().one_or_none()
    return mark(dict(row)) if row else None


def _changed(db: Connection, name: str, link: str, record_id: int, was: str) -> bool:
    return parts_mark(db, metadata.tables[name], link, record_id) != was


def _used(db: Connection, target: Target, ids: Sequence[int]) -> dict[int, list[str]]:
    """Records that something points at, and from which tables."""
    used: dict[int, list[str]] = {}
    parts = tuple(part.table.name for part in target.parts)
    for name, record_id in _pointing(db, target.table, ids, parts):
        used.setdefault(record_id, []).append(name)
    for part in target.parts:  # a booked service, a practitioner whose time is taken
        for name, record_id in _pointing_at_parts(db, part.table, part.link, ids):
            used.setdefault(record_id, []).append(name)
    return used


def _pointing(
    db: Connection, table: Table, ids: Sequence[int], but: Sequence[str]
) -> Iterator[tuple[str, int]]:
    for column in _references(table):
        if ids and column.table.name not in but:
            for (record_id,) in db.execute(select(column).where(column.in_(ids)).distinct()):
                yield column.table.name, int(record_id)


def _pointing_at_parts(
    db: Connection, table: Table, link: str, ids: Sequence[int]
) -> Iterator[tuple[str, int]]:
    for column in _references(table):
        query = select(table.c[link]).join(column.table, column == table.c.id).where(table.c[link].in_(ids))
        for (record_id,) in db.execute(query.distinct()) if ids else ():
            yield column.table.name, int(record_id)


def _references(table: Table) -> Iterator[Column[Any]]:
    for other in metadata.sorted_tables:
        for key in other.foreign_keys:
            if key.column is table.c.get("id"):
                yield key.parent
