"""What else a day brings besides calls and tasks: reminders without an answer, openings to check, texts that failed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, literal, or_, select

from outreach.services.person import tail
from outreach.services.places import today
from outreach.store import unanswered
from outreach.store.schema import deliveries, openings
from outreach.store.unanswered import Unanswered

CHECK_EVERY: Final = timedelta(days=30)
"""An opening that nobody has asked about for so long may be filled."""
FAILED_SINCE: Final = timedelta(days=7)
SHOWN: Final = 20
FAILED: Final = deliveries.c.state == literal("failed", literal_execute=True)
"""Spelt out in the SQL: a partial index is of no use to a parameter."""


@dataclass(frozen=True, slots=True)
class Unchecked:
    """An opening that may not be open any more."""

    id: int
    title: str
    employer: str
    checked_on: date | None


@dataclass(frozen=True, slots=True)
class Failed:
    """Something that did not reach anybody."""

    id: int
    at: datetime
    reason: str | None
    scope: str
    tail: str | None
    person_id: int | None


@dataclass(frozen=True, slots=True)
class Day:
    """All of it, the nearest or latest first, up to ``SHOWN`` of each."""

    unanswered: tuple[Unanswered, ...]
    unchecked: tuple[Unchecked, ...]
    failed: tuple[Failed, ...]


def look(db: Connection, now: datetime) -> Day:
    """The day at ``now``."""
    return Day(tuple(unanswered.near(db, now, SHOWN)), _unchecked(db, today(now)), _failed(db, now))


def _unchecked(db: Connection, day: date) -> tuple[Unchecked, ...]:
    row = openings.c
    query = (
        select(row.id, row.title, row.employer, row.checked_on)
        .where(
            row.filled_at.is_(None),
            row.expires_on >= day,
            or_(row.checked_on.is_(None), row.checked_on <= day - CHECK_EVERY),
        )
        .order_by(func.coalesce(row.checked_on, date(2000, 1, 1)), row.id)
        .limit(SHOWN)
    )
    return tuple(Unchecked(*found) for found in db.execute(query))


def _failed(db: Connection, now: datetime) -> tuple[Failed, ...]:
    row = deliveries.c
    query = (
        select(row.id, row.updated_at, row.reason, row.scope, row.address, row.person_id)
        .where(FAILED, row.updated_at > now - FAILED_SINCE)
        .order_by(row.updated_at.desc(), row.id.desc())
        .limit(SHOWN)
    )
    return tuple(
        Failed(found.id, found.updated_at, found.reason, found.scope, _tail(found.address), found.person_id)
        for found in db.execute(query)
    )


def _tail(number: str | None) -> str | None:
    return tail(number) if number else None
