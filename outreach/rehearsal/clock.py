"""Time that goes from one due moment to the next, and what simulated people are going to do."""

import heapq
import itertools
from collections.abc import Awaitable, Callable
from datetime import datetime

Deed = Callable[[], Awaitable[object]]


class Clock:
    """The rehearsal's time: stands still until it is moved. Call it to read it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time."""
        return self.now


class Agenda:
    """What is going to happen, in its order; of two things at one moment, the one that was planned first."""

    def __init__(self) -> None:
        self._waiting: list[tuple[datetime, int, Deed]] = []
        self._numbers = itertools.count()

    def plan(self, at: datetime, deed: Deed) -> None:
        """Have it done at ``at``."""
        heapq.heappush(self._waiting, (at, next(self._numbers), deed))

    def first(self) -> datetime | None:
        """When the next thing happens."""
        return self._waiting[0][0] if self._waiting else None

    def take(self, now: datetime) -> tuple[datetime, Deed] | None:
        """The next thing that is due by ``now``, and when it was to be."""
        if not self._waiting or self._waiting[0][0] > now:
            return None
        at, _, deed = heapq.heappop(self._waiting)
        return at, deed
