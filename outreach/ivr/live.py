"""What testers may watch of a call while it is live: which prompt follows which mark, and what was understood.

Kept in this process only, for calls that somebody may watch (demo mode or a tester's signature); never logged.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

CALLS_KEPT = 50
EVENTS_KEPT = 1000

Event = dict[str, Any]


@dataclass(slots=True)
class _Watched:
    events: list[Event] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False


class LiveCalls:
    """Events per carrier's call id. ``enabled`` false: nothing is kept."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self._node = secrets.token_hex(4)
        self._calls: OrderedDict[str, _Watched] = OrderedDict()

    def publish(self, carrier_call_id: str, event: Event) -> None:
        """Add one event."""
        if not self.enabled:
            return
        watched = self._watched(carrier_call_id)
        if len(watched.events) < EVENTS_KEPT:
            # a number of its own, so that who watches again after a broken connection knows what is new
            watched.events.append({"id": f"{self._node}-{len(watched.events)}", **event})
        watched.changed.set()

    def end(self, carrier_call_id: str) -> None:
        """No more will come."""
        if carrier_call_id in self._calls:
            self._calls[carrier_call_id].ended = True
            self._calls[carrier_call_id].changed.set()

    async def watch(self, carrier_call_id: str) -> AsyncIterator[Event]:
        """All events of a call, those from before included, until it ends."""
        watched, seen = self._watched(carrier_call_id), 0
        while True:
            watched.changed.clear()
            while seen < len(watched.events):
                yield watched.events[seen]
                seen += 1
            if watched.ended:
                return
            await watched.changed.wait()

    def _watched(self, carrier_call_id: str) -> _Watched:
        watched = self._calls.setdefault(carrier_call_id, _Watched())
        while len(self._calls) > CALLS_KEPT:
            _, oldest = self._calls.popitem(last=False)
            oldest.ended = True
            oldest.changed.set()
        return watched
