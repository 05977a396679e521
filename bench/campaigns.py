"""Campaigns: planning a million people, rehearsing ten thousand over three days, dispatching against the fake Twilio.

Each in a process of its own, so that its memory is its own; each on one core, for Python runs one thread at a time.
"""

import asyncio
import logging
import multiprocessing
import resource
import socket
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import structlog
from pydantic import SecretStr
from sqlalchemy import Connection, func, select, text

from bench.effort import Effort
from bench.killed import carry
from bench.row import Row
from outreach.campaigns import plan, store
from outreach.campaigns.audience import Audience
from outreach.campaigns.schedule import Schedule
from outreach.carriers.twilio.rest import TwilioTexts
from outreach.config import PROJECT, Config
from outreach.delivery import outbox
from outreach.delivery.outbox import ToQueue
from outreach.delivery.worker import Worker
from outreach.dialogue.prompts import load_all
from outreach.rehearsal import memory
from outreach.rehearsal.campaign import rehearse
from outreach.rehearsal.week import Settings
from outreach.services.campaigns import content
from outreach.simulator import demo_account
from outreach.store import people
from outreach.store.database import Database
from outreach.store.schema import deliveries

PLAN_SECONDS, PLAN_MB = 60.0, 250.0
REHEARSAL_SECONDS = 15.0
LEAST_PER_SECOND = 500.0
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""A Monday, ten in the morning in Wuwei."""
AT_A_TIME = 50_000
KILO = 1024.0
PEOPLE = text(
    "WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)"
    " INSERT INTO people (id, phone, county, created_at) SELECT i, '+861' || (3000000000 + i),"
    " CASE i % 4 WHEN 0 THEN 'minqin' WHEN 1 THEN 'gulang' WHEN 2 THEN 'tianzhu' ELSE 'liangzhou' END,"
    " '2026-01-01 00:00:00' FROM n"
)
CONSENTS = text(
    "INSERT INTO consents (person_id, scope, wording, channel, given_at)"
    " SELECT id, 'campaigns', 'bench/1', 'console', '2026-01-01 00:00:00' FROM people"
    " WHERE id BETWEEN :first AND :last AND id % 10 > 0"
)
SAID = {
    "variants": [{"words": {"zh-CN": {"sms": "下月办培训班，想参加的请来电。"}}}],
    "subject": {"zh-CN": "培训"},
}


def measure(effort: Effort) -> list[Row]:
    """All three."""
    planned, seconds, used, grown = _apart(_plan, effort.waiting[1])
    number, took = _apart(_rehearse, effort.reminders)
    sent, per_second = _apart(_dispatch, effort.reminders // 2)
    return [
        Row(f"planning {planned:,} people", seconds, "s", PLAN_SECONDS),
        Row("  memory of the process, at most", used, "MB", PLAN_MB),
        Row("  of which for the second half of them", grown, "MB"),
        Row(f"rehearsing {number:,} people over three days", took, "s", REHEARSAL_SECONDS),
        Row(f"dispatching {sent:,} texts over the wire", per_second, "/s", LEAST_PER_SECOND, at_least=True),
    ]


def _apart(work: Callable[[int], Any], size: int) -> Any:
    """What ``work`` comes to, in a process that does nothing else."""
    # no daemon, unlike a Pool's: the one that dispatches has the fake carrier as its own child
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
        return alone.submit(work, size).result()


def _draft(hours: int = 72, per_minute: int | None = None) -> store.Draft:
    return store.Draft("bench", Audience(), content.read(SAID), Schedule(hours=hours), per_minute=per_minute)


def _started(db: Connection) -> tuple[int, int]:
    made = store.create(db, _draft(), "bench", NOW)
    for verb in ("rehearse", "approve", "schedule"):
        store.move(db, made, verb, "bench", NOW)
    run = plan.begin(db, made, NOW)
    assert run is not None
    return made, run


def _plan(size: int) -> tuple[int, float, float, float]:
    """People planned, seconds, the most memory in MB, and by how much it grew over the second half."""
    with TemporaryDirectory(prefix="outreach-bench-") as name:
        database = Database.open(f"sqlite:///{Path(name)}/bench.db")
        for first in range(1, size + 1, AT_A_TIME):
            part = {"first": first, "last": min(first + AT_A_TIME - 1, size)}
            database.write_now(lambda db, part=part: db.execute(PEOPLE, part).rowcount)  # type: ignore[misc]
            database.write_now(lambda db, part=part: db.execute(CONSENTS, part).rowcount)  # type: ignore[misc]
        made, run = database.write_now(_started)
        began, planned, half = time.perf_counter(), 0, _used_mb()
        while done := database.write_now(lambda db: plan.batch(db, store.get(db, made), run, NOW)):
            planned += done
            if planned <= size // 2:
                half = _used_mb()
        seconds = time.perf_counter() - began
        database.close_now()
    return planned, seconds, _used_mb(), _used_mb() - half


def _used_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILO


def _rehearse(size: int) -> tuple[int, float]:
    """People, and seconds: three days, all of it, from the copy on."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    database = memory.empty()

    def work(db: Connection) -> int:
        for number in range(20):
            person = people.create(db, f"+8613900{number:06d}", NOW - timedelta(days=9), "zh-CN")
            people.give_consent(db, person.id, "campaigns", "bench/1", "console", None, NOW)
        return store.create(db, _draft(), "bench", NOW)

    made = database.write_now(work)
    found = load_all(PROJECT / "prompts")
    languages = {"zh-CN": found["zh-CN"], **found}
    began = time.perf_counter()
    outcome = rehearse(database, Settings(languages, "武威市残联", NOW, NOW), made, "0935-2212345", size)
    took = time.perf_counter() - began
    assert outcome.progress is not None
    assert outcome.progress.planned == 0
    return outcome.progress.people, took


def _dispatch(size: int) -> tuple[int, float]:
    """Texts taken, and how many a second: claimed, sent over HTTP to the fake Twilio, marked; the limits off."""
    return asyncio.run(_dispatched(size))


async def _dispatched(size: int) -> tuple[int, float]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with TemporaryDirectory(prefix="outreach-bench-") as name:
        port = _free_port()
        fake = multiprocessing.get_context("spawn").Process(target=carry, args=(port,), daemon=True)
        fake.start()
        database = Database.open(f"sqlite:///{Path(name)}/bench.db")
        carrier = TwilioTexts(_settings(port), httpx.AsyncHTTPTransport())  # past any proxy
        try:
            await _answers(port)
            await database.write(lambda db: _queue(db, size))
            worker = Worker(database, carrier, lambda: datetime.now(UTC), "bench")
            began = time.perf_counter()
            await worker.drain()
            seconds = time.perf_counter() - began
            sent = await database.read(_sent)
        finally:
            await carrier.close()
            await database.close()
            fake.terminate()
    return sent, sent / seconds


def _settings(port: int) -> Config:
    return Config(
        public_url="http://127.0.0.1:9",  # nobody is at home: reports are another figure
        twilio_account_sid=demo_account.ACCOUNT_SID,
        twilio_auth_token=SecretStr(demo_account.AUTH_TOKEN),
        twilio_from=demo_account.NUMBER,
        twilio_api_url=f"http://127.0.0.1:{port}",
    )


def _queue(db: Connection, size: int) -> None:
    """Texts to as many people who agreed. Of a reply's scope: the hours of the machine's own day are not measured."""
    now = datetime.now(UTC)
    db.execute(PEOPLE, {"first": 1, "last": size})
    texts = [
        ToQueue(
            f"bench:{number}",
            number,
            f"+861{3000000000 + number}",
            "【武威市残联】下月办培训班。退订回T",
            now,
        )
        for number in range(1, size + 1)
    ]
    outbox.queue_texts(db, texts, scope="service", now=now, expires_at=now + timedelta(hours=9))


def _sent(db: Connection) -> int:
    query = select(func.count()).where(deliveries.c.state.in_(("sent", "delivered")))
    return db.execute(query).scalar_one()


async def _answers(port: int) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(200):
            with suppress(httpx.HTTPError):
                await client.get(f"http://127.0.0.1:{port}/")
                return
            await asyncio.sleep(0.05)
    raise TimeoutError("the fake carrier does not answer")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port: int = door.getsockname()[1]
    return port
