"""Many scripted calls at once over the wire, and how long their callers waited. For benches and soaks."""

import asyncio
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from outreach.simulator.caller import make_call, sounds_for
from outreach.simulator.fake_twilio import FakeCall
from outreach.simulator.line import Line, Quirks
from outreach.simulator.script import Step
from outreach.simulator.voice import Voice

NUMBERS: Final = "+86139{:08d}"
PERCENTILES: Final = (50, 95, 99, 100)


@dataclass(frozen=True, slots=True)
class CrowdReport:
    """What came of it.

    ``latencies_ms``: from each thing a caller did to the first sound of the answer, sorted.
    """

    calls: int
    latencies_ms: tuple[float, ...]
    failures: tuple[str, ...]
    errors: tuple[str, ...]

    def percentile(self, percent: float) -> float:
        """The latency that ``percent`` of all stay within, by nearest rank. Raises ValueError without any."""
        if not self.latencies_ms:
            raise ValueError("nothing was heard, so there is no latency")
        return self.latencies_ms[max(0, math.ceil(len(self.latencies_ms) * percent / 100) - 1)]

    def __str__(self) -> str:
        head = f"{self.calls} calls, {len(self.failures)} failed, {len(self.errors)} protocol errors"
        if not self.latencies_ms:
            return f"{head}; nothing was heard"
        waits = ", ".join(f"p{percent} {self.percentile(percent):.0f} ms" for percent in PERCENTILES)
        return f"{head}; {len(self.latencies_ms)} answers: {waits}"


async def crowd(
    line: Line,
    calls: int,
    script: Sequence[Step],
    *,
    every_seconds: float = 0.0,
    speed: float = 1.0,
    quirks: Quirks | None = None,
) -> CrowdReport:
    """Let ``calls`` callers, each with a number of their own, follow ``script``; one rings ``every_seconds``.

    All speak with one voice, which is made once. Raises VoiceError, StepFailed (a file that is no sound).
    """
    sounds = await sounds_for(script, Voice.of(zlib.crc32(line.called.encode())))

    async def one(number: int) -> tuple[FakeCall, str | None]:
        await asyncio.sleep(number * every_seconds)
        call = FakeCall(line, NUMBERS.format(number), speed, quirks=quirks)
        _, failure = await make_call(call, script, sounds)
        return call, failure

    done = await asyncio.gather(*(one(number) for number in range(calls)))
    waits = (clip.latency_ms for call, _ in done for clip in call.clips if clip.latency_ms is not None)
    return CrowdReport(
        calls=calls,
        latencies_ms=tuple(sorted(waits)),
        failures=tuple(failure for _, failure in done if failure is not None),
        errors=tuple(error for call, _ in done for error in call.errors),
    )
