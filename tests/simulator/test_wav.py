"""Sound files in and out."""

import io
import wave
from pathlib import Path

import numpy as np
import pytest

from outreach.simulator.wav import SoundFileError, read_wav, write_stereo
from outreach.speech.mulaw import decode, encode, wav_mulaw

TONE = (8000 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)).astype(np.int16)


def pcm(samples: np.ndarray, rate: int, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())
    return file.getvalue()


def test_mulaw_comes_back_as_it_is() -> None:
    assert read_wav(wav_mulaw(encode(TONE))) == encode(TONE)


def test_pcm_is_encoded() -> None:
    assert read_wav(pcm(TONE, 8000)) == encode(TONE)


def test_stereo_is_mixed_and_other_rates_are_resampled() -> None:
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(32_000) / 32_000)).astype(np.int16)
    heard = decode(read_wav(pcm(np.stack([tone, tone], axis=1), 32_000, channels=2)))
    assert len(heard) == len(TONE)
    inner = slice(400, 7600)
    assert np.abs(heard[inner].astype(int) - TONE[inner]).max() < 400


@pytest.mark.parametrize(
    "data", [b"", b"ID3", b"RIFF\x00\x00\x00\x00WAVE", pcm(TONE.astype(np.uint8), 8000, width=1)]
)
def test_what_cannot_be_played_is_refused(data: bytes) -> None:
    with pytest.raises(SoundFileError):
        read_wav(data)


def test_both_sides_are_written(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    write_stereo(path, encode(TONE), encode(TONE)[:4000])
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        sides = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    assert np.array_equal(sides[:, 0], decode(encode(TONE)))
    assert np.array_equal(sides[:4000, 1], sides[:4000, 0])
    assert not sides[4000:, 1].any()
