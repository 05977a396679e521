"""The language of scripted calls: one step a word, as in ``key:1 until:招聘 say:培训``. Reading only."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from outreach.simulator.telephone import KEYS

WAIT_LIMIT_SECONDS: Final = 600.0


class ScriptError(Exception):
    """A step is wrong; the message says which, and how it is written."""


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys, a quarter of a second apart."""

    keys: str


@dataclass(frozen=True, slots=True)
class Speak:
    """Say a text with a synthetic voice."""

    text: str


@dataclass(frozen=True, slots=True)
class PlayFile:
    """Play a sound file into the telephone."""

    path: Path


@dataclass(frozen=True, slots=True)
class Wait:
    """Let call time pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Until:
    """Wait until a prompt with this text has begun."""

    text: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """Wait until the line has finished talking."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Lose the connection."""


@dataclass(frozen=True, slots=True)
class PutDown:
    """Hang up."""


Step = Press | Speak | PlayFile | Wait | Until | Quiet | Drop | PutDown

PLAIN: Final[dict[str, Step]] = {"quiet": Quiet(), "drop": Drop(), "hangup": PutDown()}
FORMS: Final = "key:1  keys:123#  say:招聘  wav:FILE  wait:2  until:TEXT  quiet  drop  hangup"


def parse(step: str) -> Step:
    """One step. Raises ScriptError."""
    if step in PLAIN:
        return PLAIN[step]
    form, colon, text = step.partition(":")
    if not colon or not text.strip():
        raise ScriptError(f"{step!r} is no step; steps are  {FORMS}")
    match form:
        case "key" if text in KEYS:
            return Press(text)
        case "keys" if KEYS.issuperset(text):
            return Press(text)
        case "key" | "keys":
            raise ScriptError(f"{step!r}: keys are 0 to 9, *, # and A to D; several together are keys:…")
        case "say":
            return Speak(text.strip())
        case "until":
            return Until(text)
        case "wav":
            return _file(step, Path(text))
        case "wait":
            return _wait(step, text)
        case _:
            raise ScriptError(f"{step!r} is no step; steps are  {FORMS}")


def typed(line: str) -> Press | Speak | None:
    """What a line typed in an interactive call means: keys, or else words; None: nothing."""
    text = line.strip()
    if not text:
        return None
    return Press(text) if KEYS.issuperset(text) else Speak(text)


def _file(step: str, path: Path) -> PlayFile:
    if not path.is_file():
        raise ScriptError(f"{step!r}: there is no such file")
    return PlayFile(path)


def _wait(step: str, text: str) -> Wait:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= WAIT_LIMIT_SECONDS:
        raise ScriptError(f"{step!r}: seconds are a number from 0 to {WAIT_LIMIT_SECONDS:.0f}")
    return Wait(seconds)
