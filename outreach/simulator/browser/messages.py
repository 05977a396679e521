"""What browser phone and bridge say to each other: JSON text frames, Twilio's shapes where Twilio has one.

From the browser: ``start`` (its number), or ``wait`` (to be rung) and ``answer``; ``media``, ``dtmf``, ``say``
(words to be spoken for it), ``stop``.
To the browser: ``ringing``, ``media``, ``clear``, ``verb`` (what the carrier does now), ``transcript``,
``problem``, ``stop``.
Source: www.twilio.com/docs/voice/media-streams/websocket-messages.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from outreach.carriers.twilio.table import e164
from outreach.simulator.telephone import KEYS

MEDIA_LIMIT: Final = 8000
"""Bytes of sound in one message: a second. The page sends 20 ms."""
TEXT_LIMIT: Final = 100
"""Characters to be said at once."""

Who = Literal["caller", "line", "ear"]


class MessageError(Exception):
    """The browser sent something else than it should. The text is for the person at the page."""


@dataclass(frozen=True, slots=True)
class Start:
    """Ring, from ``caller`` (E.164) or with the number withheld."""

    caller: str | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Be there when ``caller`` (E.164) is rung."""

    caller: str


@dataclass(frozen=True, slots=True)
class Take:
    """The receiver was taken up."""


@dataclass(frozen=True, slots=True)
class Sound:
    """From the microphone: mu-law, 8 kHz."""

    mulaw: bytes


@dataclass(frozen=True, slots=True)
class Key:
    """A key was pressed."""

    key: str


@dataclass(frozen=True, slots=True)
class Say:
    """Words that a synthetic voice shall say into the telephone."""

    text: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The receiver was put down."""


FromBrowser = Start | Wait | Take | Sound | Key | Say | Stop


def read(frame: str | None) -> FromBrowser:
    """One text frame (None: it was a binary one). Raises MessageError."""
    try:
        fields = orjson.loads(frame or "")
    except orjson.JSONDecodeError:
        raise MessageError("网页发来的消息读不懂，请刷新网页。") from None
    match fields:
        case {"event": "media", "media": {"payload": str(payload)}}:
            return Sound(_sound(payload))
        case {"event": "dtmf", "dtmf": {"digit": str(key)}} if key in KEYS:
            return Key(key)
        case {"event": "say", "say": {"text": str(text)}} if 0 < len(text.strip()) <= TEXT_LIMIT:
            return Say(text.strip())
        case {"event": "say", "say": {"text": str(text)}}:
            raise MessageError(f"要说的话，请写一到{TEXT_LIMIT}个字。")
        case {"event": "start", "start": {"from": None}}:
            return Start(None)
        case {"event": "start", "start": {"from": str(number)}}:
            if (caller := e164(number)) is None:
                raise MessageError("这不是电话号码。请写手机号码，或者带区号的固定电话。")
            return Start(caller)
        case {"event": "wait", "wait": {"from": str(number)}}:
            if (caller := e164(number)) is None:
                raise MessageError("这不是电话号码。请写手机号码，或者带区号的固定电话。")
            return Wait(caller)
        case {"event": "answer"}:
            return Take()
        case {"event": "stop"}:
            return Stop()
    raise MessageError("网页发来的消息读不懂，请刷新网页。")


def ringing() -> str:
    """The telephone rings."""
    return _written("ringing", {})


def media(mulaw: bytes) -> str:
    """20 ms of the line's sound."""
    return _written("media", {"payload": base64.b64encode(mulaw).decode()})


def clear() -> str:
    """Forget the sound that is still waiting: the line was interrupted."""
    return _written("clear", {})


def verb(name: str) -> str:
    """The TwiML verb the carrier has come to."""
    return _written("verb", {"name": name})


def transcript(who: Who, at: float, text: str) -> str:
    """Said by the caller or by the line, or understood by the line's ear, at this second of the call."""
    return _written("transcript", {"who": who, "at": round(at, 1), "text": text})


def problem(text: str) -> str:
    """Something does not work; the call goes on if it can."""
    return _written("problem", {"text": text})


def stop(by: str, reached: bool, errors: list[str]) -> str:
    """The call is over; ``errors``: what the line did wrong in the carrier's eyes."""
    return _written("stop", {"by": by, "reached": reached, "errors": errors})


def _sound(payload: str) -> bytes:
    try:
        mulaw = base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        raise MessageError("网页发来的声音读不懂，请刷新网页。") from None
    return mulaw[:MEDIA_LIMIT]


def _written(event: str, body: dict[str, Any]) -> str:
    return orjson.dumps({"event": event, event: body}).decode()
