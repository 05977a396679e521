"""One timeline of everything between a person and us, the newest first; what is still to come is before all.

Each sort of row is one query through an index of its own that stops after a page; they are put in order here, which
is faster in both databases than one union of all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    literal,
    null,
    or_,
    select,
    true,
    tuple_,
)

from outreach.store.schema import applications, calls, deliveries, openings, tasks
from outreach.store.tables.bookings import booking_services, bookings
from outreach.store.tables.campaigns import campaign_items, campaign_runs, campaigns
from outreach.store.tables.community import cases, event_sign_ups, events, produce_offers
from outreach.store.tables.messages import inbound_messages
from outreach.store.tables.plans import services_given
from outreach.store.tables.timers import timers
from outreach.store.tables.titles import title_entries, title_rounds
from outreach.store.tables.training import training_courses, training_registrations, training_sessions

PAGE: Final = 30


@dataclass(frozen=True, slots=True)
class Event:
    """One row. ``kind``: a key of ``words.EVENTS``; ``states``: of ``words.STATES``; ``about``: words, or a key."""

    at: datetime
    kind: str
    states: str
    id: int | str
    state: str
    about: str | None
    reason: str | None
    body: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """One sort of rows: everybody's, the newest first; whose, and from where on, comes with the question."""

    states: str
    query: Select[Any]
    person: Any
    at: Any
    id: Any


def page(db: Connection, person_id: int, after: str = "", limit: int = PAGE) -> tuple[Sequence[Event], str]:
    """A page, and the key of the next ("": there is none)."""
    last = _unkeyed(after)
    found: list[tuple[int, Event]] = []
    for place, source in enumerate(SOURCES):
        query = source.query.where(source.person == person_id)
        if last is not None:
            query = query.where(_behind(source, place, *last))
        found += [(place, Event(*_values(source, row))) for row in db.execute(query.limit(limit + 1))]
    found.sort(key=lambda one: one[1].at, reverse=True)  # stable: at one instant, in the order of the sources
    shown = [event for _, event in found[:limit]]
    if len(found) <= limit:
        return shown, ""
    place, event = found[limit - 1]
    return shown, f"{event.at.isoformat()} {place} {event.id}"


def _values(source: Source, row: Any) -> tuple[Any, ...]:
    return row.at, row.kind, source.states, row.id, row.state, row.about, row.reason, row.body


def _behind(source: Source, place: int, at: datetime, last_place: int, last_id: str) -> ColumnElement[bool]:
    if place != last_place:
        found: ColumnElement[bool] = source.at < at if place < last_place else source.at <= at
        return found
    key = int(last_id) if source.id.type.python_type is int and last_id.isdecimal() else last_id
    return or_(source.at < at, and_(source.at == at, source.id < key))


def _unkeyed(key: str) -> tuple[datetime, int, str] | None:
    """None: no key, or none of ours; then the list begins at its beginning."""
    match key.split(" "):
        case [at, place, row_id] if place.isdecimal() and int(place) < len(SOURCES):
            whole = SOURCES[int(place)].id.type.python_type is not int or row_id.isdecimal()
            try:
                when = datetime.fromisoformat(at)
            except ValueError:
                return None
            return (when, int(place), row_id) if when.tzinfo is not None and whole else None
    return None


def _source(
    states: str,
    kind: Any,
    table: Any,
    at: Any,
    state: Any,
    about: Any = None,
    reason: Any = None,
    body: Any = None,
    joined: Callable[[Select[Any]], Select[Any]] = lambda query: query,
) -> Source:
    empty = cast(null(), String)
    query = joined(
        select(
            at.label("at"),
            (literal(kind) if isinstance(kind, str) else kind).label("kind"),
            table.c.id,
            (literal(state) if isinstance(state, str) else state).label("state"),
            (empty if about is None else about).label("about"),
            (empty if reason is None else reason).label("reason"),
            (empty if body is None else body).label("body"),
        ).select_from(table)
    ).order_by(at.desc(), table.c.id.desc())
    return Source(states, query, table.c.person_id, at, table.c.id)


_RUNG: Final = case(
    (deliveries.c.purpose.like("remind:%"), "reminder"),
    (deliveries.c.channel == "voice", "call_out"),
    else_="text",
)

_EARLIER: Final = timers.alias()
_SOONER: Final = exists().where(
    _EARLIER.c.occasion == timers.c.occasion,
    _EARLIER.c.person_id == timers.c.person_id,
    tuple_(_EARLIER.c.due_at, _EARLIER.c.id) < tuple_(timers.c.due_at, timers.c.id),
)
"""Of an occasion only the next reminder is shown: some have a dozen to come."""

SOURCES: Final[tuple[Source, ...]] = (
    _source(
        "call",
        case((calls.c.delivery_id.is_(None), "call_in"), else_="call_out"),
        calls,
        calls.c.started_at,
        calls.c.state,
        reason=calls.c.reason,
    ),
    _source("text_in", "text_in", inbound_messages, inbound_messages.c.received_at, inbound_messages.c.kind),
    _source(
        "delivery",
        _RUNG,
        deliveries,
        deliveries.c.updated_at,
        deliveries.c.state,
        reason=deliveries.c.reason,
        body=deliveries.c.body,
    ),
    _source(
        "timer",
        "reminder",
        timers,
        timers.c.due_at,
        "",
        timers.c.page,
        joined=lambda query: query.where(~_SOONER),
    ),
    _source(
        "booking",
        "booking",
        bookings,
        bookings.c.starts_at,
        bookings.c.state,
        booking_services.c.name,
        joined=lambda query: query.join(booking_services, booking_services.c.id == bookings.c.service_id),
    ),
    _source(
        "registration",
        "registration",
        training_registrations,
        training_registrations.c.updated_at,
        training_registrations.c.state,
        training_courses.c.name,
        joined=lambda query: query.join(
            training_sessions, training_sessions.c.id == training_registrations.c.session_id
        ).join(training_courses, training_courses.c.id == training_sessions.c.course_id),
    ),
    _source(
        "event",
        "event",
        event_sign_ups,
        event_sign_ups.c.updated_at,
        case((event_sign_ups.c.coming, "coming"), else_=""),
        events.c.name,
        joined=lambda query: query.join(events, events.c.id == event_sign_ups.c.event_id),
    ),
    _source(
        "campaign",
        "campaign",
        campaign_items,
        campaign_items.c.updated_at,
        campaign_items.c.state,
        campaigns.c.name,
        reason=campaign_items.c.reason,
        joined=lambda query: query.join(campaign_runs, campaign_runs.c.id == campaign_items.c.run_id).join(
            campaigns, campaigns.c.id == campaign_runs.c.campaign_id
        ),
    ),
    _source(
        "application",
        "application",
        applications,
        applications.c.updated_at,
        applications.c.state,
        openings.c.title,
        joined=lambda query: query.join(openings, openings.c.id == applications.c.opening_id),
    ),
    _source(
        "title_entry",
        "title_entry",
        title_entries,
        title_entries.c.updated_at,
        title_entries.c.state,
        title_rounds.c.body,
        joined=lambda query: query.join(title_rounds, title_rounds.c.id == title_entries.c.round_id),
    ),
    _source("case", "case", cases, cases.c.updated_at, cases.c.state, cases.c.kind),
    _source(
        "produce_offer",
        "produce_offer",
        produce_offers,
        produce_offers.c.updated_at,
        produce_offers.c.state,
        produce_offers.c.kind,
    ),
    _source(
        "task",
        "task",
        tasks,
        tasks.c.created_at,
        case((tasks.c.done == true(), "done"), else_=""),
        tasks.c.kind,
    ),
    _source(
        "service",
        "service",
        services_given,
        services_given.c.created_at,
        "",
        services_given.c.kind,
    ),
)
"""A table with rows of people that is not here does not show in their timeline; a test asks about each."""
