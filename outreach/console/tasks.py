"""What waits for a counselor, as rows: who does it, what they noted, and that it is done.

Two who take the same task at the same moment: the second is told, and nothing of the first is lost.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, case, func, insert, select

from outreach.store.audit import Audit
from outreach.store.schema import openings, people, recordings, tasks
from outreach.store.tables.console import task_notes, users

URGENT_FIRST: Final = case((tasks.c.kind == "urgent", 0), else_=1)


class Taken(Exception):
    """Somebody else has it, or has done it. ``by``: their name."""

    def __init__(self, by: str | None) -> None:
        super().__init__(by)
        self.by = by


@dataclass(frozen=True, slots=True)
class Task:
    """One task. ``number``: of whom it is about, in full."""

    id: int
    kind: str
    created_at: datetime
    number: str | None
    person_id: int | None
    opening_id: int | None
    opening: str | None
    recording_id: int | None
    seconds: int | None
    assignee_id: int | None
    assignee: str | None
    done: bool
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote down while doing it."""

    at: datetime
    who: str
    words: str


def waiting(db: Connection, kinds: Collection[str], limit: int) -> list[Task]:
    """What is not done of these kinds: the urgent first, then what has waited longest."""
    query = _query().where(~tasks.c.done, tasks.c.kind.in_(kinds))
    return [
        Task(*row)
        for row in db.execute(query.order_by(URGENT_FIRST, tasks.c.created_at, tasks.c.id).limit(limit))
    ]


def count(db: Connection) -> int:
    """How many are not done."""
    return db.execute(select(func.count()).select_from(tasks).where(~tasks.c.done)).scalar_one()


def get(db: Connection, task_id: int) -> Task | None:
    """One task, done or not."""
    row = db.execute(_query().where(tasks.c.id == task_id)).one_or_none()
    return Task(*row) if row else None


def notes(db: Connection, task_id: int) -> Sequence[Note]:
    """Its notes, the oldest first."""
    query = (
        select(task_notes.c.at, users.c.name, task_notes.c.words)
        .join(users, users.c.id == task_notes.c.user_id)
        .where(task_notes.c.task_id == task_id)
        .order_by(task_notes.c.id)
    )
    return [Note(*row) for row in db.execute(query)]


def take(audit: Audit, task_id: int, user_id: int) -> None:
    """It is this user's now. Raises Taken when it is another's or done, LookupError when there is none."""
    task = _locked(audit.db, task_id)
    if task.done or task.assignee_id not in (None, user_id):
        raise Taken(task.assignee)
    audit.change(tasks, task_id, {"assignee_id": user_id}, "task.take")


def assign(audit: Audit, task_id: int, user_id: int | None) -> None:
    """Give it to somebody, or back to all. Raises Taken when it is done, LookupError when there is none."""
    task = _locked(audit.db, task_id)
    if task.done:
        raise Taken(task.assignee)
    audit.change(tasks, task_id, {"assignee_id": user_id}, "task.assign")


def note(audit: Audit, task_id: int, words: str) -> None:
    """Write something down. Raises LookupError when there is no such task."""
    _locked(audit.db, task_id)
    values = {"task_id": task_id, "user_id": audit.user_id, "at": audit.now, "words": words}
    audit.db.execute(insert(task_notes).values(values))
    audit.record("task.note", "tasks", task_id, after={"words": words})


def finish(audit: Audit, task_id: int, words: str) -> None:
    """Done. Raises Taken when it was already, LookupError when there is none."""
    task = _locked(audit.db, task_id)
    if task.done:
        raise Taken(task.assignee)
    if words:
        note(audit, task_id, words)
    values: dict[str, Any] = {"done": True, "done_at": audit.now, "done_by": audit.user_id}
    if task.assignee_id is None:
        values["assignee_id"] = audit.user_id
    audit.change(tasks, task_id, values, "task.done")


def reopen(audit: Audit, task_id: int) -> None:
    """Not done after all. Raises LookupError when there is none."""
    _locked(audit.db, task_id)
    audit.change(tasks, task_id, {"done": False, "done_at": None, "done_by": None}, "task.reopen")


def _locked(db: Connection, task_id: int) -> Task:
    db.execute(select(tasks.c.id).where(tasks.c.id == task_id).with_for_update())
    task = get(db, task_id)
    if task is None:
        raise LookupError(f"no task {task_id}")
    return task


def _query() -> Select[Any]:
    return (
        select(
            tasks.c.id,
            tasks.c.kind,
            tasks.c.created_at,
            func.coalesce(tasks.c.phone, people.c.phone),
            tasks.c.person_id,
            tasks.c.opening_id,
            openings.c.title,
            tasks.c.recording_id,
            recordings.c.seconds,
            tasks.c.assignee_id,
            users.c.name,
            tasks.c.done,
            tasks.c.done_at,
        )
        .outerjoin(people, people.c.id == tasks.c.person_id)
        .outerjoin(openings, openings.c.id == tasks.c.opening_id)
        .outerjoin(recordings, recordings.c.id == tasks.c.recording_id)
        .outerjoin(users, users.c.id == tasks.c.assignee_id)
    )
