"""Instruction -> TwiML. No decision about the call lives here, only how Twilio is told.

The ``twilio`` package's builders check nothing (a list becomes its Python repr, a control character broken
XML), so each document passes ``_clean``. All URLs are absolute. Source: www.twilio.com/docs/voice/twiml.
"""

import math
import re
from typing import Any, Final
from urllib.parse import quote

from twilio.twiml import TwiML  # type: ignore[import-untyped, unused-ignore]
from twilio.twiml.voice_response import (  # type: ignore[import-untyped, unused-ignore]
    VoiceResponse,
)

from outreach.carriers.twilio import table
from outreach.config import Config
from outreach.wire import Collect, Connect, Decline, Dial, HangUp, Instruction, TakeMessage

CONTENT_TYPE: Final = "text/xml"
APOLOGY: Final = HangUp(audio="apology")
MESSAGE_SILENCE_SECONDS: Final = 8
"""Longer than Twilio's 5: our callers may pause to breathe or to find a word."""
PARAMETER_LIMIT: Final = 500

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(config: Config, instruction: Instruction) -> str:
    """The TwiML document for ``instruction``. Raises ValueError for a value TwiML cannot carry."""
    response = VoiceResponse()
    match instruction:
        case Connect(token=token):
            _connect(config, response, token)
        case Collect():
            _collect(config, response, instruction)
        case TakeMessage():
            _take_message(config, response, instruction)
        case Dial(number, timeout_seconds, audio):
            _play(config, response, audio)
            response.dial(
                action=config.public + table.DIALLED,
                method="POST",
                timeout=timeout_seconds,
                caller_id=config.twilio_from or None,
                answer_on_bridge=True,
            ).number(number)
        case HangUp(audio):
            _play(config, response, audio)
            response.hangup()
        case Decline():
            response.reject(reason="busy")
    _clean(response)
    return str(response.to_xml())


def audio_url(config: Config, name: str) -> str:
    """Where Twilio fetches the sound called ``name``."""
    return f"{config.public}{table.AUDIO}/{quote(name, safe='')}.wav"


def _connect(config: Config, response: Any, token: str) -> None:
    if len(table.TOKEN) + len(token) >= PARAMETER_LIMIT:
        raise ValueError(f"a stream parameter must stay below {PARAMETER_LIMIT} characters")
    following = config.public + table.NEXT
    stream = response.connect(action=following, method="POST").stream(
        url="ws" + config.public.removeprefix("http") + table.MEDIA,
        status_callback=config.public + table.STREAM,
        status_callback_method="POST",
    )
    stream.parameter(name=table.TOKEN, value=token)
    # Twilio does not say whether it asks `action` after a stream; the redirect makes sure somebody is asked.
    response.redirect(following, method="POST")


def _collect(config: Config, response: Any, collect: Collect) -> None:
    gather = response.gather(
        input="dtmf",
        action=f"{config.public}{table.KEYS}?turn={collect.turn}",
        method="POST",
        timeout=max(1, math.ceil(collect.timeout_seconds)),
        num_digits=collect.max_digits or None,
        finish_on_key="#" if collect.finish_on_hash else "",
        action_on_empty_result=True,
    )
    _play(config, gather, collect.audio)


def _take_message(config: Config, response: Any, take: TakeMessage) -> None:
    _play(config, response, take.audio)
    done = f"{config.public}{table.MESSAGE}?turn={take.turn}"
    response.record(
        action=done,
        method="POST",
        timeout=MESSAGE_SILENCE_SECONDS,
        finish_on_key="1234567890*#",
        max_length=take.max_seconds,
        play_beep=True,
        trim="trim-silence",
    )
    # An empty recording is not reported to `action`: Twilio goes on with the next verb.
    response.redirect(done, method="POST")


def _play(config: Config, response: Any, audio: str | None) -> None:
    if audio is not None:
        response.play(audio_url(config, audio))


def _clean(verb: Any) -> None:
    """Make one element and all below it fit for XML, in place."""
    for name, value in verb.attrs.items():
        if not isinstance(value, str | int):
            raise ValueError(f"{verb.name} {name}: TwiML takes text, a number or true/false, not {value!r}")
        if isinstance(value, str):
            verb.attrs[name] = _NOT_XML.sub("", value)
    if verb.value is not None:
        if not isinstance(verb.value, str):
            raise ValueError(f"{verb.name}: TwiML takes text, not {verb.value!r}")
        verb.value = _NOT_XML.sub("", verb.value)
    for child in verb.verbs:
        if not isinstance(child, TwiML):
            raise ValueError(f"{verb.name}: bare text inside an element")
        _clean(child)
