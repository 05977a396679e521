"""What listening costs: the gate, a question's recogniser, and recognition itself, with the demo model."""

import time
from itertools import chain, cycle, islice

from bench.caller import QUIET
from bench.effort import Effort
from bench.row import Row
from bench.voice import frames_of, recordings
from outreach.config import PROJECT
from outreach.speech.mulaw import duration_seconds, silence
from outreach.speech.vad import SpeechGate
from outreach.speech.vosk import VoskRecognizer

MODEL = PROJECT / "models" / "demo-zh"
MENU = (
    "招聘",
    "报名",
    "下一条",
    "上一条",
    "慢一点",
    "快一点",
    "停",
    "继续",
    "对",
    "不对",
    "返回",
    "主菜单",
    "人工",
    "帮助",
)
END_SECONDS = 1.2
PIECE_BYTES = 800
GATED_FRAMES = 5_000
MICRO, MILLI = 1e6, 1e3


def measure(effort: Effort) -> list[Row]:
    """On one thread, in its own CPU time."""
    recognizer = VoskRecognizer(MODEL)
    began = time.thread_time()
    for _ in range(effort.words):
        recognizer.question(MENU)
    question = (time.thread_time() - began) / effort.words
    sounds = [sound + silence(END_SECONDS) for sound in islice(cycle(recordings()), effort.words)]
    began = time.thread_time()
    for sound in sounds:
        asked = recognizer.question(MENU)
        for start in range(0, len(sound), PIECE_BYTES):
            asked.feed(sound[start : start + PIECE_BYTES])
        asked.finish()
    heard = (time.thread_time() - began) / sum(map(duration_seconds, sounds))
    return [
        Row("recognition, CPU time over sound", heard, ""),
        Row("  a question's recogniser", question * MILLI, "ms"),
        Row("gate, a silent frame", _gate([QUIET]) * MICRO, "us"),
        Row("  a frame of speech", _gate(list(chain.from_iterable(map(frames_of, MENU)))) * MICRO, "us"),
    ]


def _gate(frames: list[bytes]) -> float:
    gate = SpeechGate()
    began = time.thread_time()
    for frame in islice(cycle(frames), GATED_FRAMES):
        gate.hear(frame)
    return (time.thread_time() - began) / GATED_FRAMES
