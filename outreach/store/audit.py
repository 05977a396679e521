"""Who did what, with what was before and after: written in the transaction of what was done, never apart from it.

A write by a person at the console, by telephone or through the API gets an ``Audit`` and tells it of everything.
Looks at what is sensitive are told too. Rows are only ever added.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, Table, insert, select, update

from outreach.store import webhooks
from outreach.store.tables.console import audit

Via = Literal["console", "terminal", "telephone", "api"]
HIDDEN = frozenset({"password_hash", "totp_secret", "totp_step", "token_hash"})
"""Columns whose content is nobody's to read, in the audit neither: that they changed is told."""

SHARED: Mapping[str, str] = {
    "openings": "opening",
    "training_sessions": "training_session",
    "events": "event",
    "policies": "policy",
    "title_rounds": "title_round",
    "booking_providers": "provider",
}
"""What is published to callers, as other systems hear of it when it changes (``webhooks.py``)."""
TOLD: Mapping[str, str] = {"add": "added", "change": "changed", "retire": "retired", "revive": "revived"}


@dataclass(slots=True)
class Audit:
    """One person's doings in one transaction. ``rows``: how many were written."""

    db: Connection
    user_id: int | None
    now: datetime
    via: Via = "console"
    rows: int = field(default=0)

    def record(
        self,
        action: str,
        entity: str,
        entity_id: object,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Write down that ``action`` was done to a row of the table ``entity``.

        ``action`` is a word of ours, ``verb`` or ``thing.verb``; ``before`` and ``after``: the fields that changed.
        """
        values = {
            "at": self.now,
            "user_id": self.user_id,
            "via": self.via,
            "action": action,
            "entity": entity,
            "entity_id": str(entity_id),
            "before": plain(before) if before else None,
            "after": plain(after) if after else None,
        }
        self.db.execute(insert(audit).values(values))
        self.rows += 1
        if entity in SHARED and action in TOLD:
            webhooks.publish(self.db, f"{SHARED[entity]}.{TOLD[action]}", {"id": entity_id}, self.now)

    def looked(self, entity: str, entity_id: object, fields: tuple[str, ...]) -> None:
        """Somebody asked to see what is hidden at first: a number, a disability."""
        self.record("look", entity, entity_id, after={"fields": list(fields)})

    def add(self, table: Table, values: Mapping[str, Any], action: str = "add") -> int:
        """Insert a row and write it down. Returns its id."""
        added = self.db.execute(insert(table).values(dict(values)).returning(table.c.id)).scalar_one()
        self.record(action, table.name, added, after=values)
        return int(added)

    def change(
        self, table: Table, row_id: int, values: Mapping[str, Any], action: str = "change"
    ) -> frozenset[str]:
        """Update the row with this id and write down what became different. Returns those fields' names.

        Raises LookupError when there is no such row. Nothing different: nothing is written, and that is written down
        as nothing changed, so that a transaction of it counts as audited.
        """
        columns = [table.c[name] for name in values]
        found = self.db.execute(select(*columns).where(table.c.id == row_id).with_for_update()).one_or_none()
        if found is None:
            raise LookupError(f"no {table.name} {row_id}")
        before = _values(found)
        changed = {name for name, value in values.items() if before[name] != value}
        if changed:
            after = {name: values[name] for name in changed}
            self.db.execute(update(table).where(table.c.id == row_id).values(after))
            self.record(action, table.name, row_id, {name: before[name] for name in changed}, after)
        else:
            self.rows += 1
        return frozenset(changed)


def _values(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same as JSON can hold it: times and dates as ISO text, what is hidden as a mark."""
    return {
        name: "***" if name in HIDDEN and value is not None else _plain(value)
        for name, value in values.items()
    }


def _plain(value: Any) -> Any:
    match value:
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            return {str(name): _plain(part) for name, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case None | bool() | int() | float() | str():
            return value
    return str(value)
