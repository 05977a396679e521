"""Nine in the morning: ten thousand reminders fall due while fifty calls are live. How late does a frame get?

A frame waits as long as the server's event loop does; so the loop is asked for an answer that costs nothing, fifty
times a second, over a connection of its own. The calls are listening and send their frames all the while. The server's
clock is set to ten o'clock on a working day, or no letter might leave.
"""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
from sqlalchemy import Connection, func, insert, select

from bench.crowd import listeners, pace, session
from bench.effort import Effort
from bench.frame import FRAMES_A_SECOND
from bench.row import Row, percentile
from bench.served import Served, our_line
from outreach.services.titles import store as titles
from outreach.services.titles.pages import occasion
from outreach.store.schema import consents, people
from outreach.store.tables.timers import timers
from outreach.store.tables.titles import title_entries

LATE_LIMIT_MS = 40.0
CALLS = 50
ASKED_EVERY_SECONDS = 0.02
TEN = datetime(2026, 3, 2, 2, tzinfo=UTC)
"""In Wuwei, a Monday."""
UNTIL_DUE = timedelta(seconds=60)
"""Since the server's start: by then all calls listen."""
MILLI = 1e3


def measure(effort: Effort) -> list[Row]:
    """The longest wait before the reminders fall due, and since."""
    return asyncio.run(_measure(effort))


async def _measure(effort: Effort) -> list[Row]:
    crowd_effort = replace(effort, calls=min(effort.calls, CALLS))
    before: list[float] = []
    since: list[float] = []
    window = round(effort.talk_seconds * FRAMES_A_SECOND)
    due_at = TEN + UNTIL_DUE / effort.speed

    def remind(db: Connection) -> None:
        _remind(db, effort.reminders, due_at)

    async with session() as door, session() as other:
        with our_line(listening=False, people=remind, starts_at=TEN) as ours:
            async with listeners(door, ours, crowd_effort) as crowd:
                asking = asyncio.create_task(_ask(other, ours, before))
                await pace(crowd, window // 4, effort)
                await _stop(asking)
                await asyncio.sleep((due_at - ours.clock()).total_seconds())
                asking = asyncio.create_task(_ask(other, ours, since))
                await pace(crowd, window, effort)
                await _stop(asking)
                left = ours.read(lambda db: db.scalar(select(func.count()).select_from(timers)) or 0)
    fired = effort.reminders - left
    return [
        Row(f"longest wait of a frame, {crowd_effort.calls} calls", max(before) * MILLI, "ms"),
        Row(f"  with {effort.reminders:,} reminders falling due", max(since) * MILLI, "ms", LATE_LIMIT_MS),
        Row("  p99", percentile(since, 99) * MILLI, "ms"),
        Row("  reminders a second", fired / (window / FRAMES_A_SECOND / effort.speed), "/s"),
    ]


async def _ask(door: aiohttp.ClientSession, served: Served, waits: list[float]) -> None:
    while True:
        asked = time.perf_counter()
        async with door.get(f"{served.url}/healthz") as answer:
            await answer.read()
        waits.append(time.perf_counter() - asked)
        await asyncio.sleep(max(0.0, asked + ASKED_EVERY_SECONDS - time.perf_counter()))


async def _stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _remind(db: Connection, number: int, due_at: datetime) -> None:
    """People who take part in the running title round, each to be reminded at ``due_at``."""
    first = (db.scalar(select(func.max(people.c.id))) or 0) + 1
    ids = range(first, first + number)
    db.execute(
        insert(people),
        [{"id": at, "phone": f"+86137{at:08d}", "created_at": TEN, "language": "zh-CN"} for at in ids],
    )
    given = {"wording": "bench/1", "channel": "voice", "given_at": TEN}
    db.execute(
        insert(consents),
        [{"person_id": at, "scope": scope} | given for at in ids for scope in ("service", "reminders")],
    )
    this = titles.current(db, "initial", TEN.date())
    assert this is not None
    entry = (db.scalar(select(func.max(title_entries.c.id))) or 0) + 1 - first
    db.execute(
        insert(title_entries),
        [
            {"id": at + entry, "person_id": at, "round_id": this.id, "created_at": TEN, "updated_at": TEN}
            for at in ids
        ],
    )
    db.execute(
        insert(timers),
        [
            {
                "occasion": occasion(at + entry),
                "page": "titles.remind",
                "data": {"entry": at + entry},
                "person_id": at,
                "due_at": due_at,
                "until": due_at + timedelta(days=1),
                "set_at": TEN,
            }
            for at in ids
        ],
    )
