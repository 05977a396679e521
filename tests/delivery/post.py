"""A ledger with its worker, the real Twilio client, and the fake carrier, joined in one process on a virtual clock."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import Connection, select

from outreach.carriers.twilio.deliveries import router
from outreach.carriers.twilio.rest import TwilioTexts
from outreach.config import Config
from outreach.delivery import outbox, sending
from outreach.delivery.outbox import Delivery
from outreach.delivery.worker import Worker
from outreach.simulator.rest import FakeTexts
from outreach.store import people
from outreach.store.database import Database
from outreach.store.people import Scope
from outreach.store.schema import deliveries
from outreach.wire import Report

T = TypeVar("T")
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""A Monday, ten in the morning in Wuwei."""
ACCOUNT, TOKEN, FROM = "AC" + "0" * 32, "not-a-secret", "+8619900000000"
HANDSET = "+8619900000001"


def config(**settings: Any) -> Config:
    given: dict[str, Any] = {
        "public_url": "https://line.example",
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": SecretStr(TOKEN),
        "twilio_from": FROM,
        "twilio_api_url": "http://carrier.test",
    }
    return Config(**(given | settings))


class Wire(httpx.AsyncBaseTransport):
    """To the carrier's app, and sometimes not, or not back."""

    def __init__(self, app: FastAPI) -> None:
        self._inner = httpx.ASGITransport(app)
        self.before: list[Exception] = []  # the request is lost
        self.after: list[Exception] = []  # the answer is lost
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.before:
            raise self.before.pop(0)
        answer = await self._inner.handle_async_request(request)
        if self.after:
            raise self.after.pop(0)
        return answer


@dataclass
class Post:
    """All of it. Use inside ``play``."""

    database: Database
    now: datetime = NOW
    reports: list[Report] = field(default_factory=list)
    reporting: bool = True

    def __post_init__(self) -> None:
        line = FastAPI()
        line.include_router(router(config(), self._take))
        self.fake = FakeTexts(ACCOUNT, TOKEN, self.clock, httpx.ASGITransport(line))
        self.wire = Wire(self.fake.app)
        self.carrier = TwilioTexts(config(), self.wire)
        self.worker = self.another("one")

    def another(self, owner: str) -> Worker:
        return Worker(self.database, self.carrier, self.clock, owner)

    def clock(self) -> datetime:
        return self.now

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    async def _take(self, report: Report) -> bool:
        self.reports.append(report)
        if not self.reporting:
            return False
        return await self.database.write(lambda db: sending.take_report(db, report, self.now))

    async def settle(self) -> None:
        """What the scheduler does, once."""
        await self.worker.reap()
        await self.worker.look_up()
        await self.worker.drain()

    async def queue(
        self,
        purpose: str = "p",
        *,
        to: str = HANDSET,
        body: str | None = None,
        scope: str = "service",
        person_id: int | None = None,
        hours: float = 24,
    ) -> None:
        def work(db: Connection) -> bool:
            return outbox.queue_text(
                db,
                purpose=purpose,
                person_id=person_id,
                address=to,
                body=body or f"【武威市残联】{purpose}",
                scope=scope,
                now=self.now,
                expires_at=self.now + timedelta(hours=hours),
            )

        assert await self.database.write(work)

    async def person(self, *scopes: Scope, phone: str = HANDSET) -> int:
        def work(db: Connection) -> int:
            person = people.create(db, phone, NOW - timedelta(days=9))
            for scope in scopes:
                people.give_consent(db, person.id, scope, "test/1", "console", None, NOW)
            return person.id

        return await self.database.write(work)

    async def row(self, purpose: str = "p") -> Delivery:
        query = select(*outbox.SHOWN).where(deliveries.c.purpose == purpose)
        return await self.database.read(lambda db: Delivery(*db.execute(query).one()))

    async def state(self, purpose: str = "p") -> str:
        row = await self.row(purpose)
        return row.state if row.reason is None else f"{row.state}: {row.reason}"

    def bodies(self) -> list[str]:
        """What the carrier took, in its order."""
        return [message.body.removeprefix("【武威市残联】") for message in self.fake.messages]


def play(database: Database, scene: Callable[[Post], Awaitable[T]]) -> T:
    """Have a scene with everything joined, and close it."""

    async def go() -> T:
        post = Post(database)
        try:
            return await scene(post)
        finally:
            await post.carrier.close()
            await post.fake.close()

    return asyncio.run(go())
