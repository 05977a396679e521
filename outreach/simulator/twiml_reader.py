"""The strict reading of TwiML: what Twilio would refuse, warn of or silently ignore is an error here.

Twilio itself only warns of an unknown attribute (12200); a misspelt one is a bug in the line all the same.
Source: www.twilio.com/docs/voice/twiml and the page of each verb; docs/api/errors (12100, 12200, 12300, 31922
…).
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeVar, cast
from urllib.parse import urlsplit
from xml.etree import ElementTree

from outreach.simulator.twiml import (
    Connect,
    Dial,
    Gather,
    Hangup,
    Method,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
    Stream,
    Verb,
)

ACTION: Final = "action method"
RECORDING: Final = "recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent trim"
ATTRIBUTES: Final[dict[str, frozenset[str]]] = {
    element: frozenset(names.split())
    for element, names in {
        "Response": "",
        "Play": "loop",
        "Say": "voice loop language",
        "Pause": "length",
        "Gather": f"{ACTION} input timeout finishOnKey numDigits actionOnEmptyResult bargeIn language",
        "Record": f"{ACTION} timeout finishOnKey maxLength playBeep transcribe {RECORDING}",
        "Dial": f"{ACTION} timeout timeLimit callerId answerOnBridge hangupOnStar record {RECORDING}",
        "Number": "",
        "Connect": ACTION,
        "Stream": "url name track statusCallback statusCallbackMethod",
        "Parameter": "name value",
        "Redirect": "method",
        "Reject": "reason",
        "Hangup": "",
    }.items()
}
NESTED: Final[dict[str, frozenset[str]]] = {
    "Response": frozenset(
        ["Play", "Say", "Pause", "Gather", "Record", "Dial", "Connect", "Redirect", "Reject", "Hangup"]
    ),
    "Gather": frozenset({"Play", "Say", "Pause"}),
    "Dial": frozenset({"Number"}),
    "Connect": frozenset({"Stream"}),
    "Stream": frozenset({"Parameter"}),
}
TEXTUAL: Final = frozenset({"Play", "Say", "Redirect", "Dial", "Number"})
NOT_SIMULATED: Final = frozenset(
    {"Enqueue", "Leave", "Start", "Stop", "Refer", "Sms", "Pay", "Queue", "Conference"}
)
PARAMETER_LIMIT: Final = 500
NUMBER: Final = re.compile(r"\+[1-9]\d{6,14}")

Value = TypeVar("Value")


class TwimlError(Exception):
    """The document is wrong. The text begins with the carrier's error number."""


def read_twiml(body: bytes, *, plain_stream: bool = False) -> tuple[Verb, ...]:
    """The verbs of a document.

    ``plain_stream``: a stream without TLS will do (loopback). Raises TwimlError.
    """
    try:
        response = ElementTree.fromstring(body)  # noqa: S314  (64 kB at most, of the line under test)
    except ElementTree.ParseError as error:
        raise TwimlError(f"12100: not XML: {error}") from None
    if response.tag != "Response":
        raise TwimlError(f"12100: the document is a <{response.tag}>, not a <Response>")
    _check(response)
    verbs = tuple(_verb(element, plain_stream) for element in response)
    if any(isinstance(verb, Reject) for verb in verbs[1:]):
        raise TwimlError("12200: <Reject> must be the first verb")
    return verbs


def _check(element: ElementTree.Element) -> None:
    """Names, attributes, nesting and stray text, all the way down."""
    if unknown := sorted(element.attrib.keys() - ATTRIBUTES[element.tag]):
        raise TwimlError(f"12200: <{element.tag}> has unknown attribute {', '.join(unknown)}")
    text = (element.text or "").strip()
    if text and element.tag not in TEXTUAL:
        raise TwimlError(f"12200: <{element.tag}> takes no text")
    for child in element:
        if child.tag not in NESTED.get(element.tag, frozenset()):
            why = "is not simulated" if child.tag in NOT_SIMULATED else f"cannot stand in <{element.tag}>"
            raise TwimlError(f"12200: <{child.tag}> {why}")
        if (child.tail or "").strip():
            raise TwimlError(f"12200: <{element.tag}> has text between its verbs")
        _check(child)


def _verb(element: ElementTree.Element, plain_stream: bool) -> Verb:
    match element.tag:
        case "Gather":
            return _gather(element)
        case "Record":
            return _record(element)
        case "Dial":
            return _dial(element)
        case "Connect":
            return _connect(element, plain_stream)
        case "Redirect":
            return Redirect(_text(element), _method(element))
        case "Reject":
            reason = cast(
                Literal["rejected", "busy"], _one_of(element, "reason", ("rejected", "busy"), "rejected")
            )
            return Reject(reason)
        case "Hangup":
            return Hangup()
        case _:
            return _prompt(element)


def _prompt(element: ElementTree.Element) -> Play | Say | Pause:
    match element.tag:
        case "Play":
            return Play(_text(element), _whole(element, "loop", 1))
        case "Say":
            return Say(_text(element), _whole(element, "loop", 1))
        case _:
            return Pause(_whole(element, "length", 1))


def _gather(element: ElementTree.Element) -> Gather:
    if element.get("input", "dtmf") != "dtmf":
        raise TwimlError("12200: <Gather> of speech would go to a foreign recogniser; only dtmf is simulated")
    finish = element.get("finishOnKey", "#")
    if len(finish) > 1 or finish.strip("0123456789*#"):
        raise TwimlError(f"12200: <Gather> finishOnKey {finish!r} is not one key or none")
    return Gather(
        prompts=tuple(_prompt(child) for child in element),
        action=element.get("action"),
        method=_method(element),
        timeout=_whole(element, "timeout", 5, least=1),
        finish_on_key=finish,
        num_digits=_whole(element, "numDigits", 1, least=1) if element.get("numDigits") else None,
        action_on_empty_result=_truth(element, "actionOnEmptyResult", False),
        barge_in=_truth(element, "bargeIn", True),
    )


def _record(element: ElementTree.Element) -> Record:
    finish = element.get("finishOnKey", "1234567890*#")
    if finish.strip("0123456789*#"):
        raise TwimlError(f"12200: <Record> finishOnKey {finish!r} has something that is no key")
    _one_of(element, "trim", ("trim-silence", "do-not-trim"), "trim-silence")
    return Record(
        action=element.get("action"),
        method=_method(element),
        timeout=_whole(element, "timeout", 5, least=1),
        finish_on_key=finish,
        max_length=_whole(element, "maxLength", 3600, least=1),
        play_beep=_truth(element, "playBeep", True),
        callback=element.get("recordingStatusCallback"),
    )


def _dial(element: ElementTree.Element) -> Dial:
    numbers = [_text(child) for child in element]
    if (text := (element.text or "").strip()) != "":
        numbers.append(text)
    if len(numbers) != 1:
        raise TwimlError(f"13200: <Dial> of {len(numbers)} numbers; one is simulated")
    _truth(element, "answerOnBridge", False)
    for number in (numbers[0], element.get("callerId", numbers[0])):
        if not NUMBER.fullmatch(number):
            raise TwimlError("13223: <Dial> of, or from, something that is no E.164 number")
    return Dial(
        number=numbers[0],
        action=element.get("action"),
        method=_method(element),
        timeout=_whole(element, "timeout", 30, least=1),
        time_limit=_whole(element, "timeLimit", 14400, least=1),
    )


def _connect(element: ElementTree.Element, plain_stream: bool) -> Connect:
    if len(element) != 1:
        raise TwimlError(f"12200: <Connect> holds {len(element)} streams instead of one")
    stream = element[0]
    if stream.get("track", "inbound_track") != "inbound_track":
        raise TwimlError("31941: a two-way stream has the inbound_track only")
    url = stream.get("url", "")
    parts = urlsplit(url)
    if parts.scheme not in ({"wss", "ws"} if plain_stream else {"wss"}):
        raise TwimlError(f"31922: the stream's url must begin with wss://, not {parts.scheme or 'nothing'}")
    if not parts.hostname or parts.query or parts.fragment:
        raise TwimlError("31923: the stream's url needs a host and may have no query and no fragment")
    callback = stream.get("statusCallback")
    if callback is not None and not urlsplit(callback).hostname:
        raise TwimlError("12200: <Stream> statusCallback must be absolute")
    return Connect(
        Stream(
            url=url,
            name=stream.get("name"),
            parameters=_parameters(stream),
            status_callback=callback,
            status_method=_method(stream, "statusCallbackMethod"),
        ),
        action=element.get("action"),
        method=_method(element),
    )


def _parameters(stream: ElementTree.Element) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for element in stream:
        name, value = element.get("name", ""), element.get("value")
        if not name or value is None or name in parameters:
            raise TwimlError("12200: a <Parameter> needs a name of its own and a value")
        if len(name) + len(value) >= PARAMETER_LIMIT:
            raise TwimlError(f"12200: <Parameter> {name} has {PARAMETER_LIMIT} characters or more")
        parameters[name] = value
    return parameters


def _text(element: ElementTree.Element) -> str:
    text = (element.text or "").strip()
    if not text:
        raise TwimlError(f"12200: <{element.tag}> is empty")
    return text


def _method(element: ElementTree.Element, name: str = "method") -> Method:
    return cast(Method, _one_of(element, name, ("GET", "POST"), "POST"))


def _one_of(element: ElementTree.Element, name: str, allowed: tuple[str, ...], default: str) -> str:
    return _value(element, name, default, {value: value for value in allowed}.__getitem__)


def _truth(element: ElementTree.Element, name: str, default: bool) -> bool:
    words: Mapping[str, bool] = {"true": True, "false": False}
    return _value(element, name, default, words.__getitem__)


def _whole(element: ElementTree.Element, name: str, default: int, least: int = 0) -> int:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or int(text) < least:
            raise ValueError(text)
        return int(text)

    return _value(element, name, default, read)


def _value(element: ElementTree.Element, name: str, default: Value, read: Callable[[str], Value]) -> Value:
    text = element.get(name)
    if text is None:
        return default
    try:
        return read(text)
    except (KeyError, ValueError):
        raise TwimlError(f"12200: <{element.tag}> {name}={text!r} is not a value it can have") from None
