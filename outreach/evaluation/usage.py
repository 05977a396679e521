"""How the line is used: calls and minutes by line, from heard to hired, who was reached and why others were not."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, case, distinct, func, select

from outreach.evaluation.periods import Period
from outreach.store.dialects import seconds_between
from outreach.store.schema import applications, calls, deliveries, saved_openings
from outreach.store.tables.bookings import bookings
from outreach.store.tables.plans import line_visits
from outreach.store.tables.titles import title_entries
from outreach.store.tables.training import training_registrations

LONGEST_MINUTES: Final = 240
"""A call that nobody saw end is counted with no more: what ended it was a crash, not its caller."""


@dataclass(frozen=True, slots=True)
class LineUse:
    """One service line in one channel. ``minutes`` of calls only."""

    line: str
    channel: str
    visits: int
    people: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """From hearing of openings to being hired: each step's people, whoever they are."""

    heard: int
    saved: int
    applied: int
    hired: int


@dataclass(frozen=True, slots=True)
class Sent:
    """Deliveries of one sort that came to the same end. ``reason`` None: there is none to give."""

    channel: str
    scope: str
    state: str
    reason: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Reminded:
    """What was answered "yes, I will come" to, of all that people were reminded of."""

    confirmed: int
    asked: int


def lines(db: Connection, period: Period) -> list[LineUse]:
    """Every line that somebody came to, the most visited first."""
    following = func.lead(line_visits.c.at).over(
        partition_by=line_visits.c.source, order_by=(line_visits.c.at, line_visits.c.id)
    )
    visited = (
        select(
            line_visits.c.line,
            line_visits.c.channel,
            line_visits.c.person_id,
            seconds_between(db, line_visits.c.at, func.coalesce(following, calls.c.ended_at)).label(
                "seconds"
            ),
        )
        .join(calls, calls.c.id == line_visits.c.source, isouter=True)
        .where(line_visits.c.at >= period.starts_at, line_visits.c.at < period.ends_at)
        .subquery()
    )
    longest = LONGEST_MINUTES * 60
    seconds = case((visited.c.seconds > longest, longest), else_=func.coalesce(visited.c.seconds, 0))
    rows = db.execute(
        select(
            visited.c.line,
            visited.c.channel,
            func.count().label("visits"),
            func.count(distinct(visited.c.person_id)).label("people"),
            func.sum(seconds).label("seconds"),
        )
        .group_by(visited.c.line, visited.c.channel)
        .order_by(func.count().desc(), visited.c.line, visited.c.channel)
    )
    return [
        LineUse(
            row.line,
            row.channel,
            row.visits,
            row.people,
            round(row.seconds / 60) if row.channel == "voice" else 0,
        )
        for row in rows
    ]


def minutes(db: Connection, period: Period) -> int:
    """How long callers were on the line, all calls together."""
    longest = LONGEST_MINUTES * 60
    seconds = seconds_between(db, calls.c.started_at, calls.c.ended_at)
    query = select(func.sum(case((seconds > longest, longest), else_=seconds))).where(
        calls.c.started_at >= period.starts_at,
        calls.c.started_at < period.ends_at,
        calls.c.ended_at.is_not(None),
    )
    return round((db.execute(query).scalar_one() or 0) / 60)


def funnel(db: Connection, period: Period) -> Funnel:
    """People on the jobs line in the period, and how far they came."""

    def people(table: Any, at: Any, *conditions: Any) -> int:
        query = select(func.count(distinct(table.c.person_id))).where(
            at >= period.starts_at, at < period.ends_at, *conditions
        )
        return db.execute(query).scalar_one()

    return Funnel(
        heard=people(line_visits, line_visits.c.at, line_visits.c.line == "jobs"),
        saved=people(saved_openings, saved_openings.c.saved_at),
        applied=people(applications, applications.c.created_at),
        hired=people(applications, applications.c.updated_at, applications.c.state == "hired"),
    )


def deliveries_by_end(db: Connection, period: Period) -> list[Sent]:
    """What was to leave the house in the period, by what became of it."""
    columns = (deliveries.c.channel, deliveries.c.scope, deliveries.c.state, deliveries.c.reason)
    rows = db.execute(
        select(*columns, func.count())
        .where(deliveries.c.created_at >= period.starts_at, deliveries.c.created_at < period.ends_at)
        .group_by(*columns)
        .order_by(func.count().desc(), *columns)
    )
    return [Sent(*row) for row in rows]


def reminded(db: Connection, period: Period) -> Reminded:
    """Seats, times and rounds that were confirmed, of those that a reminder spoke of or could have spoken of."""
    seats = training_registrations.c
    entries = title_entries.c
    booked = bookings.c
    asked = [
        select(func.count(), func.count(seats.confirmed_at)).where(
            seats.state.in_(("registered", "attended", "absent")),
            seats.created_at >= period.starts_at,
            seats.created_at < period.ends_at,
        ),
        select(func.count(), func.count(entries.heard_at)).where(
            entries.state != "left",
            entries.created_at >= period.starts_at,
            entries.created_at < period.ends_at,
        ),
        select(func.count(), func.sum(case((booked.state == "confirmed", 1), else_=0))).where(
            booked.state.in_(("booked", "confirmed")),
            booked.starts_at >= period.starts_at,
            booked.starts_at < period.ends_at,
        ),
    ]
    counted = [db.execute(query).one() for query in asked]
    return Reminded(confirmed=sum(row[1] or 0 for row in counted), asked=sum(row[0] for row in counted))
