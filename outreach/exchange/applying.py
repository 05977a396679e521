"""Applying an import: its lines become records, batch by batch, each with what undoing must know.

The law: a batch is one transaction, and a line's record and the line's outcome are written in the same one. So an
import that was cut off is neither lost nor applied twice: it goes on where it stopped, or is undone. An import that
fits into one batch, as most do, is one transaction. Asked to apply all or nothing, a larger one that meets a line it
cannot write is undone by what it wrote down.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, insert, text, update
from sqlalchemy.exc import DataError, IntegrityError

from outreach.exchange import staging, undoing
from outreach.exchange.batches import Rest, politely
from outreach.exchange.fields import Target
from outreach.exchange.judging import Judged, judge, parent_ids, parent_key, plain, stored
from outreach.exchange.marks import mark, parts_mark
from outreach.exchange.staging import TERMINAL, By, Import, Row, WrongState
from outreach.exchange.targets import TARGETS
from outreach.exchange.words import Word
from outreach.store.database import Database

BATCH: Final = 200
"""Lines in one transaction: some 15 ms, less than a caller notices in an answer."""
ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(620601)"
"""On PostgreSQL two imports would not see each other's new records; SQLite has one writer anyway."""


def apply(
    database: Database,
    import_id: int,
    *,
    good_rows: bool,
    clock: Callable[[], datetime],
    by: By = TERMINAL,
    progress: Callable[[int], None] = lambda _lines: None,
    rest: Rest = politely,
) -> Import:
    """Write what was accepted; the import as it is then.

    Without ``good_rows``, refused lines (also those refused only now) mean that nothing is written: it ends as
    "checked", or "failed" where it had begun. Raises WrongState; an import cut off while "applying" goes on.
    """

    def start(db: Connection) -> Import:
        found = staging.get(db, import_id)
        if found is None or (found.refused and not good_rows):
            raise WrongState(found.state if found else "missing")
        if not staging.move(
            db, import_id, ("checked", "applying"), "applying", clock(), good_rows=int(good_rows)
        ):
            raise WrongState(found.state)
        return found

    found = database.write_now(start)
    target, done = TARGETS[found.target], found.done
    while True:
        with rest():
            wrote, refused = database.write_now(lambda db: _batch(db, target, import_id, good_rows, clock()))
        if refused and not good_rows:
            undoing.undo(database, import_id, clock=clock, by=by, rest=rest, into="failed")
            break
        if not wrote and not refused:
            database.write_now(
                lambda db: staging.move(db, import_id, ("applying",), "applied", clock(), applied_at=clock())
            )
            break
        done += wrote
        progress(done)

    def finish(db: Connection) -> Import:
        staging.count(db, import_id, clock())
        after = staging.get(db, import_id)
        assert after is not None
        by.record(db, "import.apply", after, clock())
        return after

    return database.write_now(finish)


def _batch(db: Connection, target: Target, import_id: int, good_rows: bool, now: datetime) -> tuple[int, int]:
    """The next lines: how many were written, how many refused."""
    if db.dialect.name == "postgresql":
        db.execute(text(ONE_AT_A_TIME))
    current = staging.get(db, import_id)
    if current is None or current.state != "applying":
        raise WrongState(current.state if current else "missing")
    rows = staging.waiting(db, import_id, BATCH)
    if not rows:
        return 0, 0
    judged = judge(db, target, [row.understood or {} for row in rows])
    settled = []
    good: list[Row] = []
    for row, one in zip(rows, judged, strict=True):
        if _still(row, one):
            good.append(row)
        else:
            settled.append(_refuse(row, Word("touched_meanwhile")))
    if settled and not good_rows:
        staging.settle(db, import_id, settled)
        return 0, len(settled)
    settled += _written(db, target, good, now)
    staging.settle(db, import_id, settled)
    done = sum(row.outcome == "done" for row in settled)
    staging.advance(db, import_id, done, now)
    return done, len(settled) - done


def _still(row: Row, one: Judged) -> bool:
    before = dict(one.before) if one.before else None
    return (one.verdict, before) == (row.verdict, row.before) and one.record_id == row.record_id


def _refuse(row: Row, why: Word) -> Row:
    return Row(
        row.line,
        "refused",
        row.key,
        None,
        row.understood,
        (("", why), *row.remarks),
        row.before,
        row.record_id,
        outcome="refused",
    )


def _written(db: Connection, target: Target, rows: Sequence[Row], now: datetime) -> list[Row]:
    """Write the lines together; where the database refuses one of them, each by itself."""
    try:
        with db.begin_nested():
            return _write(db, target, rows, now)
    except (IntegrityError, DataError) as error:
        if len(rows) == 1:
            return [_refuse(rows[0], Word("database_refused", {"why": _constraint(error)}))]
    return [settled for row in rows for settled in _written(db, target, [row], now)]


def _write(db: Connection, target: Target, rows: Sequence[Row], now: datetime) -> list[Row]:
    parents = _parents(db, target, rows)
    fresh = [row for row in rows if row.verdict == "fresh"]
    settled = []
    if fresh:
        values = [_record(target, row, parents, now) for row in fresh]
        added = _insert(db, target.table, values)
        for row, record in zip(fresh, added, strict=True):
            written: dict[str, Any] = {"added": [[target.table.name, record["id"], mark(record)]]}
            if target.parent and (new := parents.new.pop(parent_key(target, row.understood or {}), None)):
                written["added"].append(new)
            if parts := _parts(db, target, row, int(record["id"])):
                written["parts"] = parts
            settled.append(_done(row, int(record["id"]), written))
    for row in rows:
        if row.verdict == "changed":
            settled.append(_change(db, target, row))
    return settled


class _Parents:
    """Ids of parents by key, and of those just added what undoing must know."""

    def __init__(self, ids: dict[tuple[Any, ...], int]) -> None:
        self.ids = ids
        self.new: dict[tuple[Any, ...], list[Any]] = {}


def _parents(db: Connection, target: Target, rows: Sequence[Row]) -> _Parents:
    if not target.parent:
        return _Parents({})
    parents = _Parents(parent_ids(db, target, [row.understood or {} for row in rows]))
    for row in rows:
        values = row.understood or {}
        key = parent_key(target, values)
        if key in parents.ids or row.verdict != "fresh":
            continue
        own = {name: values[name] for name in target.parent.fields if name in values}
        (record,) = _insert(db, target.parent.table, [own])
        parents.ids[key] = int(record["id"])
        parents.new[key] = [target.parent.table.name, record["id"], mark(record)]
    return parents


def _record(target: Target, row: Row, parents: _Parents, now: datetime) -> dict[str, Any]:
    values = target.own(row.understood or {})
    values = {name: stored(target.table.c[name], value) for name, value in values.items()}
    values |= dict.fromkeys(target.stamp, now)
    if target.parent:
        values[target.parent.link] = parents.ids[parent_key(target, row.understood or {})]
    return values


def _parts(db: Connection, target: Target, row: Row, record_id: int) -> list[Any]:
    written = []
    for part in target.parts:
        kept = (row.understood or {}).get(part.field)
        if kept:
            rows = [one | {part.link: record_id} for one in part.rows(kept)]
            db.execute(insert(part.table), rows)
            written.append(
                [part.table.name, part.link, record_id, parts_mark(db, part.table, part.link, record_id)]
            )
    return written


def _change(db: Connection, target: Target, row: Row) -> Row:
    assert row.record_id is not None
    values = row.understood or {}
    before = row.before or {}
    new = {name: values[name] for name in before}
    columns = {name: stored(target.table.c[name], value) for name, value in new.items()}
    if target.version:
        columns[target.version] = target.table.c[target.version] + 1
    db.execute(update(target.table).where(target.table.c.id == row.record_id).values(columns))
    after = {name: [before[name], new[name]] for name in before}
    return _done(row, row.record_id, {"changed": [target.table.name, row.record_id, after]})


def _done(row: Row, record_id: int, written: dict[str, Any]) -> Row:
    return Row(
        row.line,
        row.verdict,
        row.key,
        row.cells,
        row.understood,
        row.remarks,
        row.before,
        record_id,
        written,
        "done",
    )


def _insert(db: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Add rows; as they are now, in the same order. All rows of one statement need the same columns."""
    added: dict[int, Mapping[str, Any]] = {}
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, row in enumerate(rows):
        groups.setdefault(tuple(sorted(row)), []).append(index)
    statement = insert(table).returning(*table.c, sort_by_parameter_order=True)
    for indexes in groups.values():
        found = db.execute(statement, [dict(rows[index]) for index in indexes]).mappings().all()
        added |= dict(zip(indexes, ({n: plain(v) for n, v in row.items()} for row in found), strict=True))
    return [added[index] for index in range(len(rows))]


def _constraint(error: IntegrityError | DataError) -> str:
    """Which rule was broken, without any value."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return str(diagnosis.constraint_name or type(error.orig).__name__)
    return str(error.orig).split("failed:")[-1].strip()[:60]
