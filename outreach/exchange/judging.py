"""What a line would do to the database: add, change, nothing; or why it may not. Asks, never writes.

Asked at the dry run and again when the line is applied: what has changed in between is then seen, not overwritten.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Connection, Date, select

from outreach.exchange.fields import Target, Values
from outreach.exchange.staging import Remark, Verdict
from outreach.exchange.words import Word


@dataclass(frozen=True, slots=True)
class Judged:
    """``record_id``: the record that is there already; ``before``: its fields that would change, as they are."""

    verdict: Verdict
    record_id: int | None = None
    before: Mapping[str, Any] | None = None
    remarks: tuple[Remark, ...] = ()


def judge(db: Connection, target: Target, rows: Sequence[Values]) -> list[Judged]:
    """One judgement a line, in order. Two lines for the same thing are the caller's to find."""
    there = _there(db, target, rows)
    parents = _parents(db, target, rows)
    judged = [_one(target, values, there, parents) for values in rows]
    held = _held(db, target, [one.record_id for one in judged if one.verdict == "changed" and one.record_id])
    return [
        Judged("refused", one.record_id, None, (("", Word("held")),))
        if one.verdict == "changed" and one.record_id in held
        else one
        for one in judged
    ]


def plain(value: Any) -> Any:
    """A database value as a line's values have it."""
    match value:
        case datetime() | date():
            return value.isoformat()
        case _:
            return value


def stored(column: Column[Any], value: Any) -> Any:
    """A line's value as its column wants it."""
    return date.fromisoformat(value) if isinstance(column.type, Date) and isinstance(value, str) else value


def parent_ids(db: Connection, target: Target, rows: Sequence[Values]) -> dict[tuple[Any, ...], int]:
    """Ids of the parents that are there, by their key."""
    return {key: int(found["id"]) for key, found in _parents(db, target, rows).items()}


def parent_key(target: Target, values: Values) -> tuple[Any, ...]:
    """What a line's parent is known by."""
    assert target.parent
    return tuple(values.get(name, "") for name in target.parent.key)


_There = Mapping[Any, list[Mapping[str, Any]]]


def _there(db: Connection, target: Target, rows: Iterable[Values]) -> _There:
    """Records of the database that could be meant, by the field they are looked up by."""
    look = target.column(target.look)
    assert look is not None
    columns = [target.table.c.id, *(_labelled(target, field.name) for field in target.fields)]
    query = select(*(column for column in columns if column is not None))
    if target.parent:
        query = query.join(
            target.parent.table, target.table.c[target.parent.link] == target.parent.table.c.id
        )
    found: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    wanted = {values[target.look] for values in rows}
    for row in db.execute(query.where(look.in_(wanted)).order_by(target.table.c.id)).mappings():
        record = {name: plain(value) for name, value in row.items()}
        found[record[target.look]].append(record)
    return found


def _labelled(target: Target, name: str) -> Any:
    column = target.column(name)
    return None if column is None else column.label(name)


def _parents(
    db: Connection, target: Target, rows: Iterable[Values]
) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    if not target.parent:
        return {}
    table = target.parent.table
    wanted = {values[target.look] for values in rows}
    query = select(table).where(table.c[target.look].in_(wanted)).order_by(table.c.id.desc())
    found = db.execute(query).mappings()
    return {tuple(row[name] for name in target.parent.key): row for row in map(dict, found)}


def _one(
    target: Target, values: Values, there: _There, parents: Mapping[tuple[Any, ...], Mapping[str, Any]]
) -> Judged:
    meant = _meant(target, values, there.get(values[target.look], ()))
    remarks: list[Remark] = []
    if target.parent and (parent := parents.get(parent_key(target, values))):
        differs = any(values[name] != parent[name] for name in target.parent.fields if name in values)
        remarks += [("", Word("parent_kept"))] if differs else []
    if not meant:
        return Judged("fresh", remarks=tuple(remarks))
    if len(meant) > 1:
        return Judged("refused", remarks=(("", Word("several_here", {"count": len(meant)})),))
    (record,) = meant
    own = target.own(values)
    before = {name: record[name] for name, value in own.items() if record[name] != value}
    if any(part.field in values for part in target.parts):
        remarks.append(("", Word("parts_kept")))
    return Judged("changed" if before else "same", record["id"], before or None, tuple(remarks))


def _meant(
    target: Target, values: Values, records: Sequence[Mapping[str, Any]]
) -> Sequence[Mapping[str, Any]]:
    """The records that a line speaks of.

    A key field that the line leaves out fits whatever is there; one that the database lacks (somebody known by
    number only) fits where nothing fits better.
    """
    given = [name for name in target.key if name in values]
    exact = [record for record in records if all(record[name] == values[name] for name in given)]
    if exact:
        return exact
    return [record for record in records if all(record[name] in (None, values[name]) for name in given)]


def _held(db: Connection, target: Target, ids: Sequence[int]) -> set[int]:
    """Of these records, those that somebody has signed up for."""
    return (
        {int(row[0]) for column in target.held for row in db.execute(_pointing(column, ids))}
        if ids
        else set()
    )


def _pointing(column: Column[Any], ids: Sequence[int]) -> Any:
    return select(column).where(column.in_(ids)).distinct()
