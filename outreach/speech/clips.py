"""Every prompt as sound, ready to be sent: from memory, from disk, from a recording, else rendered.

Which clips there are and in what order they are played is the caller's business (``ivr/playlist.py``); how
speech is rendered, the synthesiser's.
"""

import asyncio
import contextlib
import hashlib
import os
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import structlog

from outreach.speech import mulaw
from outreach.speech.recordings import RecordingError, left, recorded
from outreach.speech.spoken import spoken
from outreach.speech.synthesizer import SynthesisError, Synthesizer, Utterance

RENDER_CONCURRENCY = 2

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Clip:
    """One piece of a prompt. ``key``: of the prompt ("jobs.menu"); ``text``: as written.

    ``recording``: the clip is a whole prompt without slots, so a file ``<language>/<key>.wav`` may stand for it.
    ``personal``: somebody's own words or data: never on disk. ``sound``: a caller's recording, played instead of
    ``text`` while its file is there.
    """

    key: str
    text: str
    language: str
    speed: int
    recording: bool = False
    personal: bool = False
    sound: str = ""


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What ``ClipStore.render`` did. ``kept``: left alone. ``failed``: prompt key and reason of each."""

    rendered: int
    kept: int
    failed: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Tally:
    rendered: int = 0
    kept: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)


class ClipStore:
    """Rendered speech, in memory (``memory_bytes``, least recently used goes first) and under ``directory``.

    ``recordings``: the folder of recorded prompts, by language; ``callers``: of what callers recorded. One event loop;
    several processes may share the directory. ``rendered_in_calls`` counts what a caller had to wait for, but for
    personal clips.
    """

    def __init__(
        self,
        directory: Path,
        synthesizer: Synthesizer,
        recordings: Path,
        memory_bytes: int,
        callers: Path | None = None,
    ) -> None:
        self.rendered_in_calls = 0
        self._directory = directory
        self._synthesizer = synthesizer
        self._recordings = recordings
        self._callers = callers
        self._memory: OrderedDict[Clip, bytes] = OrderedDict()
        self._memory_left = memory_bytes
        self._loading: dict[Clip, asyncio.Task[bytes]] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._broken: set[Path] = set()
        self._parts = count()

    def peek(self, clip: Clip) -> bytes | None:
        """The sound (mu-law, 8 kHz) if it is in memory. Takes microseconds."""
        audio = self._memory.get(clip)
        if audio is not None:
            self._memory.move_to_end(clip)
        return audio

    async def fetch(self, clip: Clip) -> bytes:
        """The sound (mu-law, 8 kHz), wherever it comes from; rendered once, however many ask.

        Raises SynthesisError.
        """
        audio = self.peek(clip)
        if audio is not None:
            return audio
        task = self._loading.get(clip)
        if task is None:
            task = self._loading[clip] = asyncio.create_task(self._load(clip))
            self._idle.clear()
            task.add_done_callback(lambda done: self._loaded(clip, done))
        return await asyncio.shield(task)  # a caller who hangs up must not take it from the others

    async def render(self, clips: Iterable[Clip]) -> RenderReport:
        """Put on disk what is not there yet, for when texts are written; calls in progress go first."""
        tally = _Tally()
        waiting = iter(dict.fromkeys(clips))
        async with asyncio.TaskGroup() as group:
            for _ in range(RENDER_CONCURRENCY):
                group.create_task(self._render_from(waiting, tally))
        return RenderReport(tally.rendered, tally.kept, tuple(tally.failed))

    def forget_recordings(self, names: Collection[tuple[str, str]]) -> None:
        """Recordings of these prompts (language and key) have come, gone or become others."""
        for clip in [it for it in self._memory if it.recording and (it.language, it.key) in names]:
            self._memory_left += len(self._memory.pop(clip))
        for language, key in names:
            self._broken.discard(self._recordings / language / f"{key}.wav")

    @staticmethod
    def seconds(audio: bytes) -> float:
        """How long ``audio`` sounds."""
        return mulaw.duration_seconds(audio)

    async def _load(self, clip: Clip) -> bytes:
        if clip.sound and (audio := await asyncio.to_thread(self._left, clip)) is not None:
            return audio
        if not clip.personal:
            stored = await asyncio.to_thread(self._stored, clip)
            if stored is not None:
                return stored
            self.rendered_in_calls += 1
        audio = await self._rendered(clip)
        if not clip.personal:
            await asyncio.to_thread(self._store, clip, audio)
        return audio

    async def _rendered(self, clip: Clip) -> bytes:
        """What may pass is tried once more: pyttsx3 loses one sentence in some 200. Raises SynthesisError."""
        utterance = Utterance(clip.text, clip.language, clip.speed)
        try:
            return await self._synthesizer.synthesize(utterance)
        except SynthesisError as error:
            if not error.retry:
                raise
            log.warning("speech is rendered again", prompt=clip.key, error=str(error))
        return await self._synthesizer.synthesize(utterance)

    def _loaded(self, clip: Clip, done: asyncio.Task[bytes]) -> None:
        del self._loading[clip]
        if not self._loading:
            self._idle.set()
        if done.cancelled() or done.exception() is not None:
            return  # whoever fetched it is told
        self._remember(clip, done.result())

    def _remember(self, clip: Clip, audio: bytes) -> None:
        self._memory[clip] = audio
        self._memory_left -= len(audio)
        while self._memory_left < 0:
            _, oldest = self._memory.popitem(last=False)
            self._memory_left += len(oldest)

    async def _render_from(self, waiting: Iterator[Clip], tally: _Tally) -> None:
        for clip in waiting:
            await self._idle.wait()
            if clip.personal or await asyncio.to_thread(self._stored, clip) is not None:
                tally.kept += 1
                continue
            try:
                audio = await self._rendered(clip)
            except SynthesisError as error:
                tally.failed.append((clip.key, str(error)))
                continue
            await asyncio.to_thread(self._store, clip, audio)
            tally.rendered += 1

    def _stored(self, clip: Clip) -> bytes | None:
        """From a recording or the disk. Blocks."""
        if clip.recording and (audio := self._recorded(clip)) is not None:
            return audio
        try:
            return self._path(clip).read_bytes() or None
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("rendered speech cannot be read", prompt=clip.key, error=str(error))
            return None

    def _recorded(self, clip: Clip) -> bytes | None:
        path = self._recordings / clip.language / f"{clip.key}.wav"
        if path in self._broken or not path.exists():
            return None
        try:
            return recorded(path, clip.speed)
        except RecordingError as error:
            self._broken.add(path)
            log.warning("recorded prompt is not used", prompt=clip.key, error=str(error))
            return None

    def _left(self, clip: Clip) -> bytes | None:
        """What a caller recorded; None when it is gone: erased, or past its time. Blocks."""
        if self._callers is None:
            return None
        try:
            return left(self._callers / clip.sound, clip.speed)
        except RecordingError as error:
            log.warning(
                "a caller's recording is not played", prompt=clip.key, error=type(error.__cause__).__name__
            )
            return None

    def _store(self, clip: Clip, audio: bytes) -> None:
        """On disk, whole or not at all. A full disk costs time in later calls, not this one. Blocks."""
        path = self._path(clip)
        part = path.with_name(f"{path.name}.{os.getpid()}-{next(self._parts)}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(audio)
            os.replace(part, path)
        except OSError as error:
            with contextlib.suppress(OSError):  # it may never have been there; the first error is the reason
                part.unlink()
            log.warning("rendered speech cannot be kept", prompt=clip.key, error=str(error))

    def _path(self, clip: Clip) -> Path:
        """By what is heard, so that prompts of the same words share a file."""
        heard = (self._synthesizer.identity, clip.language, str(clip.speed), spoken(clip.text, clip.language))
        name = hashlib.sha256("\0".join(heard).encode()).hexdigest()
        return self._directory / name[:2] / name[2:4] / f"{name}.ulaw"
