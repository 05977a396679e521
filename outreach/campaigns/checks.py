"""What can be known before the start: nobody in it, a window that never opens, a field that some lack, refused words.

Each finding is a sentence in prompts/; those that are ``fatal`` keep the campaign from being scheduled.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, func, select

from outreach.campaigns import plan, schedule
from outreach.campaigns.store import Campaign
from outreach.delivery import policy
from outreach.services.campaigns import content
from outreach.store.schema import openings, people
from outreach.store.tables.training import training_sessions

MANY_ON_ONE: Final = 3
"""So many behind one number are worth a look: a village's shop, or a mistake."""


@dataclass(frozen=True, slots=True)
class Finding:
    """``key``: the sentence; ``values``: for its slots."""

    key: str
    fatal: bool = False
    values: dict[str, Any] = field(default_factory=dict)


def findings(db: Connection, campaign: Campaign, now: datetime) -> list[Finding]:
    """Everything that is wrong or worth knowing, the fatal first."""
    found = [*when(campaign, now), *whom(db, campaign, now), *what(db, campaign)]
    return sorted(found, key=lambda finding: not finding.fatal)


def fall_out(db: Connection, campaign: Campaign, now: datetime) -> dict[str | None, int]:
    """How many of the audience are contacted (None), and how many are not, by reason."""
    starts = schedule.first(campaign.draft.schedule, now) or now
    why = plan.reason(campaign).label("why")
    inside = plan.whom(campaign, starts, now)
    rows = select(why).where(inside).subquery()
    counted = select(rows.c.why, func.count()).group_by(rows.c.why)
    return {row[0]: row[1] for row in db.execute(counted)}


def when(campaign: Campaign, now: datetime) -> list[Finding]:
    """Over already, or no hour in which anybody may be contacted."""
    draft = campaign.draft
    begins = schedule.first(draft.schedule, now)
    if begins is None:
        return [Finding("campaign.past", fatal=True)]
    ends = schedule.ends(draft.schedule, begins)
    channel: policy.Channel = "voice" if draft.channel == "voice" else "sms"
    opens = policy.opening(channel, draft.scope, begins)
    if opens is None or opens >= ends:
        return [Finding("campaign.never_opens", fatal=True)]
    return []


def whom(db: Connection, campaign: Campaign, now: datetime) -> list[Finding]:
    """Nobody, nobody who may be contacted, a field that some lack, a number that many share."""
    reasons = fall_out(db, campaign, now)
    if not reasons:
        return [Finding("campaign.nobody", fatal=campaign.draft.schedule.kind != "relative")]
    found = []
    if None not in reasons:
        found.append(Finding("campaign.nobody_left", fatal=True, values={"n": sum(reasons.values())}))
    inside = plan.whom(campaign, now, now)
    for name, lacking in plan.lacks(content.needed(campaign.draft.content)).items():
        query = select(func.count()).select_from(people).where(inside, lacking)
        if lack := db.execute(query).scalar_one():
            found.append(Finding("campaign.lacks", values={"field": name, "n": lack}))
    sharing = func.count().label("sharing")
    most = (
        select(sharing)
        .where(and_(inside, people.c.phone.is_not(None)))
        .group_by(people.c.phone)
        .order_by(sharing.desc())
        .limit(1)
    )
    if (shared := db.scalar(most) or 0) >= MANY_ON_ONE:
        found.append(Finding("campaign.shared", values={"n": shared}))
    return found


def what(db: Connection, campaign: Campaign) -> list[Finding]:
    """What is pointed at and no longer there; words that carriers refuse."""
    said, found = campaign.draft.content, []
    target = said.target
    if said.action == "listen":
        there = select(openings.c.id).where(openings.c.id == target, openings.c.filled_at.is_(None))
        if db.scalar(there) is None:
            found.append(Finding("campaign.target_gone", fatal=True))
    if said.action == "register":
        held = training_sessions.c.cancelled_at.is_(None)
        if db.scalar(select(training_sessions.c.id).where(training_sessions.c.id == target, held)) is None:
            found.append(Finding("campaign.target_gone", fatal=True))
    if campaign.draft.channel == "sms" and not said.neutral:
        for sort, word in content.warnings(content.texts_sent(said)):
            found.append(Finding(f"campaign.word.{sort}", values={"word": word}))
    return found
