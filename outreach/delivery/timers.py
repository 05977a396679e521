"""What waits, as rows: set, replaced, forgotten, found when due. What a timer that fires comes to is not decided here.

A timer fires in one transaction with all that it sets off, its row deleted in the same: a node that dies fires it
later, two nodes that find it fire it once. A row that is gone is the guard: whoever forgets an occasion deletes its
rows, and cancels what was queued for it and has not left yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, delete, insert, select, update

from outreach.delivery import ladder, outbox
from outreach.store.tables.timers import timers

FIRST_RETRY: Final = timedelta(minutes=1)
LONGEST_RETRY: Final = timedelta(hours=1)
"""What fails is tried again for as long as it exists: a second look that is never taken blocks a seat for ever."""
ESCALATED: Final = "escalated"
"""In a page's data: it is asked because nothing was confirmed. A page that asks again and again whether it was heard
has nothing more to say then to whoever has."""
MATTERS: Final = "matters"
"""In a page's data: whoever stays untold stands before a closed door. Not agreeing to reminders does not end it: a
counselor rings."""

Rung = Literal["own", "sms", "voice", "counselor"]
"""How a reminder comes: as the person likes it, as a text, by a call, or by their counselor who is told."""


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer: a reminder (``page``, ``person_id``, ``until``) or a second look (``handler``).

    ``rung``, ``scope``: how the reminder comes, and the consent it needs.
    """

    id: int
    occasion: str
    page: str | None
    handler: str | None
    data: Mapping[str, Any]
    person_id: int | None
    due_at: datetime
    until: datetime | None
    failures: int
    set_at: datetime
    rung: Rung
    scope: str

    @property
    def purpose(self) -> str:
        """What a delivery for it is for. Set anew after it fired, an occasion is another one."""
        rung = ":" if self.rung == "own" else self.rung[0]
        return f"{purposes(self.occasion)}{self.due_at:%y%m%d%H%M}{rung}{self.set_at:%y%m%d%H%M%S%f}"


SHOWN = tuple(timers.c[name] for name in Timer.__slots__)


def remind(
    db: Connection,
    occasion: str,
    page: str,
    data: Mapping[str, Any],
    at: Sequence[datetime],
    until: datetime,
    person_id: int,
    now: datetime,
    *,
    escalate: bool = True,
    matters: bool = False,
) -> None:
    """Remind a person at each of ``at`` before ``until``, and no longer as it was set for ``occasion`` before.

    ``escalate``: what is not confirmed by the day before ``until`` is told in a call, then left to their counselor.
    ``matters``: left to their counselor also where they do not want to be reminded.
    """
    if matters:
        data = {**data, MATTERS: True}
    db.execute(delete(timers).where(timers.c.occasion == occasion, timers.c.page.is_not(None)))
    outbox.cancel_all(db, purposes(occasion), now)
    moments: list[tuple[datetime, Rung]] = [(due_at, "own") for due_at in at]
    if escalate:
        moments += ladder.day_before(at, until)
    for due_at, rung in moments:
        if due_at < until:
            told = data if rung == "own" else {**data, ESCALATED: True}
            lead(db, occasion, page, told, due_at, until, person_id, now, rung=rung)


def lead(
    db: Connection,
    occasion: str,
    page: str,
    data: Mapping[str, Any],
    at: datetime,
    until: datetime,
    person_id: int,
    now: datetime,
    *,
    rung: Rung = "own",
    scope: str = "reminders",
) -> None:
    """Lead a person to ``page`` at ``at``, besides whatever else is set for ``occasion``.

    It waits for their hours and for the end of a conversation; a page with nothing to say is not gone to.
    """
    values = {"occasion": occasion, "page": page, "data": dict(data), "person_id": person_id}
    db.execute(insert(timers).values(**values, due_at=at, until=until, set_at=now, rung=rung, scope=scope))


def later(
    db: Connection, occasion: str, handler: str, data: Mapping[str, Any], at: datetime, now: datetime
) -> None:
    """Have ``handler`` look again at ``at``, and no longer when it was to before."""
    db.execute(delete(timers).where(timers.c.occasion == occasion, timers.c.handler == handler))
    db.execute(
        insert(timers).values(occasion=occasion, handler=handler, data=dict(data), due_at=at, set_at=now)
    )


def forget(db: Connection, occasion: str, now: datetime) -> None:
    """Nothing more happens for ``occasion``; what is on its way to the carrier cannot be called back."""
    db.execute(delete(timers).where(timers.c.occasion == occasion))
    outbox.cancel_all(db, purposes(occasion), now)


def due(db: Connection, now: datetime, limit: int) -> list[int]:
    """Ids of timers that are due, the longest due first."""
    query = select(timers.c.id).where(timers.c.due_at <= now).order_by(timers.c.due_at, timers.c.id)
    return list(db.scalars(query.limit(limit)))


def hold(db: Connection, timer_id: int, now: datetime) -> Timer | None:
    """A timer that is still due, nobody else's until commit. None: it is gone, was moved, or another node has it."""
    query = select(*SHOWN).where(timers.c.id == timer_id, timers.c.due_at <= now)
    row = db.execute(query.with_for_update(skip_locked=True)).one_or_none()
    return _timer(row) if row else None


def drop(db: Connection, timer: Timer, now: datetime) -> None:
    """It has fired. Reminders of the same occasion that are due as well, after a standstill, are one reminder."""
    same = timers.c.id == timer.id
    if timer.page is not None:
        same |= (
            (timers.c.occasion == timer.occasion)
            & (timers.c.page == timer.page)
            & (timers.c.rung == timer.rung)
            & (timers.c.due_at <= now)
        )
    db.execute(delete(timers).where(same))


def postpone(db: Connection, timer: Timer, due_at: datetime) -> None:
    """Not now."""
    db.execute(update(timers).where(timers.c.id == timer.id).values(due_at=due_at))


def failed(db: Connection, timer_id: int, now: datetime) -> None:
    """Firing it raised: again in a minute, then more and more seldom, up to once an hour."""
    failures = db.scalar(select(timers.c.failures).where(timers.c.id == timer_id))
    if failures is None:
        return
    wait = min(FIRST_RETRY * 2 ** min(failures, 10), LONGEST_RETRY)
    change = {"failures": failures + 1, "due_at": now + wait}
    db.execute(update(timers).where(timers.c.id == timer_id).values(change))


def purposes(occasion: str) -> str:
    """How the purposes begin of all that is queued for an occasion."""
    return f"remind:{occasion}:"


def _timer(row: Row[*tuple[Any, ...]]) -> Timer:
    return Timer(*(row._mapping[column] for column in SHOWN))
