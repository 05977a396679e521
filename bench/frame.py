"""CPU time for one inbound 20 ms frame while sound goes out: ours, deaf and listening, and Pipecat's.

All servers run at once and get their frames in turns, so that what else the machine does falls on all.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from statistics import median

import aiohttp

from bench.caller import Caller
from bench.crowd import listeners, pace, press_all, session
from bench.effort import Effort
from bench.machine import cpu_seconds
from bench.row import Row
from bench.served import PEER_HERE, Served, our_line, peer_line

SHARE_OF_PEER = 0.1
FRAMES_A_SECOND = 50
AGAIN = "#"
MICRO = 1e6


@dataclass(slots=True)
class Crowd:
    """Calls to one server, and what each of its windows cost, in microseconds a frame."""

    served: Served
    callers: list[Caller]
    costs: list[float] = field(default_factory=list)


def measure(effort: Effort) -> list[Row]:
    """``repeats`` windows of each crowd; medians."""
    return asyncio.run(_measure(effort))


async def _measure(effort: Effort) -> list[Row]:
    async with session() as door, AsyncExitStack() as stack:
        ours = stack.enter_context(our_line(listening=False))
        deaf = Crowd(ours, await stack.enter_async_context(listeners(door, ours, effort)))
        few = Crowd(ours, deaf.callers[: effort.against])
        listening = stack.enter_context(our_line(listening=True))
        gated = Crowd(listening, await stack.enter_async_context(listeners(door, listening, effort)))
        crowds = [deaf, few, gated]
        if PEER_HERE:
            pipecat = stack.enter_context(peer_line())
            peer = Crowd(pipecat, await stack.enter_async_context(_peers(door, pipecat, effort.against)))
            crowds.append(peer)
        for _ in range(effort.repeats):
            for crowd in crowds:
                crowd.costs.append(await _window(crowd, effort))
        sounding = sum(caller.playing for caller in gated.callers)
        await asyncio.gather(*(caller.hang_up() for caller in deaf.callers))
        taken = await ours.frames_of({caller.call_sid for caller in deaf.callers})
        rows = [
            Row(f"frame, {effort.calls} calls, sound going out", median(deaf.costs), "us"),
            _share("  frames served", taken, deaf),
            Row(
                "  calls with sound going out to the end",
                100 * sounding / effort.calls,
                "%",
                100,
                at_least=True,
            ),
            Row(f"frame, {effort.calls} calls, listening to silence too", median(gated.costs), "us"),
            Row(f"frame, {effort.against} calls, sound going out", median(few.costs), "us"),
        ]
        if PEER_HERE:
            async with door.get(f"{pipecat.url}/frames") as answer:
                taken = int(await answer.text())
            rows += [
                Row(f"frame, {effort.against} calls, sound going out, Pipecat", median(peer.costs), "us"),
                _share("  frames that Pipecat served", taken, peer),
                Row("  ours over Pipecat, as many calls", _ratio(few, peer), ""),
                Row(f"  ours with {effort.calls} calls over Pipecat", _ratio(deaf, peer), "", SHARE_OF_PEER),
            ]
        return rows


async def _window(crowd: Crowd, effort: Effort) -> float:
    """All of the crowd calling. Our own have just been given a long prompt."""
    if not crowd.served.is_peer:
        await press_all(crowd.callers, AGAIN, effort)
    frames = round(effort.window_seconds * FRAMES_A_SECOND)
    before = cpu_seconds(crowd.served.pid)
    await pace(crowd.callers, frames, effort)
    return (cpu_seconds(crowd.served.pid) - before) / (frames * len(crowd.callers)) * MICRO


@asynccontextmanager
async def _peers(door: aiohttp.ClientSession, peer: Served, calls: int) -> AsyncIterator[list[Caller]]:
    callers = [Caller(door) for _ in range(calls)]
    for caller in callers:
        await caller.open(f"ws://127.0.0.1:{peer.port}/media", {}, {})
    yield callers
    await asyncio.gather(*(caller.hang_up() for caller in callers))


def _ratio(crowd: Crowd, peer: Crowd) -> float:
    return median(own / theirs for own, theirs in zip(crowd.costs, peer.costs, strict=True))


def _share(name: str, taken: int, crowd: Crowd) -> Row:
    sent = sum(caller.sent for caller in crowd.callers)
    return Row(name, 100 * taken / sent, "%", 100, at_least=True)
