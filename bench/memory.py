"""Memory of the server process: with a hundred calls live, and after thousands of short ones."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import aiohttp

from bench.caller import Caller, line_of
from bench.crowd import listeners, session
from bench.effort import Effort
from bench.latency import ROUND_FRAMES, talk
from bench.machine import resident_mb
from bench.row import Row
from bench.served import Served, our_line

LIMIT_MB, GROWTH_LIMIT_MB = 150.0, 5.0
AT_ONCE = 32
"""Short calls at a time."""
NUMBERS = 5_000
"""Callers ring again: a house has so many."""
KEYS = "1", "1"
FRAMES_BETWEEN = 30
"""More than half a second by the stream's own clock, sent at once: the same key sooner is one stroke."""


def measure(effort: Effort) -> list[Row]:
    """Before any call, with all live and speaking, and after ever more short ones."""
    return asyncio.run(_measure(effort))


async def _measure(effort: Effort) -> list[Row]:
    async with session() as door:
        with our_line(listening=True) as ours:
            rows = [Row("memory, no call yet", resident_mb(ours.pid), "MB")]
            async with listeners(door, ours, effort, speak=True) as crowd:
                await talk(crowd, effort.warm_rounds * ROUND_FRAMES, effort)
                live = resident_mb(ours.pid)
            rows.append(Row(f"memory, {effort.calls} calls live and spoken with", live, "MB", LIMIT_MB))
            after = [(done, resident_mb(ours.pid)) async for done in _short_calls(door, ours, effort)]
    rows += [Row(f"memory after {done:,} short calls", used, "MB") for done, used in after]
    return [
        *rows,
        Row(
            "  growth from the first of these to the last", after[-1][1] - after[0][1], "MB", GROWTH_LIMIT_MB
        ),
    ]


async def _short_calls(door: aiohttp.ClientSession, ours: Served, effort: Effort) -> AsyncIterator[int]:
    """Ring, press a key or two, hang up; yields each number of calls in ``soak`` when so many are over."""
    done = 0
    for until in effort.soak:
        waiting = iter(range(done, until))
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(_call_all(door, ours, waiting))
        done = until
        yield done


async def _call_all(door: aiohttp.ClientSession, ours: Served, numbers: Iterator[int]) -> None:
    line = line_of(ours)
    for number in numbers:
        caller = Caller(door)
        await caller.ring(line, f"+86139{number % NUMBERS:08d}")
        for key in KEYS:
            for _ in range(FRAMES_BETWEEN):
                await caller.tick()
            await caller.press(key)
            await caller.answered()
        await caller.hang_up()
        await caller.ended(line)
