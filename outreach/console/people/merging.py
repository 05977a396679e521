"""Two files of one person become one: everything moves in one transaction, or nothing does, and words say why.

Where both have the same thing, the one that is further on stays. What a person agreed to: their latest word counts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    and_,
    delete,
    exists,
    func,
    select,
    update,
)

from outreach.console.language import said
from outreach.console.people.hanging import tables_of_people
from outreach.console.people.words import FACTS
from outreach.delivery import timers as waiting
from outreach.services.events.notices import occasion as event_occasion
from outreach.services.titles.pages import occasion as title_occasion
from outreach.services.training.notices import occasion as training_occasion
from outreach.store.audit import Audit
from outreach.store.schema import applications, calls, consents, deliveries, people, sessions
from outreach.store.tables.bookings import booking_cells
from outreach.store.tables.call_items import call_items
from outreach.store.tables.community import event_sign_ups
from outreach.store.tables.timers import timers
from outreach.store.tables.titles import title_entries, title_ticks
from outreach.store.tables.training import training_registrations
from outreach.store.tables.tries import speakers

FURTHER: Final[Mapping[Table, tuple[str, Sequence[Any]]]] = {
    training_registrations: (
        "session_id",
        ("attended", "registered", "offered", "waiting", "absent", "lapsed", "cancelled"),
    ),
    applications: (
        "opening_id",
        ("hired", "interview", "passed_on", "received", "refused", "withdrawn"),
    ),
    event_sign_ups: ("event_id", (True, False)),
    title_entries: ("round_id", ("passed", "handed_in", "preparing", "failed", "left")),
}
"""Of what both can have: what it is of, and the states, the one that stays first."""
SEATED: Final = ("registered", "offered", "waiting")
OFTEN: Final = ("remind", "changed", "offer", "offer_end", "notice")
"""What a registration may set off, in either line."""
NAMED: Final[Mapping[Table, Callable[[int, int, str], str]]] = {
    training_registrations: training_occasion,
    event_sign_ups: event_occasion,
}
"""What waits under a name that says whose it is."""
FORGOTTEN: Final = (sessions, speakers)
"""Where the other's conversation stood: nobody goes on with it."""


class Impossible(Exception):
    """They cannot be merged. ``why``: a sentence."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Pair:
    """Two files: of ``stays`` the number remains, ``goes`` is gone afterwards."""

    stays: int
    goes: int


def refusal(db: Connection, pair: Pair) -> str | None:
    """Why these two cannot be merged; None: they can."""
    if pair.stays == pair.goes:
        return said("这是同一份档案。")
    either = (pair.stays, pair.goes)
    erased = select(people.c.id).where(people.c.id.in_(either), people.c.erase_at.is_not(None))
    if db.execute(erased).first():
        return said("其中一位已经要求删除个人信息。请先问清楚本人，撤回删除以后再合并。")
    speaking = calls.c.person_id.in_(either) & (calls.c.state != "ended")
    if db.execute(select(calls.c.id).where(speaking)).first():
        return said("其中一位正在通话，请等通话结束以后再合并。")
    if db.execute(_both(booking_cells, "cell", pair)).first():
        return said("两份档案约了同一个时间。请先取消其中一个预约，再合并。")
    live = training_registrations.c.state.in_(SEATED)
    if db.execute(_both(training_registrations, "session_id", pair, live)).first():
        return said("两份档案都占着同一期培训的名额。请先取消其中一个，让后面的人补上，再合并。")
    return None


def merge(audit: Audit, pair: Pair, values: Mapping[str, Any]) -> None:
    """Move everything, with the facts that were chosen (``values``, names of ``FACTS``).

    Raises Impossible, or LookupError when one of the two is no longer there.
    """
    db = audit.db
    both = select(people).where(people.c.id.in_((pair.stays, pair.goes))).order_by(people.c.id)
    rows = {row["id"]: row for row in db.execute(both.with_for_update()).mappings()}
    if pair.stays != pair.goes and len(rows) != 2:
        raise LookupError("one of the two is gone")
    if why := refusal(db, pair):
        raise Impossible(why)
    stays, goes = rows[pair.stays], rows[pair.goes]
    _agree_on_consents(db, pair, audit)
    for table in FURTHER:
        _keep_further(db, table, pair, audit)
    for table in FORGOTTEN:
        db.execute(delete(table).where(table.c.person_id == pair.goes))
    _rename_waiting(db, pair)
    moved = {
        f"{table.name}.{column.name}": _move(db, table, column, pair) for table, column in tables_of_people()
    }
    if values:
        audit.change(people, pair.stays, dict(values))
    agreed = select(consents.c.id).where(
        consents.c.person_id == pair.stays,
        consents.c.scope == "disability",
        consents.c.withdrawn_at.is_(None),
    )
    if db.execute(agreed).first() is None:
        audit.change(people, pair.stays, {"category": None})
    last = max((at for at in (stays["last_call_at"], goes["last_call_at"]) if at), default=None)
    kept = {"last_call_at": last, "created_at": min(stays["created_at"], goes["created_at"])}
    if stays["pin_hash"] is None and goes["phone"] == values.get("phone", stays["phone"]):
        kept["pin_hash"] = goes["pin_hash"]
    db.execute(update(people).where(people.c.id == pair.stays).values(kept))
    # what the other file held is told with the one that stays: erased with it when its person is
    gone = {"id": pair.goes, **{name: goes[name] for name in FACTS}}
    audit.record("merge", "people", pair.stays, gone, {name: count for name, count in moved.items() if count})
    audit.record("merge", "people", pair.goes, after={"into": pair.stays})
    db.execute(delete(people).where(people.c.id == pair.goes))


def _both(table: Table, of: str, pair: Pair, *conditions: ColumnElement[bool]) -> Any:
    """What both have a row of."""
    found = select(table.c[of]).where(table.c.person_id.in_((pair.stays, pair.goes)), *conditions)
    return found.group_by(table.c[of]).having(func.count(table.c.person_id.distinct()) > 1)


def _keep_further(db: Connection, table: Table, pair: Pair, audit: Audit) -> None:
    of, order = FURTHER[table]
    state = "coming" if table is event_sign_ups else "state"
    shared = list(db.scalars(_both(table, of, pair)))
    for one in shared:
        either = select(table).where(table.c[of] == one, table.c.person_id.in_((pair.stays, pair.goes)))
        found = sorted(
            db.execute(either).mappings(),
            key=lambda row: (order.index(row[state]), row["person_id"] != pair.stays),
        )
        kept, dropped = found[0], found[-1]
        if table is title_entries:
            _keep_ticks(db, kept["id"], dropped["id"], audit)
        if table in NAMED:
            for what in OFTEN:
                waiting.forget(db, NAMED[table](one, dropped["person_id"], what), audit.now)
        db.execute(delete(table).where(table.c.id == dropped["id"]))
        audit.record("delete", table.name, dropped["id"], before=dict(dropped))


def _keep_ticks(db: Connection, kept: int, dropped: int, audit: Audit) -> None:
    """Papers that were ready by either entry are ready."""
    waiting.forget(db, title_occasion(dropped), audit.now)
    there = select(title_ticks.c.paper_id).where(title_ticks.c.entry_id == kept)
    db.execute(
        update(title_ticks)
        .where(title_ticks.c.entry_id == dropped, title_ticks.c.paper_id.not_in(there))
        .values(entry_id=kept)
    )


def _agree_on_consents(db: Connection, pair: Pair, audit: Audit) -> None:
    """For each scope the latest word of either counts. Both in force: the earlier stays, the other ends today."""
    either = consents.c.person_id.in_((pair.stays, pair.goes))
    rows = (
        db.execute(select(consents).where(either).order_by(consents.c.given_at, consents.c.id))
        .mappings()
        .all()
    )
    for scope in {row["scope"] for row in rows}:
        mine = [row for row in rows if row["scope"] == scope]
        in_force = [row for row in mine if row["withdrawn_at"] is None]
        withdrawn = max((row["withdrawn_at"] for row in mine if row["withdrawn_at"]), default=None)
        standing = [row for row in in_force if withdrawn is None or row["given_at"] > withdrawn]
        ended = [row for row in in_force if row not in standing[:1]]
        for row in ended:
            db.execute(update(consents).where(consents.c.id == row["id"]).values(withdrawn_at=audit.now))
            audit.record("consent.merge", "consents", row["id"], after={"withdrawn_at": audit.now})


def _rename_waiting(db: Connection, pair: Pair) -> None:
    """What waits under a name that says whose it is gets the new name: a seat that is offered, above all."""
    for table, occasion in NAMED.items():
        of = table.c[FURTHER[table][0]]
        for one in list(db.scalars(select(of).where(table.c.person_id == pair.goes))):
            for what in OFTEN:
                _rename(db, occasion(one, pair.goes, what), occasion(one, pair.stays, what), pair)


def _rename(db: Connection, old: str, new: str, pair: Pair) -> None:
    for row in db.execute(select(timers.c.id, timers.c.data).where(timers.c.occasion == old)).all():
        data = {**row.data, "person": pair.stays} if "person" in row.data else row.data
        db.execute(update(timers).where(timers.c.id == row.id).values(occasion=new, data=data))
    for table in (deliveries, call_items):
        purpose = table.c.purpose
        queued = update(table).where(purpose.startswith(waiting.purposes(old), autoescape=True))
        db.execute(queued.values(purpose=func.replace(purpose, old, new)))


def _move(db: Connection, table: Table, column: Any, pair: Pair) -> int:
    """Rows of the one become the other's; what both have, as the database counts it, is there already."""
    mine = table.alias()
    for unique in _uniques(table, column):
        same = [mine.c[one.name] == one for one in unique if one is not column]
        there = exists().where(mine.c[column.name] == pair.stays, *same)
        if table is not consents:
            db.execute(delete(table).where(and_(column == pair.goes, there)))
    return db.execute(update(table).where(column == pair.goes).values({column.name: pair.stays})).rowcount


def _uniques(table: Table, column: Any) -> list[list[Any]]:
    """The unique keys that ``column`` is part of."""
    keys = [
        list(one.columns)
        for one in table.constraints
        if isinstance(one, UniqueConstraint | PrimaryKeyConstraint) and column.name in one.columns
    ]
    return keys + [list(one.columns) for one in table.indexes if one.unique and column.name in one.columns]
