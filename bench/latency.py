"""What our server adds to a caller's wait, with all calls live and a fifth of the time speech, as the carrier sees it.

Each caller says a word while a job is read out, hears another job, and goes back by a key, again and again.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator
from itertools import chain

from bench.caller import Caller
from bench.crowd import listeners, pace, session
from bench.effort import Effort
from bench.frame import FRAMES_A_SECOND
from bench.row import Row, percentile
from bench.served import our_line
from bench.voice import frames_of

LIMITS_MS = {
    # the server's share; with the carrier's it may be 150 ms, 300 ms and 100 ms
    "key answered": 30.0,
    "speech answered": 60.0,
    "key cuts": 20.0,
    "speech cuts": 20.0,
}
MEANING = {
    "key answered": "from a key to the answer's first sound",
    "speech answered": "from the end of the silence after speech to the answer's first sound",
    "key cuts": "from a key to silence",
    "speech cuts": "from 160 ms of speech to silence",
}
ROUND = ("下一条", "4"), ("上一条", "6")
"""A word and the key that undoes it."""
ROUND_FRAMES, KEY_AT = 320, 240
"""A word lasts some 1.3 s, a fifth of the round; at the key the answer to it has been playing for two seconds."""
MILLI = 1e3


def measure(effort: Effort) -> list[Row]:
    """Percentiles over all callers, after some rounds in which every clip is rendered."""
    return asyncio.run(_measure(effort))


async def _measure(effort: Effort) -> list[Row]:
    async with session() as door:
        with our_line(listening=True) as ours:
            async with listeners(door, ours, effort, speak=True) as crowd:
                await talk(crowd, effort.warm_rounds * ROUND_FRAMES, effort)
                for caller in crowd:
                    caller.waits.clear()
                    caller.unanswered.clear()
                await talk(crowd, round(effort.talk_seconds * FRAMES_A_SECOND), effort)
    return [*chain.from_iterable(_rows(crowd, how) for how in LIMITS_MS), _unanswered(crowd)]


async def talk(crowd: list[Caller], frames: int, effort: Effort) -> None:
    """All callers in rounds, evenly spread over them."""
    lag = {caller: number * ROUND_FRAMES // len(crowd) for number, caller in enumerate(crowd)}

    def act(caller: Caller, frame: int) -> Coroutine[None, None, None] | None:
        turn, at = divmod(frame - lag[caller], ROUND_FRAMES)
        word, key = ROUND[turn % len(ROUND)]
        if at == 0:
            caller.say(frames_of(word))
        return caller.press(key) if at == KEY_AT and turn >= 0 else None

    await pace(crowd, frames, effort, act)


def _rows(crowd: list[Caller], how: str) -> Iterator[Row]:
    waits = [wait * MILLI for caller in crowd for wait in caller.waits[how]]
    yield Row(f"{MEANING[how]}, p95 of {len(waits)}", percentile(waits, 95), "ms", LIMITS_MS[how])
    yield Row("  p50", percentile(waits, 50), "ms")
    yield Row("  p99", percentile(waits, 99), "ms")


def _unanswered(crowd: list[Caller]) -> Row:
    unanswered = sum((caller.unanswered for caller in crowd), Counter[str]())
    answered = sum(len(caller.waits[how]) for caller in crowd for how in ("key answered", "speech answered"))
    return Row("of these not answered at all", 100 * unanswered.total() / max(1, answered), "%", 0)
