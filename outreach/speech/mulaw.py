"""Sound for the telephone: G.711 mu-law, resampling, level, trimming, WAV. Pure: no files, no engine.

``audioop`` is not used: it left Python with 3.13 (PEP 594), and its ``ratecv`` has no low-pass.
"""

import struct
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr

VERSION = 1
"""Raise it when ``finished`` changes: it is part of each cached clip's key."""
RATE = 8_000
"""Samples a second on the line; mu-law has one byte each."""
SILENCE = b"\xff"
"""Mu-law for zero."""

SPEECH_DBFS = -20.0
PEAK_DBFS = -3.0
EDGE_SECONDS = 0.06

_FRAME = RATE // 50  # 20 ms
_SILENT_DBFS = -50.0  # an espeak pause is digital silence; a quiet room is about -60
_ACTIVE_BELOW_LOUDEST_DB = 30.0
_LOUDEST_GAIN = 10.0  # never lift noise by more than 20 dB

Samples = npt.NDArray[np.float32]
Pcm = npt.NDArray[np.int16]


def _decode_table() -> Pcm:
    """G.711 (11/88) table 2a/2b, as 16-bit samples: the eight-segment curve with bias 33."""
    code = ~np.arange(256, dtype=np.uint8)
    exponent = (code >> 4 & 7).astype(np.int32)
    magnitude = ((((code & 15).astype(np.int32) << 1) + 33) << exponent) - 33
    return (np.where(code & 128, -magnitude, magnitude) << 2).astype(np.int16)


def _encode_table() -> npt.NDArray[np.uint8]:
    """For each of the 65,536 samples the code whose value is nearest (the smaller magnitude on a tie)."""
    decode = _decode_table().astype(np.int32)
    codes = np.concatenate([np.arange(0, 127), np.arange(255, 127, -1)]).astype(np.uint8)  # by rising value
    values = decode[codes]
    borders = (values[:-1] + values[1:]) / 2
    samples = np.arange(-32768, 32768)
    below = np.searchsorted(borders, samples, side="right")
    above = np.searchsorted(borders, samples, side="left")
    return codes[np.where(samples < 0, below, above)]


_DECODE = _decode_table()
_ENCODE = _encode_table()


def encode(pcm: Pcm) -> bytes:
    """16-bit samples at 8 kHz as mu-law, one byte a sample."""
    return _ENCODE[pcm.astype(np.int32) + 32768].tobytes()


def decode(mulaw: bytes) -> Pcm:
    """Mu-law as 16-bit samples."""
    return _DECODE[np.frombuffer(mulaw, dtype=np.uint8)]


def duration_seconds(mulaw: bytes) -> float:
    """How long ``mulaw`` sounds."""
    return len(mulaw) / RATE


def silence(seconds: float) -> bytes:
    """That much of nothing."""
    return SILENCE * round(seconds * RATE)


def to_line_rate(samples: Samples, rate: int) -> Samples:
    """Mono samples (-1 to 1) at ``rate`` as 8 kHz. soxr MQ: aliases at -123 dB, 5 ms a minute."""
    if rate == RATE:
        return samples
    resampled: Any = soxr.resample(samples, rate, RATE, quality="MQ")
    return np.asarray(resampled, dtype=np.float32)


def trim(samples: Samples) -> Samples:
    """8 kHz samples with at most 60 ms of silence before and after; all silence stays at most 60 ms."""
    loud = np.flatnonzero(np.abs(samples) > 10 ** (_SILENT_DBFS / 20))
    edge = round(EDGE_SECONDS * RATE)
    if loud.size == 0:
        return samples[:edge]
    return samples[max(0, loud[0] - edge) : loud[-1] + 1 + edge]


def level(samples: Samples) -> Samples:
    """8 kHz samples with active speech at -20 dBFS RMS, peaks no higher than -3 dBFS.

    Active: 20 ms frames within 30 dB of the loudest (after ITU-T P.56, without its hangover).
    """
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1) if len(frames) else np.zeros(1)
    loudest = float(power.max())
    if loudest <= 10 ** (_SILENT_DBFS / 10) / 100:
        return samples
    active = power[power >= loudest * 10 ** (-_ACTIVE_BELOW_LOUDEST_DB / 10)]
    gain = 10 ** (SPEECH_DBFS / 20) / float(np.sqrt(active.mean()))
    headroom = 10 ** (PEAK_DBFS / 20) / float(np.abs(samples).max())
    return np.asarray(samples * min(gain, headroom, _LOUDEST_GAIN), dtype=np.float32)


def finished(samples: Samples, rate: int) -> bytes:
    """Mono samples (-1 to 1) at any ``rate`` as they go on the line: resampled, trimmed, levelled, mu-law."""
    ready = level(trim(to_line_rate(samples, rate)))
    return encode(np.round(np.clip(ready, -1.0, 1.0) * 32767).astype(np.int16))


def wav_mulaw(audio: bytes) -> bytes:
    """Mu-law in a RIFF WAVE file, format 7, with the ``fact`` chunk that any format but PCM needs.

    Source: Multimedia Programming Interface and Data Specifications 1.0 (IBM, Microsoft 1991), and RFC 2361.
    The standard ``wave`` module cannot write format 7.
    """
    form = struct.pack("<HHIIHHH", 7, 1, RATE, RATE, 1, 8, 0)
    pad = b"\0" * (len(audio) % 2)
    chunks = b"".join(
        (
            b"WAVEfmt ",
            struct.pack("<I", len(form)),
            form,
            b"fact",
            struct.pack("<II", 4, len(audio)),
            b"data",
            struct.pack("<I", len(audio)),
            audio,
            pad,
        )
    )
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def mulaw_of_wav(file: bytes) -> bytes:
    """The mu-law inside a file that ``wav_mulaw`` made. Raises ValueError on any other."""
    at = file.find(b"data", 12)
    if file[:4] != b"RIFF" or file[8:12] != b"WAVE" or file[20:22] != b"\x07\x00" or at < 0:
        raise ValueError("no mu-law WAVE file")
    (length,) = struct.unpack_from("<I", file, at + 4)
    return file[at + 8 : at + 8 + length]
