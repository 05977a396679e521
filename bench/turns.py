"""Whole turns of the dialogue, each safe on disk before it is answered (SQLite, FULL), with 64 callers waiting.

In this process, without sockets or sound: it is the dialogue and the database that are measured, on one core since
Python runs one thread at a time.
"""

import asyncio
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sqlalchemy import Connection

from bench.effort import Effort
from bench.line import config
from bench.row import Row, percentile
from outreach.app import Parts, build
from outreach.conversation import Conversation
from outreach.demo import seed
from outreach.dialogue.page import Dtmf, Hello
from outreach.ivr.line import House
from outreach.serving import settle
from outreach.store import calls, people
from outreach.wire import CallIn

CALLERS = 64
LEAST_PER_SECOND, P99_LIMIT_MS = 1_000, 50.0
LANGUAGE = "zh-CN"
TO_THE_LIST = "1"
FORTH_AND_BACK = *("6",) * 10, *("4",) * 10
MILLI = 1e3


def measure(effort: Effort) -> list[Row]:
    """All callers as fast as they are answered."""
    return asyncio.run(_measure(effort))


async def _measure(effort: Effort) -> list[Row]:
    with TemporaryDirectory(prefix="outreach-bench-") as name:
        async with build(config(0, Path(name)), Parts(render_ahead=False, listen=False)) as built:
            house = built.house
            await house.database.write(lambda db: seed(db, datetime.now(UTC)))
            call_ids = [await _ring(house, number) for number in range(CALLERS)]
            settle()
            runs = [
                await _run(house.conversation, call_ids, effort.turns_each) for _ in range(effort.repeats)
            ]
    figures = [median(figure) for figure in zip(*runs, strict=True)]
    name = f"turns a second, {CALLERS} callers waiting"
    return [
        Row(name, figures[0], "/s", LEAST_PER_SECOND, at_least=True),
        Row("  turns a CPU second", figures[1], "/s"),
        Row("  one turn with its commit, p50", figures[2], "ms"),
        Row("  one turn with its commit, p99", figures[3], "ms", P99_LIMIT_MS),
    ]


async def _run(
    conversation: Conversation, call_ids: list[str], turns: int
) -> tuple[float, float, float, float]:
    """Turns a second, turns a CPU second, and how long one takes: median and 99th percentile, in ms."""
    waits: list[float] = []
    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(_browse(conversation, call_id, turns, waits) for call_id in call_ids))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    waits_ms = [wait * MILLI for wait in waits]
    return len(waits) / seconds, len(waits) / cpu, percentile(waits_ms, 50), percentile(waits_ms, 99)


async def _ring(house: House, number: int) -> str:
    """A caller known to us, at the first job of the list."""
    phone, now = f"+86138935{number:05d}", datetime.now(UTC)

    def work(db: Connection) -> str:
        person = people.create(db, phone, now, LANGUAGE)
        people.give_consent(db, person.id, "service", "bench/1", "voice", None, now)
        call = CallIn(house.carrier, f"CA{number}", phone, None)
        return calls.open_call(db, call, secrets.token_hex(16), now).id

    call_id = await house.database.write(work)
    await house.conversation.call_turn(call_id, Hello())
    await house.conversation.call_turn(call_id, Dtmf(TO_THE_LIST))
    return call_id


async def _browse(conversation: Conversation, call_id: str, turns: int, waits: list[float]) -> None:
    for turn in range(turns):
        asked = time.perf_counter()
        await conversation.call_turn(call_id, Dtmf(FORTH_AND_BACK[turn % len(FORTH_AND_BACK)]))
        waits.append(time.perf_counter() - asked)
