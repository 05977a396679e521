"""The SQL of the rights line. No query finds a case by its number alone."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from outreach.services.rights import rules
from outreach.store import chance
from outreach.store.dialects import insert_or_ignore
from outreach.store.schema import recordings, tasks
from outreach.store.tables.community import case_messages, cases

OVER = ("settled", "closed")
"""States of a case that nothing more happens to."""
DRAWS = 5
"""Of 90 million numbers, five in a row that are taken means that something is broken."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case, as its owner hears of it."""

    id: int
    number: str
    person_id: int | None
    kind: str
    state: str
    created_at: datetime
    updated_at: datetime


_CASE = select(*(cases.c[field.name] for field in fields(Case)))


def add(db: Connection, person_id: int | None, kind: str, now: datetime) -> Case:
    """A new case under a number that nobody can guess."""
    for _ in range(DRAWS):
        number = chance.digits(db, rules.NUMBER_DIGITS)
        when = {"created_at": now, "updated_at": now}
        if insert_or_ignore(db, cases, number=number, person_id=person_id, kind=kind, **when):
            return Case(*db.execute(_CASE.where(cases.c.number == number)).one())
    raise RuntimeError("no case number was free: the database does not draw at random")


def add_message(db: Connection, case_id: int, *, file: str | None, words: str | None, now: datetime) -> int:
    """What was said (``file``) or written (``words``); its id. Raises IntegrityError unless it is one of both."""
    values = {"case_id": case_id, "file": file, "words": words, "created_at": now}
    statement = insert(case_messages).values(values).returning(case_messages.c.id)
    db.execute(update(cases).where(cases.c.id == case_id).values(updated_at=now))
    return int(db.execute(statement).scalar_one())


def get(db: Connection, case_id: int) -> Case | None:
    """One case, for whoever was let in to it."""
    row = db.execute(_CASE.where(cases.c.id == case_id)).one_or_none()
    return Case(*row) if row else None


def of_person(db: Connection, person_id: int) -> list[int]:
    """Ids of somebody's own cases, the latest first."""
    query = select(cases.c.id).where(cases.c.person_id == person_id)
    return list(db.execute(query.order_by(cases.c.created_at.desc(), cases.c.id.desc())).scalars())


def detach(db: Connection, person_id: int) -> None:
    """Nothing says any more whose cases these are: recordings and tasks of them stay without the person."""
    recorded = (recordings.c.person_id == person_id, recordings.c.purpose == "case")
    to_do = (tasks.c.person_id == person_id, tasks.c.kind == "case")
    db.execute(update(recordings).where(*recorded).values(person_id=None, call_id=None))
    db.execute(update(tasks).where(*to_do).values(person_id=None, phone=None, call_id=None))
    db.execute(update(cases).where(cases.c.person_id == person_id).values(person_id=None))


def set_pin(db: Connection, case: Case, pin: str, now: datetime) -> None:
    """From now on this PIN opens the case."""
    change = update(cases).where(cases.c.id == case.id)
    db.execute(change.values(pin_hash=rules.hash_pin(case.number, pin), updated_at=now))


def opened(db: Connection, number: str, pin: str) -> int | None:
    """The case that number and PIN open together; None tells nothing of which was wrong."""
    query = select(cases.c.id).where(
        cases.c.number == number, cases.c.pin_hash == rules.hash_pin(number, pin)
    )
    found: int | None = db.execute(query).scalar_one_or_none()
    return found
