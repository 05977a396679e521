"""CPU time for one inbound 20 ms frame while sound goes out, recognition off; and Pipecat's, in the same seconds."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from statistics import median

import aiohttp

from bench.caller import Caller, line_of, pace, press_all
from bench.effort import Effort
from bench.machine import cpu_seconds
from bench.row import Row
from bench.served import PEER_HERE, Served, our_line, peer_line

SHARE_OF_PEER = 0.1
FRAMES_A_SECOND = 50
TO_A_LONG_PROMPT = "1", "1", "6"
"""Consent, the job listing, its next item: some forty seconds of sound."""
AGAIN = "#"
MICRO = 1e6


def measure(effort: Effort) -> list[Row]:
    """A crowd on our line, then two equal ones side by side, each ``repeats`` times; medians."""
    return asyncio.run(_measure(effort))


async def _measure(effort: Effort) -> list[Row]:
    rows: list[Row] = []
    async with _session() as session:
        with our_line(listening=False) as ours:
            async with _ours(session, ours, effort.calls) as crowd:
                each = [(await _window(effort, {ours: crowd}))[0] for _ in range(effort.repeats)]
                sounding = sum(caller.playing for caller in crowd) / len(crowd)
            rows.append(Row(f"frame, {effort.calls} calls, sound going out", median(each) * MICRO, "us"))
            rows.append(Row("  calls with sound going out to the end", sounding * 100, "%"))
            rows.append(_served("  frames served", ours.frames_of({c.call_sid for c in crowd}), crowd))
            if PEER_HERE:
                rows += await _beside(session, effort, ours, median(each))
    return rows


async def _beside(session: aiohttp.ClientSession, effort: Effort, ours: Served, crowded: float) -> list[Row]:
    """The same load for both at the same time: whatever else the machine does, it does to both."""
    with peer_line() as peer:
        async with _ours(session, ours, effort.against) as here, _peers(session, peer, effort.against) as there:
            pairs = [await _window(effort, {ours: here, peer: there}) for _ in range(effort.repeats)]
            sent = sum(caller.sent for caller in there)
            async with session.get(f"{peer.url}/frames") as answer:
                received = int(await answer.text())
    ours_us, peers_us = (median(costs) for costs in zip(*pairs, strict=True))
    return [
        Row(f"frame, {effort.against} calls, ours", ours_us * MICRO, "us"),
        Row(f"frame, {effort.against} calls, Pipecat, the same moment", peers_us * MICRO, "us"),
        Row("  frames that Pipecat served", 100 * received / sent, "%"),
        Row("  ours over Pipecat", median(a / b for a, b in pairs), "", SHARE_OF_PEER),
        Row(f"  ours with {effort.calls} calls over Pipecat with {effort.against}", crowded / peers_us, "", SHARE_OF_PEER),
    ]


async def _window(effort: Effort, crowds: dict[Served, list[Caller]]) -> list[float]:
    """CPU seconds a frame of each server, all their crowds calling at once."""
    for served, crowd in crowds.items():
        if not served.is_peer:
            await press_all(crowd, AGAIN)
    frames = round(effort.window_seconds * FRAMES_A_SECOND)
    before = [cpu_seconds(served.pid) for served in crowds]
    await pace([caller for crowd in crowds.values() for caller in crowd], frames)
    after = [cpu_seconds(served.pid) for served in crowds]
    return [
        (late - early) / (frames * len(crowd))
        for early, late, crowd in zip(before, after, crowds.values(), strict=True)
    ]


@asynccontextmanager
async def _ours(session: aiohttp.ClientSession, ours: Served, calls: int) -> AsyncIterator[list[Caller]]:
    crowd = [Caller(session) for _ in range(calls)]
    for number, caller in enumerate(crowd):
        await caller.ring(line_of(ours), f"+86138{number:08d}")
    for key in TO_A_LONG_PROMPT:
        await press_all(crowd, key)
    yield crowd
    await asyncio.gather(*(caller.hang_up() for caller in crowd))


@asynccontextmanager
async def _peers(session: aiohttp.ClientSession, peer: Served, calls: int) -> AsyncIterator[list[Caller]]:
    crowd = [Caller(session) for _ in range(calls)]
    for caller in crowd:
        await caller.open(f"ws://127.0.0.1:{peer.port}/media", {}, {})
    yield crowd
    await asyncio.gather(*(caller.hang_up() for caller in crowd))


@asynccontextmanager
async def _session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


def _served(name: str, frames: int, crowd: Sequence[Caller]) -> Row:
    return Row(name, 100 * frames / sum(caller.sent for caller in crowd), "%", 100, at_least=True)
