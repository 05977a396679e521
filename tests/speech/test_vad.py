"""When the gate opens and shuts, by the sample."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.speech.mulaw import RATE, decode, encode, silence
from outreach.speech.vad import (
    FRAME_BYTES,
    FRAME_SECONDS,
    Event,
    SpeechEnded,
    SpeechGate,
    SpeechGoesOn,
    SpeechStarted,
)
from tests.speech.clips import COMMANDS, COUNTIES, clips, frames, noise, on_the_line

KEYS = [(low, high) for low in (697, 770, 852, 941) for high in (1209, 1336, 1477, 1633)]


def heard(sound: bytes, gate: SpeechGate | None = None) -> list[tuple[float, Event]]:
    """Beginnings and ends with the second at which they were told."""
    gate = gate or SpeechGate()
    told = ((number, event) for number, frame in enumerate(frames(sound), 1) for event in gate.hear(frame))
    return [(number * FRAME_SECONDS, event) for number, event in told if not isinstance(event, SpeechGoesOn)]


def tones(*hertz: float, seconds: float = 0.3, dbfs: float = -10.0) -> bytes:
    time = np.arange(int(seconds * RATE)) / RATE
    wave = np.sum([np.sin(2 * np.pi * h * time) for h in hertz], axis=0) * 10 ** (dbfs / 20) / len(hertz)
    return encode((wave * 32767).astype(np.int16))


@pytest.mark.parametrize("word", [*COMMANDS, *COUNTIES, "我想听招聘"])
def test_every_word_opens_the_gate_once_and_shuts_it(word: str) -> None:
    for sound in clips(word):
        spoken = len(sound) / RATE - 0.24  # a clip has 0.12 s of margin at each end
        (start, began), (end, ended) = heard(on_the_line(sound, before_seconds=0.6))
        assert isinstance(began, SpeechStarted)
        assert isinstance(ended, SpeechEnded)
        assert 0.72 < start < 0.72 + 0.5
        assert abs(end - (0.72 + spoken + 1.2)) < 0.3
        assert ended.seconds <= spoken + 0.3


def test_a_word_on_a_noisy_line_opens_it_too() -> None:
    for sound in clips("招聘"):
        line = on_the_line(sound, 1.0)
        mixed = decode(line).astype(np.int32) + decode(noise(-40, len(line) / RATE))
        events = heard(encode(np.clip(mixed, -32768, 32767).astype(np.int16)))
        assert [type(event) for _, event in events] == [SpeechStarted, SpeechEnded]


def test_nothing_of_the_word_is_lost_and_nothing_comes_twice() -> None:
    line = on_the_line(clips("停")[0], before_seconds=1.0)
    gate = SpeechGate()
    events = [event for frame in frames(line) for event in gate.hear(frame)]
    sound = b"".join(event.sound for event in events if not isinstance(event, SpeechEnded))
    assert sound in line
    before = line.index(sound) / RATE
    assert before < 1.0 + 0.12 - 0.2  # at least 0.2 s from before the word


@pytest.mark.parametrize("dbfs", [-70, -60, -50, -45, -40])
@pytest.mark.parametrize("seed", range(3))
def test_line_noise_never_opens_it(dbfs: float, seed: int) -> None:
    assert heard(noise(dbfs, 10, seed)) == []


def test_noise_that_comes_suddenly_becomes_the_floor() -> None:
    gate = SpeechGate()
    assert len(heard(silence(5) + noise(-35, 8), gate)) <= 2
    assert not gate.speaking
    assert heard(noise(-35, 10, seed=1), gate) == []


def test_a_long_sentence_does_not_become_the_floor() -> None:
    speech = b"".join(sound[960:-960] for word in COUNTIES for sound in clips(word))  # without their margins
    events = heard(on_the_line(speech), SpeechGate(end_silence_seconds=0.6, max_seconds=20))
    assert [type(event) for _, event in events] == [SpeechStarted, SpeechEnded]
    assert events[1][0] > 0.6 + len(speech) / RATE


def test_clicks_and_silence_do_not() -> None:
    click = noise(-12, 0.002)
    assert heard((silence(0.248) + click) * 40) == []
    assert heard(silence(20)) == []


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("dbfs", [-25, -10, -4])
def test_keys_do_not(key: tuple[float, float], dbfs: float) -> None:
    line = (
        silence(1) + tones(*key, seconds=0.6, dbfs=dbfs) + silence(0.2) + tones(*key, dbfs=dbfs) + silence(1)
    )
    assert heard(line) == []


def test_silence_within_speech_is_bridged_up_to_the_limit() -> None:
    word = clips("报名")[0]
    line = silence(0.5) + word + silence(0.6) + word + silence(2)
    assert [type(event) for _, event in heard(line, SpeechGate(end_silence_seconds=1.2))] == [
        SpeechStarted,
        SpeechEnded,
    ]
    assert [type(event) for _, event in heard(line, SpeechGate(end_silence_seconds=0.5))] == [
        SpeechStarted,
        SpeechEnded,
        SpeechStarted,
        SpeechEnded,
    ]


def test_who_goes_on_too_long_is_cut_and_heard_again_after_a_pause() -> None:
    word = clips("再说一遍")[0]
    gate = SpeechGate(max_seconds=2)
    events = heard(silence(0.5) + word * 4 + on_the_line(word), gate)
    assert [type(event) for _, event in events] == [SpeechStarted, SpeechEnded, SpeechStarted, SpeechEnded]
    cut = events[1]
    assert cut[0] < 0.5 + 0.12 + 2.3


def test_dropped_speech_is_not_heard_again_until_it_pauses() -> None:
    word = clips("再说一遍")[0]
    gate = SpeechGate()
    assert [type(event) for _, event in heard(silence(0.5) + word[:6000], gate)] == [SpeechStarted]
    gate.drop()
    assert heard(word[6000:] + word, gate) == []
    assert [type(event) for _, event in heard(on_the_line(word), gate)] == [SpeechStarted, SpeechEnded]


def test_dropping_in_silence_keeps_the_beginning_of_a_word() -> None:
    line = on_the_line(clips("停")[0])
    gate = SpeechGate()
    half = int(0.76 * RATE) // FRAME_BYTES * FRAME_BYTES  # 40 ms into the word: not speech yet
    assert heard(line[:half], gate) == []
    gate.drop()
    assert [type(event) for _, event in heard(line[half:], gate)] == [SpeechStarted, SpeechEnded]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 900), min_size=1, max_size=40))
def test_how_the_carrier_cuts_the_sound_does_not_matter(sizes: list[int]) -> None:
    line = on_the_line(clips("对")[0])
    regular, cut = SpeechGate(), SpeechGate()
    expected = [event for frame in frames(line) for event in regular.hear(frame)]
    got: list[Event] = []
    position = number = 0
    while position < len(line):
        size = sizes[number % len(sizes)]
        got += cut.hear(line[position : position + size])
        position, number = position + size, number + 1
    assert got == expected[: len(got)]
    assert len(expected) - len(got) <= 1  # the last frame may be incomplete
