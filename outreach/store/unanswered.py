"""Who was reminded of something near and has not said whether they come: counselors ring them. SQL only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from sqlalchemy import Connection, select

from outreach.store.people import GANSU
from outreach.store.schema import people
from outreach.store.tables.bookings import booking_services, bookings
from outreach.store.tables.training import training_courses, training_registrations, training_sessions

SOON: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Somebody who has not said whether they come. ``tail``: of their number."""

    about: Literal["training", "booking"]
    id: int
    person_id: int
    what: str
    at: datetime
    tail: str | None


def near(db: Connection, now: datetime, limit: int) -> Sequence[Unanswered]:
    """Up to ``limit`` of them, the nearest first."""
    found = [*_training(db, now, limit), *_bookings(db, now, limit)]
    return sorted(found, key=lambda one: one.at)[:limit]


def purpose(about: str, row_id: int) -> str:
    """What the task to ring them is called: there is one, whoever asks for it."""
    return f"unanswered:{about}:{row_id}"


def _training(db: Connection, now: datetime, limit: int) -> list[Unanswered]:
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
            session.starts_on >= now.astimezone(GANSU).date(),
            session.starts_on <= (now + SOON).astimezone(GANSU).date(),
        )
        .order_by(session.starts_on, row.id)
        .limit(limit)
    )
    return [
        Unanswered(
            "training",
            found.id,
            found.person_id,
            found.name,
            _at(found.starts_on, found.begins),
            found.phone[-4:] if found.phone else None,
        )
        for found in db.execute(query)
    ]


def _bookings(db: Connection, now: datetime, limit: int) -> list[Unanswered]:
    row = bookings.c
    query = (
        select(row.id, row.person_id, booking_services.c.name, row.starts_at, people.c.phone)
        .join(booking_services, booking_services.c.id == row.service_id)
        .join(people, people.c.id == row.person_id)
        .where(row.state == "booked", row.starts_at > now, row.starts_at <= now + SOON)
        .order_by(row.starts_at, row.id)
        .limit(limit)
    )
    return [
        Unanswered(
            "booking",
            found.id,
            found.person_id,
            found.name,
            found.starts_at,
            found.phone[-4:] if found.phone else None,
        )
        for found in db.execute(query)
    ]


def _at(day: date, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=GANSU)
