"""Sound files: RIFF/WAVE in (mu-law or 16-bit PCM, any rate), stereo recordings of calls out.

The standard library's ``wave`` knows no mu-law. Source: Microsoft, "Multimedia Programming Interface and Data
Specifications 1.0" (1991), WAVE; format tags 1 PCM and 7 mu-law.
"""

import io
import struct
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from outreach.speech.mulaw import RATE, SILENCE, Samples, decode, encode, to_line_rate

PCM: Final = 1
MULAW: Final = 7
EXTENSIBLE: Final = 0xFFFE


class SoundFileError(Exception):
    """The bytes are no sound file that can be played; the message says why."""


def read_wav(data: bytes) -> bytes:
    """The sound as mu-law at 8 kHz, several channels mixed into one. Raises SoundFileError."""
    chunks = dict(_chunks(data))
    layout, sound = chunks.get(b"fmt "), chunks.get(b"data")
    if layout is None or len(layout) < 16 or sound is None:
        raise SoundFileError("the WAVE file lacks its fmt or data part")
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", layout)
    if tag == EXTENSIBLE and len(layout) >= 26:
        (tag,) = struct.unpack_from("<H", layout, 24)
    match tag, bits, channels, rate:
        case 7, 8, 1, 8000:
            return sound
        case 7, 8, channels, _ if channels > 0:
            samples = decode(sound)
        case 1, 16, channels, _ if channels > 0:
            samples = np.frombuffer(sound[: len(sound) // 2 * 2], dtype="<i2")
        case _:
            raise SoundFileError(f"WAVE format {tag} with {bits} bits; mu-law and 16-bit PCM can be played")
    whole = samples[: len(samples) // channels * channels].reshape(-1, channels)
    mixed: Samples = whole.astype(np.float32).mean(axis=1)
    return encode(np.clip(np.rint(to_line_rate(mixed, rate)), -32768, 32767).astype(np.int16))


def write_stereo(path: Path, left: bytes, right: bytes) -> None:
    """Write a 16-bit PCM file at 8 kHz from two mu-law sides; the shorter one is filled up with silence."""
    length = max(len(left), len(right))
    sides = [decode(side.ljust(length, SILENCE)) for side in (left, right)]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.stack(sides, axis=1).astype("<i2").tobytes())


def write_mono(sound: bytes) -> bytes:
    """Mu-law as a 16-bit PCM file at 8 kHz, as Twilio's recordings are."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(decode(sound).astype("<i2").tobytes())
    return written.getvalue()


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise SoundFileError("not a WAVE file")
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
