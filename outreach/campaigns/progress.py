"""How a campaign goes: its figures while it runs, and what a counselor may do with it: pause, resume, cancel.

A pause takes effect at once: what is queued and has not left is taken back in the same transaction. What is on its way
to the carrier cannot be called back; ``cancel`` says how much that was.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from outreach.campaigns import life, plan, results, store
from outreach.campaigns.life import State
from outreach.store.audit import Audit
from outreach.store.tables.campaigns import campaign_items, campaign_runs


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one run, or of all together. ``reasons``: of those skipped, held out, not reached, cancelled."""

    state: State
    people: int
    planned: int
    queued: int
    sent: int
    reached: int
    unreached: int
    skipped: int
    cancelled: int
    held: int
    reasons: dict[str, int]
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def out(self) -> int:
        """How many have left the house."""
        return self.sent + self.reached + self.unreached

    @property
    def share_done(self) -> float:
        """0 to 1: of all that were to be contacted."""
        left = self.planned + self.queued
        return 1 - left / self.people if self.people else 0.0


def progress(db: Connection, campaign_id: int, run_id: int | None = None) -> Progress:
    """As it stands. Raises LookupError."""
    state = store.get(db, campaign_id).state
    item, run = campaign_items, campaign_runs
    mine = (
        select(run.c.id, run.c.starts_at, run.c.ends_at)
        .where(run.c.campaign_id == campaign_id)
        .order_by(run.c.id.desc())
    )
    runs = db.execute(mine.where(run.c.id == run_id) if run_id is not None else mine).all()
    counted = (
        select(item.c.state, item.c.reason, func.count())
        .where(item.c.run_id.in_([row.id for row in runs]))
        .group_by(item.c.state, item.c.reason)
    )
    states: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for was, why, count in db.execute(counted):
        states[was] += count
        if why is not None and was in ("skipped", "held", "unreached", "cancelled"):
            reasons[why] += count
    latest = runs[0] if runs else None
    return Progress(
        state=state,
        people=states.total(),
        planned=states["planned"],
        queued=states["queued"],
        sent=states["sent"],
        reached=states["reached"],
        unreached=states["unreached"],
        skipped=states["skipped"],
        cancelled=states["cancelled"],
        held=states["held"],
        reasons=dict(reasons.most_common()),
        starts_at=latest.starts_at if latest else None,
        ends_at=latest.ends_at if latest else None,
    )


def pause(
    db: Connection, campaign_id: int, by: str, now: datetime, why: str = "", audit: Audit | None = None
) -> int:
    """Stop at once; how many were taken back from the queue. Raises MoveError, LookupError."""
    store.move(db, campaign_id, "pause", by, now, why=why, audit=audit)
    return results.withdraw(db, campaign_id, now)


def resume(db: Connection, campaign_id: int, by: str, now: datetime, audit: Audit | None = None) -> None:
    """Go on. Raises MoveError, LookupError."""
    store.move(db, campaign_id, "resume", by, now, audit=audit)
    results.restart(db, campaign_id, now)


def cancel(
    db: Connection, campaign_id: int, by: str, now: datetime, why: str = "", audit: Audit | None = None
) -> Progress:
    """Stop for good; what was already out is in the figures that come back. Raises MoveError, LookupError."""
    results.withdraw(db, campaign_id, now)
    store.move(db, campaign_id, "cancel", by, now, why=why, audit=audit)
    item, run = campaign_items, campaign_runs
    mine = select(run.c.id).where(run.c.campaign_id == campaign_id)
    db.execute(
        update(item)
        .where(item.c.run_id.in_(mine), item.c.state == "planned")
        .values(state="cancelled", reason="cancelled", updated_at=now)
    )
    db.execute(
        update(run).where(run.c.campaign_id == campaign_id, run.c.open).values(open=False, ended_at=now)
    )
    return progress(db, campaign_id)


def why_not(db: Connection, campaign_id: int, person_id: int, now: datetime) -> tuple[str, str | None]:
    """Why this person was not contacted: the state of their item and its reason; "nobody" outside the audience.

    Before the first run the plan answers, as it would be made now. Raises LookupError.
    """
    item, run = campaign_items, campaign_runs
    row = db.execute(
        select(item.c.state, item.c.reason)
        .join(run, run.c.id == item.c.run_id)
        .where(run.c.campaign_id == campaign_id, item.c.person_id == person_id)
        .order_by(item.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is not None:
        return row.state, row.reason
    campaign = store.get(db, campaign_id)
    return plan.foreseen(db, campaign, person_id, now)


def may(db: Connection, campaign_id: int) -> tuple[life.Verb, ...]:
    """What can be done with it now."""
    return life.may(store.get(db, campaign_id).state)
