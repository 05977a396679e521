"""What else a day brings besides calls and tasks: reminders without an answer, openings to check, texts that failed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from sqlalchemy import Connection, func, literal, or_, select

from outreach.services.person import tail
from outreach.services.places import today
from outreach.store.people import GANSU
from outreach.store.schema import deliveries, openings, people
from outreach.store.tables.bookings import booking_services, bookings
from outreach.store.tables.training import training_courses, training_registrations, training_sessions

SOON: Final = timedelta(days=2)
CHECK_EVERY: Final = timedelta(days=30)
"""An opening that nobody has asked about for so long may be filled."""
FAILED_SINCE: Final = timedelta(days=7)
SHOWN: Final = 20
FAILED: Final = deliveries.c.state == literal("failed", literal_execute=True)
"""Spelt out in the SQL: a partial index is of no use to a parameter."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Somebody who has not said whether they come. ``tail``: of their number."""

    about: Literal["training", "booking"]
    id: int
    person_id: int
    what: str
    at: datetime
    tail: str | None


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
    near = sorted([*_training(db, now), *_bookings(db, now)], key=lambda one: one.at)
    return Day(tuple(near[:SHOWN]), _unchecked(db, today(now)), _failed(db, now))


def _training(db: Connection, now: datetime) -> list[Unanswered]:
    row, session = training_registrations.c, training_sessions.c
    query = (
        select(
            row.id, row.person_id, training_courses.c.name, session.starts_on, session.begins, people.c.phone
        )
        .join(training_sessions, session.id == row.session_id)
        .join(training_courses, training_courses.c.id == session.course_id)
        .join(people, people.c.id == row.person_id)
        .where(
            row.state == "registered",
            row.confirmed_at.is_(None),
            session.cancelled_at.is_(None),
            session.starts_on >= today(now),
            session.starts_on <= today(now + SOON),
        )
        .order_by(session.starts_on, row.id)
        .limit(SHOWN)
    )
    return [
        Unanswered(
            "training",
            found.id,
            found.person_id,
            found.name,
            _at(found.starts_on, found.begins),
            _tail(found.phone),
        )
        for found in db.execute(query)
    ]


def _bookings(db: Connection, now: datetime) -> list[Unanswered]:
    row = bookings.c
    query = (
        select(row.id, row.person_id, booking_services.c.name, row.starts_at, people.c.phone)
        .join(booking_services, booking_services.c.id == row.service_id)
        .join(people, people.c.id == row.person_id)
        .where(row.state == "booked", row.starts_at > now, row.starts_at <= now + SOON)
        .order_by(row.starts_at, row.id)
        .limit(SHOWN)
    )
    return [
        Unanswered("booking", found.id, found.person_id, found.name, found.starts_at, _tail(found.phone))
        for found in db.execute(query)
    ]


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


def _at(day: date, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=GANSU)


def _tail(number: str | None) -> str | None:
    return tail(number) if number else None
