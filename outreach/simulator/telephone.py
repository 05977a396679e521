"""The caller's side of one call: its clock, what is heard and said, the keys, and waiting for any of these.

Call time advances in frames of 20 ms and only here, so that sound, marks and the carrier's timers can never
drift apart, however fast the call runs. No network and no TwiML.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from outreach.simulator.playback import FRAME_BYTES, FRAME_SECONDS, Clip, Playback
from outreach.speech.mulaw import RATE, SILENCE

KEYS: Final = frozenset("0123456789*#ABCD")
LIVE_BYTES: Final = RATE // 2
"""Of a live microphone at most half a second is kept waiting; what is older is dropped, so that it stays
live.
"""
LATE_FRAMES: Final = 10
"""A stalled process goes on this far behind at most, instead of pouring out all that it missed."""


class HungUp(Exception):
    """The call is over: nothing more will be heard or said."""


@dataclass(slots=True)
class Recording:
    """Both sides of a call from its first ring, mu-law at 8 kHz, of equal length."""

    caller: bytearray
    line: bytearray

    @property
    def seconds(self) -> float:
        """Call time recorded."""
        return len(self.line) / RATE


@dataclass(slots=True, eq=False)
class _Waiter:
    ready: Callable[[], bool]
    until: float | None
    outcome: asyncio.Future[bool]


class Telephone:
    """One caller's telephone. ``speed``: how much faster than life the call runs."""

    def __init__(
        self,
        speed: float = 1.0,
        *,
        comfort_noise: bool = False,
        on_mark: Callable[[str], None] = lambda _name: None,
        on_begin: Callable[[Clip], None] = lambda _clip: None,
    ) -> None:
        self.ear = Playback(on_mark, on_begin)
        self.heard = Recording(bytearray(), bytearray())
        self.keys: deque[str] = deque()
        self.on_frame: list[Callable[[bytes, bytes, float], None]] = []  # caller's frame, line's frame, at
        self.over = False
        self._speed = speed
        self._frames = 0
        self._words: deque[bytes] = deque()  # frames
        self._spoken = 0
        self._live = bytearray()
        self._waiters: list[_Waiter] = []
        self._noise = random.Random(1) if comfort_noise else None  # noqa: S311  (noise, not a secret)

    @property
    def now(self) -> float:
        """Call seconds since the first ring."""
        return self._frames * FRAME_SECONDS

    async def keep_time(self) -> None:
        """Let time pass until the call is over."""
        loop = asyncio.get_running_loop()
        frame_seconds = FRAME_SECONDS / self._speed
        due = loop.time()
        while not self.over:
            due = max(due + frame_seconds, loop.time() - LATE_FRAMES * frame_seconds)
            await asyncio.sleep(due - loop.time())
            self.tick()

    def tick(self) -> None:
        """One frame of 20 ms:

        both sides of it are recorded and handed on, then whoever waits is looked after.
        """
        at = self.now
        said, heard = self._said(), self.ear.take(at)
        self.heard.caller += said
        self.heard.line += heard
        self._frames += 1
        for listener in self.on_frame:
            listener(said, heard, at)
        for waiter in self._waiters:
            self._look_after(waiter)

    def say(self, mulaw: bytes) -> Callable[[], bool]:
        """Queue words for the mouth; returns a question: have they been spoken?"""
        for start in range(0, len(mulaw), FRAME_BYTES):
            self._words.append(mulaw[start : start + FRAME_BYTES].ljust(FRAME_BYTES, SILENCE))
        last = self._spoken + len(self._words)
        return lambda: self._spoken >= last

    def say_live(self, mulaw: bytes) -> None:
        """Add sound from a live microphone; it is spoken as soon as possible."""
        self._live += mulaw
        del self._live[:-LIVE_BYTES]

    def hang_up(self) -> None:
        """End the call: whoever waits gets HungUp."""
        self.over = True
        for waiter in self._waiters:
            if not waiter.outcome.done():
                waiter.outcome.set_exception(HungUp())

    async def wait(self, ready: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait until ``ready()``, looked at once a frame; False after ``seconds`` of call time.

        Raises HungUp.
        """
        if self.over:
            raise HungUp
        if ready():
            return True
        until = None if seconds is None else self.now + seconds
        waiter = _Waiter(ready, until, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        try:
            return await waiter.outcome
        finally:
            self._waiters.remove(waiter)

    async def sleep(self, seconds: float) -> None:
        """Let call time pass. Raises HungUp."""
        await self.wait(lambda: False, seconds)

    def _look_after(self, waiter: _Waiter) -> None:
        if waiter.outcome.done():
            return
        if waiter.ready():
            waiter.outcome.set_result(True)
        elif waiter.until is not None and self.now >= waiter.until:
            waiter.outcome.set_result(False)

    def _said(self) -> bytes:
        if self._words:
            self._spoken += 1
            return self._words.popleft()
        if len(self._live) >= FRAME_BYTES:
            frame = bytes(self._live[:FRAME_BYTES])
            del self._live[:FRAME_BYTES]
            return frame
        if self._noise is not None:
            return bytes(self._noise.choices(b"\xff\x7f\xfe\x7e", k=FRAME_BYTES))
        return SILENCE * FRAME_BYTES
