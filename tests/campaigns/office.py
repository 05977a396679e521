"""A house with people, a campaign and a carrier in one process, on a clock that a test moves."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from outreach.campaigns import progress, store
from outreach.campaigns.audience import Audience
from outreach.campaigns.feed import Feeder
from outreach.campaigns.progress import Progress
from outreach.campaigns.schedule import Schedule
from outreach.campaigns.store import Draft
from outreach.conversation import Conversation
from outreach.delivery import sending
from outreach.delivery.worker import Worker
from outreach.services.campaigns import content
from outreach.services.registry import all_pages
from outreach.sms.inbound import Inbox
from outreach.store import people
from outreach.store.database import Database
from outreach.store.people import Scope
from outreach.store.schema import deliveries
from outreach.store.schema import people as person_rows
from outreach.store.tables.campaigns import campaign_items
from outreach.wire import Outcome, Refusal, Refused, Report, Taken, TextIn, TextOut
from tests.scenario import LANGUAGES

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""A Monday, ten in the morning in Wuwei."""
ADA = "马老师"
HELLO: dict[str, Any] = {
    "variants": [{"words": {"zh-CN": {"sms": "下月办培训班。"}}}],
    "subject": {"zh-CN": "培训"},
}
ASKING: dict[str, Any] = HELLO | {
    "action": "questions",
    "questions": [
        {"words": {"zh-CN": "您想参加吗？"}, "options": [{"zh-CN": "想"}, {"zh-CN": "不想"}]},
        {"words": {"zh-CN": "什么时候方便？"}, "options": [{"zh-CN": "上午"}, {"zh-CN": "下午"}]},
    ],
}


def draft(said: dict[str, Any] | None = None, **given: Any) -> Draft:
    values: dict[str, Any] = {
        "name": "培训通知",
        "audience": Audience(),
        "content": content.read(said or HELLO),
        "schedule": Schedule(hours=72),
    }
    return Draft(**(values | given))


@dataclass
class Office:
    """All of it."""

    database: Database
    now: datetime = NOW
    refusal: Refusal | None = None
    delivers: bool = True
    taken: list[TextOut] = field(default_factory=list)
    written: int = 0

    def __post_init__(self) -> None:
        conversation = Conversation(self.database, all_pages(), LANGUAGES, self.clock, "武威市残联")
        self.inbox = Inbox(conversation, all_pages(), LANGUAGES, self.clock, "武威市残联", b"key")
        self.feeder = Feeder(self.database, conversation, LANGUAGES, "武威市残联", "0935-2212345", self.clock)
        self.worker = Worker(self.database, self, self.clock, "one")

    def clock(self) -> datetime:
        return self.now

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    # --- As a carrier ---

    async def send(self, text: TextOut) -> Outcome:
        if self.refusal:
            return Refused(self.refusal, "test")
        self.taken.append(text)
        return Taken(f"T{len(self.taken)}")

    async def find(self, text: TextOut, since: datetime) -> Sequence[str]:
        return ()

    # --- What a test does ---

    def people(self, number: int, *scopes: Scope, first: int = 0, **columns: Any) -> list[int]:
        """So many, +8619900000001 and on, who agree to campaigns unless told otherwise."""

        def work(db: Connection) -> list[int]:
            ids = []
            for at in range(first + 1, first + number + 1):
                person = people.create(db, f"+861990{at:07d}", NOW - timedelta(days=30), "zh-CN")
                for scope in ("service", *(scopes or ("campaigns",))):
                    people.give_consent(db, person.id, scope, "test/1", "console", None, NOW)
                if columns:
                    db.execute(update(person_rows).where(person_rows.c.id == person.id).values(columns))
                ids.append(person.id)
            return ids

        return self.database.write_now(work)

    def campaign(self, like: Draft | None = None) -> int:
        """Drafted, rehearsed, approved and scheduled."""

        def work(db: Connection) -> int:
            made = store.create(db, like or draft(), ADA, self.now)
            for verb in ("rehearse", "approve", "schedule"):
                store.move(db, made, verb, "王主任", self.now)
            return made

        return self.database.write_now(work)

    def tick(self, times: int = 1, seconds: float = 1) -> None:
        """What the scheduler does; the carrier's reports come in at once."""

        async def go() -> None:
            for _ in range(times):
                await self.feeder.tick()
                before = len(self.taken)
                await self.worker.reap()
                await self.worker.drain()
                if self.delivers:
                    for at, text in enumerate(self.taken[before:], before + 1):
                        report = Report(text.delivery_id, text.attempt, f"T{at}", "delivered")
                        await self.database.write(
                            lambda db, report=report: sending.take_report(db, report, self.now)  # type: ignore[misc]
                        )
                await self.feeder.tick()
                self.later(seconds=seconds)

        asyncio.run(go())

    def write(self, number: str, body: str) -> tuple[str, ...]:
        """Somebody writes; what they are answered."""
        self.written += 1
        self.later(seconds=10)
        text = TextIn("test", f"SM{self.written}", number, body)
        return self.database.write_now(lambda db: self.inbox.take(db, text))

    def progress(self, campaign_id: int) -> Progress:
        return self.database.read_now(lambda db: progress.progress(db, campaign_id))

    def state(self, campaign_id: int) -> str:
        return self.progress(campaign_id).state

    def items(self) -> list[tuple[int, str, str | None]]:
        item = campaign_items
        query = select(item.c.person_id, item.c.state, item.c.reason).order_by(item.c.id)
        return self.database.read_now(lambda db: [tuple(row) for row in db.execute(query)])

    def queued(self) -> int:
        query = select(deliveries.c.id).where(deliveries.c.state == "queued")
        return len(self.database.read_now(lambda db: db.execute(query).all()))
