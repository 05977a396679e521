"""Who calls: people and their settings, what they agreed to, and which counselor is there for them.

SQL only. What a consent is needed for is decided where it is needed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Connection,
    Row,
    String,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    update,
)

from outreach.store.dialects import insert_or_ignore
from outreach.store.schema import calls, counselors, duty_hours, people, recordings, sessions
from outreach.store.schema import consents as consent_rows
from outreach.store.tables.console import audit
from outreach.store.tables.plans import needs, services_given

Scope = Literal["service", "reminders", "jobs", "campaigns", "recordings", "foreign_carrier", "disability"]
Channel = Literal["voice", "sms", "console"]

GANSU = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody we keep. ``speed`` 1 to 6, ``wordiness`` 1 to 2, ``patience`` 1 to 3.

    ``contact_by``: "sms" or "voice", None: not chosen. ``contact_from``, ``contact_until``: HH:MM in Gansu, both or
    neither; neither: the house's hours. ``erase_at``: they asked to be erased then.
    """

    id: int
    phone: str | None
    name: str | None
    county: str | None
    language: str | None
    speed: int
    wordiness: int
    patience: int
    counselor_id: int | None
    created_at: datetime
    last_call_at: datetime | None
    contact_by: Literal["sms", "voice"] | None
    contact_from: str | None
    contact_until: str | None
    erase_at: datetime | None


@dataclass(frozen=True, slots=True)
class OnDuty:
    """A counselor who can be rung now."""

    counselor_id: int
    name: str
    phone: str


_CONTACT = func.coalesce(sessions.c.updated_at, people.c.last_call_at, people.c.created_at)
_BY_PHONE = (
    select(people)
    .outerjoin(sessions, sessions.c.person_id == people.c.id)
    .where(people.c.phone == bindparam("number"))
    .order_by(_CONTACT.desc(), people.c.id.desc())
    .limit(1)
)
"""Built once, as ``_CONSENTS``: each message that comes in asks for them, and composing costs more than running."""
_KEPT = _BY_PHONE.with_only_columns(
    people.c.id,
    people.c.language,
    exists()
    .where(
        consent_rows.c.person_id == people.c.id,
        consent_rows.c.scope == literal("service"),
        consent_rows.c.withdrawn_at.is_(None),
    )
    .correlate(people)
    .label("agreed"),
)
_CONSENTS = select(consent_rows.c.scope).where(
    consent_rows.c.person_id == bindparam("person"), consent_rows.c.withdrawn_at.is_(None)
)


def get(db: Connection, person_id: int) -> Person | None:
    """The person with this id."""
    row = db.execute(select(people).where(people.c.id == person_id)).one_or_none()
    return _person(row) if row else None


def find_by_phone(db: Connection, number: str) -> Person | None:
    """The person with this number (E.164); of several, the one who was last in contact, by voice or text."""
    row = db.execute(_BY_PHONE, {"number": number}).one_or_none()
    return _person(row) if row else None


def kept(db: Connection, number: str) -> tuple[int, str | None] | None:
    """Id and language of whom ``find_by_phone`` finds. None: nobody, or somebody who does not agree to be kept."""
    row = db.execute(_KEPT, {"number": number}).one_or_none()
    return (row.id, row.language) if row and row.agreed else None


def create(db: Connection, number: str | None, now: datetime, language: str | None = None) -> Person:
    """Keep a new person. Whether they agreed to it is asked before."""
    row = db.execute(
        insert(people).values(phone=number, language=language, created_at=now).returning(people)
    ).one()
    return _person(row)


def change(
    db: Connection,
    person_id: int,
    *,
    speed: int | None = None,
    wordiness: int | None = None,
    patience: int | None = None,
    language: str | None = None,
    county: str | None = None,
) -> None:
    """Write settings of the person; None leaves one as it is.

    Raises IntegrityError on a value out of range, LookupError when there is no such person.
    """
    given = {
        "speed": speed,
        "wordiness": wordiness,
        "patience": patience,
        "language": language,
        "county": county,
    }
    values = {name: value for name, value in given.items() if value is not None}
    if not values:
        return
    if db.execute(update(people).where(people.c.id == person_id).values(values)).rowcount == 0:
        raise LookupError(f"no person {person_id}")


def reach(db: Connection, person_id: int, by: Literal["sms", "voice"]) -> None:
    """How this person wants to be reminded."""
    db.execute(update(people).where(people.c.id == person_id).values(contact_by=by))


def reach_between(db: Connection, person_id: int, begins: str | None, ends: str | None) -> None:
    """When they want to be reached: HH:MM in Gansu, both or (the house's hours) neither. Raises IntegrityError."""
    db.execute(update(people).where(people.c.id == person_id).values(contact_from=begins, contact_until=ends))


def counselor_name(db: Connection, person_id: int) -> str | None:
    """Of the person's own counselor. None: nobody in particular."""
    own = select(counselors.c.name).join(people, people.c.counselor_id == counselors.c.id)
    found: str | None = db.scalar(own.where(people.c.id == person_id, counselors.c.active))
    return found


def erase_later(db: Connection, person_id: int, at: datetime) -> None:
    """Note that they asked to be erased at ``at``."""
    db.execute(update(people).where(people.c.id == person_id).values(erase_at=at))


def stay(db: Connection, person_id: int) -> bool:
    """They thought better of it. False: they had not asked to be erased."""
    asked = (people.c.id == person_id, people.c.erase_at.is_not(None))
    return db.execute(update(people).where(*asked).values(erase_at=None)).rowcount == 1


def stay_all(db: Connection, number: str) -> int:
    """All who share ``number`` stay, whoever of them asked to be erased. Returns how many had."""
    asked = (people.c.phone == number, people.c.erase_at.is_not(None))
    return db.execute(update(people).where(*asked).values(erase_at=None)).rowcount


def erase(db: Connection, person_id: int, now: datetime) -> None:
    """Delete a person and all that hangs on them; recordings are left to the chore that deletes their files first.

    What is to stay without them must have been detached before (``services/own.py``, ``Leave``). The audit keeps who
    did something to their file and when, not what was in it.
    """
    told = (audit.c.entity == "people") & (audit.c.entity_id == str(person_id))
    for table in (needs, services_given):
        mine = select(cast(table.c.id, String)).where(table.c.person_id == person_id)
        told |= (audit.c.entity == table.name) & audit.c.entity_id.in_(mine)
    db.execute(update(audit).where(told).values(before=null(), after=null()))
    theirs = recordings.c.person_id == person_id
    db.execute(update(recordings).where(theirs).values(person_id=None, call_id=None, expires_at=now))
    db.execute(update(calls).where(calls.c.person_id == person_id).values(number=None))
    db.execute(delete(people).where(people.c.id == person_id))


def give_consent(
    db: Connection,
    person_id: int,
    scope: Scope,
    wording: str,
    channel: Channel,
    evidence: str | None,
    now: datetime,
) -> bool:
    """Record a consent. False: one of this scope is in force already, and stays as it was given.

    ``wording``: key and version of the prompt agreed to; ``evidence``: id of the call or text (PIPL art. 14).
    """
    return insert_or_ignore(
        db,
        consent_rows,
        person_id=person_id,
        scope=scope,
        wording=wording,
        channel=channel,
        evidence=evidence,
        given_at=now,
    )


def withdraw(db: Connection, person_id: int, scope: Scope, now: datetime) -> bool:
    """End a consent; the record that it was given stays. False: none was in force.

    With the consent to it goes the kind of disability.
    """
    if scope == "disability":
        db.execute(update(people).where(people.c.id == person_id).values(category=None))
    done = db.execute(
        update(consent_rows)
        .where(
            consent_rows.c.person_id == person_id,
            consent_rows.c.scope == scope,
            consent_rows.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )
    return done.rowcount > 0


def consents(db: Connection, person_id: int) -> frozenset[Scope]:
    """The scopes in force."""
    return frozenset(db.scalars(_CONSENTS, {"person": person_id}))


def on_duty(db: Connection, now: datetime, person_id: int | None = None) -> OnDuty | None:
    """The counselor who takes calls now, by Gansu's clock: the person's own if on duty, else the first."""
    local = now.astimezone(GANSU)
    clock = f"{local:%H:%M}"
    own = select(people.c.counselor_id).where(people.c.id == person_id).scalar_subquery()
    row = db.execute(
        select(counselors.c.id, counselors.c.name, counselors.c.phone)
        .join(duty_hours, duty_hours.c.counselor_id == counselors.c.id)
        .where(
            counselors.c.active,
            duty_hours.c.weekday == local.isoweekday(),
            duty_hours.c.starts <= clock,
            duty_hours.c.ends > clock,
        )
        .order_by(case((counselors.c.id == own, 0), else_=1), counselors.c.id)
        .limit(1)
    ).one_or_none()
    return OnDuty(row.id, row.name, row.phone) if row else None


def _person(row: Row[*tuple[object, ...]]) -> Person:
    return Person(*(row._mapping[name] for name in Person.__slots__))
