"""One person's file: facts, needs, services, consents. Reading, and writing what nobody else has changed meanwhile."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, RowMapping, Select, Table, delete, func, insert, select

from outreach.console.people.words import FACTS
from outreach.services.person import tail
from outreach.store import people as kept
from outreach.store.audit import Audit, plain
from outreach.store.people import Scope
from outreach.store.schema import consents, counselors, people, recordings
from outreach.store.tables.campaigns import person_skills
from outreach.store.tables.community import case_messages
from outreach.store.tables.community import cases as case_rows
from outreach.store.tables.plans import needs, services_given

SERVICES_SHOWN: Final = 20


class Changed(Exception):
    """Somebody else has changed it meanwhile. ``now``: what it is; ``mark``: of that state."""

    def __init__(self, now: Mapping[str, Any], mark: str) -> None:
        super().__init__(mark)
        self.now = now
        self.mark = mark


class NotAgreed(Exception):
    """The kind of disability is kept only with the consent of that scope."""


@dataclass(frozen=True, slots=True)
class Need:
    """One need, with whose it is."""

    id: int
    kind: str
    words: str
    state: str
    next_step: str
    next_on: date | None
    counselor: str | None


@dataclass(frozen=True, slots=True)
class Given:
    """One service that was given."""

    kind: str
    words: str
    on: date
    counselor: str | None


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent, in force or not."""

    scope: str
    wording: str
    channel: str
    evidence: str | None
    given_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class File:
    """What the page shows. ``tail``: the number's last digits."""

    id: int
    facts: Mapping[str, Any]
    mark: str
    tail: str | None
    counselor: str | None
    created_at: datetime
    last_call_at: datetime | None
    erase_at: datetime | None
    pin: bool
    skills: Sequence[str]
    needs: Sequence[Need]
    given: Sequence[Given]
    consents: Sequence[Consent]


def read(db: Connection, person_id: int) -> File | None:
    """Everything but the timeline."""
    row = db.execute(select(people).where(people.c.id == person_id)).mappings().one_or_none()
    if row is None:
        return None
    facts = facts_of(row)
    counselor = select(counselors.c.name).where(counselors.c.id == row["counselor_id"])
    return File(
        person_id,
        facts,
        mark(facts),
        tail(row["phone"]) if row["phone"] else None,
        db.scalar(counselor),
        row["created_at"],
        row["last_call_at"],
        row["erase_at"],
        row["pin_hash"] is not None,
        skills(db, person_id),
        _needs(db, person_id),
        _given(db, person_id),
        _consents(db, person_id),
    )


def facts_of(row: RowMapping) -> dict[str, Any]:
    """Of a row of ``people``, what may be changed here."""
    return {name: row[name] for name in FACTS}


def mark(values: Mapping[str, Any]) -> str:
    """Of a state: another one has another."""
    text = orjson.dumps(
        {str(name): value for name, value in plain(values).items()}, option=orjson.OPT_SORT_KEYS
    )
    return hashlib.sha256(text).hexdigest()[:24]


def add(audit: Audit, values: Mapping[str, Any], evidence: str) -> int:
    """A new person, who agreed to be kept: ``evidence`` says how we know."""
    person_id = audit.add(people, {**values, "created_at": audit.now})
    agree(audit, person_id, "service", evidence)
    return person_id


def change(audit: Audit, person_id: int, values: Mapping[str, Any], expected: str) -> None:
    """Save facts. Raises Changed when they are not as they were at ``expected``, LookupError when they are gone."""
    query = select(people).where(people.c.id == person_id).with_for_update()
    row = audit.db.execute(query).mappings().one_or_none()
    if row is None:
        raise LookupError(f"no person {person_id}")
    now = facts_of(row)
    if mark(now) != expected:
        raise Changed(now, mark(now))
    if values.get("category") and "disability" not in kept.consents(audit.db, person_id):
        raise NotAgreed
    audit.change(people, person_id, values)


def skills(db: Connection, person_id: int) -> tuple[str, ...]:
    """What they can do."""
    found = select(person_skills.c.skill).where(person_skills.c.person_id == person_id)
    return tuple(db.scalars(found.order_by(person_skills.c.skill)))


def change_skills(audit: Audit, person_id: int, wanted: Sequence[str], expected: Sequence[str]) -> None:
    """Write down what they can do. Raises Changed when it is no longer what was ``expected``, or LookupError."""
    there = select(people.c.id).where(people.c.id == person_id).with_for_update()
    if audit.db.execute(there).first() is None:
        raise LookupError(f"no person {person_id}")
    now = skills(audit.db, person_id)
    if sorted(now) != sorted(expected):
        raise Changed({"skills": now}, "")
    audit.db.execute(delete(person_skills).where(person_skills.c.person_id == person_id))
    for skill in sorted(set(wanted)):
        audit.db.execute(insert(person_skills).values(person_id=person_id, skill=skill))
    audit.record("change", "people", person_id, {"skills": list(now)}, {"skills": sorted(set(wanted))})


def alike(db: Connection, person_id: int, limit: int = 20) -> Sequence[tuple[int, str | None, str]]:
    """Others who may be the same: id, name, and "phone" or "name". Several people may well share a telephone."""
    own = db.execute(
        select(people.c.phone, people.c.name, people.c.county).where(people.c.id == person_id)
    ).one()
    found: dict[int, tuple[int, str | None, str]] = {}
    wanted: list[tuple[str, Select[Any]]] = []
    others = (
        select(people.c.id, people.c.name).where(people.c.id != person_id).order_by(people.c.id).limit(limit)
    )
    if own.phone:
        wanted.append(("phone", others.where(people.c.phone == own.phone)))
    if own.name and own.county:
        wanted.append(("name", others.where(people.c.name == own.name, people.c.county == own.county)))
    for why, query in wanted:
        for row in db.execute(query):
            found.setdefault(row.id, (row.id, row.name, why))
    return list(found.values())


# --- Needs and services -------------------------------------------------------------------------------------

NEED: Final = ("kind", "words", "state", "next_step", "next_on", "counselor_id")


def need(db: Connection, person_id: int, need_id: int) -> dict[str, Any] | None:
    """One need of this person, as it is kept."""
    query = select(needs).where(needs.c.id == need_id, needs.c.person_id == person_id)
    row = db.execute(query).mappings().one_or_none()
    return dict(row) if row else None


def add_need(audit: Audit, person_id: int, values: Mapping[str, Any]) -> int:
    """A new need."""
    times = {"created_at": audit.now, "updated_at": audit.now}
    return audit.add(needs, {**values, "person_id": person_id, **times})


def change_need(audit: Audit, person_id: int, need_id: int, values: Mapping[str, Any], expected: str) -> None:
    """Save a need. Raises Changed when somebody did since version ``expected``, LookupError when it is gone."""
    audit.db.execute(select(needs.c.id).where(needs.c.id == need_id).with_for_update())
    now = need(audit.db, person_id, need_id)
    if now is None:
        raise LookupError(f"no need {need_id}")
    if str(now["version"]) != expected:
        raise Changed({name: now[name] for name in NEED}, str(now["version"]))
    audit.change(needs, need_id, {**values, "updated_at": audit.now, "version": now["version"] + 1})


def give(audit: Audit, person_id: int, values: Mapping[str, Any]) -> int:
    """A service was given."""
    return audit.add(services_given, {**values, "person_id": person_id, "created_at": audit.now})


def _needs(db: Connection, person_id: int) -> list[Need]:
    row = needs.c
    query = (
        select(row.id, row.kind, row.words, row.state, row.next_step, row.next_on, counselors.c.name)
        .outerjoin(counselors, counselors.c.id == row.counselor_id)
        .where(row.person_id == person_id)
        .order_by((row.state != "open"), row.next_on.is_(None), row.next_on, row.id)
    )
    return [Need(*found) for found in db.execute(query)]


def _given(db: Connection, person_id: int) -> list[Given]:
    row = services_given.c
    query = (
        select(row.kind, row.words, row.given_on, counselors.c.name)
        .outerjoin(counselors, counselors.c.id == row.counselor_id)
        .where(row.person_id == person_id)
        .order_by(row.given_on.desc(), row.id.desc())
        .limit(SERVICES_SHOWN)
    )
    return [Given(*found) for found in db.execute(query)]


# --- Consents -----------------------------------------------------------------------------------------------

WORDING: Final = "console/1"


def agree(audit: Audit, person_id: int, scope: Scope, evidence: str) -> bool:
    """Write down a consent given face to face. False: one of this scope is in force already."""
    if not kept.give_consent(audit.db, person_id, scope, WORDING, "console", evidence, audit.now):
        return False
    audit.record("consent.give", "people", person_id, after={"scope": scope, "evidence": evidence})
    return True


def withdraw(audit: Audit, person_id: int, scope: Scope) -> bool:
    """End a consent at the person's wish. False: none was in force."""
    if not kept.withdraw(audit.db, person_id, scope, audit.now):
        return False
    audit.record("consent.withdraw", "people", person_id, after={"scope": scope})
    return True


def _consents(db: Connection, person_id: int) -> list[Consent]:
    row = consents.c
    query = (
        select(row.scope, row.wording, row.channel, row.evidence, row.given_at, row.withdrawn_at)
        .where(row.person_id == person_id)
        .order_by(row.given_at.desc(), row.id.desc())
    )
    return [Consent(*found) for found in db.execute(query)]


# --- What is hidden until asked for -------------------------------------------------------------------------


HIDDEN: Final = ("phone", "category", "texts", "cases", "recordings")


@dataclass(frozen=True, slots=True)
class Hidden:
    """How much there is, and, where it was asked for, what it is.

    ``words``: of cases, when, the case's number, and what was written; None: it was spoken.
    ``sound``: of recordings, when, what for, how many seconds, and when it is deleted.
    """

    cases: int
    recordings: int
    phone: str | None = None
    category: bool = False
    texts: bool = False
    words: Sequence[tuple[datetime, str, str | None]] | None = None
    sound: Sequence[tuple[datetime, str, int, datetime]] | None = None


def hidden(db: Connection, person_id: int, asked: str = "") -> Hidden:
    """``asked``: the one of ``HIDDEN`` that somebody wants to see."""
    case, recording = case_rows.c, recordings.c
    phone = words = sound = None
    if asked == "phone":
        phone = db.scalar(select(people.c.phone).where(people.c.id == person_id))
    if asked == "cases":
        written = (
            select(case_messages.c.created_at, case.number, case_messages.c.words)
            .join(case_rows, case.id == case_messages.c.case_id)
            .where(case.person_id == person_id)
            .order_by(case_messages.c.id)
        )
        words = [(row[0], row[1], row[2]) for row in db.execute(written)]
    if asked == "recordings":
        spoken = select(recording.created_at, recording.purpose, recording.seconds, recording.expires_at)
        mine = spoken.where(recording.person_id == person_id).order_by(recording.id.desc())
        sound = [(row[0], row[1], row[2], row[3]) for row in db.execute(mine)]
    return Hidden(
        _count(db, case_rows, person_id),
        _count(db, recordings, person_id),
        phone,
        asked == "category",
        asked == "texts",
        words,
        sound,
    )


def _count(db: Connection, table: Table, person_id: int) -> int:
    query = select(func.count()).select_from(table).where(table.c.person_id == person_id)
    return db.execute(query).scalar_one()
