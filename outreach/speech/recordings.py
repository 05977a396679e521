"""What a person recorded, prompts and names: a WAV file as the line wants it, at the caller's speed. No cache here."""

import wave
from pathlib import Path
from typing import Any

import numpy as np
import python_stretch

from outreach.speech import mulaw

FACTORS = tuple(rate / 3.9 for rate in (2.8, 3.3, 3.9, 4.8, 6.4, 8.0))
"""How much faster than normal speed (3) each of SPEEDS is; recordings are taken to be at normal speed."""
RATES = (8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
SAMPLE_BYTES = 2

_BLOCK_SECONDS = 0.06
"""Speech wants blocks of two or three pitch periods: log-mel distance 0.22 at 1.23x, 0.28 at 1.64x, where the
library's preset for music (0.12 s) gives 0.26 and 0.35 (12 voices, 8 kHz)."""
_SEED = 1  # Signalsmith's phases are random: the same file must give the same sound


class RecordingError(Exception):
    """A recording cannot be used. The message says what is wrong and what is wanted."""


def recorded(path: Path, speed: int) -> bytes:
    """The WAV file at ``path`` as finished mu-law at one of SPEEDS. Raises RecordingError. Blocks."""
    samples, rate = _read(path)
    samples = mulaw.trim(mulaw.to_line_rate(samples, rate))
    return mulaw.finished(stretched(samples, FACTORS[speed - 1]), mulaw.RATE)


def left(path: Path, speed: int) -> bytes:
    """A caller's own recording (``ivr/recordings.py`` wrote it) as finished mu-law. Raises RecordingError. Blocks."""
    try:
        audio = mulaw.mulaw_of_wav(path.read_bytes())
    except (OSError, ValueError) as error:
        raise RecordingError(f"it cannot be read ({error})") from error
    samples = mulaw.decode(audio).astype(np.float32) / np.float32(32768)
    return mulaw.finished(stretched(mulaw.trim(samples), FACTORS[speed - 1]), mulaw.RATE)


def stretched(samples: mulaw.Samples, factor: float) -> mulaw.Samples:
    """8 kHz samples ``factor`` times as fast, at the same pitch (Signalsmith Stretch)."""
    if factor == 1.0:
        return samples
    stretch: Any = python_stretch.Signalsmith.Stretch(_SEED)
    stretch.configure(1, round(_BLOCK_SECONDS * mulaw.RATE), round(_BLOCK_SECONDS / 4 * mulaw.RATE))
    stretch.timeFactor = factor
    return np.asarray(stretch.process(samples[np.newaxis])[0], dtype=np.float32)


def _read(path: Path) -> tuple[mulaw.Samples, int]:
    """Mono samples (-1 to 1) and their rate."""
    try:
        with wave.open(str(path), "rb") as file:
            rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError, OSError) as error:
        raise RecordingError(f"it cannot be read ({error}); wanted: a 16-bit PCM WAV file") from error
    if width != SAMPLE_BYTES or channels not in (1, 2) or rate not in RATES:
        raise RecordingError(
            f"it has {8 * width} bits, {channels} channels, {rate} Hz; wanted: 16 bits, mono or stereo, "
            f"one of {', '.join(map(str, RATES))} Hz"
        )
    if len(frames) < rate // 10 * channels * width:
        raise RecordingError("it is shorter than a tenth of a second")
    whole = frames[: len(frames) // (channels * width) * channels * width]
    samples = np.frombuffer(whole, dtype="<i2").reshape(-1, channels).mean(axis=1, dtype=np.float32)
    return samples / np.float32(32768), rate
