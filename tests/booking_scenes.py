"""What conversations about bookings need: settings, checks and events, for ``scenes.py``."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from outreach.dialogue.page import Profile, Transfer
from outreach.effects import queue
from outreach.services.bookings import publish as bookings
from outreach.services.bookings import store as booking_store
from outreach.services.bookings.rules import Slot
from outreach.store import people as store_people
from outreach.store.schema import people
from outreach.store.tables.bookings import bookings as booking_rows
from outreach.store.tables.timers import timers
from tests.scene_words import LOCAL, day, split

HOURS = "09:00-12:00,14:30-18:00"


def provider(db: Connection, rest: str, _now: datetime) -> None:
    """``provider massage liangzhou 金手指东街店 hours=09:00-12:00 days=12345 services=全身按摩:60:五十元 who=王师傅``.

    ``visits=yes``, ``horizon=3``, ``lead=60``, ``step=30``; ``phones=+86…`` of who, in their order.
    """
    (kind, county, name), given = split(rest)
    minutes = {"step": "step_minutes", "lead": "lead_minutes", "horizon": "horizon_days"}
    values: dict[str, Any] = {minutes[short]: int(n) for short, n in given.items() if short in minutes}
    values |= {"kind": kind, "county": county, "name": name, "place": "东大街", "phone": "0935-2212345"}
    row_id = bookings.add_provider(db, {**values, "visits": given.get("visits") == "yes"})
    spans = [span.split("-") for span in given.get("hours", HOURS).split(",")]
    days = [int(day) for day in given.get("days", "1234567")]
    bookings.set_hours(db, row_id, [(day, starts, ends) for day in days for starts, ends in spans])
    for service in given.get("services", "全身按摩:60:五十元,足疗:30").split(","):
        title, length, *price = service.split(":")
        bookings.add_service(db, row_id, title, int(length), *price)
    phones = given.get("phones", "").split(",")
    for at, who in enumerate(given.get("who", "王师傅").split(",")):
        bookings.add_practitioner(db, row_id, who, (phones[at] if at < len(phones) else "") or None)


def when(text: str) -> datetime:
    """``2026-11-25T09:00`` in Wuwei."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def booked(db: Connection, rest: str, now: datetime) -> None:
    """``booked 1 2026-11-25T09:00``: the first we keep has the service (its id) then, with the first practitioner."""
    service_id, at = rest.split()
    person_id = db.execute(select(func.min(people.c.id))).scalar_one()
    what = booking_store.service(db, int(service_id))
    assert what is not None
    worker = booking_store.plan(db, what.provider_id).practitioners[0]
    assert booking_store.book(db, person_id, what, Slot(worker.id, when(at)), now) is not None


def bookings_are(db: Connection, wanted: str) -> None:
    """``? bookings 11-25 09:00 booked, 11-26 10:00 cancelled``."""
    rows = db.execute(select(booking_rows).order_by(booking_rows.c.id)).all()
    found = ", ".join(f"{row.starts_at.astimezone(LOCAL):%m-%d %H:%M} {row.state}" for row in rows)
    assert found == wanted, found


def booking_place_is(db: Connection, wanted: str) -> None:
    found = db.execute(select(booking_rows.c.place)).scalars().all()
    assert wanted in found, found


def booking_timers_are(db: Connection, wanted: str) -> None:
    """``? reminded 11-24 09:00, 11-25 07:00``: when bookings are reminded of."""
    own = (timers.c.page == "bookings.remind") & (timers.c.rung == "own")
    query = select(timers.c.due_at).where(own).order_by(timers.c.due_at)
    found = ", ".join(f"{at.astimezone(LOCAL):%m-%d %H:%M}" for at in db.execute(query).scalars())
    assert found == wanted, found


def slot_taken(db: Connection, args: list[str], now: datetime) -> None:
    """``@ taken 1 2026-11-25T09:00``: a neighbour books that service first, with whoever can."""
    neighbour = store_people.find_by_phone(db, "+8613893500077")
    neighbour = neighbour or store_people.create(db, "+8613893500077", now)
    store_people.give_consent(db, neighbour.id, "service", "test/1", "console", None, now)
    what = booking_store.service(db, int(args[0]))
    assert what is not None
    able = booking_store.plan(db, what.provider_id).practitioners
    made = (booking_store.book(db, neighbour.id, what, Slot(who.id, when(args[1])), now) for who in able)
    assert any(booking_id is not None for booking_id in made)


def practitioner_away(db: Connection, args: list[str], now: datetime) -> None:
    """``@ away 1 2``: the practitioner is away in that many days."""
    for effect in bookings.away(db, int(args[0]), day(now, args[1]), now):
        assert not isinstance(effect, Transfer)
        queue(db, effect, "test", Profile(), "武威市残联", now)


def provider_closed(db: Connection, args: list[str], now: datetime) -> None:
    """``@ closed_day 1 0``: the provider is shut today."""
    assert bookings.close_day(db, int(args[0]), day(now, args[1]))


def time_closed(db: Connection, args: list[str], _now: datetime) -> None:
    """``@ close 1 2026-11-25T09:00``: a practitioner gives nobody that half hour."""
    assert booking_store.close(db, Slot(int(args[0]), when(args[1])), 30)


def told_are(db: Connection, wanted: str) -> None:
    """``? told 1``: how many are being told that they are called off."""
    query = select(func.count()).select_from(timers).where(timers.c.page == "bookings.called_off")
    found = db.scalar(query.where(timers.c.rung == "own"))
    assert found == int(wanted), found


SETTINGS: dict[str, Callable[[Connection, str, datetime], None]] = {
    "provider": provider,
    "booked": booked,
    "closed": lambda db, rest, now: provider_closed(db, rest.split(), now),
}
CHECKS = {
    "bookings": bookings_are,
    "place": booking_place_is,
    "reminded": booking_timers_are,
    "told": told_are,
}
EVENTS = {"taken": slot_taken, "away": practitioner_away, "close": time_closed, "closed_day": provider_closed}
