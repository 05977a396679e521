"""What the caller's ear still has to hear: the carrier's play-out buffer with its marks. Time is
an argument.

A *clip* is all that is heard between two marks: one prompt, as the line sends it.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from outreach.speech.mulaw import RATE, SILENCE

FRAME_BYTES: Final = 160
FRAME_SECONDS: Final = 0.02
BUFFER_BYTES: Final = 10 * 60 * RATE
"""Twilio discards what goes beyond ten minutes (error 31931)."""


@dataclass(frozen=True, slots=True)
class Caption:
    """What a clip says: the prompts' keys and the words as written."""

    key: str | None
    text: str
    turn: int | None = None


@dataclass(slots=True, eq=False)
class Clip:
    """One prompt on its way to the ear.

    Times are call seconds; None: not yet (``ended_at`` also when cut off).
    """

    mark: str | None = None
    caption: Caption | None = None
    began_at: float | None = None
    ended_at: float | None = None
    cleared: bool = False
    acted: float | None = None  # when the caller did what this is the first answer to, on ``clock``
    latency_ms: float | None = None

    @property
    def over(self) -> bool:
        """Played to its end, or cleared."""
        return self.cleared or self.ended_at is not None


@dataclass(slots=True)
class _Piece:
    """Queued sound of a clip."""

    sound: memoryview
    clip: Clip


@dataclass(slots=True)
class _End:
    """Queued end of a clip: of one sent over a stream there is a mark, of a played file none."""

    clip: Clip | None
    mark: str | None


class Playback:
    """The play-out buffer of one call. ``clock``: real seconds, for latencies only.

    ``on_mark`` is told each mark that is reached or cleared, in order; ``on_begin`` each clip as its first
    sample is played; the functions in ``on_clear`` that the buffer is about to be emptied. ``clips`` is all
    that ever came.
    """

    def __init__(
        self,
        on_mark: Callable[[str], None],
        on_begin: Callable[[Clip], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clips: list[Clip] = []
        self.on_clear: list[Callable[[], None]] = []
        self._on_mark = on_mark
        self._on_begin = on_begin
        self._clock = clock
        self._acted: float | None = None
        self._queue: deque[_Piece | _End] = deque()
        self._buffered_bytes = 0
        self._open: Clip | None = None
        self._now = 0.0

    @property
    def buffered_seconds(self) -> float:
        """How long the queued sound will last."""
        return self._buffered_bytes / RATE

    def acted(self) -> None:
        """The caller did something just now: the next clip to arrive is the answer."""
        self._acted = self._clock()

    def sound(self, mulaw: bytes) -> int:
        """Queue sound; returns how many bytes of it were discarded because the buffer was full."""
        kept = mulaw[: BUFFER_BYTES - self._buffered_bytes]
        clip = self._open or self._opened()
        if kept:
            self._queue.append(_Piece(memoryview(kept), clip))
            self._buffered_bytes += len(kept)
        return len(mulaw) - len(kept)

    def whole(self, mulaw: bytes, caption: Caption | None) -> Clip:
        """Queue one complete clip, as ``<Play>`` does."""
        clip = self._opened()
        clip.caption = caption
        self.sound(mulaw)
        self._queue.append(_End(clip, None))
        self._open = None
        return clip

    def mark(self, name: str) -> None:
        """Queue a mark; with nothing before it, it is reached at once."""
        clip, self._open = self._open, None
        if clip is not None:
            clip.mark = name
        if self._queue:
            self._queue.append(_End(clip, name))
        else:
            self._reach(_End(clip, name), self._now)

    def clear(self) -> None:
        """Empty the buffer. All marks in it come back, in order."""
        for listener in self.on_clear:
            listener()
        waiting, self._queue = self._queue, deque()
        if self._open is not None:
            self._open.cleared = True
        self._buffered_bytes, self._open = 0, None
        for item in waiting:
            if item.clip is not None:
                item.clip.cleared = True
        for item in waiting:
            if isinstance(item, _End) and item.mark is not None:
                self._on_mark(item.mark)

    def take(self, now: float) -> bytes:
        """The next frame for the ear, filled up with silence; marks whose sound has now been played are
        told.
        """
        self._now = now
        frame = bytearray()
        while self._queue:
            match self._queue[0]:
                case _Piece() as piece if len(frame) < FRAME_BYTES:
                    self._play(piece, frame)
                case _Piece():
                    break
                case _End() as end:
                    self._queue.popleft()
                    self._reach(end, now + FRAME_SECONDS)
        return bytes(frame.ljust(FRAME_BYTES, SILENCE))

    def _opened(self) -> Clip:
        clip = self._open = Clip(acted=self._acted)
        self._acted = None
        self.clips.append(clip)
        if not self._buffered_bytes:
            self._answer(clip)
        return clip

    def _answer(self, clip: Clip) -> None:
        if clip.acted is not None and clip.latency_ms is None:
            clip.latency_ms = (self._clock() - clip.acted) * 1000

    def _play(self, piece: _Piece, frame: bytearray) -> None:
        if piece.clip.began_at is None:
            piece.clip.began_at = self._now
            self._answer(piece.clip)
            self._on_begin(piece.clip)
        part = piece.sound[: FRAME_BYTES - len(frame)]
        frame += part
        self._buffered_bytes -= len(part)
        piece.sound = piece.sound[len(part) :]
        if not piece.sound:
            self._queue.popleft()

    def _reach(self, end: _End, at: float) -> None:
        if end.clip is not None:
            end.clip.ended_at = at
        if end.mark is not None:
            self._on_mark(end.mark)
