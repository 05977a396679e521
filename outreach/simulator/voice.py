"""A caller's voice for tests: Chinese words as a telephone would carry them, by voices the demo model never
met.

For testing the line only: never what a caller hears. Recipe: the pinyin voice of espeak-ng (its Chinese one
misreads characters), line noise at 25 dB, 300 to 3,400 Hz by resampling and mu-law.
"""

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Final

import numpy as np

from outreach.speech.mulaw import Samples, encode, to_line_rate

UNHEARD_VARIANTS: Final = ("m7", "f5", "paul", "gustave", "michel", "Storm")
"""Of all espeak-ng variants those that neither trained nor tuned the demo model, without the two it
cannot follow.
"""
WORDS_PER_MINUTE: Final = (160, 190)
PITCH: Final = (40, 60)
LEVEL: Final = 3000.0
"""Root mean square of the speech, of 32,768: an ordinary telephone level."""
SNR_DB: Final = 25.0
SILENT: Final = 150
SPEAK_SECONDS: Final = 20.0
DIGITS: Final = str.maketrans("0123456789", "零一二三四五六七八九")


class VoiceError(Exception):
    """The words could not be spoken; the message says why."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One caller's voice. ``seed`` also makes the noise."""

    variant: str
    words_per_minute: int
    pitch: int
    seed: int

    @classmethod
    def of(cls, seed: int) -> "Voice":
        """The voice of caller ``seed``: always the same one."""
        chance = np.random.default_rng(seed)
        return cls(
            str(chance.choice(UNHEARD_VARIANTS)),
            int(chance.integers(*WORDS_PER_MINUTE, endpoint=True)),
            int(chance.integers(*PITCH, endpoint=True)),
            seed,
        )


def pinyin(text: str) -> str:
    """How ``text`` is read, syllable by syllable with tone numbers; digits one by one."""
    # here, not above: its phrases weigh 55 MB, and the server shares this module's importers
    from pypinyin import Style, lazy_pinyin

    return " ".join(lazy_pinyin(text.translate(DIGITS), style=Style.TONE3, neutral_tone_with_five=True))


async def say(text: str, voice: Voice) -> bytes:
    """``text`` as mu-law at 8 kHz, no silence around it. Raises VoiceError."""
    request = {
        "text": pinyin(text),
        "voice": f"cmn-latn-pinyin+{voice.variant}",
        "words_per_minute": voice.words_per_minute,
        "pitch": voice.pitch,
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "outreach.simulator.espeak_child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SPEAK_SECONDS):
            spoken, complaint = await child.communicate(json.dumps(request).encode())
    except TimeoutError:
        child.kill()
        await child.wait()
        raise VoiceError(f"espeak-ng has not spoken {text!r} within {SPEAK_SECONDS:.0f} s") from None
    if child.returncode != 0:
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        raise VoiceError(f"espeak-ng could not say {text!r}: {last or f'exit code {child.returncode}'}")
    samples = np.frombuffer(spoken[4:], dtype="<i2").astype(np.float32)
    return on_the_line(samples, int.from_bytes(spoken[:4], "little"), voice.seed)


def on_the_line(samples: Samples, rate: int, seed: int) -> bytes:
    """Float samples (16-bit scale) at ``rate`` as a telephone line carries them.

    Raises VoiceError for silence.
    """
    loud = np.flatnonzero(np.abs(samples) > SILENT)
    if not loud.size:
        raise VoiceError("nothing was spoken: is there a word in the text?")
    words = to_line_rate(samples[loud[0] : loud[-1] + 1], rate)
    words = words * LEVEL / max(float(np.sqrt((words**2).mean())), 1.0)
    noise = np.random.default_rng(seed).normal(0.0, LEVEL / 10 ** (SNR_DB / 20), words.size)
    return encode(np.clip(np.rint(words + noise), -32768, 32767).astype(np.int16))
