"""What a counselor does to the bookings line: providers, services, hours, closed days, who works and when not.

Changes of hours take effect at once and touch no booking; ``affected`` tells which no longer fit, ``call_off`` ends
them and gives what their people are to be told, as effects for the outbox. Raises IntegrityError for values that the
tables refuse. Everything here is one transaction of the console's, audited there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from outreach.dialogue.page import Effect, Phrase
from outreach.dialogue.prompts import Prompts
from outreach.services.bookings import notices, rules, store, wording
from outreach.services.bookings.rules import Slot
from outreach.services.bookings.store import Booking
from outreach.store.dialects import insert_or_ignore
from outreach.store.tables.bookings import (
    booking_closed_days,
    booking_hours,
    booking_providers,
    booking_services,
    practitioner_breaks,
    practitioners,
)

Hours = tuple[int, str, str]
"""ISO weekday, "HH:MM", "HH:MM"."""

# --- Who offers what ------------------------------------------------------------------------------------------


def add_provider(db: Connection, values: Mapping[str, Any]) -> int:
    """A new provider, columns as in the table; its id."""
    return int(
        db.execute(insert(booking_providers).values(values).returning(booking_providers.c.id)).scalar_one()
    )


def change_provider(db: Connection, provider_id: int, values: Mapping[str, Any]) -> None:
    """Other words, or no longer offered (``active``). Raises LookupError when there is none."""
    found = booking_providers.c.id == provider_id
    if db.execute(update(booking_providers).where(found).values(values)).rowcount == 0:
        raise LookupError(f"no provider {provider_id}")


def add_service(db: Connection, provider_id: int, name: str, minutes: int, price: str = "") -> int:
    """On the lowest free key; a provider has at most five. Raises IntegrityError when it has five."""
    held = {what.position for what in store.services(db, provider_id)}
    position = next(key for key in range(1, 7) if key not in held)
    values = {"provider_id": provider_id, "position": position, "name": name, "minutes": minutes}
    made = insert(booking_services).values(**values, price=price).returning(booking_services.c.id)
    return int(db.execute(made).scalar_one())


def change_service(db: Connection, service_id: int, values: Mapping[str, Any]) -> None:
    """Other words or minutes, or no longer offered (no ``position``); what is booked keeps the time it has."""
    db.execute(update(booking_services).where(booking_services.c.id == service_id).values(values))


def add_practitioner(db: Connection, provider_id: int, name: str, phone: str | None = None) -> int:
    """Somebody who can be booked. ``phone`` (E.164): from there they hear and close their own time."""
    values = {"provider_id": provider_id, "name": name, "phone": phone}
    return int(db.execute(insert(practitioners).values(values).returning(practitioners.c.id)).scalar_one())


def change_practitioner(db: Connection, practitioner_id: int, values: Mapping[str, Any]) -> None:
    """Another name or telephone, or gone (``active``): then ``affected`` has their bookings."""
    db.execute(update(practitioners).where(practitioners.c.id == practitioner_id).values(values))


# --- When -----------------------------------------------------------------------------------------------------


def set_hours(db: Connection, provider_id: int, hours: Sequence[Hours]) -> None:
    """The week's opening hours, in the place of those before."""
    store.lock(db, provider_id)
    db.execute(delete(booking_hours).where(booking_hours.c.provider_id == provider_id))
    rows = [_week_row("provider_id", provider_id, span) for span in hours]
    if rows:
        db.execute(insert(booking_hours), rows)


def set_breaks(db: Connection, practitioner_id: int, breaks: Sequence[Hours]) -> None:
    """When a practitioner never works, in the place of what was said before."""
    db.execute(delete(practitioner_breaks).where(practitioner_breaks.c.practitioner_id == practitioner_id))
    rows = [_week_row("practitioner_id", practitioner_id, span) for span in breaks]
    if rows:
        db.execute(insert(practitioner_breaks), rows)


def _week_row(whose: str, row_id: int, span: Hours) -> dict[str, Any]:
    weekday, starts, ends = span
    return {whose: row_id, "weekday": weekday, "starts": starts, "ends": ends}


def close_day(db: Connection, provider_id: int, day: date) -> bool:
    """A holiday of the whole provider; False: it was closed already."""
    store.lock(db, provider_id)
    return insert_or_ignore(db, booking_closed_days, provider_id=provider_id, day=day)


def open_day(db: Connection, provider_id: int, day: date) -> bool:
    """No holiday after all; False: it was none."""
    own = (booking_closed_days.c.provider_id == provider_id) & (booking_closed_days.c.day == day)
    return db.execute(delete(booking_closed_days).where(own)).rowcount > 0


# --- Whom it concerns -----------------------------------------------------------------------------------------


def affected(db: Connection, provider_id: int, now: datetime) -> list[Booking]:
    """Bookings to come that no longer fit: outside the hours, on a closed day, in a break, with somebody gone.

    The counselor sees them before they are called off: some can be agreed upon by telephone.
    """
    plan = store.plan(db, provider_id)
    gone = store.provider(db, provider_id) is None
    found = (store.get(db, booking_id) for booking_id in store.of_provider(db, provider_id, now))
    return [
        booking
        for booking in found
        if booking and (gone or not rules.offers(plan, booking.slot, booking.minutes))
    ]


def call_off(db: Connection, booking_ids: Iterable[int], now: datetime) -> list[Effect]:
    """End bookings; what their people are told, with another time to choose."""
    return notices.call_off(db, booking_ids, now)


def away(db: Connection, practitioner_id: int, day: date, now: datetime) -> list[Effect]:
    """A practitioner falls ill, or is away for a day: nobody can book them then, and who has is called off."""
    who = store.worker(db, practitioner_id)
    if who is None:
        raise LookupError(f"no practitioner {practitioner_id}")
    store.lock(db, who.provider_id)
    told = notices.call_off(db, store.work_of(db, who.id, [day], now), now)
    store.close_day(db, who.id, who.provider_id, day)
    return told


def back(db: Connection, practitioner_id: int, day: date) -> None:
    """They are there after all: their closed time of that day can be booked again."""
    start = rules.at_minute(day, 0)
    store.reopen(db, Slot(practitioner_id, start), 24 * 60)


def set_place(db: Connection, booking_id: int, place: str, now: datetime) -> None:
    """Where a visit goes, in words, from the recording that the person left."""
    store.set_place(db, booking_id, place, now)


def phrases(db: Connection, prompts: Prompts) -> Iterator[Phrase]:
    """What callers can hear of providers, but for what depends on the day: to be rendered ahead."""
    say = prompts.bound[2, "voice"]
    for provider_id in db.scalars(select(booking_providers.c.id).where(booking_providers.c.active)).all():
        provider = store.provider(db, provider_id)
        assert provider is not None, "it has just been found"
        yield say("bookings.provider.name", name=provider.name)
        yield say("bookings.item.place", place=wording.place(say, provider))
        yield wording.phone(say, provider)
        for key, what in enumerate(store.services(db, provider_id), 1):
            label = wording.service(say, what)
            yield Phrase("menu.choice", say("menu.choice", label=label, key=str(key)).text)
