"""Campaigns as rows: made, changed, copied, moved through their life. Every change passes ``move`` and leaves a row.

SQL only, besides the table of moves (``life.py``). ``audit``: whoever writes for a counselor hands over theirs; the
service's own moves are rows of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from outreach.campaigns import audience, life, schedule
from outreach.campaigns.audience import Audience
from outreach.campaigns.life import MoveError, State, Verb
from outreach.campaigns.schedule import Schedule
from outreach.services.campaigns import content
from outreach.services.campaigns.content import Content
from outreach.store.audit import Audit
from outreach.store.tables.campaigns import campaign_moves, campaigns


@dataclass(frozen=True, slots=True)
class Draft:
    """What a counselor decides about a campaign. ``per_minute`` None: the channel's own pace."""

    name: str
    audience: Audience
    content: Content
    schedule: Schedule
    channel: str = "sms"
    fallback: bool = False
    scope: str = "campaigns"
    growing: bool = False
    holdout_percent: int = 0
    per_minute: int | None = None
    line: str | None = None

    def columns(self) -> dict[str, Any]:
        """As a row's columns."""
        return {
            "name": self.name,
            "audience": audience.plain(self.audience),
            "content": content.plain(self.content),
            "schedule": schedule.plain(self.schedule),
            "channel": self.channel,
            "fallback": self.fallback,
            "scope": self.scope,
            "growing": self.growing,
            "holdout_percent": self.holdout_percent,
            "per_minute": self.per_minute,
            "line": self.line,
        }


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as it stands."""

    id: int
    state: State
    draft: Draft
    made_by: str
    created_at: datetime
    next_at: datetime | None
    version: int


COPY: Final = "（副本）"


def create(db: Connection, draft: Draft, by: str, now: datetime, audit: Audit | None = None) -> int:
    """A new campaign, as a draft; its id."""
    values = {**draft.columns(), "made_by": by, "created_at": now, "updated_at": now}
    made = db.execute(insert(campaigns).values(values).returning(campaigns.c.id)).scalar_one()
    _note(audit, "campaign.create", int(made), None, draft.columns())
    return int(made)


def edit(
    db: Connection, campaign_id: int, draft: Draft, by: str, now: datetime, audit: Audit | None = None
) -> None:
    """Change it; it is a draft again. Raises MoveError once it is scheduled, LookupError."""
    before = get(db, campaign_id)
    move(db, campaign_id, "edit", by, now, audit=audit)
    change = {**draft.columns(), "version": before.version + 1}
    db.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(change))
    _note(audit, "campaign.edit", campaign_id, before.draft.columns(), draft.columns())


def clone(db: Connection, campaign_id: int, by: str, now: datetime, audit: Audit | None = None) -> int:
    """The same once more, as a draft of whoever copies it; its id."""
    like = get(db, campaign_id).draft
    columns = {**like.columns(), "name": (like.name[: 80 - len(COPY)] + COPY)}
    values = {**columns, "made_by": by, "created_at": now, "updated_at": now}
    made = db.execute(insert(campaigns).values(values).returning(campaigns.c.id)).scalar_one()
    _note(audit, "campaign.clone", int(made), {"like": campaign_id}, columns)
    return int(made)


def get(db: Connection, campaign_id: int) -> Campaign:
    """The campaign. Raises LookupError."""
    row = db.execute(select(campaigns).where(campaigns.c.id == campaign_id)).one_or_none()
    if row is None:
        raise LookupError(f"no campaign {campaign_id}")
    return _campaign(row)


def listed(db: Connection, limit: int = 100) -> list[Campaign]:
    """The latest ones first."""
    rows = db.execute(select(campaigns).order_by(campaigns.c.id.desc()).limit(limit))
    return [_campaign(row) for row in rows]


def move(
    db: Connection,
    campaign_id: int,
    verb: Verb,
    by: str,
    now: datetime,
    *,
    why: str = "",
    second: bool = False,
    audit: Audit | None = None,
) -> State:
    """Lead it to its next state; which one that is. ``second``: its maker may not approve it.

    Two who press at once: the second one is told that it is done already. Raises MoveError, LookupError.
    """
    campaign = get(db, campaign_id)
    there = life.after(campaign.state, verb)
    if verb == "approve" and not life.may_approve(campaign.made_by, by, second=second):
        raise MoveError("campaign.second")
    change: dict[str, Any] = {"state": there, "updated_at": now}
    if verb == "schedule":
        change["next_at"] = schedule.first(campaign.draft.schedule, now)
        if change["next_at"] is None:
            raise MoveError("campaign.past")
    done = db.execute(
        update(campaigns)
        .where(campaigns.c.id == campaign_id, campaigns.c.state == campaign.state)
        .values(change)
    )
    if done.rowcount == 0:
        raise MoveError("campaign.cannot", state=campaign.state, verb=verb)
    row = {"verb": verb, "was": campaign.state, "became": there, "by": by, "why": why[:200], "at": now}
    db.execute(insert(campaign_moves).values(campaign_id=campaign_id, **row))
    _note(audit, f"campaign.{verb}", campaign_id, {"state": campaign.state}, {"state": there})
    return there


def moves(db: Connection, campaign_id: int) -> list[Row[Any]]:
    """Its history, oldest first: verb, was, became, by, why, at."""
    query = select(campaign_moves).where(campaign_moves.c.campaign_id == campaign_id)
    return list(db.execute(query.order_by(campaign_moves.c.id)))


def _note(
    audit: Audit | None,
    action: str,
    campaign_id: int,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    if audit is not None:
        audit.record(action, campaigns.name, campaign_id, before, after)


def _campaign(row: Row[Any]) -> Campaign:
    draft = Draft(
        row.name,
        audience.read(row.audience),
        content.read(row.content),
        schedule.read(row.schedule),
        row.channel,
        row.fallback,
        row.scope,
        row.growing,
        row.holdout_percent,
        row.per_minute,
        row.line,
    )
    return Campaign(row.id, row.state, draft, row.made_by, row.created_at, row.next_at, row.version)
