"""Text messages through the signed webhook: a whole turn each, its reply queued, safe on disk (SQLite, FULL) first.

Held against an endpoint that checks the same signature and does nothing. Senders are known to us and browse the job
openings; each writes seldom enough not to be taken for a machine.
"""

import asyncio
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

import aiohttp
from sqlalchemy import Connection

from bench.caller import FORM
from bench.crowd import session
from bench.effort import Effort
from bench.machine import cpu_seconds
from bench.row import Row, percentile
from bench.served import Served, our_line, signature_alone
from outreach.carriers.twilio.texts import SMS
from outreach.simulator import demo_account
from outreach.simulator.signing import HEADER, sign
from outreach.simulator.texts import message_params
from outreach.sms.inbound import TOO_MANY
from outreach.store import people

AT_ONCE = 16
EACH = min(20, TOO_MANY - 1)
A_SECOND = 200
WORDS = ("招聘", *("6",) * 5, *("4",) * 5)
RATIO_LIMIT, LEAST_PER_CPU_SECOND, P99_LIMIT_MS = 4.0, 800, 60.0
LANGUAGE = "zh-CN"
MICRO, MILLI = 1e6, 1e3

Request = tuple[bytes, dict[str, str]]


def measure(effort: Effort) -> list[Row]:
    """As fast as they are answered, then two hundred a second."""
    return asyncio.run(_measure(effort))


async def _measure(effort: Effort) -> list[Row]:
    senders = -(-2 * effort.requests // EACH)

    def known(db: Connection) -> None:
        now = datetime.now(UTC)
        for number in range(senders):
            person = people.create(db, _phone(number), now, LANGUAGE)
            people.give_consent(db, person.id, "service", "bench/1", "sms", None, now)

    async with session() as door:
        with our_line(listening=False, people=known) as ours:
            requests = _messages(ours, senders)
            cpu, waits, seconds = await _flood(door, ours, requests, effort.requests)
            calm = await _steadily(door, ours, requests, min(effort.requests, 2_000))
        with signature_alone() as bare:
            least, *_ = await _flood(door, bare, _messages(bare, senders), effort.requests)
    return [
        Row("text message with its turn, server's CPU", cpu * MICRO, "us"),
        Row("  against one whose signature is checked, no more", cpu / least, "x", RATIO_LIMIT),
        Row("  a CPU second", 1 / cpu, "/s", LEAST_PER_CPU_SECOND, at_least=True),
        Row("  a second, 16 at once", len(waits) / seconds, "/s"),
        Row(f"  p99 at {A_SECOND} a second", percentile(calm, 99) * MILLI, "ms", P99_LIMIT_MS),
        Row("  p50", percentile(calm, 50) * MILLI, "ms"),
    ]


def _messages(served: Served, senders: int) -> Iterator[Request]:
    """One of each sender, then the next of each."""
    url = served.url + SMS
    for turn in range(EACH):
        for number in range(senders):
            body = WORDS[turn % len(WORDS)]
            form = message_params("SM" + secrets.token_hex(16), _phone(number), demo_account.NUMBER, body)
            signed = {HEADER: sign(url, dict(form), demo_account.AUTH_TOKEN), "Content-Type": FORM}
            yield urlencode(form).encode(), signed


async def _flood(
    door: aiohttp.ClientSession, served: Served, requests: Iterator[Request], number: int
) -> tuple[float, list[float], float]:
    """The server's CPU seconds for each of ``number`` requests, how long they took, and all together."""
    ready = iter([next(requests) for _ in range(number)])
    waits: list[float] = []

    async def ask_all() -> None:
        for request in ready:
            waits.append(await _ask(door, served, request))

    began, cpu = time.perf_counter(), cpu_seconds(served.pid)
    await asyncio.gather(*(ask_all() for _ in range(AT_ONCE)))
    seconds = time.perf_counter() - began
    return (cpu_seconds(served.pid) - cpu) / number, waits, seconds


async def _steadily(
    door: aiohttp.ClientSession, served: Served, requests: Iterator[Request], number: int
) -> list[float]:
    ready = [next(requests) for _ in range(number)]
    began, asked = time.perf_counter(), []
    for at, request in enumerate(ready):
        await asyncio.sleep(max(0.0, began + at / A_SECOND - time.perf_counter()))
        asked.append(asyncio.create_task(_ask(door, served, request)))
    return await asyncio.gather(*asked)


async def _ask(door: aiohttp.ClientSession, served: Served, request: Request) -> float:
    body, headers = request
    asked = time.perf_counter()
    async with door.post(served.url + SMS, data=body, headers=headers) as answer:
        assert answer.status in (200, 204), answer.status
        await answer.read()
    return time.perf_counter() - asked


def _phone(number: int) -> str:
    return f"+86139{number:08d}"
