"""The SQL of the training line. Whatever gives or frees a seat locks its session first, and looks again then."""

from dataclasses import fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, func, insert, select, update

from outreach.services.places import LOCAL, today
from outreach.services.training import rules
from outreach.services.training.rules import ACTIVE, Registration, Session, State
from outreach.store.tables.training import training_courses as courses
from outreach.store.tables.training import training_registrations as registrations
from outreach.store.tables.training import training_sessions as sessions

LONGEST_LIST = 100
"""Sessions in one list. Nobody hears more in a call; the soonest come first."""

Outcome = Literal["registered", "waiting", "full", "no_waiting", "already", "closed"]

_SESSION = select(
    *(
        courses.c[field.name] if field.name in courses.c and field.name != "id" else sessions.c[field.name]
        for field in fields(Session)
    )
).join(courses, courses.c.id == sessions.c.course_id)
_GET = _SESSION.where(sessions.c.id == bindparam("id"))
_LOCK = _GET.with_for_update(of=sessions)
_WAITING = registrations.c.state == "waiting"

# --- Reading ------------------------------------------------------------------------------------------------


def find(
    db: Connection, county: str, now: datetime, since: datetime | None, own: str | None
) -> tuple[list[int], int]:
    """Ids of sessions to register for, and how many are new: new since ``since`` first, then ``own`` county."""
    order: list[Any] = [sessions.c.starts_on, sessions.c.id]
    if own:
        order.insert(0, case((sessions.c.county == own, 0), else_=1))
    query: Select[Any] = select(sessions.c.id, sessions.c.published_at, sessions.c.starts_on)
    query = query.where(*_offered(now))
    if county:
        query = query.where(sessions.c.county == county)
    if since is not None:
        order.insert(0, case((sessions.c.published_at > since, 0), else_=1))
    rows = db.execute(query.order_by(*order).limit(LONGEST_LIST)).all()
    return [row.id for row in rows], sum(since is not None and row.published_at > since for row in rows)


def get(db: Connection, session_id: int) -> Session | None:
    """One session, offered or not."""
    row = db.execute(_GET, {"id": session_id}).one_or_none()
    return Session(*row) if row else None


def all_offered(db: Connection, now: datetime) -> list[Session]:
    """Everything that can be heard today, for rendering ahead."""
    query = _SESSION.where(*_offered(now)).order_by(sessions.c.starts_on, sessions.c.id)
    return [Session(*row) for row in db.execute(query)]


def _offered(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """``Session.offered`` in SQL."""
    later = sessions.c.starts_on > today(now)
    later_today = (sessions.c.starts_on == today(now)) & (
        sessions.c.begins > f"{now.astimezone(LOCAL):%H:%M}"
    )
    return sessions.c.cancelled_at.is_(None), sessions.c.deadline_on >= today(now), later | later_today


def room(db: Connection, session: Session) -> tuple[int, int]:
    """Seats that may be taken now, and how many wait. While anybody waits, a free seat is theirs."""
    query = select(func.count(registrations.c.seat), func.sum(case((_WAITING, 1), else_=0)))
    held, waiting = db.execute(query.where(registrations.c.session_id == session.id)).one()
    return (0 if waiting else session.seats - held), waiting or 0


def registration(db: Connection, session_id: int, person_id: int) -> Registration | None:
    """A person's registration for a session, whatever its state."""
    row = db.execute(_MINE, {"session": session_id, "person": person_id}).one_or_none()
    return Registration(*row) if row else None


_before = registrations.alias("before")
_AHEAD = (
    select(func.count())
    .select_from(_before)
    .where(
        _before.c.session_id == registrations.c.session_id,
        _before.c.state == "waiting",
        (_before.c.queued_at < registrations.c.queued_at)
        | and_(_before.c.queued_at == registrations.c.queued_at, _before.c.id < registrations.c.id),
    )
    .scalar_subquery()
)
_MINE: Select[Any] = select(
    *(registrations.c[field.name] for field in fields(Registration) if field.name != "ahead"), _AHEAD
).where(registrations.c.session_id == bindparam("session"), registrations.c.person_id == bindparam("person"))


def mine(db: Connection, person_id: int, now: datetime) -> list[int]:
    """Sessions a person has to do with, the urgent first; those they gave up are left out."""
    query = select(registrations.c.session_id)
    query = query.where(registrations.c.person_id == person_id, registrations.c.state != "cancelled")
    found: list[tuple[tuple[int, int], int]] = []
    for session_id in db.execute(query).scalars():
        session, own = get(db, session_id), registration(db, session_id, person_id)
        if session is not None and own is not None:
            found.append((rules.urgency(session, own, now), session_id))
    return [session_id for _, session_id in sorted(found)]


# --- Taking and giving back ---------------------------------------------------------------------------------


def register(db: Connection, session_id: int, person_id: int, now: datetime) -> Outcome:
    """Take a seat. "full": there is none, or others wait for it; "closed": too late, or called off."""
    session = lock(db, session_id)
    if (refused := _refused(db, session, person_id, now)) is not None:
        return refused
    assert session is not None
    seat = _free_seat(db, session)
    if seat is None or room(db, session)[1]:
        return "full"
    _put(db, session, person_id, now, state="registered", seat=seat)
    return "registered"


def wait(db: Connection, session_id: int, person_id: int, now: datetime) -> Outcome:
    """Join the waiting list; take the seat at once when one has become free and nobody else waits."""
    if (outcome := register(db, session_id, person_id, now)) != "full":
        return outcome
    session = lock(db, session_id)
    assert session is not None
    if room(db, session)[1] >= session.waiting_places:
        return "no_waiting"
    _put(db, session, person_id, now, state="waiting")
    return "waiting"


def leave(db: Connection, session_id: int, person_id: int, now: datetime) -> bool:
    """Give up a seat, an offer, or a place in the line. False: there is nothing (any more) to give up."""
    session, own = lock(db, session_id), registration(db, session_id, person_id)
    if session is None or own is None or own.state not in ACTIVE or not session.to_come(now):
        return False
    _put(db, session, person_id, now, state="cancelled")
    return True


def confirm(db: Connection, session_id: int, person_id: int, now: datetime) -> bool:
    """The person will come. False: they have no seat, or it has begun or been called off."""
    session, own = lock(db, session_id), registration(db, session_id, person_id)
    if session is None or own is None or own.state != "registered" or not session.to_come(now):
        return False
    _set(db, session_id, person_id, now, confirmed_at=now)
    return True


# --- The waiting list ---------------------------------------------------------------------------------------


def offer_next(db: Connection, session_id: int, now: datetime) -> tuple[int, datetime] | None:
    """Hold a free seat for the first in line: who, and until when. None: no seat, nobody, or too late."""
    session = lock(db, session_id)
    until = rules.offer_until(session, now) if session else None
    if session is None or until is None or (seat := _free_seat(db, session)) is None:
        return None
    first = select(registrations.c.person_id).where(registrations.c.session_id == session_id, _WAITING)
    first = first.order_by(registrations.c.queued_at, registrations.c.id).limit(1)
    person_id = db.execute(first).scalar_one_or_none()
    if person_id is None:
        return None
    _set(db, session_id, person_id, now, state="offered", seat=seat, offer_until=until)
    return person_id, until


def unconfirm(db: Connection, session_id: int, person_id: int, now: datetime) -> None:
    """What they said is not known to hold: the session has changed."""
    _set(db, session_id, person_id, now, confirmed_at=None)


def mark(db: Connection, session_id: int, person_id: int, now: datetime, **values: Any) -> None:
    """What a counselor notes down afterwards: who was there, who has their certificate."""
    _set(db, session_id, person_id, now, **values)


def accept(db: Connection, session_id: int, person_id: int, now: datetime) -> bool:
    """Take the seat that was offered. False: the time to answer is over, or nothing is offered."""
    session, own = lock(db, session_id), registration(db, session_id, person_id)
    if session is None or own is None or rules.status(session, own, now) != "offered":
        return False
    _set(db, session_id, person_id, now, state="registered", offer_until=None)
    return True


def lapse(db: Connection, session_id: int, person_id: int, now: datetime) -> bool:
    """End an offer whose time is over. False: it was answered, or has time left (offered anew since)."""
    session, own = lock(db, session_id), registration(db, session_id, person_id)
    if session is None or own is None or own.state != "offered":
        return False
    if own.offer_until is None or own.offer_until > now:
        return False
    return pass_over(db, session_id, person_id, now)


def pass_over(db: Connection, session_id: int, person_id: int, now: datetime) -> bool:
    """End an offer, whatever time it has left: it cannot be told. False: it was answered."""
    session, own = lock(db, session_id), registration(db, session_id, person_id)
    if session is None or own is None or own.state != "offered":
        return False
    _put(db, session, person_id, now, state="lapsed")
    return True


# --- Rows ---------------------------------------------------------------------------------------------------


def lock(db: Connection, session_id: int) -> Session | None:
    """The session, nobody else changing who has its seats until the transaction ends (SQLite: one writer)."""
    row = db.execute(_LOCK, {"id": session_id}).one_or_none()
    return Session(*row) if row else None


def _refused(db: Connection, session: Session | None, person_id: int, now: datetime) -> Outcome | None:
    if session is None or not session.offered(now):
        return "closed"
    own = registration(db, session.id, person_id)
    return "already" if own is not None and own.state in ACTIVE else None


def _free_seat(db: Connection, session: Session) -> int | None:
    """The lowest number that nobody holds: so a session can be made smaller again while seats are free."""
    held = set(
        db.execute(select(registrations.c.seat).where(registrations.c.session_id == session.id)).scalars()
    )
    return next((seat for seat in range(1, session.seats + 1) if seat not in held), None)


def _put(
    db: Connection, session: Session, person_id: int, now: datetime, *, state: State, seat: int | None = None
) -> None:
    """The person's one row for the session, made or taken up again."""
    values = {"state": state, "seat": seat, "offer_until": None, "confirmed_at": None, "updated_at": now}
    if registration(db, session.id, person_id) is not None:
        queued = {"queued_at": now} if state in ACTIVE else {}
        _set(db, session.id, person_id, now, **values, **queued)
        return
    row = {"session_id": session.id, "session_seats": session.seats, "person_id": person_id}
    db.execute(insert(registrations).values(**row, **values, queued_at=now, created_at=now))


def _set(db: Connection, session_id: int, person_id: int, now: datetime, **values: Any) -> None:
    own = (registrations.c.session_id == session_id) & (registrations.c.person_id == person_id)
    db.execute(update(registrations).where(own).values(**{"updated_at": now, **values}))
