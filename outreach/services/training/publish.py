"""What a counselor does to a session, and who is told of it: functions of the open transaction that return effects.

Whoever calls them queues the effects in the same transaction, and writes the audit. A change of a session that has
begun is a correction of the record: nobody is told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from outreach.dialogue.page import Effect, Forget, Phrase
from outreach.dialogue.prompts import Prompts
from outreach.services.places import LOCAL
from outreach.services.training import notices, rules, store
from outreach.services.training.rules import ACTIVE, Session, State
from outreach.store.tables.training import training_courses as courses
from outreach.store.tables.training import training_registrations as registrations
from outreach.store.tables.training import training_sessions as sessions

MATTERS_TO_THEM = ("county", "place", "transport", "starts_on", "ends_on", "begins", "hours")
"""What those who are registered are told of when it changes, and asked whether they still come."""


class TooFewSeatsError(Exception):
    """More people have a seat, or are offered one, than there would be. ``held``: how many."""

    def __init__(self, held: int) -> None:
        super().__init__(f"{held} seats are taken: there cannot be fewer")
        self.held = held


@dataclass(frozen=True, slots=True)
class Affected:
    """Somebody who counts on a session."""

    person_id: int
    state: State


def phrases(db: Connection, prompts: Prompts, now: datetime) -> Iterator[Phrase]:
    """What callers can hear of the sessions that are offered, but for what depends on the day or the person."""
    say = prompts.bound[2, "voice"]
    for session in store.all_offered(db, now):
        yield from rules.headline(say, session)
        yield from rules.details(say, session)
        yield from rules.slowly(rules.numbers(say, session))
        yield say("training.register.ask", name=session.name, when=rules.when(say, session))
        yield say("training.wait.ask", name=session.name)


# --- Sessions -----------------------------------------------------------------------------------------------


def add_course(db: Connection, values: Mapping[str, Any]) -> int:
    """A new course; its id. Raises IntegrityError: a field that is not known, or no name."""
    return int(db.execute(insert(courses).values(dict(values)).returning(courses.c.id)).scalar_one())


def add(db: Connection, course_id: int, values: Mapping[str, Any], now: datetime) -> int:
    """A new session, offered from now on; its id. Raises IntegrityError: dates out of order, no seats …"""
    row = {**values, "course_id": course_id, "published_at": now}
    return int(db.execute(insert(sessions).values(row).returning(sessions.c.id)).scalar_one())


def affected(db: Connection, session_id: int) -> list[Affected]:
    """Who counts on it: those with a seat or an offer, then the waiting list in its order."""
    query = select(registrations.c.person_id, registrations.c.state)
    query = query.where(registrations.c.session_id == session_id, registrations.c.state.in_(ACTIVE))
    rows = db.execute(query.order_by(registrations.c.queued_at, registrations.c.id))
    return sorted((Affected(*row) for row in rows), key=lambda found: found.state == "waiting")


def change(db: Connection, session_id: int, values: Mapping[str, Any], now: datetime) -> list[Effect]:
    """Write what has changed: reminders move, those with a seat are asked anew, new seats go down the waiting list.

    Raises LookupError: no such session; TooFewSeatsError; IntegrityError: dates out of order.
    """
    before = store.lock(db, session_id)
    if before is None:
        raise LookupError(f"no session {session_id}")
    if "seats" in values:
        _move_together(db, session_id, values["seats"])
    db.execute(update(sessions).where(sessions.c.id == session_id).values(dict(values)))
    after = store.get(db, session_id)
    assert after is not None
    if not after.to_come(now):
        return []
    effects: list[Effect] = []
    if any(getattr(before, name) != getattr(after, name) for name in MATTERS_TO_THEM):
        effects += _told_of_change(db, after, now)
    return [*effects, *notices.offers(db, session_id, now)]


def call_off(db: Connection, session_id: int, now: datetime) -> list[Effect]:
    """It does not take place: everybody who counts on it is told, once. Raises LookupError: no such session."""
    session = store.lock(db, session_id)
    if session is None:
        raise LookupError(f"no session {session_id}")
    if not session.to_come(now):
        return []
    db.execute(update(sessions).where(sessions.c.id == session_id).values(cancelled_at=now))
    effects: list[Effect] = []
    for found in affected(db, session_id):
        effects += notices.forgotten(session_id, found.person_id)
        effects.append(notices.notice(session_id, found.person_id, now, session.starts_at, matters=True))
    return effects


def _told_of_change(db: Connection, session: Session, now: datetime) -> list[Effect]:
    """What they confirmed was another day: it is asked again, at once and at the new moments."""
    effects: list[Effect] = []
    for found in affected(db, session.id):
        if found.state != "registered":
            continue
        store.unconfirm(db, session.id, found.person_id, now)
        effects += notices.registered(session, found.person_id, now)
        effects.append(notices.changed(session, found.person_id, now))
    return effects


def _move_together(db: Connection, session_id: int, seats: int) -> None:
    """Whoever sits on a number that will be gone gets a lower one that is free. Raises TooFewSeatsError."""
    mine = registrations.c.session_id == session_id
    held = set(db.scalars(select(registrations.c.seat).where(mine, registrations.c.seat.is_not(None))))
    if len(held) > seats:
        raise TooFewSeatsError(len(held))
    free = (seat for seat in range(1, seats + 1) if seat not in held)
    for high in sorted(seat for seat in held if seat > seats):
        move = update(registrations).where(mine, registrations.c.seat == high)
        db.execute(move.values(seat=next(free)))


# --- Afterwards ---------------------------------------------------------------------------------------------


def attendance(db: Connection, session_id: int, person_id: int, present: bool, now: datetime) -> bool:
    """Was a registered person there? False: they have no seat in it."""
    own = store.registration(db, session_id, person_id)
    if own is None or own.state not in ("registered", "attended", "absent"):
        return False
    store.mark(db, session_id, person_id, now, state="attended" if present else "absent")
    return True


def certificates(db: Connection, session_id: int, place: str, until: date, now: datetime) -> list[Effect]:
    """They lie ready at ``place`` up to and with ``until``: everybody who was there is told."""
    ready = {"certificate_place": place, "certificate_until": until}
    if db.execute(update(sessions).where(sessions.c.id == session_id).values(ready)).rowcount == 0:
        raise LookupError(f"no session {session_id}")
    query = select(registrations.c.person_id).where(
        registrations.c.session_id == session_id,
        registrations.c.state == "attended",
        registrations.c.collected_at.is_(None),
    )
    end = datetime.combine(until + timedelta(days=1), time(), LOCAL)
    return [notices.notice(session_id, person_id, now, end) for person_id in db.scalars(query)]


def collected(db: Connection, session_id: int, person_id: int, now: datetime) -> list[Effect]:
    """The certificate was handed out: nobody is told of it again."""
    store.mark(db, session_id, person_id, now, collected_at=now)
    return [Forget(notices.occasion(session_id, person_id, "notice"))]
