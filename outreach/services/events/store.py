"""The SQL of the events line. Signing up locks the event first: places are numbered, and no number is given twice."""

from dataclasses import fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, bindparam, case, func, insert, select, update

from outreach.services.events.rules import Event, SignUp
from outreach.services.places import LOCAL, today
from outreach.store.tables.community import event_sign_ups as sign_ups
from outreach.store.tables.community import events

LONGEST_LIST = 100
"""Events in one list. Nobody hears more in a call; the soonest come first."""

Outcome = Literal["coming", "full", "already", "closed"]

_EVENT: Select[Any] = select(*(events.c[field.name] for field in fields(Event)))
_GET = _EVENT.where(events.c.id == bindparam("id"))
_LOCK = _GET.with_for_update()


def find(db: Connection, county: str, now: datetime, since: datetime | None) -> tuple[list[int], int]:
    """Ids of events to come, and how many are new: new since ``since`` first, then the soonest."""
    order: list[Any] = [events.c.starts_on, events.c.begins, events.c.id]
    query = select(events.c.id, events.c.published_at).where(*_to_come(now))
    if county:
        query = query.where(events.c.county == county)
    if since is not None:
        order.insert(0, case((events.c.published_at > since, 0), else_=1))
    rows = db.execute(query.order_by(*order).limit(LONGEST_LIST)).all()
    return [row.id for row in rows], sum(since is not None and row.published_at > since for row in rows)


def all_to_come(db: Connection, now: datetime) -> list[Event]:
    """Everything that can be heard today, for rendering ahead."""
    query = _EVENT.where(*_to_come(now)).order_by(events.c.starts_on, events.c.id)
    return [Event(*row) for row in db.execute(query)]


def _to_come(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """``Event.to_come`` in SQL."""
    later_today = (events.c.starts_on == today(now)) & (events.c.begins > f"{now.astimezone(LOCAL):%H:%M}")
    return events.c.cancelled_at.is_(None), (events.c.starts_on > today(now)) | later_today


def get(db: Connection, event_id: int) -> Event | None:
    """One event, to come or not."""
    row = db.execute(_GET, {"id": event_id}).one_or_none()
    return Event(*row) if row else None


def lock(db: Connection, event_id: int) -> Event | None:
    """The same, nobody else changing who comes until the transaction ends (SQLite: one writer)."""
    row = db.execute(_LOCK, {"id": event_id}).one_or_none()
    return Event(*row) if row else None


def free(db: Connection, event: Event) -> int | None:
    """Places that are left; None: as many as come."""
    if event.places is None:
        return None
    taken = select(func.count(sign_ups.c.place)).where(sign_ups.c.event_id == event.id)
    return max(event.places - db.execute(taken).scalar_one(), 0)


def sign_up_of(db: Connection, event_id: int, person_id: int) -> SignUp | None:
    """A person's sign-up for an event, withdrawn or not."""
    query = select(*(sign_ups.c[field.name] for field in fields(SignUp)))
    row = db.execute(
        query.where(sign_ups.c.event_id == event_id, sign_ups.c.person_id == person_id)
    ).one_or_none()
    return SignUp(*row) if row else None


def coming(db: Connection, event_id: int) -> list[int]:
    """Who comes, in the order in which they signed up."""
    query = select(sign_ups.c.person_id).where(sign_ups.c.event_id == event_id, sign_ups.c.coming)
    return list(db.scalars(query.order_by(sign_ups.c.updated_at, sign_ups.c.id)))


def mine(db: Connection, person_id: int) -> list[int]:
    """Events a person comes to, the latest first."""
    query = select(events.c.id).join(sign_ups, sign_ups.c.event_id == events.c.id)
    query = query.where(sign_ups.c.person_id == person_id, sign_ups.c.coming)
    return list(db.scalars(query.order_by(events.c.starts_on.desc(), events.c.id)))


def sign_up(db: Connection, event_id: int, person_id: int, now: datetime) -> Outcome:
    """Come. "full": no place is left; "closed": it has begun, or was called off."""
    event, own = lock(db, event_id), sign_up_of(db, event_id, person_id)
    if event is None or not event.to_come(now):
        return "closed"
    if own is not None and own.coming:
        return "already"
    place = _free_place(db, event)
    if place is None and event.places is not None:
        return "full"
    values: dict[str, Any] = {"coming": True, "place": place, "confirmed_at": None, "updated_at": now}
    if own is not None:
        _set(db, event_id, person_id, **values)
    else:
        row = {"event_id": event_id, "person_id": person_id, "created_at": now, **values}
        db.execute(insert(sign_ups).values(row))
    return "coming"


def withdraw(db: Connection, event_id: int, person_id: int, now: datetime) -> bool:
    """Not come after all. False: there is nothing (any more) to withdraw from."""
    event, own = lock(db, event_id), sign_up_of(db, event_id, person_id)
    if event is None or own is None or not own.coming or not event.to_come(now):
        return False
    _set(db, event_id, person_id, coming=False, place=None, confirmed_at=None, updated_at=now)
    return True


def confirm(db: Connection, event_id: int, person_id: int, now: datetime | None) -> bool:
    """The person will come; None: what they said does not hold any more. False: they have not signed up."""
    own = sign_up_of(db, event_id, person_id)
    if own is None or not own.coming:
        return False
    _set(db, event_id, person_id, confirmed_at=now)
    return True


def _free_place(db: Connection, event: Event) -> int | None:
    """The lowest number that nobody holds."""
    if event.places is None:
        return None
    held = set(db.scalars(select(sign_ups.c.place).where(sign_ups.c.event_id == event.id)))
    return next((place for place in range(1, event.places + 1) if place not in held), None)


def _set(db: Connection, event_id: int, person_id: int, **values: Any) -> None:
    own = (sign_ups.c.event_id == event_id) & (sign_ups.c.person_id == person_id)
    db.execute(update(sign_ups).where(own).values(values))
