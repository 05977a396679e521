"""Rehearsals of campaigns as rows: begun, how far, what came of it. A rehearsed draft moves on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from outreach.campaigns import store
from outreach.campaigns.store import Campaign
from outreach.store.audit import Audit
from outreach.store.tables.campaigns import campaign_rehearsals

LOST: Final = timedelta(minutes=20)
"""Then whoever ran it is gone: a million people take two."""


@dataclass(frozen=True, slots=True)
class Held:
    """One rehearsal. ``outcome``: as JSON; None while it goes on, or where it failed. ``percent``: how far."""

    id: int
    version: int
    people: int | None
    seed: int
    by: str
    begun_at: datetime
    percent: int
    ended_at: datetime | None
    outcome: Mapping[str, Any] | None

    def going_on(self, now: datetime) -> bool:
        """Is it still to be waited for?"""
        return self.ended_at is None and now - self.begun_at < LOST


def begin(db: Connection, campaign: Campaign, people: int | None, seed: int, by: str, now: datetime) -> int:
    """Write down that one has begun; its id."""
    values = {
        "campaign_id": campaign.id,
        "version": campaign.version,
        "people": people,
        "seed": seed,
        "by": by,
        "begun_at": now,
    }
    made = db.execute(insert(campaign_rehearsals).values(values).returning(campaign_rehearsals.c.id))
    return int(made.scalar_one())


def far(db: Connection, rehearsal_id: int, percent: int) -> None:
    """How far it is."""
    change = update(campaign_rehearsals).where(campaign_rehearsals.c.id == rehearsal_id)
    db.execute(change.values(percent=percent))


def end(
    db: Connection,
    rehearsal_id: int,
    outcome: Mapping[str, Any] | None,
    now: datetime,
    audit: Audit | None = None,
) -> None:
    """Keep what came of it (None: it failed); a draft that has not been changed since is rehearsed now."""
    rows = campaign_rehearsals
    db.execute(update(rows).where(rows.c.id == rehearsal_id).values(outcome=outcome, ended_at=now))
    row = db.execute(select(rows).where(rows.c.id == rehearsal_id)).one()
    if outcome is None or outcome["fatal"]:
        return
    campaign = store.get(db, row.campaign_id)
    if campaign.version == row.version and campaign.state == "draft":
        store.move(db, campaign.id, "rehearse", row.by, now, audit=audit)


def latest(db: Connection, campaign_id: int) -> Held | None:
    """The last one."""
    rows = campaign_rehearsals
    query = select(rows).where(rows.c.campaign_id == campaign_id).order_by(rows.c.id.desc()).limit(1)
    row = db.execute(query).one_or_none()
    if row is None:
        return None
    return Held(
        row.id,
        row.version,
        row.people,
        row.seed,
        row.by,
        row.begun_at,
        row.percent,
        row.ended_at,
        row.outcome,
    )
