"""The caller's voice: words that the recogniser of the line understands."""

import asyncio

import numpy as np
import pytest

from outreach.config import Config
from outreach.simulator.voice import UNHEARD_VARIANTS, Voice, VoiceError, on_the_line, pinyin, say
from outreach.speech.mulaw import decode
from outreach.speech.vosk import VoskRecognizer

WORDS = ("招聘", "培训", "返回")


def test_words_are_understood_in_every_voice() -> None:
    recognizer = VoskRecognizer(Config().model_dir)
    understood = []
    for seed, variant in enumerate(UNHEARD_VARIANTS):
        word = WORDS[seed % len(WORDS)]
        question = recognizer.question(WORDS)
        question.feed(b"\xff" * 2400 + asyncio.run(say(word, Voice(variant, 175, 50, seed))) + b"\xff" * 4800)
        understood.append((variant, word, question.finish().text))
    assert [heard for _, _, heard in understood] == [word for _, word, _ in understood], understood


def test_a_caller_keeps_the_voice() -> None:
    assert Voice.of(7) == Voice.of(7)
    assert {Voice.of(seed).variant for seed in range(60)} == set(UNHEARD_VARIANTS)
    assert all(160 <= Voice.of(seed).words_per_minute <= 190 for seed in range(60))


def test_reading() -> None:
    assert pinyin("招聘 12") == "zhao1 pin4   yi1 er4"


def test_nothing_to_say_is_an_error() -> None:
    with pytest.raises(VoiceError, match="nothing was spoken"):
        asyncio.run(say("……", Voice("m7", 170, 50, 1)))


def test_the_line_adds_noise_25_db_below() -> None:
    tone = (9000 * np.sin(np.arange(22_050) / 5)).astype(np.float32)
    first, second = (decode(on_the_line(tone, 22_050, seed)).astype(float) for seed in (1, 2))
    noise = (first - second).std() / np.sqrt(2)
    assert 20 * np.log10(first.std() / noise) == pytest.approx(25, abs=1)
