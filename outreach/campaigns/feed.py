"""Feeds a running campaign into the ledger of deliveries, a little at a time: within its pace, the hours and the wall.

What is in the ledger is sent by the workers, who ask the policy once more; so only as much is fed as they can take
soon, and a pause takes back what has not left. Any number of feeders, in one process or many, may share a database.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Row, bindparam, func, select, update

from outreach.campaigns import plan, results, store
from outreach.campaigns.store import Campaign
from outreach.conversation import Conversation
from outreach.delivery import outbox, policy
from outreach.delivery.outbox import ToQueue
from outreach.dialogue.prompts import Prompts
from outreach.services.campaigns import content
from outreach.sms import letter
from outreach.store.database import Database
from outreach.store.schema import counselors, deliveries, people, sessions
from outreach.store.tables.call_items import call_items
from outreach.store.tables.campaigns import campaign_items, campaign_runs, campaigns

log = structlog.get_logger()

PER_MINUTE: Final = {"sms": 600, "voice": 30}
"""Pace of a campaign that names none."""
IN_FLIGHT: Final = {"sms": 200, "voice": 20}
AT_A_TIME: Final = 50
"""In one transaction: no caller waits longer than some 50 ms for a campaign."""
PAGE: Final = "campaigns.item"
IN_CONVERSATION: Final = timedelta(minutes=10)
"""Who writes by text may take that long to answer: their "1" must not be taken for an answer to us."""


@dataclass(frozen=True, slots=True)
class Feeder:
    """Begins runs, plans, feeds, collects, ends. ``phone``: the line's own number, for neutral notices."""

    database: Database
    conversation: Conversation
    languages: Mapping[str, Prompts]
    signature: str
    phone: str
    clock: Callable[[], datetime]

    async def tick(self) -> int:
        """Whatever is to be done now; how much that was. An idle tick only reads."""
        now = self.clock()
        done = 0
        for campaign_id in await self.database.read(lambda db: plan.due(db, now)):
            done += await self._begin(campaign_id, now)
        for run_id in await self.database.read(open_runs):
            done += await self._run(run_id, now)
        if await self.database.read(results.news):
            done += await self.database.write(lambda db: results.collect(db, now))
        return done

    def first_due(self, db: Connection, now: datetime) -> datetime | None:
        """When ``tick`` has something to do again, for clocks that jump."""
        waiting = select(campaigns.c.next_at).where(
            campaigns.c.state == "scheduled", campaigns.c.next_at.is_not(None)
        )
        moments = [moment for moment in db.scalars(waiting) if moment is not None]
        for run_id in open_runs(db):
            moments += _moments(db, run_id, now)
        return min(moments, default=None)

    async def _begin(self, campaign_id: int, now: datetime) -> bool:
        run_id = await self.conversation.settle(lambda db: plan.begin(db, campaign_id, now))
        if run_id is not None:
            log.info("campaign_begins", campaign=campaign_id, run=run_id)
        return run_id is not None

    async def _run(self, run_id: int, now: datetime) -> int:
        while await self.conversation.settle(lambda db: self._plan(db, run_id, now)) == plan.BATCH:
            pass
        fed = 0
        while more := await self.conversation.settle(lambda db: self._feed(db, run_id, now)):
            fed += more
        await self.conversation.settle(lambda db: self._look_after(db, run_id, now))
        return fed

    def _plan(self, db: Connection, run_id: int, now: datetime) -> int:
        run = _hold(db, run_id)
        if run is None:
            return 0
        campaign = store.get(db, run.campaign_id)
        grows = campaign.draft.growing and (run.grown_at is None or run.grown_at + plan.GROWS <= now)
        if campaign.state != "running" or (run.planned and not grows):
            return 0
        return plan.batch(db, campaign, run_id, now)

    def _look_after(self, db: Connection, run_id: int, now: datetime) -> None:
        run = _hold(db, run_id)
        if run is None:
            return
        campaign = store.get(db, run.campaign_id)
        if campaign.state == "running" and (why := results.broken(db, run_id, campaign.id)):
            log.error("campaign_stopped", campaign=campaign.id, why=why)
            results.stop(db, campaign.id, why, now)
        elif results.over(db, run, campaign.draft.growing, now):
            results.close(db, run, now)
            log.info("campaign_run_over", campaign=campaign.id, run=run_id)

    # --- Feeding ---

    def _feed(self, db: Connection, run_id: int, now: datetime) -> int:
        """Queue the next few people of a run; how many left the plan."""
        run = _hold(db, run_id)
        if run is None or now >= run.ends_at:
            return 0
        campaign = store.get(db, run.campaign_id)
        if campaign.state != "running":
            return 0
        allowed = min(self._allowed(db, campaign, run, now), AT_A_TIME)
        if allowed <= 0:
            return 0
        items = self._next(db, campaign, run_id, now, allowed)
        self._queue(db, campaign, run, items, now)
        pace = _pace(campaign)
        used = timedelta(seconds=len(items) * 60 / pace)
        fed_at = max(run.fed_at + used, now - timedelta(minutes=1))
        db.execute(update(campaign_runs).where(campaign_runs.c.id == run_id).values(fed_at=fed_at))
        return len(items)

    def _allowed(self, db: Connection, campaign: Campaign, run: Row[Any], now: datetime) -> int:
        pace = _pace(campaign)
        since = min((now - run.fed_at).total_seconds(), 60.0)
        soon = now + timedelta(minutes=1)  # what the policy has put off to another day holds up nobody
        waiting = (
            select(func.count())
            .select_from(campaign_items)
            .join(deliveries, deliveries.c.id == campaign_items.c.delivery_id)
            .where(
                campaign_items.c.run_id == run.id,
                campaign_items.c.state == "queued",
                deliveries.c.due_at <= soon,
            )
        )
        room = max(IN_FLIGHT[campaign.draft.channel], pace // 12) - db.execute(waiting).scalar_one()
        return min(int(since * pace / 60 + 1e-6), room)

    def _next(
        self, db: Connection, campaign: Campaign, run_id: int, now: datetime, limit: int
    ) -> list[Row[Any]]:
        item, draft = campaign_items, campaign.draft
        channels: list[policy.Channel] = ["sms", "voice"]
        open_now = [name for name in channels if policy.opening(name, draft.scope, now) == now]
        query = (
            select(
                *(item.c[name] for name in ("id", "person_id", "variant", "tries", "channel")),
                *(people.c[name] for name in ("language", "phone", "name", "county", "township")),
                counselors.c.name.label("counselor"),
                sessions.c.updated_at.label("talked"),
            )
            .join(people, people.c.id == item.c.person_id)
            .outerjoin(counselors, counselors.c.id == people.c.counselor_id)
            .outerjoin(sessions, sessions.c.person_id == people.c.id)
            .where(
                item.c.run_id == run_id,
                item.c.state == "planned",
                item.c.due_at <= now,
                item.c.channel.in_(open_now),
            )
            .order_by(item.c.due_at, item.c.id)
            .limit(limit)
        )
        return list(db.execute(query))

    def _queue(
        self, db: Connection, campaign: Campaign, run: Row[Any], items: Sequence[Row[Any]], now: datetime
    ) -> None:
        leads = _leads(campaign)
        texts: list[ToQueue] = []
        fed: list[dict[str, Any]] = []
        for item in items:
            if item.channel == "voice":
                fed.append({"item": item.id, "delivery": self._call(db, campaign, run, item, now)})
                continue
            if leads and item.talked is not None and item.talked > now - IN_CONVERSATION:
                _change(db, item.id, now, due_at=item.talked + IN_CONVERSATION)
                continue
            letters = self._letters(db, campaign, item, now)
            if not letters:
                _change(db, item.id, now, state="skipped", reason="superseded")
                continue
            purpose = results.purpose(run.id, item.person_id, item.tries)
            for number, body in enumerate(letters):
                due_at = now + timedelta(seconds=number)
                named = f"{purpose}:{number}" if number else purpose
                texts.append(ToQueue(named, item.person_id, item.phone, body, due_at))
            fed.append({"item": item.id, "purpose": purpose})
        queued = outbox.queue_texts(db, texts, scope=campaign.draft.scope, now=now, expires_at=run.ends_at)
        if fed:
            rows = [
                {
                    "item": each["item"],
                    "delivery": each.get("delivery") or queued[each["purpose"]],
                    "now": now,
                }
                for each in fed
            ]
            db.execute(_FED, rows)

    def _call(
        self, db: Connection, campaign: Campaign, run: Row[Any], item: Row[Any], now: datetime
    ) -> int | None:
        """A call of their own, or one more thing to tell in the call that they get today; which one."""
        purpose = results.purpose(run.id, item.person_id, item.tries)
        outbox.queue_call(
            db,
            purpose=purpose,
            person_id=item.person_id,
            address=item.phone,
            page=PAGE,
            data={"item": item.id},
            scope=campaign.draft.scope,
            now=now,
            expires_at=run.ends_at,
            same_day=policy.day_of(now),
            priority=outbox.CAMPAIGN,
            line=campaign.draft.line,
            fallback=False,  # the campaign has a way of its own
        )
        return db.scalar(select(call_items.c.delivery_id).where(call_items.c.purpose == purpose))

    # --- What is written ---

    def _letters(self, db: Connection, campaign: Campaign, item: Row[Any], now: datetime) -> tuple[str, ...]:
        said = campaign.draft.content
        language = item.language if item.language in self.languages else next(iter(self.languages))
        say = self.languages[language].bound[2, "sms"]
        way_out = say("campaigns.way_out").text
        if not _leads(campaign):
            text = content.words_for(said.variants[item.variant].words, language, "sms")
            body = content.filled(text, content.fields_of(item._mapping, say)) + way_out
            return letter.post(body, self.signature, say("sms.rest").text)
        reply = self.conversation.lead_to(
            db,
            item.person_id,
            item.phone,
            PAGE,
            {"item": item.id},
            f"campaign:{item.id}",
            now,
        )
        if reply is None:
            return ()
        if said.neutral:
            body = say("campaigns.notice", phone=self.phone).text + way_out
        else:
            keys = tuple(choice.key for choice in reply.session.offered)
            body = f"{letter.text(reply.phrases, keys)}\n{way_out.strip()}"
        return letter.post(body, self.signature, say("sms.rest").text)


_FED = (
    update(campaign_items)
    .where(campaign_items.c.id == bindparam("item"))
    .values(
        state="queued",
        delivery_id=bindparam("delivery"),
        tries=campaign_items.c.tries + 1,
        updated_at=bindparam("now"),
    )
)


def _leads(campaign: Campaign) -> bool:
    """Does the text lead somewhere, so that an answer means something?"""
    return campaign.draft.content.action != "none" or campaign.draft.content.neutral


def open_runs(db: Connection) -> list[int]:
    """Runs that are open, the oldest first: of paused campaigns too, whose wall comes all the same."""
    return list(
        db.scalars(select(campaign_runs.c.id).where(campaign_runs.c.open).order_by(campaign_runs.c.id))
    )


def _moments(db: Connection, run_id: int, now: datetime) -> list[datetime]:
    """When an open run may go on: its wall; the hour, the pace or the postponement that it waits for."""
    run = db.execute(select(campaign_runs).where(campaign_runs.c.id == run_id)).one()
    campaign = store.get(db, run.campaign_id)
    moments = [run.ends_at]
    if campaign.state != "running":
        return moments
    item = campaign_items
    planned = (
        select(item.c.due_at, item.c.channel)
        .where(item.c.run_id == run_id, item.c.state == "planned")
        .order_by(item.c.due_at)
        .limit(1)
    )
    if (first := db.execute(planned).one_or_none()) is not None:
        opens = policy.opening(first.channel, campaign.draft.scope, max(first.due_at, now))
        moments += [opens] if opens else []
    if campaign.draft.growing and run.grown_at is not None:
        moments.append(run.grown_at + plan.GROWS)
    return moments


def _hold(db: Connection, run_id: int) -> Row[Any] | None:
    """A run that is open, nobody else's until commit."""
    query = select(campaign_runs).where(campaign_runs.c.id == run_id, campaign_runs.c.open)
    return db.execute(query.with_for_update(skip_locked=True)).one_or_none()


def _pace(campaign: Campaign) -> int:
    return campaign.draft.per_minute or PER_MINUTE[campaign.draft.channel]


def _change(db: Connection, item_id: int, now: datetime, **values: Any) -> None:
    db.execute(update(campaign_items).where(campaign_items.c.id == item_id).values(**values, updated_at=now))
