"""Who registered for a session, and what is noted down of them: were they there, have they their certificate."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from outreach.console.desk import Desk
from outreach.console.telling import tell
from outreach.services.training import publish
from outreach.store.audit import Audit
from outreach.store.schema import people
from outreach.store.tables.training import training_registrations, training_sessions

SEATED = ("registered", "attended", "absent")


@dataclass(frozen=True, slots=True)
class Registered:
    """Somebody's registration. ``since``: when they joined the line or registered."""

    id: int
    person_id: int
    name: str | None
    phone: str | None
    state: str
    since: datetime
    confirmed_at: datetime | None
    collected_at: datetime | None


@dataclass(frozen=True, slots=True)
class Noted:
    """How many were changed, and how many were not because somebody else had changed them meanwhile."""

    changed: int
    clashes: int


def of_session(db: Connection, session_id: int) -> list[Registered]:
    """Everybody, those with a seat first, then the line in its order."""
    own = training_registrations.c
    query = (
        select(
            own.id,
            own.person_id,
            people.c.name,
            people.c.phone,
            own.state,
            own.queued_at,
            own.confirmed_at,
            own.collected_at,
        )
        .join(people, people.c.id == own.person_id)
        .where(own.session_id == session_id)
        .order_by(own.queued_at, own.id)
    )
    found = [Registered(*row) for row in db.execute(query)]
    return sorted(found, key=lambda one: (one.state not in SEATED, one.state in ("cancelled", "lapsed")))


def note(audit: Audit, session_id: int, present: Mapping[int, bool], seen: Mapping[int, str]) -> Noted:
    """Who was there, by person. Whoever has no seat is passed over.

    ``seen``: the states that the counselor saw. What somebody else has changed since is left as it is.
    """
    changed = clashes = 0
    for one in of_session(audit.db, session_id):
        if one.person_id not in present or one.state not in SEATED:
            continue
        there = present[one.person_id]
        state, shown = "attended" if there else "absent", seen.get(one.person_id, one.state)
        if state in (shown, one.state):
            continue
        if shown != one.state:
            clashes += 1
        elif publish.attendance(audit.db, session_id, one.person_id, there, audit.now):
            _record(audit, one, {"state": one.state}, {"state": state})
            changed += 1
    if not changed:
        audit.rows += 1
    return Noted(changed, clashes)


def certificates(audit: Audit, desk: Desk, session_id: int, place: str, until: date) -> None:
    """They lie ready: everybody who was there is told. Raises LookupError: no such session."""
    row = training_sessions.c
    before = audit.db.execute(
        select(row.certificate_place, row.certificate_until).where(row.id == session_id)
    ).one_or_none()
    tell(audit, desk, publish.certificates(audit.db, session_id, place, until, audit.now))
    after = {"certificate_place": place, "certificate_until": until}
    audit.record(
        "certificates", training_sessions.name, session_id, dict(before._mapping) if before else None, after
    )


def collected(audit: Audit, desk: Desk, session_id: int, person_id: int) -> bool:
    """The certificate was handed out. False: they were not there, or have it."""
    for one in of_session(audit.db, session_id):
        if one.person_id == person_id and one.state == "attended" and one.collected_at is None:
            tell(audit, desk, publish.collected(audit.db, session_id, person_id, audit.now))
            _record(audit, one, {"collected_at": None}, {"collected_at": audit.now})
            return True
    audit.rows += 1
    return False


def _record(audit: Audit, one: Registered, before: Mapping[str, object], after: Mapping[str, object]) -> None:
    audit.record("change", training_registrations.name, one.id, before, after)
