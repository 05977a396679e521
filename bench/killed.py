"""The processes of ``bench.kill``: a worker that dies where it is told to, and the carrier that outlives it.

The worker is the product's own, with the real store, client and webhook. What kills it is wrapped around the ledger's
steps from outside: nothing of it is in the product.
"""

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, TypeVar

import httpx
import structlog
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import Connection, func, select

from outreach.carriers.twilio.deliveries import router
from outreach.carriers.twilio.rest import TwilioTexts
from outreach.config import Config
from outreach.delivery import outbox, sending
from outreach.delivery.worker import Worker
from outreach.simulator import demo_account
from outreach.simulator.rest import FakeTexts
from outreach.store.database import Database
from outreach.store.schema import deliveries
from outreach.wire import Report

T = TypeVar("T")
Step = Literal["queue", "claim", "begin", "request", "end", "report", "reap", "look_up"]
Moment = Literal["open", "done"]
"""In the middle of a step (before its commit; with half of the request sent), or after it, before anything else."""

NOW_AND_THEN: Final = timedelta(minutes=1)
LOOKS: Final = 30
"""After so many minutes whatever is still open will stay so."""
DIES_WITHIN_SECONDS: Final = 20.0
NOBODYS_PORT: Final = 1


@dataclass(frozen=True, slots=True)
class Edge:
    """Where a process dies: the ``nth`` time that it comes there."""

    step: Step
    moment: Moment
    nth: int = 1

    def __str__(self) -> str:
        """As in the table."""
        if self.step == "request":
            return "request: half sent" if self.moment == "open" else "request: taken, answer unheard"
        return f"{self.step}: {'before' if self.moment == 'open' else 'after'} its commit"


@dataclass(frozen=True, slots=True)
class Life:
    """One life of a worker. ``purposes``: what it queues first. ``later``: how far the clock has gone on before it."""

    database: str
    carrier: str
    port: int
    purposes: tuple[tuple[str, str], ...]  # and their numbers
    death: Edge | None
    later: timedelta
    reporting: bool


def live(life: Life) -> None:
    """Queue, send and reconcile until nothing is open, or until the edge is reached. Does not return."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    asyncio.run(_live(life))


async def _live(life: Life) -> None:
    reaper = Reaper(life.death)
    shift = life.later

    def clock() -> datetime:
        return datetime.now(UTC) + shift

    database = Mortal(Database.open(life.database), reaper)
    settings = _config(life)
    carrier = TwilioTexts(settings, Cut(reaper))
    worker = Worker(database, carrier, clock, f"worker {os.getpid()}")

    async def take(report: Report) -> bool:
        return await database.write(lambda db: sending.take_report(db, report, clock()))

    app = FastAPI()
    app.include_router(router(settings, take))
    door = socket.create_server(("127.0.0.1", life.port))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off"))
    with reaper.waiting():
        serving = asyncio.create_task(server.serve([door]))
        await database.write(lambda db: _queue(db, life.purposes, clock()))
        for _ in range(LOOKS):
            await worker.reap()
            await worker.look_up()
            await worker.drain()
            if not await database.read(_open):
                break
            shift += NOW_AND_THEN
        if life.death is not None and life.death.step == "report":
            await asyncio.wait([serving], timeout=DIES_WITHIN_SECONDS)
    os._exit(0)  # closing nothing: the last end is as sudden as the others


def _queue(db: Connection, purposes: tuple[tuple[str, str], ...], now: datetime) -> None:
    for purpose, number in purposes:
        outbox.queue_text(
            db,
            purpose=purpose,
            person_id=None,
            address=number,
            body="【武威市残联】您的面试在明天上午九点。",
            scope="service",
            now=now,
            expires_at=now + timedelta(days=1),
        )


def _open(db: Connection) -> int:
    still = deliveries.c.state.in_(("queued", "sending", "unsure"))
    return db.scalar(select(func.count()).select_from(deliveries).where(still)) or 0


def _config(life: Life) -> Config:
    port = life.port if life.reporting else NOBODYS_PORT
    return Config(
        demo=False,
        public_url=f"http://127.0.0.1:{port}",
        twilio_account_sid=demo_account.ACCOUNT_SID,
        twilio_auth_token=SecretStr(demo_account.AUTH_TOKEN),
        twilio_from=demo_account.NUMBER,
        twilio_api_url=life.carrier,
    )


# --- Death ---------------------------------------------------------------------------------------------------


class Reaper:
    """Counts how often each edge is reached, in whatever thread, and kills the process at the one that is named."""

    def __init__(self, death: Edge | None) -> None:
        self._death = death
        self._reached = 0
        self._lock = threading.Lock()
        self._here = threading.local()

    def reach(self, step: Step, moment: Moment) -> None:
        """An edge: go on, or die."""
        if self._death is None or (step, moment) != (self._death.step, self._death.moment):
            return
        with self._lock:
            self._reached += 1
            if self._reached == self._death.nth:
                os.kill(os.getpid(), signal.SIGKILL)

    def taken(self) -> list[Step]:
        """The steps that the piece of work now running in this thread has taken; empty at its beginning."""
        if not hasattr(self._here, "steps"):
            self._here.steps = []
        steps: list[Step] = self._here.steps
        return steps

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """While the block lasts, every step of the ledger is noted by the thread that takes it."""
        steps: tuple[tuple[Any, str, Step], ...] = (
            (outbox, "queue_text", "queue"),
            (outbox, "claim", "claim"),
            (sending, "begin", "begin"),
            (sending, "end", "end"),
            (sending, "take_report", "report"),
            (outbox, "reap", "reap"),
            (sending, "look_up", "look_up"),
        )
        plain = [(module, name, getattr(module, name)) for module, name, _ in steps]
        for module, name, step in steps:
            setattr(module, name, self._noted(getattr(module, name), step))
        try:
            yield
        finally:
            for module, name, function in plain:
                setattr(module, name, function)

    def _noted(self, function: Callable[..., T], step: Step) -> Callable[..., T]:
        def noted(*args: Any, **named: Any) -> T:
            value = function(*args, **named)
            self.taken().append(step)
            return value

        return noted


class Mortal(Database):
    """The store, and a process that may die on either side of its commit."""

    def __init__(self, inner: Database, reaper: Reaper) -> None:
        super().__init__(inner._store)
        self._reaper = reaper

    async def write(self, work: Callable[[Connection], T]) -> T:
        """As it is, with an edge before and after the commit of each step."""

        def watched(db: Connection) -> tuple[T, list[Step]]:
            self._reaper.taken().clear()
            value = work(db)
            steps = list(dict.fromkeys(self._reaper.taken()))
            for step in steps:
                self._reaper.reach(step, "open")
            return value, steps

        value, steps = await super().write(watched)
        for step in steps:
            self._reaper.reach(step, "done")
        return value


class Cut(httpx.AsyncBaseTransport):
    """The way to the carrier, and a process that may die with half a request sent, or with the answer unread."""

    def __init__(self, reaper: Reaper) -> None:
        self._inner = httpx.AsyncHTTPTransport(verify=False)
        self._reaper = reaper

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request on."""
        if request.method != "POST":
            return await self._inner.handle_async_request(request)
        body = await request.aread()
        half = httpx.Request(request.method, request.url, headers=request.headers, content=self._halves(body))
        half.headers = request.headers  # with the length of the whole
        answer = await self._inner.handle_async_request(half)
        self._reaper.reach("request", "done")
        return answer

    async def _halves(self, body: bytes) -> AsyncIterator[bytes]:
        yield body[: len(body) // 2]
        self._reaper.reach("request", "open")
        yield body[len(body) // 2 :]

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


# --- The carrier ---------------------------------------------------------------------------------------------


def carry(port: int) -> None:
    """The carrier, until it is killed."""
    fake = FakeTexts(demo_account.ACCOUNT_SID, demo_account.AUTH_TOKEN)
    uvicorn.run(fake.app, host="127.0.0.1", port=port, log_level="critical", access_log=False)
