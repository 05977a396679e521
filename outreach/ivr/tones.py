"""Tones the line makes itself: the one before a recording."""

import numpy as np

from outreach.speech.mulaw import encode

RATE = 8000


def tone(hertz: float, seconds: float, level_dbfs: float = -16.0) -> bytes:
    """A sine as mu-law at 8 kHz, with soft edges of 10 ms so that it does not click."""
    count = int(RATE * seconds)
    wave = np.sin(2 * np.pi * hertz * np.arange(count) / RATE) * 32767 * 10 ** (level_dbfs / 20)
    edge = min(80, count // 2)
    ramp = np.linspace(0.0, 1.0, edge)
    wave[:edge] *= ramp
    wave[count - edge :] *= ramp[::-1]
    return encode(wave.astype(np.int16))


BEEP = tone(1000.0, 0.4)
