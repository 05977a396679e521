"""The SQL of the bookings line. Taking time is one INSERT that the tables' unique keys decide, never a look before."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, case, delete, func, insert, or_, select, update
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
    position: int
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


def find(db: Connection, kinds: Sequence[str], county: str | None) -> list[int]:
    """Ids of providers that can be booked, those of ``county`` first."""
    order = {name: place for place, name in enumerate(COUNTIES)} | ({county: -1} if county else {})
    has_service = select(booking_services.c.id).where(
        booking_services.c.provider_id == booking_providers.c.id
    )
    query = select(booking_providers.c.id).where(
        booking_providers.c.active, booking_providers.c.kind.in_(kinds), has_service.exists()
    )
    place = case(order, value=booking_providers.c.county)
    return list(db.execute(query.order_by(place, booking_providers.c.id)).scalars())


def provider(db: Connection, provider_id: int) -> Provider | None:
    """One that can be booked."""
    query = select(*_PROVIDER).where(booking_providers.c.id == provider_id, booking_providers.c.active)
    row = db.execute(query).one_or_none()
    return Provider(*row) if row else None


def services(db: Connection, provider_id: int) -> list[Service]:
    """At most five, by their keys."""
    query = select(*_SERVICE).where(booking_services.c.provider_id == provider_id)
    return [Service(*row) for row in db.execute(query.order_by(booking_services.c.position))]


def service(db: Connection, service_id: int) -> Service | None:
    """One service."""
    row = db.execute(select(*_SERVICE).where(booking_services.c.id == service_id)).one_or_none()
    return Service(*row) if row else None


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


def taken(db: Connection, provider_id: int, now: datetime) -> frozenset[Cell]:
    """What is booked or closed from now on, of everybody there."""
    query = (
        select(booking_cells.c.practitioner_id, booking_cells.c.cell)
        .join(practitioners, practitioners.c.id == booking_cells.c.practitioner_id)
        .where(practitioners.c.provider_id == provider_id, booking_cells.c.cell > now - timedelta(days=1))
    )
    return frozenset((row.practitioner_id, row.cell) for row in db.execute(query))


# --- Taking and giving back -----------------------------------------------------------------------------------


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
    """The booking's id; None when the time is no longer free, or the person is booked elsewhere then."""
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
    """To another time; False: that is not free, and the booking stays where it was."""
    _release(db, booking.id)
    if not _take(db, slot, booking.minutes, booking.id, booking.person_id):
        kept = _take(db, booking.slot, booking.minutes, booking.id, booking.person_id)
        assert kept, "nobody can have taken it within this transaction"
        return False
    values = {"practitioner_id": slot.practitioner_id, "starts_at": slot.starts_at}
    db.execute(
        update(bookings).where(bookings.c.id == booking.id).values(**values, state="booked", updated_at=now)
    )
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


def close(db: Connection, slot: Slot, minutes: int) -> bool:
    """Give nobody this time; False when some of it is taken."""
    return _take(db, slot, minutes, None, None)


# --- What is booked -------------------------------------------------------------------------------------------


def get(db: Connection, booking_id: int) -> Booking | None:
    """One booking, in whatever state."""
    query = (
        select(bookings, people.c.phone, *(c.label(f"service_{c.name}") for c in _SERVICE))
        .join(people, people.c.id == bookings.c.person_id)
        .join(booking_services, booking_services.c.id == bookings.c.service_id)
        .where(bookings.c.id == booking_id)
    )
    row = db.execute(query).one_or_none()
    if row is None:
        return None
    what = Service(*(row._mapping[f"service_{field.name}"] for field in fields(Service)))
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
        phone=row.phone,
    )


def mine(db: Connection, person_id: int, now: datetime) -> list[int]:
    """A person's bookings that are still to come, the nearest first."""
    query = select(bookings.c.id).where(
        bookings.c.person_id == person_id, bookings.c.state.in_(LIVE), bookings.c.starts_at > now
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
    spans = [(rules.at_minute(day, 0), rules.at_minute(day, 24 * 60)) for day in days]
    within = or_(*(bookings.c.starts_at.between(since, until) for since, until in spans))
    query = select(bookings.c.id).where(
        bookings.c.practitioner_id == practitioner_id,
        bookings.c.state.in_(LIVE),
        bookings.c.starts_at > now,
        within,
    )
    return list(db.execute(query.order_by(bookings.c.starts_at)).scalars())
