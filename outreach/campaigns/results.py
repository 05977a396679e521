"""What became of what was sent: from the ledger to the items, the other channel, the breaker, the end of a run."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, case, exists, func, or_, select, update

from outreach.campaigns import plan, schedule, store
from outreach.delivery import outbox
from outreach.store.schema import deliveries
from outreach.store.tables.call_items import call_items
from outreach.store.tables.campaigns import campaign_items, campaign_moves, campaign_runs, campaigns

BECOMES: Final = {
    "sent": "sent",
    "delivered": "reached",
    "failed": "unreached",
    "skipped": "skipped",
    "cancelled": "cancelled",
}
UNDER_WAY: Final = ("queued", "sent")
OTHER_CHANNEL: Final = frozenset(
    {"unreachable", "landline", "no_answer", "busy", "switched_off", "voicemail", "content_refused"}
)
"""Reasons for which the other channel may still reach somebody."""
LAST, FAILED = 20, 10
"""The breaker: of the last so many, so many not reached."""
HELD: Final = ("account", "carrier_down")
HELD_TRIES: Final = 3


def news(db: Connection) -> bool:
    """Has the ledger anything that the items do not know? Only reads."""
    return db.scalar(select(campaign_items.c.id).where(_told()).limit(1)) is not None


def _told() -> Any:
    item = campaign_items
    known = exists().where(
        deliveries.c.id == item.c.delivery_id,
        or_(
            deliveries.c.state.in_(("delivered", "failed", "skipped", "cancelled")),
            and_(deliveries.c.state == "sent", item.c.state == "queued"),
        ),
    )
    return and_(item.c.state.in_(UNDER_WAY), known)


def collect(db: Connection, now: datetime) -> int:
    """Take over what the ledger knows; how many items that changed."""
    item, delivery = campaign_items, deliveries
    mine = delivery.c.id == item.c.delivery_id
    state = select(case(*((delivery.c.state == was, is_) for was, is_ in BECOMES.items()))).where(mine)
    why = select(delivery.c.reason).where(mine)
    change = {"state": state.scalar_subquery(), "reason": why.scalar_subquery(), "updated_at": now}
    changed = db.execute(update(item).where(_told()).values(change)).rowcount
    if changed:
        _try_the_other_channel(db, now)
    return changed


def _try_the_other_channel(db: Connection, now: datetime) -> None:
    item, run, campaign = campaign_items, campaign_runs, campaigns
    wanted = (
        select(1)
        .select_from(run.join(campaign, campaign.c.id == run.c.campaign_id))
        .where(
            run.c.id == item.c.run_id,
            run.c.open,
            run.c.ends_at > now,
            campaign.c.fallback,
            campaign.c.channel == item.c.channel,
        )
        .correlate(item)
    )
    other = case((item.c.channel == "sms", "voice"), else_="sms")
    db.execute(
        update(item)
        .where(item.c.state == "unreached", item.c.reason.in_(OTHER_CHANNEL), exists(wanted))
        .values(state="planned", channel=other, reason=None, due_at=now, updated_at=now)
    )


# --- The breaker ----------------------------------------------------------------------------------------------


def broken(db: Connection, run_id: int, campaign_id: int) -> str | None:
    """Why a run must stop and somebody look; None: it may go on."""
    item = campaign_items
    since = select(func.max(campaign_moves.c.at)).where(
        campaign_moves.c.campaign_id == campaign_id, campaign_moves.c.verb == "start"
    )
    begun = db.scalar(since)
    recent = (
        select(item.c.state)
        .where(item.c.run_id == run_id, item.c.state.in_(("sent", "reached", "unreached")))
        .order_by(item.c.updated_at.desc(), item.c.id.desc())
        .limit(LAST)
    )
    if begun is not None:
        recent = recent.where(item.c.updated_at > begun)
    states = list(db.scalars(recent))
    if len(states) == LAST and states.count("unreached") >= FAILED:
        return "campaign.broken"
    held = (
        select(item.c.id)
        .join(deliveries, deliveries.c.id == item.c.delivery_id)
        .where(
            item.c.state == "queued",
            item.c.run_id == run_id,
            deliveries.c.state == "queued",
            deliveries.c.reason.in_(HELD),
            deliveries.c.attempts >= HELD_TRIES,
        )
        .limit(1)
    )
    return "campaign.held" if db.scalar(held) is not None else None


def stop(db: Connection, campaign_id: int, why: str, now: datetime) -> bool:
    """Pause it and alert a counselor. False: it is not running any more."""
    campaign = store.get(db, campaign_id)
    if campaign.state != "running":
        return False
    store.move(db, campaign_id, "pause", "scheduler", now, why=why)
    withdraw(db, campaign_id, now)
    outbox.queue_task(
        db, kind="urgent", purpose=f"campaign:{campaign_id}:stopped:{now:%y%m%d%H%M%S}", now=now
    )
    return True


def purpose(run_id: int, person_id: int, tries: int) -> str:
    """What a delivery of a campaign is for: one run, one person, one time that it was fed."""
    return f"campaign:{run_id}:{person_id}:{tries}"


def withdraw(db: Connection, campaign_id: int, now: datetime) -> int:
    """Take back what is queued and has not left; planned again, if the campaign goes on. How many."""
    item = campaign_items
    mine = select(campaign_runs.c.id).where(campaign_runs.c.campaign_id == campaign_id, campaign_runs.c.open)
    waiting = select(item.c.id, item.c.run_id, item.c.person_id, item.c.tries, item.c.channel).where(
        item.c.state == "queued", item.c.run_id.in_(mine)
    )
    back = [row.id for row in db.execute(waiting).all() if _taken_back(db, row, now)]
    for start in range(0, len(back), 500):
        part = item.c.id.in_(back[start : start + 500])
        db.execute(update(item).where(part).values(state="planned", delivery_id=None, updated_at=now))
    return len(back)


def _taken_back(db: Connection, row: Any, now: datetime) -> bool:
    """Not out yet. A call that has other things to tell is made without this one."""
    name = purpose(row.run_id, row.person_id, row.tries - 1)
    told = select(call_items.c.id).where(call_items.c.purpose == name)
    was_told = row.channel == "voice" and db.scalar(told) is not None
    cancelled = outbox.cancel_all(db, name, now)
    return db.scalar(told) is None if was_told else bool(cancelled)


# --- The end --------------------------------------------------------------------------------------------------


def over(db: Connection, run: Row[Any], growing: bool, now: datetime) -> bool:
    """Has everybody in the run been dealt with, or has its wall come?"""
    if now >= run.ends_at:
        return True
    if not run.planned or growing:
        return False
    item = campaign_items
    for state in ("planned", "queued"):
        if db.scalar(select(item.c.id).where(item.c.run_id == run.id, item.c.state == state).limit(1)):
            return False
    return True


def close(db: Connection, run: Row[Any], now: datetime) -> None:
    """End a run: what is left has its reason; then the next one waits, or the campaign is finished."""
    campaign = store.get(db, run.campaign_id)
    why = "paused" if campaign.state == "paused" else "expired"
    withdraw(db, run.campaign_id, now)
    item = campaign_items
    db.execute(
        update(item)
        .where(item.c.run_id == run.id, item.c.state == "planned")
        .values(state="skipped", reason=why, updated_at=now)
    )
    db.execute(update(campaign_runs).where(campaign_runs.c.id == run.id).values(open=False, ended_at=now))
    if campaign.state not in ("running", "paused", "scheduled"):
        return
    later = schedule.following(campaign.draft.schedule, run.starts_at)
    db.execute(update(campaigns).where(campaigns.c.id == campaign.id).values(next_at=later))
    if later is None:
        store.move(db, campaign.id, "finish", "scheduler", now)
    elif campaign.state == "running":
        store.move(db, campaign.id, "wait", "scheduler", now)


def restart(db: Connection, campaign_id: int, now: datetime) -> None:
    """Resumed: the open run goes on at the next tick, else the next one when it is due."""
    if plan.open_run(db, campaign_id) is not None:
        db.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(next_at=now))
