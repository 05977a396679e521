"""The signed webhook of a call that rings, each call stored safely before it is answered. For information."""

import asyncio
import secrets
import time
from collections.abc import Iterator

import aiohttp

from bench.caller import line_of, webhook
from bench.crowd import session
from bench.effort import Effort
from bench.machine import cpu_seconds
from bench.row import Row, percentile
from bench.served import our_line
from outreach.simulator.call_params import call_params
from outreach.simulator.line import Line

AT_ONCE = 16
MICRO, MILLI = 1e6, 1e3


def measure(effort: Effort) -> list[Row]:
    """Sixteen connections, each asking again as soon as it is answered."""
    return asyncio.run(_measure(effort))


async def _measure(effort: Effort) -> list[Row]:
    async with session() as door:
        with our_line(listening=False) as ours:
            line = line_of(ours)
            requests = [_signed(line, number) for number in range(effort.requests)]
            waits: list[float] = []
            began, cpu = time.perf_counter(), cpu_seconds(ours.pid)
            waiting = iter(requests)
            await asyncio.gather(*(_ask_all(door, line, waiting, waits) for _ in range(AT_ONCE)))
            seconds, cpu = time.perf_counter() - began, cpu_seconds(ours.pid) - cpu
    return [
        Row("signed webhook of a new call, server's CPU", cpu / len(waits) * MICRO, "us"),
        Row("  answered a second", len(waits) / seconds, "/s"),
        Row("  p99", percentile(waits, 99) * MILLI, "ms"),
    ]


def _signed(line: Line, number: int) -> tuple[bytes, dict[str, str]]:
    params = call_params(line, "CA" + secrets.token_hex(16), f"+86137{number:08d}", "ringing")
    return webhook(line, line.voice_url, params)


async def _ask_all(
    door: aiohttp.ClientSession,
    line: Line,
    requests: Iterator[tuple[bytes, dict[str, str]]],
    waits: list[float],
) -> None:
    for body, headers in requests:
        asked = time.perf_counter()
        async with door.post(line.voice_url, data=body, headers=headers) as answer:
            assert answer.status == 200, answer.status
            await answer.read()
        waits.append(time.perf_counter() - asked)
