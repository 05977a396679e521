"""A person's PIN: kept as an argon2 hash, checked, cleared. How often one may guess is ``tries.py``'s.

Four digits are soon tried by whoever has the table. The hash keeps them from being read in passing, and makes trying
them all cost minutes for each person. A check takes 25 ms of one slow core (measured): a turn stays fast.
"""

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Connection, select, update

from outreach.store import tries
from outreach.store.schema import people

DIGITS = 4
_HASHER = PasswordHasher(time_cost=3, memory_cost=12 * 1024, parallelism=1)
"""OWASP's third choice for argon2id: little memory, because checks wait for each other in one writer."""


def hashed(pin: str) -> str:
    """What is kept of a PIN."""
    return _HASHER.hash(pin)


def fits(kept: str, pin: str) -> bool:
    """Is this what was kept of that PIN?"""
    try:
        return _HASHER.verify(kept, pin)
    except VerificationError:
        return False


def set_pin(db: Connection, person_id: int, pin: str) -> None:
    """From now on this PIN is asked for."""
    db.execute(update(people).where(people.c.id == person_id).values(pin_hash=hashed(pin)))
    tries.forgive(db, person_id)


def clear(db: Connection, person_id: int) -> bool:
    """No PIN any more: at the person's wish, or by a counselor who knows them. False: there was none."""
    had = (people.c.id == person_id, people.c.pin_hash.is_not(None))
    tries.forgive(db, person_id)
    return db.execute(update(people).where(*had).values(pin_hash=None)).rowcount == 1


def has(db: Connection, person_id: int) -> bool:
    """Is a PIN set?"""
    return db.scalar(select(people.c.pin_hash).where(people.c.id == person_id)) is not None


def right(db: Connection, person_id: int, pin: str) -> bool:
    """Is it this person's? Takes as long for a wrong one."""
    kept = db.scalar(select(people.c.pin_hash).where(people.c.id == person_id))
    return kept is not None and fits(kept, pin)
