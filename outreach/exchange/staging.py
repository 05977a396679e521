"""The SQL of imports and their lines. What is done with a line is decided elsewhere."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, bindparam, delete, func, insert, select, tuple_, update

from outreach.exchange.headers import Guess, Layout
from outreach.exchange.words import Word, again
from outreach.store.audit import Audit, Via
from outreach.store.tables.imports import import_rows, imports

KEPT: Final = timedelta(days=30)
"""How long lines are kept, and so how long an import can be undone."""

State = Literal["reading", "checked", "applying", "applied", "undoing", "undone", "failed", "dropped"]
Verdict = Literal["fresh", "changed", "same", "repeated", "refused"]
Outcome = Literal["done", "refused", "undone", "kept"]
TO_WRITE: Final[tuple[Verdict, ...]] = ("fresh", "changed")


@dataclass(frozen=True, slots=True)
class By:
    """Who does something: for the audit."""

    user_id: int | None = None
    via: Via = "terminal"

    def record(self, db: Connection, action: str, one: "Import", now: datetime) -> None:
        """Write down that they did it to this import, with its numbers."""
        numbers = ("state", "target", "lines", "fresh", "changed", "refused", "done", "kept")
        after = {name: getattr(one, name) for name in numbers}
        Audit(db, self.user_id, now, self.via).record(action, "imports", one.id, after=after)


TERMINAL: Final = By()


class WrongState(Exception):
    """The import cannot be applied or undone now; somebody else may be at it. ``state``: as it is, or "missing"."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


@dataclass(frozen=True, slots=True)
class Import:
    """One file that came in, and how far it is."""

    id: int
    target: str
    file_name: str
    kind: str
    layout: Layout
    state: State
    good_rows: bool
    lines: int
    fresh: int
    changed: int
    same: int
    repeated: int
    refused: int
    done: int
    kept: int
    made_by: str
    created_at: datetime
    updated_at: datetime
    applied_at: datetime | None
    undone_at: datetime | None

    @property
    def to_write(self) -> int:
        """Lines that applying writes."""
        return self.fresh + self.changed


Remark = tuple[str, Word]
"""A field's name, or nothing where it is about the whole line; and the sentence."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an import."""

    line: int
    verdict: Verdict
    key: str | None = None
    cells: Sequence[Any] | None = None
    understood: dict[str, Any] | None = None
    remarks: tuple[Remark, ...] = ()
    before: dict[str, Any] | None = None
    record_id: int | None = None
    written: dict[str, Any] | None = None
    outcome: Outcome | None = None


def begin(
    db: Connection, target: str, file_name: str, kind: str, layout: Layout, made_by: str, now: datetime
) -> int:
    """Write down that a file is being read; the import's id."""
    values = {
        "target": target,
        "file_name": file_name[-200:],
        "kind": kind,
        "layout": _layout_kept(layout),
        "state": "reading",
        "made_by": made_by,
        "created_at": now,
        "updated_at": now,
    }
    return int(db.execute(insert(imports).values(values).returning(imports.c.id)).scalar_one())


def laid_out(db: Connection, import_id: int, kind: str, layout: Layout) -> None:
    """Write down how the file is read, once that is settled."""
    change = update(imports).where(imports.c.id == import_id)
    db.execute(change.values(kind=kind, layout=_layout_kept(layout)))


def get(db: Connection, import_id: int) -> Import | None:
    """One import."""
    row = db.execute(select(imports).where(imports.c.id == import_id)).one_or_none()
    return _import(row._mapping) if row else None


def latest(db: Connection, count: int) -> list[Import]:
    """The newest imports first."""
    rows = db.execute(select(imports).order_by(imports.c.id.desc()).limit(count))
    return [_import(row._mapping) for row in rows]


def move(
    db: Connection, import_id: int, before: Sequence[State], after: State, now: datetime, **more: Any
) -> bool:
    """Take an import from one state to the next. False: it is in none of ``before``; somebody was faster."""
    change = update(imports).where(imports.c.id == import_id, imports.c.state.in_(before))
    return db.execute(change.values(state=after, updated_at=now, **more)).rowcount == 1


def add(db: Connection, import_id: int, rows: Iterable[Row]) -> None:
    """Keep lines."""
    kept = [asdict(row) | {"import_id": import_id, "remarks": _remarks_kept(row.remarks)} for row in rows]
    if kept:
        db.execute(insert(import_rows), kept)


def count(db: Connection, import_id: int, now: datetime) -> None:
    """Write the numbers of lines by verdict into the import."""
    query = select(import_rows.c.verdict, func.count()).where(import_rows.c.import_id == import_id)
    numbers = {row[0]: row[1] for row in db.execute(query.group_by(import_rows.c.verdict))}
    change = update(imports).where(imports.c.id == import_id)
    db.execute(change.values(**numbers, lines=sum(numbers.values()), updated_at=now))


def advance(db: Connection, import_id: int, done: int, now: datetime, kept: int = 0) -> None:
    """So many more lines are applied (negative: taken back)."""
    change = update(imports).where(imports.c.id == import_id)
    db.execute(change.values(done=imports.c.done + done, kept=imports.c.kept + kept, updated_at=now))


def seen(db: Connection, import_id: int, keys: Sequence[str]) -> dict[str, int]:
    """Which keys earlier lines of the import have, and the first such line."""
    query = select(import_rows.c.key, func.min(import_rows.c.line)).where(
        import_rows.c.import_id == import_id, import_rows.c.key.in_(keys)
    )
    return {row[0]: row[1] for row in db.execute(query.group_by(import_rows.c.key))}


def waiting(db: Connection, import_id: int, count: int) -> list[Row]:
    """The next lines to apply, in order."""
    query = select(import_rows).where(
        import_rows.c.import_id == import_id,
        import_rows.c.verdict.in_(TO_WRITE),
        import_rows.c.outcome.is_(None),
    )
    return [_row(row._mapping) for row in db.execute(query.order_by(import_rows.c.line).limit(count))]


def applied(db: Connection, import_id: int, before: int | None, count: int) -> list[Row]:
    """Lines that were applied and not yet looked at by undoing, the last first; before line ``before``."""
    query = select(import_rows).where(import_rows.c.import_id == import_id, import_rows.c.outcome == "done")
    if before is not None:
        query = query.where(import_rows.c.line < before)
    return [_row(row._mapping) for row in db.execute(query.order_by(import_rows.c.line.desc()).limit(count))]


def lines(
    db: Connection, import_id: int, verdict: Verdict | None = None, after: int = 0, count: int = 100
) -> list[Row]:
    """A page of lines, in order, those after line ``after``. A line refused at applying counts as refused."""
    query = select(import_rows).where(import_rows.c.import_id == import_id, import_rows.c.line > after)
    if verdict:
        query = query.where(import_rows.c.verdict == verdict)
    return [_row(row._mapping) for row in db.execute(query.order_by(import_rows.c.line).limit(count))]


def kept_lines(db: Connection, import_id: int, count: int) -> list[Row]:
    """Lines that undoing had to leave."""
    query = select(import_rows).where(import_rows.c.import_id == import_id, import_rows.c.outcome == "kept")
    return [_row(row._mapping) for row in db.execute(query.order_by(import_rows.c.line).limit(count))]


_UPDATE = (
    update(import_rows)
    .where(import_rows.c.import_id == bindparam("of_import"), import_rows.c.line == bindparam("of_line"))
    .values(
        {
            name: bindparam(f"new_{name}", type_=import_rows.c[name].type)
            for name in ("verdict", "remarks", "record_id", "written", "outcome", "cells")
        }
    )
)


def settle(db: Connection, import_id: int, rows: Sequence[Row]) -> None:
    """Write down what became of lines."""
    kept = [
        {
            "of_import": import_id,
            "of_line": row.line,
            "new_verdict": row.verdict,
            "new_remarks": _remarks_kept(row.remarks),
            "new_record_id": row.record_id,
            "new_written": row.written,
            "new_outcome": row.outcome,
            "new_cells": row.cells,
        }
        for row in rows
    ]
    if kept:
        db.execute(_UPDATE, kept)


def forget(db: Connection, now: datetime, most: int = 1000) -> int:
    """Drop some lines of old imports; how many. 0: none is left."""
    old = select(imports.c.id).where(imports.c.updated_at < now - KEPT)
    first = (
        select(import_rows.c.import_id, import_rows.c.line)
        .where(import_rows.c.import_id.in_(old))
        .limit(most)
    )
    which = tuple_(import_rows.c.import_id, import_rows.c.line)
    return db.execute(delete(import_rows).where(which.in_(first))).rowcount


def _layout_kept(layout: Layout) -> dict[str, Any]:
    return {
        "first": layout.first,
        "names": list(layout.names),
        "guesses": [[guess.column, guess.field, guess.sure] for guess in layout.guesses],
        "remarks": [remark.kept() for remark in layout.remarks],
    }


def _import(row: Any) -> Import:
    layout = row["layout"]
    again_layout = Layout(
        layout["first"],
        tuple(layout["names"]),
        tuple(Guess(*guess) for guess in layout["guesses"]),
        tuple(map(again, layout["remarks"])),
    )
    values = {field.name: row[field.name] for field in fields(Import)}
    return Import(**values | {"layout": again_layout, "good_rows": bool(row["good_rows"])})


def _remarks_kept(remarks: Sequence[Remark]) -> list[Any] | None:
    return [[field, word.kept()] for field, word in remarks] or None


def _row(row: Any) -> Row:
    values = {field.name: row[field.name] for field in fields(Row)}
    remarks = tuple((field, again(word)) for field, word in row["remarks"] or ())
    return Row(**values | {"remarks": remarks})
