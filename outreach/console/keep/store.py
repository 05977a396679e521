"""The SQL of every entity: pages of a list by key, one record, saving what nobody else has changed meanwhile."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from outreach.console.keep.entity import Entity, Saving, Values
from outreach.store.audit import plain

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records, in which order. ``after``: the key of the last one shown before."""

    search: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its fields, its other columns, and the mark of the state it is in."""

    id: int
    values: Values
    row: Values
    mark: str


class Changed(Exception):
    """Somebody else has changed the record meanwhile; it is ``now`` like this."""

    def __init__(self, now: Record) -> None:
        super().__init__(now.id)
        self.now = now


def page(db: Connection, entity: Entity, wanted: Wanted) -> tuple[Sequence[Values], str]:
    """A page of the list, and the key to ask for the next with ("": there is none)."""
    table, key = entity.table, entity.table.c.id
    query = select(*(table.c[name] for name in dict.fromkeys(("id", *_shown(entity)))))
    descending = not wanted.sort
    order = table.c[wanted.sort] if wanted.sort in entity.sorts else key
    query = query.where(*_conditions(entity, wanted))
    if found := _unkeyed(wanted.after):
        query = query.where(_behind(order, key, found, descending))
    ordered = (order.desc(), key.desc()) if descending else (order.asc(), key.asc())
    rows = [dict(row._mapping) for row in db.execute(query.order_by(*ordered).limit(PAGE + 1))]
    if len(rows) <= PAGE:
        return rows, ""
    last = rows[PAGE - 1]
    return rows[:PAGE], _keyed(last[order.name], last["id"])


def get(db: Connection, entity: Entity, record_id: int, lock: bool = False) -> Record | None:
    """One record with its parts."""
    query = select(entity.table).where(entity.table.c.id == record_id)
    row = db.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        return None
    everything = dict(row._mapping)
    values = {
        one.name: entity.parts[one.name].read(db, record_id)
        if one.name in entity.parts
        else everything[one.name]
        for one in entity.fields
    }
    return Record(record_id, values, everything, _mark({**everything, **values}))


def add(saving: Saving, entity: Entity) -> int:
    """A new record; its id."""
    values = {**entity.new(saving.audit.now), **_own(entity, saving.after)}
    record_id = saving.audit.add(entity.table, values)
    _parts(saving, entity, record_id)
    return record_id


def change(saving: Saving, entity: Entity, mark: str) -> None:
    """Save. Raises Changed when the record is not as it was when ``mark`` was made, LookupError when it is gone."""
    now = get(saving.db, entity, saving.id, lock=True)
    if now is None:
        raise LookupError(f"no {entity.name} {saving.id}")
    if now.mark != mark:
        raise Changed(now)
    values = _own(entity, saving.after)
    if "version" in entity.table.c and any(now.values[name] != value for name, value in values.items()):
        values["version"] = now.row["version"] + 1
    if entity.change:
        _by_its_line(saving, entity.change, entity, {name: now.row[name] for name in values}, values)
    else:
        saving.audit.change(entity.table, saving.id, values)
    _parts(saving, entity, saving.id, now.values)


def retire(saving: Saving, entity: Entity, values: Values) -> None:
    """Take it out of service. Raises LookupError when there is no such record."""
    now = get(saving.db, entity, saving.id, lock=True)
    if now is None:
        raise LookupError(f"no {entity.name} {saving.id}")
    if entity.call_off and not entity.retired(now.row):
        before = {name: now.row[name] for name in values}
        _by_its_line(saving, entity.call_off, entity, before, values, "retire")
    else:
        saving.audit.change(entity.table, saving.id, values, "retire")


def _by_its_line(
    saving: Saving,
    work: Callable[[Saving], None],
    entity: Entity,
    before: Values,
    after: Values,
    action: str = "change",
) -> None:
    """Have a service line write it, and write down what became different."""
    different = {name for name in after if before[name] != after[name]}
    work(saving)
    old, new = ({name: values[name] for name in different} for values in (before, after))
    saving.audit.record(action, entity.table.name, saving.id, old, new)


def _parts(saving: Saving, entity: Entity, record_id: int, before: Values | None = None) -> None:
    for name, part in entity.parts.items():
        old, new = (before or {}).get(name, []), list(saving.after[name])
        if old != new:
            part.write(saving.db, record_id, new)
            saving.audit.record("change", entity.table.name, record_id, {name: old}, {name: new})


def _own(entity: Entity, values: Values) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in entity.parts}


def _shown(entity: Entity) -> list[str]:
    columns = (*entity.columns, entity.head, *entity.sorts)
    return [name for name in columns if name not in entity.parts]


def _conditions(entity: Entity, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for name, value in wanted.filters.items():
        if value and name in entity.filters:
            column = entity.table.c[name]
            kept: Any = value
            if entity.field(name).kind == "tick":
                kept = value == "1"
            elif column.type.python_type is int:
                kept = int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else -1
            found.append(column == kept)
    for word in wanted.search.split()[:5]:
        found.append(or_(*(entity.table.c[name].icontains(word, autoescape=True) for name in entity.search)))
    return found


def _behind(
    order: ColumnElement[Any], key: ColumnElement[int], last: tuple[Any, int], descending: bool
) -> ColumnElement[bool]:
    value = last[0]
    if order.type.python_type is date:
        value = date.fromisoformat(value)
    elif order.type.python_type is datetime:
        value = datetime.fromisoformat(value)
    if descending:
        return or_(order < value, and_(order == value, key < last[1]))
    return or_(order > value, and_(order == value, key > last[1]))


def _keyed(value: Any, record_id: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([value, record_id])).decode()


def _unkeyed(key: str) -> tuple[Any, int] | None:
    """None: no key, or none of ours; then the list begins at its beginning."""
    try:
        value, record_id = orjson.loads(base64.urlsafe_b64decode(key))
    except (binascii.Error, ValueError):
        return None
    return (value, record_id) if isinstance(record_id, int) else None


def _mark(values: Values) -> str:
    named = {
        str(name): value for name, value in plain(values).items()
    }  # SQLAlchemy's names are a str of its own
    text = orjson.dumps(named, option=orjson.OPT_SORT_KEYS, default=str)
    return hashlib.sha256(text).hexdigest()[:24]
