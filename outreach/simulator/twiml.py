"""The verbs of TwiML that the simulated carrier can perform, as values. Reading them: ``twiml_reader.py``.

Source: www.twilio.com/docs/voice/twiml and the page of each verb. Defaults are Twilio's. Times are seconds.
"""

from dataclasses import dataclass, field
from typing import Literal

Method = Literal["GET", "POST"]


@dataclass(frozen=True, slots=True)
class Play:
    """Play a sound. ``loop`` 0: until the call ends."""

    url: str
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Say:
    """Speak text with the carrier's own voice; the simulator plays silence of about that length."""

    text: str
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait."""

    length: int = 1


@dataclass(frozen=True, slots=True)
class Gather:
    """Collect keys, ``prompts`` meanwhile. ``finish_on_key`` "": none."""

    prompts: tuple[Play | Say | Pause, ...] = ()
    action: str | None = None
    method: Method = "POST"
    timeout: int = 5
    finish_on_key: str = "#"
    num_digits: int | None = None
    action_on_empty_result: bool = False
    barge_in: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """Record the caller."""

    action: str | None = None
    method: Method = "POST"
    timeout: int = 5
    finish_on_key: str = "1234567890*#"
    max_length: int = 3600
    play_beep: bool = True
    callback: str | None = None


@dataclass(frozen=True, slots=True)
class Dial:
    """Connect the caller with ``number``."""

    number: str
    action: str | None = None
    method: Method = "POST"
    timeout: int = 30
    time_limit: int = 14400


@dataclass(frozen=True, slots=True)
class Stream:
    """A two-way media stream."""

    url: str
    name: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    status_callback: str | None = None
    status_method: Method = "POST"


@dataclass(frozen=True, slots=True)
class Connect:
    """Hold the call on ``stream`` until it ends."""

    stream: Stream
    action: str | None = None
    method: Method = "POST"


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on with another document."""

    url: str
    method: Method = "POST"


@dataclass(frozen=True, slots=True)
class Reject:
    """Do not answer."""

    reason: Literal["rejected", "busy"] = "rejected"


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


Verb = Play | Say | Pause | Gather | Record | Dial | Connect | Redirect | Reject | Hangup
