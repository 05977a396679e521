"""How words will be heard and sent: what the text rules make of them, how many texts they take, and their sound."""

import io
import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import structlog

from outreach.console.desk import Desk
from outreach.dialogue.page import Phrase
from outreach.ivr import playlist
from outreach.sms.segments import size
from outreach.speech.clips import Clip
from outreach.speech.mulaw import decode
from outreach.speech.spoken import sentences, spoken
from outreach.speech.synthesizer import NORMAL_SPEED, SPEEDS

log = structlog.get_logger()

LONGEST: Final = 600
"""Characters that are rendered at a time: a minute or two of speech."""
RATE: Final = 8000


@dataclass(frozen=True, slots=True)
class Hearing:
    """Of one text: ``words`` after the text rules, ``parts`` as a text message, ``address`` of its sound."""

    words: str
    parts: int
    address: str


def hearing(text: str, language: str, speed: int) -> Hearing:
    """How ``text`` will be heard."""
    query = {"text": text[:LONGEST], "speed": str(speed), "language": language}
    return Hearing(spoken(text, language), size(text).parts, f"/console/listen?{urlencode(query)}")


def speed_of(asked: str | None) -> int:
    """One of the six steps; normal when it is none of them."""
    return int(asked) if asked in {str(step) for step in SPEEDS} else NORMAL_SPEED


def cut(text: str, language: str, speed: int) -> list[Clip]:
    """The clips of a text. Nobody has published it yet, so none of them goes to the disk."""
    return [Clip("console.listen", one, language, speed, personal=True) for one in sentences(text[:LONGEST])]


async def sound(desk: Desk, clips: Iterable[Clip]) -> bytes:
    """One WAV file (16 bit: every browser plays it) of the clips with their pauses, as a caller hears them.

    Raises SynthesisError.
    """
    if desk.clips is None:
        return b""
    audio = b""
    for clip in clips:
        audio += await desk.clips.fetch(clip) + playlist.pause_after(clip)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(decode(audio).astype("<i2").tobytes())
    return file.getvalue()


async def render_ahead(desk: Desk, phrases: Sequence[Phrase]) -> None:
    """What has just been written, before anybody rings: normal speed first. What fails is rendered in the call."""
    prompts = desk.languages.get(desk.config.language)
    if desk.clips is None or prompts is None:
        return
    recorded = desk.recorded.get(prompts.language, frozenset())
    speeds = (NORMAL_SPEED, *(speed for speed in SPEEDS if speed != NORMAL_SPEED))
    clips = (clip for speed in speeds for clip in playlist.clips(phrases, prompts, speed, recorded))
    report = await desk.clips.render(clips)
    log.info("console.rendered", rendered=report.rendered, kept=report.kept, failed=len(report.failed))
