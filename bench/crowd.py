"""Many callers at once: how they reach the line, get to where they listen, and are kept in step."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import perf_counter

import aiohttp

from bench.caller import FRAME_MS, Caller, line_of
from bench.effort import Effort
from bench.served import Served

TO_A_LONG_PROMPT = "1", "1", "6"
"""Consent, the job listing, its next item: some forty seconds of sound."""
APART_FRAMES = 30
"""Between two keys: the same one again within half a second is one stroke."""

Act = Callable[[Caller, int], object]


@asynccontextmanager
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """What callers reach the line through, all at once."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as opened:
        yield opened


@asynccontextmanager
async def listeners(
    door: aiohttp.ClientSession, ours: Served, effort: Effort, *, speak: bool = False
) -> AsyncIterator[list[Caller]]:
    """Callers of our line, new to it, each of whom hears a long prompt; they hang up in the end."""
    callers = [Caller(door, speaks=speak) for _ in range(effort.calls)]
    for number, caller in enumerate(callers):
        await caller.ring(line_of(ours), f"+86138{number:08d}")
    for key in TO_A_LONG_PROMPT:
        await press_all(callers, key, effort)
    yield callers
    await asyncio.gather(*(caller.hang_up() for caller in callers))


async def pace(callers: list[Caller], frames: int, effort: Effort, act: Act | None = None) -> None:
    """Send ``frames`` frames of every caller, spread over each 20 ms; what is late is sent at once, nothing dropped.

    ``act`` is called before each frame with the caller and the frame's number; what it returns is awaited, if it can.
    """
    slots = [callers[slot::FRAME_MS] for slot in range(FRAME_MS)]
    begun = perf_counter()
    for tick in range(frames * FRAME_MS):
        await asyncio.sleep(max(0.0, begun + tick / 1000 / effort.speed - perf_counter()))
        for caller in slots[tick % FRAME_MS]:
            if act is not None and asyncio.iscoroutine(doing := act(caller, tick // FRAME_MS)):
                await doing
            await caller.tick()


async def press_all(callers: list[Caller], key: str, effort: Effort) -> None:
    """Everybody presses ``key`` and is answered. Raises TimeoutError."""
    await asyncio.gather(*(caller.press(key) for caller in callers))
    await pace(callers, APART_FRAMES, effort)
    await asyncio.gather(*(caller.answered() for caller in callers))
