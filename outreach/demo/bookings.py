"""Who can be booked in the four counties, and two bookings of the demonstration's callers."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from outreach import effects
from outreach.demo.rows import Entry, read
from outreach.dialogue.page import Profile
from outreach.services.bookings import notices, publish, rules, store
from outreach.services.bookings.publish import Hours
from outreach.services.places import today
from outreach.store import people
from outreach.store.tables.bookings import booking_providers

OPTIONAL = ("visits", "step_minutes", "lead_minutes", "horizon_days")


def seed(db: Connection, now: datetime) -> None:
    """Add the providers that are missing; one that a tester has changed stays as it is."""
    for entry in read("bookings")["providers"]:
        known = select(booking_providers.c.id).where(booking_providers.c.name == entry["name"])
        if db.execute(known).first() is None:
            _provider(db, entry, now)


def _provider(db: Connection, entry: Entry, now: datetime) -> None:
    values = {name: entry[name] for name in ("kind", "name", "county", "place", "phone")}
    values |= {name: entry[name] for name in OPTIONAL if name in entry}
    provider_id = publish.add_provider(db, values)
    publish.set_hours(db, provider_id, list(_week(entry["hours"])))
    for days in entry.get("closed", ()):
        publish.close_day(db, provider_id, today(now) + timedelta(days=days))
    service_ids = [publish.add_service(db, provider_id, *service) for service in entry["services"]]
    for who in entry["practitioners"]:
        practitioner_id = publish.add_practitioner(db, provider_id, who["name"], who.get("phone"))
        publish.set_breaks(db, practitioner_id, list(_week(who.get("breaks", ()))))
    for booking in entry.get("booked", ()):
        _booking(db, service_ids[booking["service"]], booking, now)


def _week(spans: Sequence[Sequence[Any]]) -> Iterator[Hours]:
    return ((weekday, starts, ends) for weekdays, starts, ends in spans for weekday in weekdays)


def _booking(db: Connection, service_id: int, entry: Entry, now: datetime) -> None:
    """The first free time from so many days on, with its reminders."""
    what = store.service(db, service_id)
    person = people.find_by_phone(db, entry["phone"])
    assert what is not None
    assert person is not None
    plan, taken = store.plan(db, what.provider_id), store.taken(db, what.provider_id, now)
    from_then = now + timedelta(days=entry["days"])
    slot = next(found for found in rules.free(plan, taken, what.minutes, now) if found.starts_at >= from_then)
    made = store.book(db, person.id, what, slot, now)
    booking = store.get(db, made) if made is not None else None
    assert booking is not None, "nobody else is on the line while it is seeded"
    whose = Profile(person_id=person.id, number=person.phone)
    effects.queue(db, notices.booked(booking, now), "demo", whose, "", now)
