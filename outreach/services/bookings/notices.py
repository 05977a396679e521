"""What a booking sets off: its reminders, and word to whoever is called off, with a way to book anew."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from outreach.dialogue.page import Effect, Forget, Remind
from outreach.services.bookings import rules, store
from outreach.services.bookings.store import Booking


def occasion(booking_id: int) -> str:
    """What the reminders of one booking are kept under."""
    return f"booking:{booking_id}:remind"


def booked(booking: Booking, now: datetime) -> Remind:
    """Its reminders, in the place of those it had before it was moved."""
    at, data = rules.reminders(booking.starts_at, now), {"booking": booking.id}
    return Remind(occasion(booking.id), "bookings.remind", data, at, booking.starts_at, booking.person_id)


def cancelled(booking_id: int) -> Forget:
    """Nobody is reminded of what they cancelled."""
    return Forget(occasion(booking_id))


def told(booking_id: int) -> Forget:
    """They know that they are called off, and have answered."""
    return Forget(_off(booking_id))


def _off(booking_id: int) -> str:
    return f"booking:{booking_id}:off"


def call_off(db: Connection, booking_ids: Iterable[int], now: datetime) -> list[Effect]:
    """Call bookings off; their people are told at once, and offered another time. Those that are over stay so.

    Whoever has no number or does not want to be reminded, and who cannot be told before the time comes, is rung by a
    counselor: the timekeeper leaves them a task (``timekeeper.py``).
    """
    effects: list[Effect] = []
    for booking_id in booking_ids:
        booking = store.get(db, booking_id)
        if booking is None or not booking.ahead(now) or not store.end(db, booking_id, "called_off", now):
            continue
        data, until, whom = {"booking": booking_id}, booking.starts_at, booking.person_id
        effects.append(cancelled(booking_id))
        effects.append(
            Remind(_off(booking_id), "bookings.called_off", data, (now,), until, whom, matters=True)
        )
    return effects
