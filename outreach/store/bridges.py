"""Connecting a counselor with a person: the counselor's telephone rings first, the person's from that call.

SQL only. The person's number is in no row of these: it is read from the task when it is dialled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, String, cast, func, insert, literal, select, update

from outreach.store.schema import deliveries, people, tasks
from outreach.store.tables.console import users
from outreach.store.tables.staff import bridges

Outcome = Literal["answered", "busy", "no_answer", "failed"]
Stands = Literal["calling", "unreached", "dialled", "answered", "busy", "no_answer", "failed"]
"""Their own telephone rings; it was not answered, or they did not want to be connected; the person's rings, or how
that went is not known; how it went."""
RINGING: timedelta = timedelta(minutes=3)
"""By then the counselor's own telephone has been answered, or will not be."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """Who was to be connected, when, and how it stands."""

    asked_at: datetime
    who: str
    stands: Stands


@dataclass(frozen=True, slots=True)
class Whom:
    """The person to be rung. ``user_id``: for whom."""

    task_id: int
    kind: str
    number: str
    user_id: int


def purpose(bridge_id: int) -> str:
    """What the call to the counselor's own telephone is called in the ledger."""
    return f"bridge:{bridge_id}"


def add(db: Connection, task_id: int, user_id: int, now: datetime) -> int:
    """Somebody wants to be connected about a task; the bridge's id."""
    values = {"task_id": task_id, "user_id": user_id, "asked_at": now}
    return int(db.execute(insert(bridges).values(values).returning(bridges.c.id)).scalar_one())


def whom(db: Connection, bridge_id: int) -> Whom | None:
    """The person that is to be rung; None: it has been done, or there is no number any more."""
    number = func.coalesce(tasks.c.phone, people.c.phone)
    row = db.execute(
        select(tasks.c.id, tasks.c.kind, number, bridges.c.user_id)
        .join(tasks, tasks.c.id == bridges.c.task_id)
        .outerjoin(people, people.c.id == tasks.c.person_id)
        .where(bridges.c.id == bridge_id, bridges.c.dialled_at.is_(None))
    ).one_or_none()
    return Whom(*row) if row and row[2] else None


def about(db: Connection, bridge_id: int) -> tuple[int, int] | None:
    """Its task and its user."""
    row = db.execute(
        select(bridges.c.task_id, bridges.c.user_id).where(bridges.c.id == bridge_id)
    ).one_or_none()
    return (row.task_id, row.user_id) if row else None


def dialled(db: Connection, bridge_id: int, call_id: str | None, now: datetime) -> None:
    """The person's telephone rings now, from this call."""
    db.execute(update(bridges).where(bridges.c.id == bridge_id).values(call_id=call_id, dialled_at=now))


def settle(db: Connection, call_id: str, outcome: str, now: datetime) -> bool:
    """How it went. False: nobody was being connected from this call, or that is known already."""
    open_ones = (bridges.c.call_id == call_id, bridges.c.outcome.is_(None))
    return db.execute(update(bridges).where(*open_ones).values(outcome=outcome, ended_at=now)).rowcount > 0


def of_task(db: Connection, task_id: int, now: datetime) -> Sequence[Bridge]:
    """All that was tried about a task, the oldest first."""
    called = literal("bridge:") + cast(bridges.c.id, String)
    query = (
        select(bridges, users.c.name, deliveries.c.state)
        .join(users, users.c.id == bridges.c.user_id)
        .outerjoin(deliveries, deliveries.c.purpose == called)
        .where(bridges.c.task_id == task_id)
        .order_by(bridges.c.id)
    )
    found = []
    for row in db.execute(query):
        stands: Stands = row.outcome or "dialled"
        if row.dialled_at is None:
            waits = row.state in ("queued", "sending", "sent") and now < row.asked_at + RINGING
            stands = "calling" if waits else "unreached"
        found.append(Bridge(row.asked_at, row.name, stands))
    return found
