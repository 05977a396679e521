"""SQL of campaigns as their recipients meet them: the item, its campaign, answers, the way out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from outreach.services.campaigns import content
from outreach.services.campaigns.content import Content
from outreach.store import people as store_people
from outreach.store.schema import counselors, people, recordings
from outreach.store.tables.campaigns import campaign_answers, campaign_items, campaign_runs, campaigns


@dataclass(frozen=True, slots=True)
class Item:
    """One person in one run, and what the campaign says. ``fields``: what the message may say of them."""

    id: int
    person_id: int
    campaign_id: int
    variant: int
    scope: str
    content: Content
    fields: dict[str, str | None]
    ends_at: datetime


def get(db: Connection, item_id: int) -> Item | None:
    """The item, while its run is not called off."""
    item, run, campaign = campaign_items, campaign_runs, campaigns
    row = db.execute(
        select(
            item.c.id,
            item.c.person_id,
            item.c.variant,
            run.c.campaign_id,
            run.c.ends_at,
            campaign.c.scope,
            campaign.c.content,
            people.c.name,
            people.c.county,
            people.c.township,
            counselors.c.name.label("counselor"),
        )
        .join(run, run.c.id == item.c.run_id)
        .join(campaign, campaign.c.id == run.c.campaign_id)
        .join(people, people.c.id == item.c.person_id)
        .outerjoin(counselors, counselors.c.id == people.c.counselor_id)
        .where(item.c.id == item_id, campaign.c.state != "cancelled")
    ).one_or_none()
    if row is None:
        return None
    fields: dict[str, str | None] = {name: getattr(row, name) for name in content.FIELDS}
    return Item(
        row.id,
        row.person_id,
        row.campaign_id,
        row.variant,
        row.scope,
        content.read(row.content),
        fields,
        row.ends_at,
    )


def sound(db: Connection, recording_id: int) -> str | None:
    """The file of a recording that is played instead of the words; None: it is gone."""
    return db.scalar(
        select(recordings.c.file).where(recordings.c.id == recording_id, recordings.c.purpose == "prompt")
    )


def heard(db: Connection, item_id: int, now: datetime) -> None:
    """They have heard or read it: the first time counts."""
    _stamp(db, item_id, "heard_at", now)


def acted(db: Connection, item_id: int, now: datetime) -> None:
    """They went on to what it is about."""
    _stamp(db, item_id, "heard_at", now)
    _stamp(db, item_id, "acted_at", now)


def _stamp(db: Connection, item_id: int, column: str, now: datetime) -> None:
    db.execute(
        update(campaign_items)
        .where(campaign_items.c.id == item_id, campaign_items.c[column].is_(None))
        .values({column: now})
    )


def answer(db: Connection, item_id: int, question: int, chosen: int, channel: str, now: datetime) -> None:
    """Keep an answer; said again, the last one counts."""
    same = (campaign_answers.c.item_id == item_id) & (campaign_answers.c.question == question)
    db.execute(delete(campaign_answers).where(same))
    values: dict[str, Any] = {"item_id": item_id, "question": question, "answer": chosen}
    db.execute(insert(campaign_answers).values(**values, channel=channel, at=now))


def opt_out(db: Connection, person_id: int, now: datetime) -> bool:
    """No more campaigns, and no more unasked news of jobs. False: neither was agreed to any more."""
    ended = [store_people.withdraw(db, person_id, scope, now) for scope in ("campaigns", "jobs")]
    return any(ended)
