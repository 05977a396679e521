"""The SQL of the counselors' line. Every write is audited, as at the console."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, or_, select, update

from outreach.delivery import outbox
from outreach.store import unanswered
from outreach.store.audit import Audit
from outreach.store.schema import people, recordings, tasks
from outreach.store.staff import Staff
from outreach.store.tables.campaigns import campaigns
from outreach.store.unanswered import Unanswered

LISTED = 50
RUNNING = ("running", "scheduled")
"""States of a campaign that a pause can stop."""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do. ``phone``: of whom it is about, in full. ``file``: the message that was left."""

    id: int
    kind: str
    created_at: datetime
    phone: str | None
    mine: bool
    recording_id: int | None
    file: str | None


def to_do(db: Connection, who: Staff) -> list[int]:
    """What waits for this counselor: what is theirs or nobody's, the urgent first, then what has waited longest."""
    urgent_first = case((tasks.c.kind == "urgent", 0), else_=1)
    query = (
        select(tasks.c.id)
        .where(
            ~tasks.c.done,
            or_(tasks.c.assignee_id == who.user_id, tasks.c.assignee_id.is_(None)),
            or_(
                tasks.c.assignee_id == who.user_id,
                tasks.c.counselor_id == who.counselor_id,
                tasks.c.counselor_id.is_(None),
            ),
        )
        .order_by(urgent_first, tasks.c.created_at, tasks.c.id)
        .limit(LISTED)
    )
    return list(db.scalars(query))


def unanswered_of(db: Connection, about: str, row_id: int, now: datetime) -> Unanswered | None:
    """Somebody who still has not said whether they come to this, and whom nobody is asked to ring yet."""
    listed = select(tasks.c.id).where(tasks.c.purpose == unanswered.purpose(about, row_id))
    if db.scalar(listed) is not None:
        return None
    found = unanswered.near(db, now, LISTED)
    return next((one for one in found if (one.about, one.id) == (about, row_id)), None)


def ring_up(audit: Audit, one: Unanswered) -> int:
    """A task to ring them; its id."""
    named = unanswered.purpose(one.about, one.id)
    outbox.queue_task(audit.db, kind="call_back", purpose=named, person_id=one.person_id, now=audit.now)
    task_id = int(audit.db.execute(select(tasks.c.id).where(tasks.c.purpose == named)).scalar_one())
    audit.record("task.add", "tasks", task_id)
    return task_id


def get(db: Connection, task_id: int, user_id: int) -> Task | None:
    """One task, if it is still to be done and nobody else's."""
    row = db.execute(
        select(
            tasks.c.id,
            tasks.c.kind,
            tasks.c.created_at,
            func.coalesce(tasks.c.phone, people.c.phone),
            func.coalesce(tasks.c.assignee_id == user_id, False),
            tasks.c.recording_id,
            recordings.c.file,
        )
        .outerjoin(people, people.c.id == tasks.c.person_id)
        .outerjoin(recordings, recordings.c.id == tasks.c.recording_id)
        .where(
            tasks.c.id == task_id,
            ~tasks.c.done,
            or_(tasks.c.assignee_id == user_id, tasks.c.assignee_id.is_(None)),
        )
    ).one_or_none()
    return Task(*row) if row else None


def take(audit: Audit, task: Task) -> None:
    """It is this counselor's now."""
    audit.change(tasks, task.id, {"assignee_id": audit.user_id}, "task.take")


def finish(audit: Audit, task_id: int) -> bool:
    """Done. False: it was already, or it is somebody else's."""
    query = select(tasks.c.done, tasks.c.assignee_id).where(tasks.c.id == task_id).with_for_update()
    row = audit.db.execute(query).one_or_none()
    if row is None or row.done or row.assignee_id not in (None, audit.user_id):
        return False
    values = {"done": True, "done_at": audit.now, "done_by": audit.user_id, "assignee_id": audit.user_id}
    audit.change(tasks, task_id, values, "task.done")
    return True


def listen(audit: Audit, recording_id: int) -> None:
    """Somebody hears a message: a look, and the first is kept with the message."""
    first = update(recordings).where(recordings.c.id == recording_id, recordings.c.heard_at.is_(None))
    audit.db.execute(first.values(heard_at=audit.now, heard_by=audit.user_id))
    audit.looked("recordings", recording_id, ("sound",))


def running(db: Connection) -> list[int]:
    """Campaigns that are going on or are about to, the latest first."""
    return list(
        db.scalars(
            select(campaigns.c.id).where(campaigns.c.state.in_(RUNNING)).order_by(campaigns.c.id.desc())
        )
    )


def campaign(db: Connection, campaign_id: int) -> str | None:
    """What a campaign is called; None: it is not going on any more."""
    return db.scalar(
        select(campaigns.c.name).where(campaigns.c.id == campaign_id, campaigns.c.state.in_(RUNNING))
    )
