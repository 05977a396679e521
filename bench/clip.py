"""What a rendered clip costs when it is asked for again: from memory, and from disk after a restart."""

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.effort import Effort
from bench.row import Row
from outreach.speech.clips import Clip, ClipStore
from outreach.speech.pyttsx import PyttsxSynthesizer
from outreach.speech.synthesizer import NORMAL_SPEED

TEXT = "松山镇高原夏菜基地，招高原夏菜采收工{}名。"
MEMORY_BYTES = 2**24
MICRO, MILLI = 1e6, 1e3


def measure(effort: Effort) -> list[Row]:
    """A sentence of some five seconds; rendering it first, for comparison."""
    return asyncio.run(_measure(effort))


async def _measure(effort: Effort) -> list[Row]:
    sentences = [
        Clip("bench", TEXT.format(n), "zh-CN", NORMAL_SPEED) for n in range(1, effort.words // 10 + 2)
    ]
    synthesizer = PyttsxSynthesizer()
    try:
        with TemporaryDirectory(prefix="outreach-bench-") as name:
            directory = Path(name)
            rendering = ClipStore(directory, synthesizer, directory, MEMORY_BYTES)
            await rendering.fetch(sentences[0])  # starts the worker
            rendered = await _fetched(rendering, sentences[1:])
            began = time.perf_counter()
            for _ in range(effort.requests):
                rendering.peek(sentences[0])
            remembered = (time.perf_counter() - began) / effort.requests
            stored = await _fetched(ClipStore(directory, synthesizer, directory, MEMORY_BYTES), sentences)
    finally:
        await synthesizer.close()
    return [
        Row("clip from memory", remembered * MICRO, "us"),
        Row("  from disk", stored * MILLI, "ms"),
        Row("  rendered", rendered * MILLI, "ms"),
    ]


async def _fetched(store: ClipStore, clips: list[Clip]) -> float:
    began = time.perf_counter()
    for clip in clips:
        await store.fetch(clip)
    return (time.perf_counter() - began) / len(clips)
