"""The SQL of the line "mine": what was sent to somebody, and what is kept of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from outreach.store.schema import consents, deliveries, recordings

REACHED = ("sent", "delivered", "unsure")
HEAD = re.compile(r"^【[^】]*】(?:\(\d/\d\))?")
CHOICE = re.compile(r"^\d ")
WAY_OUT = re.compile(r"退订回T$")


@dataclass(frozen=True, slots=True)
class Message:
    """A text that was sent, as it is heard again: without signature, choices and the way out."""

    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Agreed:
    """A consent in force."""

    scope: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """A recording."""

    purpose: str
    at: datetime
    until: datetime


_SENT = (
    deliveries.c.channel == "sms",
    deliveries.c.state.in_(REACHED),
    ~deliveries.c.purpose.like("reply:%"),
)
"""An answer in a conversation by text is nothing without what it answers."""


def messages(db: Connection, person_id: int, since: datetime) -> list[int]:
    """Ids of what was sent to somebody, the latest first."""
    query = select(deliveries.c.id).where(
        deliveries.c.person_id == person_id, deliveries.c.created_at > since, *_SENT
    )
    return list(db.scalars(query.order_by(deliveries.c.updated_at.desc(), deliveries.c.id.desc()).limit(50)))


def message(db: Connection, delivery_id: int, person_id: int) -> Message | None:
    """One of somebody's own."""
    query = select(deliveries.c.body, deliveries.c.updated_at)
    mine = (deliveries.c.id == delivery_id, deliveries.c.person_id == person_id, *_SENT)
    row = db.execute(query.where(*mine)).one_or_none()
    return Message(told(row.body), row.updated_at) if row else None


def told(body: str) -> str:
    """The words of a letter for the ear."""
    lines = HEAD.sub("", body).splitlines()
    return WAY_OUT.sub("", "".join(line for line in lines if not CHOICE.match(line)))


def agreed(db: Connection, person_id: int) -> Sequence[Agreed]:
    """Consents in force, the oldest first."""
    query = select(consents.c.scope, consents.c.given_at).where(
        consents.c.person_id == person_id, consents.c.withdrawn_at.is_(None)
    )
    return [Agreed(*row) for row in db.execute(query.order_by(consents.c.given_at, consents.c.id))]


def kept(db: Connection, person_id: int, now: datetime) -> Sequence[Kept]:
    """Recordings that are kept, the oldest first."""
    query = select(recordings.c.purpose, recordings.c.created_at, recordings.c.expires_at).where(
        recordings.c.person_id == person_id, recordings.c.expires_at > now
    )
    return [Kept(*row) for row in db.execute(query.order_by(recordings.c.created_at, recordings.c.id))]
