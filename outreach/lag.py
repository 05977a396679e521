"""How late the event loop runs: when it is late, live calls stutter, so new ones are sent to keys alone."""

import asyncio
from collections import deque

from outreach import metrics

EVERY_SECONDS = 0.1
SAMPLES = 50
"""Five seconds: long enough to pass over one slow moment, short enough to notice a crowd."""


class LoopLag:
    """Measures itself while ``run`` runs."""

    def __init__(self, limit_seconds: float) -> None:
        self._limit_seconds = limit_seconds
        self._late: deque[float] = deque([0.0] * SAMPLES, SAMPLES)

    async def run(self) -> None:
        """Sleep, and see how late it gets up, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY_SECONDS
            await asyncio.sleep(EVERY_SECONDS)
            self._late.append(max(loop.time() - due, 0.0))
            metrics.LOOP_LAG_SECONDS.set(self.seconds)

    @property
    def seconds(self) -> float:
        """The second worst of the last samples: one outlier is a page fault, two are a load."""
        return sorted(self._late)[-2]

    def busy(self) -> bool:
        """Is it too late for another live call?"""
        return self.seconds > self._limit_seconds
