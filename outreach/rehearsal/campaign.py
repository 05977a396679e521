"""A campaign rehearsed before anybody is contacted: who would be reached when, what it costs, when it ends, who not.

The campaign runs on a copy of the data, by its own planner, feeder, policy, worker and dialogue, among people who are
simulated. With ``size`` the audience is filled up with look-alikes of those in it, so that its size can be tried out.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select, update

from outreach.campaigns import audience, checks, plan, progress, schedule, store
from outreach.campaigns.audience import Audience
from outreach.campaigns.checks import Finding
from outreach.campaigns.feed import Feeder
from outreach.campaigns.progress import Progress
from outreach.conversation import Spoken
from outreach.rehearsal.week import Rehearsal, Settings
from outreach.store.database import Database
from outreach.store.schema import consents, deliveries, people
from outreach.store.tables.campaigns import (
    audience_members,
    campaign_answers,
    campaign_items,
    campaign_runs,
    campaigns,
)
from outreach.store.tables.timers import timers
from outreach.wire import CallOut, TextIn

BY: Final = "rehearsal"
TICK: Final = timedelta(minutes=1)
FIRST_NUMBER: Final = 19_000_000_000
"""Look-alikes' numbers: +86190…, a mobile series, in a copy that nothing leaves."""
LOOSE_ENDS: Final = timedelta(hours=12)
"""After the wall: answers that are still coming."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rehearsal shows. ``hours``: texts and calls taken in each hour. ``ended_at`` None: the wall came first.

    ``answers``: by question, then by choice. ``findings``: what is wrong with it before it starts.
    """

    findings: list[Finding]
    progress: Progress | None = None
    begins: datetime | None = None
    ended_at: datetime | None = None
    texts: int = 0
    calls: int = 0
    parts: int = 0
    replies: int = 0
    acted: int = 0
    opted_out: int = 0
    hours: dict[datetime, int] | None = None
    answers: dict[int, dict[int, int]] | None = None

    @property
    def fatal(self) -> bool:
        """It cannot be started as it is."""
        return any(finding.fatal for finding in self.findings)


@dataclass(slots=True)
class _Watch:
    """Tells how far a rehearsal is, in percent of the people it contacts."""

    told: Callable[[int], None]
    people: int
    rehearsal: Rehearsal | None = None
    shown: int = -1

    def answered(self, at: datetime, text: TextIn, letters: Sequence[str]) -> None:
        """Not of interest here."""

    def talked(self, at: datetime, call: CallOut, said: Sequence[tuple[str, Spoken]]) -> None:
        """Not of interest here."""

    async def look(self, now: datetime) -> None:
        """Tell it, where it has changed."""
        if self.rehearsal is None:
            return
        taken = self.rehearsal.town.taken + self.rehearsal.ringing.taken
        percent = min(99, 100 * taken // max(self.people, 1))
        if percent > self.shown:
            self.shown = percent
            self.told(percent)


def rehearse(
    database: Database,
    settings: Settings,
    campaign_id: int,
    phone: str,
    size: int | None = None,
    told: Callable[[int], None] | None = None,
) -> Outcome:
    """Rehearse on ``database``, a copy: it is changed. ``settings.ends`` is not looked at: the campaign's wall is.

    ``told``: how far it is, in percent. Raises LookupError.
    """
    return asyncio.run(rehearsed(database, settings, campaign_id, phone, size, told))


async def rehearsed(
    database: Database,
    settings: Settings,
    campaign_id: int,
    phone: str,
    size: int | None = None,
    told: Callable[[int], None] | None = None,
) -> Outcome:
    """``rehearse``, inside an event loop."""
    now = settings.begins
    found = await database.write(lambda db: _prepare(db, campaign_id, now, size))
    if any(finding.fatal for finding in found):
        return Outcome(found)
    begins, ends = await database.read(lambda db: _times(db, campaign_id))
    settings = replace(settings, ends=ends + LOOSE_ENDS, tick=TICK)
    reach = await database.read(lambda db: checks.fall_out(db, store.get(db, campaign_id), now).get(None, 0))
    watch = _Watch(told, reach) if told else None
    held = Rehearsal(
        database,
        settings,
        watch,
        further=lambda conversation, clock: Feeder(
            database, conversation, settings.languages, settings.signature, phone, clock
        ),
    )
    if watch:
        watch.rehearsal = held
    await held.run()
    outcome = await database.read(lambda db: _outcome(db, campaign_id, found, begins))
    town, ringing = held.town, held.ringing
    return replace(
        outcome,
        texts=town.taken,
        parts=town.parts,
        replies=town.written,
        calls=ringing.taken,
        hours=dict(sorted((town.by_hour + ringing.by_hour).items())),
    )


def _prepare(db: Connection, campaign_id: int, now: datetime, size: int | None) -> list[Finding]:
    """Only this campaign runs, from its draft on; nothing else that waits is rehearsed with it."""
    campaign = store.get(db, campaign_id)
    found = checks.findings(db, campaign, now)
    if any(finding.fatal for finding in found):
        return found
    db.execute(timers.delete())
    db.execute(update(deliveries).where(deliveries.c.state == "queued").values(state="cancelled"))
    db.execute(update(campaigns).where(campaigns.c.id != campaign_id).values(state="finished", next_at=None))
    db.execute(update(campaign_runs).values(open=False))
    if size is not None:
        _fill_up(db, campaign_id, size, now)
    begins = schedule.first(campaign.draft.schedule, now)
    db.execute(
        update(campaigns).where(campaigns.c.id == campaign_id).values(state="scheduled", next_at=begins)
    )
    return found


def _times(db: Connection, campaign_id: int) -> tuple[datetime, datetime]:
    """When its first run begins, and that run's wall."""
    campaign = store.get(db, campaign_id)
    assert campaign.next_at is not None, "_prepare has set it"
    return campaign.next_at, schedule.ends(campaign.draft.schedule, campaign.next_at)


def _fill_up(db: Connection, campaign_id: int, size: int, now: datetime) -> None:
    """Exactly ``size`` people, as a list: those of the audience, then look-alikes of them, consents and all."""
    campaign = store.get(db, campaign_id)
    starts = schedule.first(campaign.draft.schedule, now) or now
    inside = plan.whom(campaign, starts, now)
    members = list(db.execute(select(people).where(inside).order_by(people.c.id).limit(size)).mappings())
    agreed = _consents(db, [member["id"] for member in members])
    last = db.execute(select(func.coalesce(func.max(people.c.id), 0))).scalar_one()
    rows: list[dict[str, Any]] = []
    given: list[dict[str, Any]] = []
    for number in range(size - len(members)):
        like = dict(members[number % len(members)])
        person_id = last + 1 + number
        given += [row | {"person_id": person_id} for row in agreed.get(like["id"], ())]
        phone = f"+86{FIRST_NUMBER + number}" if like["phone"] else None
        rows.append(like | {"id": person_id, "phone": phone})
    if rows:
        db.execute(insert(people), rows)
    if given:
        db.execute(insert(consents), given)
    ids = [*(member["id"] for member in members), *(row["id"] for row in rows)]
    listed = audience.save(db, f"rehearsal:{campaign_id}", Audience(), BY, now)
    db.execute(
        insert(audience_members),
        [{"audience_id": listed, "person_id": person_id} for person_id in ids],
    )
    change = {"audience": audience.plain(Audience(list_id=listed))}
    plain = schedule.plain(campaign.draft.schedule)
    if campaign.draft.schedule.kind == "relative":  # look-alikes have no dates of their own
        change["schedule"] = plain | {"kind": "daily", "anchor": None}
    db.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(change))


def _consents(db: Connection, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for start in range(0, len(ids), 500):
        query = select(consents).where(consents.c.person_id.in_(ids[start : start + 500]))
        for row in db.execute(query).mappings():
            kept = {name: value for name, value in row.items() if name not in ("id", "person_id")}
            found.setdefault(row["person_id"], []).append(kept)
    return found


def _outcome(db: Connection, campaign_id: int, found: list[Finding], begins: datetime) -> Outcome:
    item, run = campaign_items, campaign_runs
    first = db.execute(
        select(run.c.id, run.c.ended_at, run.c.ends_at)
        .where(run.c.campaign_id == campaign_id)
        .order_by(run.c.id)
        .limit(1)
    ).one()
    went = progress.progress(db, campaign_id, first.id)
    mine = item.c.run_id == first.id
    acted = select(func.count()).select_from(item).where(mine, item.c.acted_at.is_not(None))
    out = select(func.count(func.distinct(consents.c.person_id))).where(consents.c.withdrawn_at >= begins)
    answers: dict[int, Counter[int]] = {}
    query = (
        select(campaign_answers.c.question, campaign_answers.c.answer, func.count())
        .join(item, item.c.id == campaign_answers.c.item_id)
        .where(mine)
        .group_by(campaign_answers.c.question, campaign_answers.c.answer)
    )
    for question, answer, count in db.execute(query):
        answers.setdefault(question, Counter())[answer] += count
    ended = first.ended_at if first.ended_at and first.ended_at < first.ends_at else None
    return Outcome(
        findings=found,
        progress=went,
        begins=begins,
        ended_at=ended,
        acted=db.execute(acted).scalar_one(),
        opted_out=db.execute(out).scalar_one(),
        answers={question: dict(chosen) for question, chosen in sorted(answers.items())},
    )
