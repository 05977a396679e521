"""Wrong PINs: how often one may guess, so that neither guessing nor locking somebody else out is of any use.

Whoever tries is an *asker*. An asker has a few tries a day. Some askers can be had without end (calls that hide their
number, other people's telephones): these are *pooled*, and share a second limit for each thing that is tried. A person
on their own telephone is never pooled, so nothing that strangers do counts against them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from sqlalchemy import Connection, delete, func, insert, select

from outreach.store.tables.tries import tries

WITHIN = timedelta(days=1)
EACH = 5
"""Wrong answers in a day from one asker."""
POOLED = 20
"""Wrong answers in a day for one thing from all pooled askers. Counted by what was keyed, so that it says nothing about
whether there is such a thing."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who tries. ``name``: a telephone's hash, the call that hides it, or the person on their own telephone."""

    name: str
    pooled: bool


def telephone(number: str | None, call_id: str | None) -> Asker:
    """From what the carrier sent. The telephone is kept as a hash, for a day."""
    if number is None:
        return Asker(f"call:{call_id}", pooled=True)
    return Asker(_hash(number), pooled=False)


def person(person_id: int, own: str | None, number: str | None, call_id: str | None) -> Asker:
    """Who says to be a person: on the person's ``own`` telephone their tries are their own, elsewhere a stranger's."""
    if number is not None and number == own:
        return Asker(f"person:{person_id}", pooled=False)
    return Asker(f"call:{call_id}" if number is None else _hash(number), pooled=True)


def too_many(own: int, pooled: int, who: Asker) -> bool:
    """Must this asker be sent to a counselor? ``own``: their wrong tries; ``pooled``: all pooled ones for the thing."""
    return own >= EACH or (who.pooled and pooled >= POOLED)


def limited(db: Connection, who: Asker, about: str, now: datetime) -> bool:
    """Has this asker tried too often today?"""
    count = select(func.count()).select_from(tries).where(tries.c.tried_at > now - WITHIN)
    own = db.execute(count.where(tries.c.asker == who.name)).scalar_one()
    pooled = db.execute(count.where(tries.c.pooled, tries.c.about == about)).scalar_one()
    return too_many(own, pooled, who)


def failed(db: Connection, who: Asker, about: str, now: datetime) -> None:
    """Write a wrong try down; what is older than a day is forgotten."""
    db.execute(delete(tries).where(tries.c.tried_at <= now - WITHIN))
    db.execute(insert(tries).values(asker=who.name, about=about, pooled=who.pooled, tried_at=now))


def forgive(db: Connection, person_id: int) -> None:
    """A person's tries on their own telephone count no more: they knew it, or a counselor knows them."""
    db.execute(delete(tries).where(tries.c.asker == f"person:{person_id}"))


def _hash(number: str) -> str:
    return blake2b(number.encode(), digest_size=16).hexdigest()
