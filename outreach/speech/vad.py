"""When somebody speaks: telephone sound in, speech with its beginning and end out. Pure; time is in samples.

Three sieves, cheapest first. A frame counts as voice only if it passes all:
1. louder than the line: level above an adaptive noise floor (silent frames end here);
2. WebRTC's voice detector, in its strictest mode, finds voice in it;
3. it is no keypad tone: two sine waves with nearly all of the energy (ITU-T Q.23).
Speech begins when VOICED_TO_START of the last WINDOW frames are voice: clicks, breaths and keys are shorter.
A cough is not: it opens the gate, and the recogniser finds none of the offered words in it. Thresholds were
chosen on recordings of people with noise added (models/README.md, "What the gate was tuned on"), not on the
test clips.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import webrtcvad
from numpy.typing import NDArray

from outreach.speech.mulaw import RATE, decode

FRAME_SECONDS = 0.02
FRAME_BYTES = 160
"""WebRTC's detector takes 10, 20 or 30 ms; 20 is what carriers send."""
STRICTEST = 3
"""WebRTC aggressiveness. With GAIN it loses no word of the development set; milder modes gain nothing."""
WINDOW, VOICED_TO_START = 15, 8
"""160 ms of voice within 300 ms: the shortest command, 停, has 180 ms of voice."""
KEPT = 25
"""Frames remembered while silent: what made speech begin, and some 300 ms before it for soft beginnings."""
GAIN = 2
"""WebRTC's detector has an absolute floor; at half a handset's usual level it misses a third of the words."""
QUIETEST_DBFS = -55.0
"""Nothing below this is a caller: mu-law line noise lies near -65, quiet talkers near -40."""
RISE_DB, STAY_DB = 6.0, 4.0
"""Above the floor, for speech to begin, and to go on (hysteresis: words end softly)."""
FLOOR_LOWEST_DBFS = -60.0
"""Where the floor starts, and its lowest: after digital silence every hiss would be a voice otherwise."""
FLOOR_FALL, FLOOR_RISE_DB = 0.2, 0.1
"""The floor falls to a quieter line within 0.1 s and rises by 5 dB a second: slower than any sentence."""
LEARNING, LEARNING_RISE_DB = 25, 2.0
"""In a call's first half second the floor may rise 20 times as fast: some lines are noisy from the start."""
PAUSE_SECONDS = 0.3
"""Silence after which speech that was dropped, or was cut for its length, counts as over."""

DTMF_HZ = (697, 770, 852, 941, 1209, 1336, 1477, 1633)
TONE_SHARE = 0.75
"""Of a frame's energy in its strongest low and high keypad frequency. Tones have over 0.9; vowels spread."""

ALL_CODES = decode(bytes(range(256))).astype(np.float64)
LOUDER = np.clip(ALL_CODES * GAIN, -32768, 32767).astype(np.int16)
LINEAR = (ALL_CODES / (32768 * math.sqrt(FRAME_BYTES))).astype(np.float32)
"""mu-law -> samples, scaled so that a frame's sum of squares is its mean power re full scale."""
SILENT_ENERGY = 1e-9
"""Added so that digital silence has a logarithm (-90 dBFS)."""
_TURN = 2 * np.pi * np.outer(DTMF_HZ, np.arange(FRAME_BYTES)) / RATE
TONES = (np.concatenate([np.cos(_TURN), np.sin(_TURN)]) * math.sqrt(2 / FRAME_BYTES)).astype(np.float32)
"""(16, 160): in-phase and quadrature parts of each keypad frequency; a pure tone gives its energy."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody speaks. ``sound``: mu-law from about 300 ms before the voice."""

    sound: bytes


@dataclass(frozen=True, slots=True)
class SpeechGoesOn:
    """The next frame of it, pauses between words included."""

    sound: bytes


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """It is over, or its time was up. ``seconds``: from the first to the last voice."""

    seconds: float


Event = SpeechStarted | SpeechGoesOn | SpeechEnded
NOTHING: Sequence[Event] = ()


class SpeechGate:
    """One caller's gate. ``end_silence_seconds`` and ``max_seconds`` may be changed at any time."""

    def __init__(self, end_silence_seconds: float = 1.2, max_seconds: float = 8.0) -> None:
        self.end_silence_seconds = end_silence_seconds
        self.max_seconds = max_seconds
        self.speaking = False
        self._detector = webrtcvad.Vad(STRICTEST)
        self._rest = b""
        self._floor = FLOOR_LOWEST_DBFS
        self._learning = LEARNING
        self._kept: deque[bytes] = deque(maxlen=KEPT)
        self._voiced: deque[bool] = deque(maxlen=WINDOW)
        self._frames = self._silence = 0  # of the speech going on, and of the silence at its end
        self._deaf = False

    def hear(self, mulaw: bytes) -> Sequence[Event]:
        """Take in sound of any length; what it brought about, in order. Under 5 us a frame while silent."""
        if len(mulaw) == FRAME_BYTES and not self._rest:
            return self._frame(mulaw)
        sound = self._rest + mulaw
        whole = len(sound) - len(sound) % FRAME_BYTES
        self._rest = sound[whole:]
        frames = (sound[start : start + FRAME_BYTES] for start in range(0, whole, FRAME_BYTES))
        return [event for frame in frames for event in self._frame(frame)]

    def drop(self) -> None:
        """Forget the speech going on, and what is left of it until its next pause. No SpeechEnded comes."""
        self._deaf = self.speaking or self._deaf
        self.speaking = False
        self._silence = 0

    def _frame(self, frame: bytes) -> Sequence[Event]:
        voice = self._is_voice(frame)
        self._silence = 0 if voice else self._silence + 1
        if self.speaking:
            return self._speech(frame)
        if self._deaf:
            self._deaf = self._silence * FRAME_SECONDS < PAUSE_SECONDS
            return NOTHING
        self._kept.append(frame)
        self._voiced.append(voice)
        if not voice or sum(self._voiced) < VOICED_TO_START:
            return NOTHING
        self.speaking, self._frames = True, len(self._voiced) - self._voiced.index(True)
        started = SpeechStarted(b"".join(self._kept))
        self._kept.clear()
        self._voiced.clear()
        return (started,)

    def _speech(self, frame: bytes) -> Sequence[Event]:
        self._frames += 1
        goes_on = SpeechGoesOn(frame)
        seconds = self._frames * FRAME_SECONDS
        if self._silence * FRAME_SECONDS >= self.end_silence_seconds:
            self.speaking = False
            return goes_on, SpeechEnded(seconds - self._silence * FRAME_SECONDS)
        if seconds >= self.max_seconds:
            self.drop()
            return goes_on, SpeechEnded(seconds)
        return (goes_on,)

    def _is_voice(self, frame: bytes) -> bool:
        codes = np.frombuffer(frame, np.uint8)
        samples = LINEAR.take(codes)
        level = 10 * math.log10(float(samples.dot(samples)) + SILENT_ENERGY)
        above = level - self._floor
        rise = LEARNING_RISE_DB if self._learning > 0 else FLOOR_RISE_DB
        self._learning -= 1
        floor = self._floor + (above * FLOOR_FALL if above < 0 else min(above, rise))
        self._floor = floor if floor > FLOOR_LOWEST_DBFS else FLOOR_LOWEST_DBFS
        if level < QUIETEST_DBFS or above < (STAY_DB if self.speaking else RISE_DB):
            return False
        if not self._detector.is_speech(LOUDER.take(codes).tobytes(), RATE):
            return False
        return not _is_tone(samples)


def _is_tone(samples: NDArray[np.float32]) -> bool:
    """Whether nearly all energy lies in one low and one high keypad frequency (Goertzel's bins at once)."""
    bins = TONES @ samples
    power = bins[:8] ** 2 + bins[8:] ** 2
    tone = power[:4].max() + power[4:].max()
    return bool(tone > TONE_SHARE * float(samples.dot(samples)))
