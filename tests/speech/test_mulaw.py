"""G.711 against its own table, and level, length and alias-freedom of what goes on the line."""

import struct

import numpy as np
import numpy.typing as npt
import pytest

from outreach.speech import mulaw

# ITU-T G.711 (11/88) table 2a: decision values' output levels, times four; and audioop.lin2ulaw's known pairs
KNOWN = {0xFF: 0, 0x7F: 0, 0xFE: 8, 0x7E: -8, 0xF0: 120, 0xEF: 132, 0x80: 32124, 0x00: -32124, 0x90: 15996}


def tone(frequency: float, seconds: float, rate: int, peak: float = 0.5) -> mulaw.Samples:
    times = np.arange(round(seconds * rate)) / rate
    return np.asarray(peak * np.sin(2 * np.pi * frequency * times), dtype=np.float32)


def samples(audio: bytes) -> npt.NDArray[np.float64]:
    return mulaw.decode(audio) / 32768.0


def dbfs(signal: npt.NDArray[np.float64]) -> float:
    return float(10 * np.log10(np.mean(signal**2)))


@pytest.mark.parametrize(("code", "value"), KNOWN.items())
def test_decode_knows_the_standard(code: int, value: int) -> None:
    assert mulaw.decode(bytes([code])).tolist() == [value]


def test_codes_survive_a_round_trip_but_for_the_second_zero() -> None:
    codes = bytes(range(256))
    assert mulaw.encode(mulaw.decode(codes)) == codes.replace(b"\x7f", b"\xff")


def test_encode_takes_the_nearest_value() -> None:
    pcm = np.arange(-32768, 32768).astype(np.int16)
    values = np.sort(mulaw.decode(bytes(range(256))).astype(np.int32))
    error = np.abs(mulaw.decode(mulaw.encode(pcm)).astype(np.int32) - pcm)
    above = np.clip(np.searchsorted(values, pcm), 1, 255)
    nearest = np.minimum(np.abs(values[above] - pcm), np.abs(values[above - 1] - pcm))
    assert np.array_equal(error, nearest)


def test_silence() -> None:
    assert mulaw.decode(mulaw.silence(0.5)).tolist() == [0] * 4000
    assert mulaw.duration_seconds(mulaw.silence(0.5)) == 0.5


def test_what_the_line_cannot_carry_does_not_fold_back() -> None:
    folded = mulaw.to_line_rate(tone(7_000, 1.0, 22_050), 22_050)[400:-400]
    assert dbfs(folded.astype(np.float64)) < -80
    kept = mulaw.to_line_rate(tone(1_000, 1.0, 22_050), 22_050)[400:-400]
    assert dbfs(kept.astype(np.float64)) == pytest.approx(-9, abs=0.2)


@pytest.mark.parametrize("peak", [0.05, 0.3, 1.0])
def test_level_is_that_of_active_speech(peak: float) -> None:
    talk = tone(300, 1.0, 8_000, peak)
    pause = np.zeros(8_000, dtype=np.float32)
    audio = samples(mulaw.finished(np.concatenate([talk, pause, talk]), 8_000))
    assert dbfs(audio[:7_000]) == pytest.approx(-20, abs=0.3)


def test_peaks_are_limited_and_noise_is_not_lifted() -> None:
    clicks = np.zeros(8_000, dtype=np.float32)
    clicks[::400] = 0.9
    assert np.abs(samples(mulaw.finished(clicks, 8_000))).max() <= 10 ** (-3 / 20) + 0.01
    quiet = tone(300, 1.0, 8_000, 0.01)
    assert dbfs(samples(mulaw.finished(quiet, 8_000))) == pytest.approx(
        dbfs(quiet.astype(np.float64)) + 20, abs=1
    )


def test_edges_are_trimmed() -> None:
    pause = np.zeros(8_000, dtype=np.float32)
    audio = mulaw.finished(np.concatenate([pause, tone(300, 1.0, 8_000), pause]), 8_000)
    assert mulaw.duration_seconds(audio) == pytest.approx(1.12, abs=0.01)
    assert mulaw.duration_seconds(mulaw.finished(pause, 8_000)) == 0.06
    assert mulaw.finished(np.zeros(0, dtype=np.float32), 8_000) == b""


@pytest.mark.parametrize("audio", [b"", b"\xff", b"\x00\x80\xff\x7f"])
def test_wav_is_a_well_formed_riff_file(audio: bytes) -> None:
    wav = mulaw.wav_mulaw(audio)
    assert wav[:4] == b"RIFF"
    assert struct.unpack("<I", wav[4:8]) == (len(wav) - 8,)
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at < len(wav):
        (size,) = struct.unpack("<I", wav[at + 4 : at + 8])
        chunks[wav[at : at + 4]] = wav[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    assert at == len(wav)
    assert struct.unpack("<HHIIHHH", chunks[b"fmt "]) == (7, 1, 8000, 8000, 1, 8, 0)
    assert struct.unpack("<I", chunks[b"fact"]) == (len(audio),)
    assert chunks[b"data"] == audio
