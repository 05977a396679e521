"""What is counted: each figure is one query of records, and its number is how many there are.

So whoever asks where a number comes from is shown the same rows that made it. A record says what it is (``entity``,
``id``), when it was (a date or an instant), in which county, and whose.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    RowMapping,
    Select,
    String,
    and_,
    cast,
    distinct,
    exists,
    func,
    literal,
    null,
    or_,
    select,
)

from outreach.evaluation.periods import Period
from outreach.store.schema import applications, calls, openings, people
from outreach.store.tables.bookings import booking_providers, booking_services, bookings
from outreach.store.tables.community import cases, event_sign_ups, events, produce_offers
from outreach.store.tables.messages import inbound_messages
from outreach.store.tables.plans import employer_visits, employers, milestones, needs, services_given
from outreach.store.tables.titles import title_entries
from outreach.store.tables.training import training_courses, training_registrations, training_sessions

Counts = Literal["rows", "people"]
RURAL: Final = ("farming", "crafts", "commerce", "daily_living")
"""Fields of training that the plan's item 12 means by practical skills: planting, raising, processing, e-commerce."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. ``records`` of a period, with the columns entity, id, at, county, person_id.

    ``counts``: every record, or everybody who has one. ``personal``: breakdowns of it are masked.
    """

    key: str
    records: Callable[[Period], Select[Any]]
    counts: Counts = "rows"
    personal: bool = True


def count(db: Connection, figure: Figure, period: Period) -> int:
    """How many."""
    found = figure.records(period).subquery()
    return db.execute(select(_counted(figure, found)).select_from(found)).scalar_one()


def by_county(db: Connection, figure: Figure, period: Period) -> dict[str, int]:
    """How many in each county; "" for those of whom none is known."""
    found = figure.records(period).subquery()
    county = func.coalesce(found.c.county, "")
    rows = db.execute(select(county, _counted(figure, found)).select_from(found).group_by(county))
    return {row[0]: row[1] for row in rows}


def by_month(db: Connection, figure: Figure, period: Period) -> dict[str, int]:
    """How many in each month. (A query a month: months are Gansu's, and every index of a time is of use.)"""
    return {month.name: count(db, figure, month) for month in period.months()}


def records(
    db: Connection, figure: Figure, period: Period, limit: int, offset: int = 0
) -> Sequence[RowMapping]:
    """The records behind it, the latest first."""
    found = figure.records(period).subquery()
    query = select(found).order_by(found.c.at.desc(), found.c.id).limit(limit).offset(offset)
    return db.execute(query).mappings().all()


def _counted(figure: Figure, found: Any) -> ColumnElement[int]:
    return func.count(distinct(found.c.person_id)) if figure.counts == "people" else func.count()


# --- Building them --------------------------------------------------------------------------------------------


def _during(column: Any, period: Period) -> ColumnElement[bool]:
    """An instant within the period."""
    return and_(column >= period.starts_at, column < period.ends_at)


def _on(column: Any, period: Period) -> ColumnElement[bool]:
    """A calendar day within the period."""
    return and_(column >= period.since, column < period.until)


def _row(entity: str, row_id: Any, at: Any, county: Any = None, person_id: Any = None) -> Select[Any]:
    return select(
        literal(entity).label("entity"),
        row_id.label("id"),
        at.label("at"),
        (cast(null(), String(20)) if county is None else county).label("county"),
        (cast(null(), Integer) if person_id is None else person_id).label("person_id"),
    )


def _of_person(entity: str, table: Any, at: Any, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Rows of a table that are somebody's, in that person's county."""
    mine = _row(entity, table.c.id, at, people.c.county, table.c.person_id)
    return mine.join_from(table, people, people.c.id == table.c.person_id, isouter=True).where(*conditions)


# --- The line ---------------------------------------------------------------------------------------------------


def _calls(period: Period) -> Select[Any]:
    return _of_person("call", calls, calls.c.started_at, _during(calls.c.started_at, period))


def _texts(period: Period) -> Select[Any]:
    return _of_person(
        "text",
        inbound_messages,
        inbound_messages.c.received_at,
        _during(inbound_messages.c.received_at, period),
    )


def _new_people(period: Period) -> Select[Any]:
    joined = people.c.created_at
    return _row("person", people.c.id, joined, people.c.county, people.c.id).where(_during(joined, period))


# --- Jobs -------------------------------------------------------------------------------------------------------


def _openings(*kinds: str) -> Callable[[Period], Select[Any]]:
    def found(period: Period) -> Select[Any]:
        at = openings.c.published_at
        query = _row("opening", openings.c.id, at, openings.c.county).where(_during(at, period))
        return query.where(openings.c.kind.in_(kinds)) if kinds else query

    return found


def _applications(period: Period) -> Select[Any]:
    at = applications.c.created_at
    return _of_person("application", applications, at, _during(at, period))


def _hired(period: Period) -> Select[Any]:
    at = applications.c.updated_at
    return _of_person("application", applications, at, _during(at, period), applications.c.state == "hired")


# --- Training ---------------------------------------------------------------------------------------------------


def _trained(*fields: str, states: tuple[str, ...]) -> Callable[[Period], Select[Any]]:
    """Places in sessions that end in the period."""

    def found(period: Period) -> Select[Any]:
        own = training_registrations
        query = (
            _row(
                "registration",
                own.c.id,
                training_sessions.c.ends_on,
                training_sessions.c.county,
                own.c.person_id,
            )
            .select_from(own)
            .join(training_sessions, training_sessions.c.id == own.c.session_id)
            .join(training_courses, training_courses.c.id == training_sessions.c.course_id)
            .where(own.c.state.in_(states), _on(training_sessions.c.ends_on, period))
        )
        return query.where(training_courses.c.field.in_(fields)) if fields else query

    return found


# --- Bookings, titles, rights, produce --------------------------------------------------------------------------


def _bookings(*kinds: str) -> Callable[[Period], Select[Any]]:
    """Times that were kept by those who booked them: not given up, not called off, and over by now."""

    def found(period: Period) -> Select[Any]:
        query = (
            _row(
                "booking",
                bookings.c.id,
                bookings.c.starts_at,
                booking_providers.c.county,
                bookings.c.person_id,
            )
            .select_from(bookings)
            .join(booking_services, booking_services.c.id == bookings.c.service_id)
            .join(booking_providers, booking_providers.c.id == booking_services.c.provider_id)
            .where(bookings.c.state.in_(("booked", "confirmed")), _during(bookings.c.starts_at, period))
        )
        return query.where(booking_providers.c.kind.in_(kinds)) if kinds else query

    return found


def _entered(period: Period) -> Select[Any]:
    at = title_entries.c.created_at
    return _of_person("title_entry", title_entries, at, _during(at, period))


def _passed(period: Period) -> Select[Any]:
    at = title_entries.c.updated_at
    return _of_person(
        "title_entry", title_entries, at, _during(at, period), title_entries.c.state == "passed"
    )


def _cases(*states: str) -> Callable[[Period], Select[Any]]:
    def found(period: Period) -> Select[Any]:
        at = cases.c.updated_at if states else cases.c.created_at
        query = _of_person("case", cases, at, _during(at, period))
        return query.where(cases.c.state.in_(states)) if states else query

    return found


def _offers(period: Period) -> Select[Any]:
    at = produce_offers.c.created_at
    query = _row(
        "produce_offer", produce_offers.c.id, at, produce_offers.c.county, produce_offers.c.person_id
    )
    return query.where(_during(at, period))


def _events(*kinds: str) -> Callable[[Period], Select[Any]]:
    """Events that were held: begun in the period, and not called off."""

    def found(period: Period) -> Select[Any]:
        held = _on(events.c.starts_on, period), events.c.cancelled_at.is_(None)
        query = _row("event", events.c.id, events.c.starts_on, events.c.county).where(*held)
        return query.where(events.c.kind.in_(kinds)) if kinds else query

    return found


def _signed_up(period: Period) -> Select[Any]:
    """Who came, as far as the line knows: signed up, did not withdraw, and it was held."""
    own = event_sign_ups
    return (
        _row("event_sign_up", own.c.id, events.c.starts_on, events.c.county, own.c.person_id)
        .select_from(own)
        .join(events, events.c.id == own.c.event_id)
        .where(own.c.coming, events.c.cancelled_at.is_(None), _on(events.c.starts_on, period))
    )


# --- One person, one plan; employers ----------------------------------------------------------------------------


def _seekers(period: Period) -> Select[Any]:
    """Who looked for work in the period: their need was there before its end, and not met before its beginning."""
    looking = or_(needs.c.state == "open", needs.c.updated_at >= period.starts_at)
    return _of_person(
        "need", needs, needs.c.created_at, needs.c.kind == "job", needs.c.created_at < period.ends_at, looking
    )


def _served(period: Period) -> Select[Any]:
    """Those of them who were given a service in the period, or who applied, trained or booked by the line itself."""
    given = exists().where(
        services_given.c.person_id == needs.c.person_id, _on(services_given.c.given_on, period)
    )
    applied = exists().where(
        applications.c.person_id == needs.c.person_id, _during(applications.c.created_at, period)
    )
    trained = exists().where(
        training_registrations.c.person_id == needs.c.person_id,
        training_registrations.c.state.in_(("registered", "attended")),
        _during(training_registrations.c.created_at, period),
    )
    booked = exists().where(
        bookings.c.person_id == needs.c.person_id,
        bookings.c.state.in_(("booked", "confirmed")),
        _during(bookings.c.starts_at, period),
    )
    return _seekers(period).where(or_(given, applied, trained, booked))


def _services(period: Period) -> Select[Any]:
    return _of_person(
        "service", services_given, services_given.c.given_on, _on(services_given.c.given_on, period)
    )


def _with_room(period: Period) -> Select[Any]:
    return _row("employer", employers.c.id, employers.c.created_at, employers.c.county).where(
        employers.c.has_room == 1,
        employers.c.created_at < period.ends_at,
        or_(employers.c.retired_at.is_(None), employers.c.retired_at >= period.starts_at),
    )


def _visited(period: Period) -> Select[Any]:
    visited = exists().where(
        employer_visits.c.employer_id == employers.c.id, _on(employer_visits.c.visited_on, period)
    )
    return _with_room(period).where(visited)


def _visits(period: Period) -> Select[Any]:
    query = _row("employer_visit", employer_visits.c.id, employer_visits.c.visited_on, employers.c.county)
    return query.join_from(employer_visits, employers).where(_on(employer_visits.c.visited_on, period))


def _milestones(goal: str, county: str = "") -> Callable[[Period], Select[Any]]:
    """What has been reached by the end of the period, whenever it was."""

    def found(period: Period) -> Select[Any]:
        query = _row("milestone", milestones.c.id, milestones.c.reached_on, milestones.c.county)
        query = query.where(milestones.c.goal == goal, milestones.c.reached_on < period.until)
        return query.where(milestones.c.county == county) if county else query

    return found


# --- All of them ------------------------------------------------------------------------------------------------

ATTENDED: Final = ("attended",)
SEATED: Final = ("registered", "attended", "absent")

FIGURES: Final[Mapping[str, Figure]] = {
    figure.key: figure
    for figure in (
        Figure("people.new", _new_people),
        Figure("calls", _calls),
        Figure("calls.people", _calls, counts="people"),
        Figure("texts", _texts),
        Figure("openings", _openings(), personal=False),
        Figure("openings.public", _openings("public"), personal=False),
        Figure("openings.hospital", _openings("hospital"), personal=False),
        Figure("applications", _applications),
        Figure("applications.hired", _hired),
        Figure("training.registered", _trained(states=SEATED)),
        Figure("training.attended", _trained(states=ATTENDED)),
        Figure("training.rural", _trained(*RURAL, states=ATTENDED)),
        Figure("events", _events(), personal=False),
        Figure("events.fair", _events("job_fair"), personal=False),
        Figure("events.people", _signed_up),
        Figure("bookings", _bookings()),
        Figure("bookings.guidance", _bookings("counseling", "guidance", "assessment")),
        Figure("bookings.loan", _bookings("loan")),
        Figure("bookings.lottery", _bookings("lottery")),
        Figure("bookings.legal", _bookings("legal")),
        Figure("titles.entered", _entered),
        Figure("titles.passed", _passed),
        Figure("cases", _cases()),
        Figure("cases.settled", _cases("settled", "closed")),
        Figure("produce", _offers),
        Figure("seekers", _seekers, counts="people"),
        Figure("seekers.served", _served, counts="people"),
        Figure("services", _services),
        Figure("employers.room", _with_room, personal=False),
        Figure("employers.visited", _visited, personal=False),
        Figure("employers.visits", _visits, personal=False),
        Figure("milestones.institution", _milestones("institution", "minqin"), personal=False),
        Figure("milestones.brand", _milestones("brand"), personal=False),
    )
}
"""By key. What a figure is called is in the console's words under ``figure.<key>``."""
