"""Several people at one telephone: who they are, who said they are speaking, and the names they recorded."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from outreach.store.schema import consents, people, recordings
from outreach.store.tables.tries import speakers

NAME_KEPT = timedelta(days=3650)
"""A recorded name is kept as long as its person; the row wants a date."""
UNCONFIRMED_KEPT = timedelta(hours=1)
"""A name that was recorded, but not yet said to be right."""
TEXTS_SETTLED = timedelta(minutes=30)
"""How long whoever writes is taken for the same person. A call is settled until its end."""
SPEAKERS_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Member:
    """One of those who share a telephone. ``recorded``: the file of their name in their own voice."""

    id: int
    name: str | None
    recorded: str | None
    created_at: datetime
    has_pin: bool


_AGREES = exists().where(
    consents.c.person_id == people.c.id, consents.c.scope == "service", consents.c.withdrawn_at.is_(None)
)
_RECORDED = (
    select(recordings.c.file)
    .where(recordings.c.person_id == people.c.id, recordings.c.purpose == "name")
    .order_by(recordings.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_MEMBER = select(
    people.c.id, people.c.name, _RECORDED, people.c.created_at, people.c.pin_hash.is_not(None)
).order_by(people.c.id)


def members(db: Connection, number: str) -> list[Member]:
    """All who agreed to be kept with ``number``, the longest known first."""
    return [Member(*row) for row in db.execute(_MEMBER.where(people.c.phone == number, _AGREES))]


def member(db: Connection, person_id: int) -> Member | None:
    """One person, as they are called."""
    row = db.execute(_MEMBER.where(people.c.id == person_id)).one_or_none()
    return Member(*row) if row else None


def shared(db: Connection, person_id: int) -> bool:
    """May somebody else be speaking: do several share the telephone, or did this person set a PIN?"""
    own = select(people.c.phone).where(people.c.id == person_id).scalar_subquery()
    several = select(func.count()).select_from(people).where(people.c.phone == own, _AGREES)
    pin = db.scalar(select(people.c.pin_hash.is_not(None)).where(people.c.id == person_id))
    return bool(pin) or int(db.execute(several).scalar_one()) > 1


# --- Who is speaking ------------------------------------------------------------------------------------------


def settled(db: Connection, source: str, person_id: int, since: datetime) -> bool:
    """Did this person say so in ``source`` (a call, or their texts) since then?"""
    said = (speakers.c.source == source, speakers.c.person_id == person_id, speakers.c.said_at >= since)
    return db.execute(select(speakers.c.source).where(*said)).first() is not None


def settle(db: Connection, source: str, person_id: int, now: datetime) -> None:
    """This person is speaking."""
    old = (speakers.c.source == source) | (speakers.c.said_at < now - SPEAKERS_KEPT)
    db.execute(delete(speakers).where(old))
    db.execute(insert(speakers).values(source=source, person_id=person_id, said_at=now))


# --- Recorded names -------------------------------------------------------------------------------------------


def record_name(
    db: Connection, person_id: int, file: str, seconds: int, call_id: str | None, now: datetime
) -> None:
    """Note a recording that is to be heard by its owner before it counts; until then it is a message like any other."""
    values = {
        "person_id": person_id,
        "purpose": "message",
        "file": file,
        "seconds": seconds,
        "call_id": call_id,
    }
    db.execute(insert(recordings).values(**values, created_at=now, expires_at=now + UNCONFIRMED_KEPT))


def confirm_name(db: Connection, person_id: int, file: str, now: datetime) -> bool:
    """It is right: it takes the place of the one before. False: it is no longer there."""
    _retire(db, person_id, now)
    one = (recordings.c.person_id == person_id, recordings.c.file == file)
    kept = {"purpose": "name", "expires_at": now + NAME_KEPT}
    return db.execute(update(recordings).where(*one).values(kept)).rowcount == 1


def write_name(db: Connection, person_id: int, name: str, now: datetime) -> None:
    """A written name; one that was recorded before is not played any more."""
    _retire(db, person_id, now)
    db.execute(update(people).where(people.c.id == person_id).values(name=name))


def _retire(db: Connection, person_id: int, now: datetime) -> None:
    names = (recordings.c.person_id == person_id, recordings.c.purpose == "name")
    db.execute(update(recordings).where(*names).values(purpose="message", expires_at=now))
