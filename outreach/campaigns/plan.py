"""Rows: whom, by which channel, or why not. Planned by the database in batches, so that a million cost no memory.

Everybody in the audience gets an item, those who fall out too, with the reason: "why was this person not called?" is
answered by a row. When an item leaves is the feeder's (``feed.py``), within pace, hours and walls.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger as Big
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from outreach.campaigns import audience, schedule, store
from outreach.campaigns.store import Campaign
from outreach.services.campaigns import content
from outreach.store.dialects import insert_or_ignore
from outreach.store.schema import Instant, counselors, people
from outreach.store.tables.campaigns import campaign_items, campaign_runs, campaigns

BATCH: Final = 5_000
GROWS: Final = timedelta(minutes=10)
"""How often people who have come to belong to a growing audience are looked for."""
MIXED, OTHERWISE = 2654435761, 2246822519
"""Multipliers of Knuth's kind: the top bits of id times one of them are spread evenly, and always the same."""


def due(db: Connection, now: datetime) -> list[int]:
    """Campaigns whose next run is to begin."""
    query = select(campaigns.c.id).where(campaigns.c.state == "scheduled", campaigns.c.next_at <= now)
    return list(db.scalars(query.order_by(campaigns.c.next_at)))


def begin(db: Connection, campaign_id: int, now: datetime) -> int | None:
    """Begin the run that is due, or go on with the one that is open. None: another node was faster, or it is over.

    Once, whatever restarts: the run's key is the campaign and the moment it was to begin.
    """
    row = db.execute(
        select(campaigns.c.state, campaigns.c.next_at)
        .where(campaigns.c.id == campaign_id)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None or row.state != "scheduled" or row.next_at is None or row.next_at > now:
        return None
    campaign = store.get(db, campaign_id)
    plan = campaign.draft.schedule
    begins = row.next_at
    if (running := open_run(db, campaign_id)) is None:
        if schedule.ends(plan, begins) <= now:  # nobody ran for so long that it is over: on to the next
            _next(db, campaign, begins, now)
            return None
        ends_at = schedule.ends(plan, begins)
        fed_at = now - timedelta(seconds=1)  # the first second's worth leaves at once
        values = {"campaign_id": campaign_id, "starts_at": begins, "ends_at": ends_at, "fed_at": fed_at}
        insert_or_ignore(db, campaign_runs, **values)
        running = open_run(db, campaign_id)
    store.move(db, campaign_id, "start", "scheduler", now)
    return running


def _next(db: Connection, campaign: Campaign, begins: datetime, now: datetime) -> None:
    later = schedule.following(campaign.draft.schedule, max(begins, now - timedelta(seconds=1)))
    db.execute(update(campaigns).where(campaigns.c.id == campaign.id).values(next_at=later))
    if later is None:
        store.move(db, campaign.id, "finish", "scheduler", now, why="campaign.past")


def open_run(db: Connection, campaign_id: int) -> int | None:
    """The run that is going on."""
    query = select(campaign_runs.c.id).where(campaign_runs.c.campaign_id == campaign_id, campaign_runs.c.open)
    return db.scalar(query.limit(1))


# --- Whom, and why not ----------------------------------------------------------------------------------------


def share(salt: int, multiplier: int = MIXED) -> ColumnElement[int]:
    """0 to 99 for each person, evenly, the same each time: who is held out stays held out."""
    mixed = (cast(people.c.id, Big) * multiplier + literal(salt * 40503, Big)) % 4294967296
    return cast(mixed // 42949673, Integer)


def reason(campaign: Campaign) -> ColumnElement[str | None]:
    """Why somebody in the audience is not contacted; NULL: they are."""
    draft = campaign.draft
    agreed, withdrew = audience.agreed(draft.scope), audience.withdrew(draft.scope)
    falls: list[tuple[ColumnElement[bool], Any]] = [
        (people.c.phone.is_(None), "no_number"),
        (and_(~agreed, withdrew), "opted_out"),
        (~agreed, "no_consent"),
    ]
    if draft.channel == "sms" and not draft.fallback:
        falls.append((landline(), "landline"))
    if lacking := lacks(content.needed(draft.content)):
        falls.append((or_(*lacking.values()), "missing_field"))
    if draft.holdout_percent:
        falls.append((share(campaign.id) < draft.holdout_percent, "holdout"))
    return case(*falls, else_=None)


def landline() -> ColumnElement[bool]:
    """A fixed line of this country: no text reaches it."""
    return and_(people.c.phone.like("+86%"), people.c.phone.not_like("+861%"))


def lacks(fields: frozenset[str]) -> dict[str, ColumnElement[bool]]:
    """For each field of a message, who does not have it."""
    columns: dict[str, ColumnElement[bool]] = {
        "name": func.coalesce(people.c.name, "") == "",
        "county": people.c.county.is_(None),
        "township": func.coalesce(people.c.township, "") == "",
        "counselor": ~exists().where(counselors.c.id == people.c.counselor_id),
    }
    return {name: columns[name] for name in sorted(fields)}


def whom(campaign: Campaign, starts_at: datetime, now: datetime) -> ColumnElement[bool]:
    """True of the people who are in the run that began at ``starts_at``."""
    plan = campaign.draft.schedule
    inside = audience.condition(campaign.draft.audience, now)
    if plan.kind == "relative" and plan.anchor is not None:
        day = schedule.anchored(plan, starts_at)
        return and_(inside, audience.on_their_day(plan.anchor, day))
    return inside


def batch(db: Connection, campaign: Campaign, run_id: int, now: datetime, size: int = BATCH) -> int:
    """Plan the next people of a run; how many. Fewer than ``size``: everybody is in it."""
    run = db.execute(select(campaign_runs).where(campaign_runs.c.id == run_id)).one()
    item = campaign_items
    last = db.scalar(select(func.max(item.c.person_id)).where(item.c.run_id == run_id)) or 0
    growing = run.planned
    new = ~exists().where(item.c.run_id == run_id, item.c.person_id == people.c.id)
    beyond = new if growing else people.c.id > last
    why = reason(campaign)
    draft = campaign.draft
    channel = case((landline(), "voice"), else_=draft.channel) if draft.fallback else literal(draft.channel)
    first = draft.content.first_percent if len(draft.content.variants) > 1 else 100
    # a subquery with a limit is worked out once: the reason is not asked for again by each column that needs it
    found = (
        select(
            people.c.id,
            func.coalesce(people.c.phone, "").label("address"),
            case((share(campaign.id, OTHERWISE) < first, 0), else_=1).label("variant"),
            channel.label("channel"),
            why.label("why"),
        )
        .where(beyond, whom(campaign, run.starts_at, now))
        .order_by(people.c.id)
        .limit(size)
        .subquery()
    )
    chosen = select(
        literal(run_id),
        found.c.id,
        found.c.address,
        found.c.variant,
        found.c.channel,
        case((found.c.why.is_(None), "planned"), (found.c.why == "holdout", "held"), else_="skipped"),
        found.c.why,
        bindparam("due", run.starts_at, Instant),
        bindparam("now", now, Instant),
    )
    columns = (
        "run_id",
        "person_id",
        "address",
        "variant",
        "channel",
        "state",
        "reason",
        "due_at",
        "updated_at",
    )
    done = db.execute(insert(item).from_select(columns, chosen)).rowcount
    if done:
        _one_a_number(db, run_id, 0 if growing else last)
    if done < size:
        change = {"planned": True, "grown_at": now}
        db.execute(update(campaign_runs).where(campaign_runs.c.id == run_id).values(change))
    return done


def _one_a_number(db: Connection, run_id: int, above: int) -> None:
    """Several people behind one number: it rings once, for the one we have known longest."""
    item, other, same = campaign_items, people.alias("other"), campaign_items.alias("same")
    contacted = exists(
        select(1)
        .where(
            same.c.run_id == run_id,
            same.c.person_id == other.c.id,
            same.c.state.not_in(("skipped", "held", "cancelled")),
        )
        .correlate(other)
    )
    # nested, not joined: the number's index comes first then, and a number has few people
    before = (
        select(1)
        .where(other.c.phone == item.c.address, other.c.id < item.c.person_id, contacted)
        .correlate(item)
    )
    db.execute(
        update(item)
        .where(item.c.run_id == run_id, item.c.person_id > above, item.c.state == "planned", exists(before))
        .values(state="skipped", reason="shared_number")
    )


def foreseen(db: Connection, campaign: Campaign, person_id: int, now: datetime) -> tuple[str, str | None]:
    """What would become of one person if the run began now: a state and a reason."""
    starts = schedule.first(campaign.draft.schedule, now) or now
    query = select(whom(campaign, starts, now).label("inside"), reason(campaign).label("why"))
    row = db.execute(query.where(people.c.id == person_id)).one_or_none()
    if row is None or not row.inside:
        return "nobody", None
    return ("planned", None) if row.why is None else ("skipped", row.why)
