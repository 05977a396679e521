"""The SQL of the bookings line. Taking time is one INSERT that the tables' unique keys decide, never a look before."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, case, delete, func, insert, or_, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from outreach.services.bookings import rules
from outreach.services.bookings.rules import Cell, Plan, Slot, Span
from outreach.store.schema import COUNTIES, people
from outreach.store.tables.bookings import (
    booking_cells,
    booking_closed_days,
    booking_hours,
    booking_providers,
    booking_services,
    bookings,
    practitioner_breaks,
    practitioners,
)

LIVE = ("booked", "confirmed")


@dataclass(frozen=True, slots=True)
class Provider:
    """Where one books. ``phone`` as dialled in China; ``visits``: comes to people's homes."""

    id: int
    kind: str
    name: str
    county: str
    place: str
    phone: str
    visits: bool
    step_minutes: int


@dataclass(frozen=True, slots=True)
class Service:
    """What one books, on its key."""

    id: int
    provider_id: int
    position: int | None  # None: no longer offered; what is booked stays booked
    name: str
    minutes: int
    price: str


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who is booked, as who they are to the line."""

    id: int
    provider_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Booking:
    """One booking with all that is said of it."""

    id: int
    person_id: int
    service: Service
    provider: Provider
    worker: Worker
    starts_at: datetime
    minutes: int
    state: str
    place: str  # of a visit at home
    phone: str | None  # the person's

    @property
    def slot(self) -> Slot:
        """Whose time, and from when."""
        return Slot(self.worker.id, self.starts_at)

    def ahead(self, now: datetime) -> bool:
        """Is it still to come?"""
        return self.state in LIVE and self.starts_at > now


# --- Who offers what, and when --------------------------------------------------------------------------------

_PROVIDER = [booking_providers.c[field.name] for field in fields(Provider)]
_SERVICE = [booking_services.c[field.name] for field in fields(Service)]
_WORKER = [practitioners.c[field.name] for field in fields(Worker)]


def find(
    db: Connection, kinds: Sequence[str], county: str | None, person_id: int | None, only: str = ""
) -> list[int]:
    """Ids of providers that can be booked: where the person was last, then those of ``county``, then the others.

    ``only``: none outside this county.
    """
    order = {name: place for place, name in enumerate(COUNTIES)} | ({county: -1} if county else {})
    has_service = select(booking_services.c.id).where(
        booking_services.c.provider_id == booking_providers.c.id, booking_services.c.position.is_not(None)
    )
    query = select(booking_providers.c.id).where(
        booking_providers.c.active, booking_providers.c.kind.in_(kinds), has_service.exists()
    )
    if only:
        query = query.where(booking_providers.c.county == only)
    last = (
        select(func.max(bookings.c.starts_at))
        .join(booking_services, booking_services.c.id == bookings.c.service_id)
        .where(booking_services.c.provider_id == booking_providers.c.id, bookings.c.person_id == person_id)
        .scalar_subquery()
    )
    place = case(order, value=booking_providers.c.county)
    return list(db.execute(query.order_by(last.desc().nulls_last(), place, booking_providers.c.id)).scalars())


def provider(db: Connection, provider_id: int) -> Provider | None:
    """One that can be booked."""
    query = select(*_PROVIDER).where(booking_providers.c.id == provider_id, booking_providers.c.active)
    row = db.execute(query).one_or_none()
    return Provider(*row) if row else None


def services(db: Connection, provider_id: int) -> list[Service]:
    """At most five, by their keys."""
    query = select(*_SERVICE).where(
        booking_services.c.provider_id == provider_id, booking_services.c.position.is_not(None)
    )
    return [Service(*row) for row in db.execute(query.order_by(booking_services.c.position))]


def service(db: Connection, service_id: int, *, retired: bool = False) -> Service | None:
    """One service that can be booked; ``retired``: or could once, for what is booked already."""
    row = db.execute(select(*_SERVICE).where(booking_services.c.id == service_id)).one_or_none()
    return Service(*row) if row and (retired or row.position is not None) else None


def worker(db: Connection, practitioner_id: int) -> Worker | None:
    """One practitioner who can be booked."""
    query = select(*_WORKER).where(practitioners.c.id == practitioner_id, practitioners.c.active)
    row = db.execute(query).one_or_none()
    return Worker(*row) if row else None


def worker_of(db: Connection, person_id: int | None) -> Worker | None:
    """The practitioner this person is: by the number we keep of them, which is one the carrier sent."""
    if person_id is None:
        return None
    query = select(*_WORKER).join(people, people.c.phone == practitioners.c.phone)
    row = db.execute(query.where(people.c.id == person_id, practitioners.c.active)).one_or_none()
    return Worker(*row) if row else None


def plan(db: Connection, provider_id: int) -> Plan:
    """A provider's time. Raises NoResultFound when there is no such provider."""
    own = select(
        booking_providers.c.step_minutes, booking_providers.c.lead_minutes, booking_providers.c.horizon_days
    )
    step, lead, horizon = db.execute(own.where(booking_providers.c.id == provider_id)).one()
    hours = select(booking_hours).where(booking_hours.c.provider_id == provider_id)
    closed = select(booking_closed_days.c.day).where(booking_closed_days.c.provider_id == provider_id)
    able = select(practitioners.c.id, practitioners.c.name).where(
        practitioners.c.provider_id == provider_id, practitioners.c.active
    )
    breaks = select(practitioner_breaks).join(practitioners).where(practitioners.c.provider_id == provider_id)
    rests = [(row.practitioner_id, _span(row)) for row in db.execute(breaks)]
    return Plan(
        hours=tuple(_span(row) for row in db.execute(hours)),
        closed=frozenset(db.execute(closed).scalars()),
        practitioners=tuple(
            rules.Practitioner(row.id, row.name, tuple(span for who, span in rests if who == row.id))
            for row in db.execute(able.order_by(practitioners.c.id))
        ),
        step_minutes=step,
        lead_minutes=lead,
        horizon_days=horizon,
    )


def _span(row: Row[Any]) -> Span:
    return Span(row.weekday, rules.minute_of(row.starts), rules.minute_of(row.ends))


def taken(db: Connection, provider_id: int, now: datetime, but: int | None = None) -> frozenset[Cell]:
    """What is booked or closed from now on, of everybody there. ``but``: a booking that is about to be moved."""
    query = (
        select(booking_cells.c.practitioner_id, booking_cells.c.cell)
        .join(practitioners, practitioners.c.id == booking_cells.c.practitioner_id)
        .where(practitioners.c.provider_id == provider_id, booking_cells.c.cell > now - timedelta(days=1))
        .where(booking_cells.c.booking_id.is_distinct_from(but) if but is not None else true())
    )
    return frozenset((row.practitioner_id, row.cell) for row in db.execute(query))


def busy(db: Connection, person_id: int, now: datetime, but: int | None = None) -> frozenset[datetime]:
    """The cells in which a person is booked somewhere from now on."""
    query = select(booking_cells.c.cell).where(
        booking_cells.c.person_id == person_id,
        booking_cells.c.cell > now - timedelta(days=1),
        booking_cells.c.booking_id != but if but is not None else true(),
    )
    return frozenset(db.execute(query).scalars())


def usual(db: Connection, person_id: int, provider_id: int) -> int | None:
    """The practitioner a person was with last at a provider."""
    query = (
        select(bookings.c.practitioner_id)
        .join(practitioners, practitioners.c.id == bookings.c.practitioner_id)
        .where(bookings.c.person_id == person_id, practitioners.c.provider_id == provider_id)
    )
    return db.execute(query.order_by(bookings.c.starts_at.desc()).limit(1)).scalar_one_or_none()


# --- Taking and giving back -----------------------------------------------------------------------------------


def lock(db: Connection, provider_id: int, person_id: int | None = None) -> None:
    """Nobody else changes this person's bookings or this provider's time until commit (SQLite: one writer).

    Always the person first: so two who exchange times never wait for each other in a circle.
    """
    for table, row_id in ((people, person_id), (booking_providers, provider_id)):
        if row_id is not None:
            db.execute(select(table.c.id).where(table.c.id == row_id).with_for_update(key_share=True))


def _take(db: Connection, slot: Slot, minutes: int, booking_id: int | None, person_id: int | None) -> bool:
    """Take all of the time, or none of it. In the order of time, so that two who meet never wait in a circle."""
    wanted = rules.cells(slot.starts_at, minutes)
    rows = [
        {
            "practitioner_id": slot.practitioner_id,
            "cell": cell,
            "booking_id": booking_id,
            "person_id": person_id,
        }
        for cell in wanted
    ]
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    query = dialect.insert(booking_cells).values(rows).on_conflict_do_nothing()
    got = [row.cell for row in db.execute(query.returning(booking_cells.c.cell))]
    if len(got) == len(wanted):
        return True
    mine = (booking_cells.c.practitioner_id == slot.practitioner_id) & booking_cells.c.cell.in_(got)
    db.execute(delete(booking_cells).where(mine))
    return False


def _release(db: Connection, booking_id: int) -> None:
    db.execute(delete(booking_cells).where(booking_cells.c.booking_id == booking_id))


def book(db: Connection, person_id: int, what: Service, slot: Slot, now: datetime) -> int | None:
    """The booking's id; None when nobody works then, the time is taken, or the person is booked elsewhere then."""
    lock(db, what.provider_id, person_id)
    if slot.starts_at <= now or not rules.offers(plan(db, what.provider_id), slot, what.minutes):
        return None
    values = {
        "person_id": person_id,
        "service_id": what.id,
        "practitioner_id": slot.practitioner_id,
        "starts_at": slot.starts_at,
        "minutes": what.minutes,
        "created_at": now,
        "updated_at": now,
    }
    made = db.execute(insert(bookings).values(values).returning(bookings.c.id)).scalar_one()
    if _take(db, slot, what.minutes, made, person_id):
        return int(made)
    db.execute(delete(bookings).where(bookings.c.id == made))
    return None


def move(db: Connection, booking: Booking, slot: Slot, now: datetime) -> bool:
    """To another time. False: that cannot be had, and the booking stays as it was; or it was over already."""
    lock(db, booking.provider.id, booking.person_id)
    known = get(db, booking.id)
    if known is None or not known.ahead(now) or slot.starts_at <= now:
        return False
    if not rules.offers(plan(db, booking.provider.id), slot, known.minutes):
        return False
    _release(db, known.id)
    if not _take(db, slot, known.minutes, known.id, known.person_id):
        kept = _take(db, known.slot, known.minutes, known.id, known.person_id)
        assert kept, "nobody can have taken it within this transaction"
        return False
    values = {"practitioner_id": slot.practitioner_id, "starts_at": slot.starts_at, "updated_at": now}
    db.execute(update(bookings).where(bookings.c.id == known.id).values(**values, state="booked"))
    return True


def end(db: Connection, booking_id: int, state: str, now: datetime) -> bool:
    """``cancelled`` or ``called_off``; its time is free again. False: it was over already."""
    live = (bookings.c.id == booking_id) & bookings.c.state.in_(LIVE)
    if db.execute(update(bookings).where(live).values(state=state, updated_at=now)).rowcount == 0:
        return False
    _release(db, booking_id)
    return True


def confirm(db: Connection, booking_id: int, now: datetime) -> None:
    """The person will come."""
    booked = (bookings.c.id == booking_id) & (bookings.c.state == "booked")
    db.execute(update(bookings).where(booked).values(state="confirmed", updated_at=now))


def set_place(db: Connection, booking_id: int, place: str, now: datetime) -> None:
    """Where a visit at home goes."""
    db.execute(update(bookings).where(bookings.c.id == booking_id).values(place=place, updated_at=now))


def close(db: Connection, slot: Slot, minutes: int) -> bool:
    """Give nobody this time; False when some of it is taken."""
    return _take(db, slot, minutes, None, None)


def close_day(db: Connection, practitioner_id: int, provider_id: int, day: date) -> None:
    """Give nobody what is left of a practitioner's day; what is booked stays booked."""
    for span in plan(db, provider_id).hours:
        if span.weekday == day.isoweekday():
            starts_at = rules.at_minute(day, span.starts)
            for cell in rules.cells(starts_at, span.ends - span.starts):
                _take(db, Slot(practitioner_id, cell), rules.CELL_MINUTES, None, None)


def closed(db: Connection, practitioner_id: int, now: datetime) -> list[tuple[datetime, int]]:
    """Stretches of time a practitioner gives nobody, still to come: when each begins, and its minutes."""
    query = select(booking_cells.c.cell).where(
        booking_cells.c.practitioner_id == practitioner_id,
        booking_cells.c.booking_id.is_(None),
        booking_cells.c.cell >= now,
    )
    return rules.stretches(db.execute(query).scalars())


def reopen(db: Connection, slot: Slot, minutes: int) -> bool:
    """Closed time can be booked again; False: none of it was closed."""
    own = booking_cells.c.practitioner_id == slot.practitioner_id
    within = booking_cells.c.cell.in_(rules.cells(slot.starts_at, minutes))
    shut = booking_cells.c.booking_id.is_(None)
    return db.execute(delete(booking_cells).where(own, within, shut)).rowcount > 0


# --- What is booked -------------------------------------------------------------------------------------------


def get(db: Connection, booking_id: int) -> Booking | None:
    """One booking, in whatever state."""
    query = (
        select(bookings, people.c.phone, *(c.label(f"what_{c.name}") for c in _SERVICE))
        .join(people, people.c.id == bookings.c.person_id)
        .join(booking_services, booking_services.c.id == bookings.c.service_id)
        .where(bookings.c.id == booking_id)
    )
    row = db.execute(query).one_or_none()
    if row is None:
        return None
    what = Service(*(row._mapping[f"what_{field.name}"] for field in fields(Service)))
    where = db.execute(select(*_PROVIDER).where(booking_providers.c.id == what.provider_id)).one()
    who = db.execute(select(*_WORKER).where(practitioners.c.id == row.practitioner_id)).one()
    return Booking(
        id=row.id,
        person_id=row.person_id,
        service=what,
        provider=Provider(*where),
        worker=Worker(*who),
        starts_at=row.starts_at,
        minutes=row.minutes,
        state=row.state,
        place=row.place,
        phone=row.phone,
    )


def mine(db: Connection, person_id: int, now: datetime) -> list[int]:
    """A person's bookings that are still to come, the nearest first."""
    query = select(bookings.c.id).where(
        bookings.c.person_id == person_id, bookings.c.state.in_(LIVE), bookings.c.starts_at > now
    )
    return list(db.execute(query.order_by(bookings.c.starts_at, bookings.c.id)).scalars())


def of_provider(db: Connection, provider_id: int, now: datetime) -> list[int]:
    """All that is booked with a provider and still to come."""
    query = (
        select(bookings.c.id)
        .join(practitioners, practitioners.c.id == bookings.c.practitioner_id)
        .where(practitioners.c.provider_id == provider_id, bookings.c.state.in_(LIVE))
        .where(bookings.c.starts_at > now)
    )
    return list(db.execute(query.order_by(bookings.c.starts_at, bookings.c.id)).scalars())


def overlapping(db: Connection, person_id: int, starts_at: datetime, minutes: int) -> int | None:
    """The booking this person has in that time."""
    query = select(func.min(booking_cells.c.booking_id)).where(
        booking_cells.c.person_id == person_id, booking_cells.c.cell.in_(rules.cells(starts_at, minutes))
    )
    found: int | None = db.execute(query).scalar_one()
    return found


def work_of(db: Connection, practitioner_id: int, days: Sequence[date], now: datetime) -> list[int]:
    """A practitioner's bookings of some days, those that are over left out, in order."""
    since = [rules.at_minute(day, 0) for day in days]
    start = bookings.c.starts_at
    within = or_(*((start >= first) & (start < first + timedelta(days=1)) for first in since))
    query = select(bookings.c.id).where(
        bookings.c.practitioner_id == practitioner_id,
        bookings.c.state.in_(LIVE),
        bookings.c.starts_at > now,
        within,
    )
    return list(db.execute(query.order_by(bookings.c.starts_at)).scalars())
