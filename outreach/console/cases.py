"""Cases 维权 as counselors work on them: whose, how urgent, what was said, written and noted. What callers hear of a
state, and are told of a new one, is ``services/rights``'s."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, exists, insert, select

from outreach.services.rights.store import OVER
from outreach.store.audit import Audit
from outreach.store.schema import people, recordings, tasks
from outreach.store.tables.community import case_messages, case_notes, cases
from outreach.store.tables.console import users

SHOWN: Final = 50


class Overtaken(Exception):
    """Somebody has changed the state since this user saw it. ``state``: what it is now."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


@dataclass(frozen=True, slots=True)
class Case:
    """One case. ``phone``: its person's, in full."""

    id: int
    number: str
    kind: str
    state: str
    created_at: datetime
    updated_at: datetime
    urgent: bool
    assignee_id: int | None
    assignee: str | None
    person_id: int | None
    county: str | None
    phone: str | None

    @property
    def over(self) -> bool:
        """Does nothing more happen to it?"""
        return self.state in OVER


@dataclass(frozen=True, slots=True)
class CaseMessage:
    """What was said (``recording_id``, while it is kept) or written (``written``)."""

    id: int
    at: datetime
    written: bool
    recording_id: int | None
    seconds: int | None
    task_id: int | None
    done: bool | None


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody noted. ``state``: what the case became with it."""

    at: datetime
    who: str
    state: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """``state`` "" : all that is not over. ``assignee_id`` 0: nobody's."""

    state: str = ""
    county: str = ""
    assignee_id: int | None = None
    page: int = 0


def find(db: Connection, wanted: Wanted) -> list[Case]:
    """Up to a page and one more: the urgent first, then what has waited longest; of those over the latest first."""
    query = _query()
    asked = cases.c.state == wanted.state if wanted.state else cases.c.state.not_in(OVER)
    query = query.where(asked)
    if wanted.county:
        query = query.where(people.c.county == wanted.county)
    if wanted.assignee_id is not None:
        query = query.where(cases.c.assignee_id == (wanted.assignee_id or None))
    waited = cases.c.updated_at.desc() if wanted.state in OVER else cases.c.updated_at
    order = (cases.c.urgent.desc(), waited, cases.c.id)
    rows = db.execute(query.order_by(*order).limit(SHOWN + 1).offset(wanted.page * SHOWN))
    return [Case(*row) for row in rows]


def get(db: Connection, case_id: int) -> Case | None:
    """One case."""
    row = db.execute(_query().where(cases.c.id == case_id)).one_or_none()
    return Case(*row) if row else None


def messages(db: Connection, case_id: int) -> Sequence[CaseMessage]:
    """All that its person said and wrote, the oldest first; not a word of it."""
    query = (
        select(
            case_messages.c.id,
            case_messages.c.created_at,
            case_messages.c.file.is_(None),
            recordings.c.id,
            recordings.c.seconds,
            tasks.c.id,
            tasks.c.done,
        )
        .outerjoin(recordings, recordings.c.file == case_messages.c.file)
        .outerjoin(tasks, tasks.c.recording_id == recordings.c.id)
        .where(case_messages.c.case_id == case_id)
        .order_by(case_messages.c.id)
    )
    return [CaseMessage(*row) for row in db.execute(query)]


def notes(db: Connection, case_id: int) -> Sequence[Note]:
    """Its notes, the oldest first."""
    query = (
        select(case_notes.c.at, users.c.name, case_notes.c.state, case_notes.c.words)
        .join(users, users.c.id == case_notes.c.user_id)
        .where(case_notes.c.case_id == case_id)
        .order_by(case_notes.c.id)
    )
    return [Note(*row) for row in db.execute(query)]


def read(audit: Audit, case_id: int, message_id: int) -> str:
    """What was written, which is a look. Raises LookupError when nothing was."""
    found = (case_messages.c.id == message_id, case_messages.c.case_id == case_id)
    words: str | None = audit.db.scalar(select(case_messages.c.words).where(*found))
    if words is None:
        raise LookupError(f"nothing was written as {message_id} of case {case_id}")
    audit.looked("case_messages", message_id, ("words",))
    return words


def lock(audit: Audit, case_id: int, seen: str) -> None:
    """Nobody else changes its state now. Raises Overtaken when it is not the ``seen`` one, LookupError if none."""
    query = select(cases.c.state).where(cases.c.id == case_id).with_for_update()
    state: str | None = audit.db.scalar(query)
    if state is None:
        raise LookupError(f"no case {case_id}")
    if state != seen:
        raise Overtaken(state)


def note(audit: Audit, case_id: int, words: str, state: str | None = None, before: str | None = None) -> None:
    """Write something down; ``state``: what the case became with it, from ``before``."""
    values = {"case_id": case_id, "user_id": audit.user_id, "at": audit.now, "state": state, "words": words}
    audit.db.execute(insert(case_notes).values(values))
    if state:
        audit.record("case.state", "cases", case_id, {"state": before}, {"state": state, "words": words})
    else:
        audit.record("case.note", "cases", case_id, after={"words": words})


def change(audit: Audit, case_id: int, *, assignee_id: int | None, urgent: bool) -> None:
    """Whose it is and how urgent. Raises LookupError when there is none."""
    audit.change(cases, case_id, {"assignee_id": assignee_id, "urgent": urgent}, "case.assign")


def in_danger(db: Connection, person_id: int) -> bool:
    """Does this person's call for urgent help still wait?"""
    waiting = exists().where(tasks.c.person_id == person_id, tasks.c.kind == "urgent", ~tasks.c.done)
    return bool(db.scalar(select(waiting)))


def _query() -> Select[Any]:
    return (
        select(
            cases.c.id,
            cases.c.number,
            cases.c.kind,
            cases.c.state,
            cases.c.created_at,
            cases.c.updated_at,
            cases.c.urgent,
            cases.c.assignee_id,
            users.c.name,
            cases.c.person_id,
            people.c.county,
            people.c.phone,
        )
        .outerjoin(people, people.c.id == cases.c.person_id)
        .outerjoin(users, users.c.id == cases.c.assignee_id)
    )
