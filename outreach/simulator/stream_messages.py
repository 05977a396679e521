"""Media Streams messages, both ways: what the carrier writes, and the strict reading of what the line writes.

No socket and no clock here. Sources: www.twilio.com/docs/voice/media-streams/websocket-messages; errors
31950, 31951.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

SHAPES: Final[dict[str, tuple[frozenset[str], frozenset[str]]]] = {
    # event: keys of the message, keys of its inner object of the same name
    "media": (frozenset({"event", "streamSid", "media"}), frozenset({"payload"})),
    "mark": (frozenset({"event", "streamSid", "mark"}), frozenset({"name"})),
    "clear": (frozenset({"event", "streamSid"}), frozenset()),
}
MEDIA_FORMAT: Final = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}


class ProtocolError(Exception):
    """The line broke the carrier's protocol. The text begins with the carrier's own error number."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Audio to be played after all that is queued; mu-law, 8 kHz."""

    mulaw: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """To be echoed when all that was sent before it has been played."""

    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Forget all that is queued."""


Order = Sound | Mark | Clear


def read(message: str | bytes, stream_sid: str) -> Order:
    """What the line wants. Raises ProtocolError for any message that Twilio would refuse."""
    if isinstance(message, bytes):
        raise ProtocolError("31950: a binary frame; Twilio takes text frames only")
    try:
        fields = orjson.loads(message)
    except orjson.JSONDecodeError:
        raise ProtocolError("31951: not JSON") from None
    if not isinstance(fields, dict):
        raise ProtocolError("31951: not a JSON object")
    event = fields.get("event")
    if not isinstance(event, str) or event not in SHAPES:
        raise ProtocolError(f"31951: unknown event {event!r}")
    outer, inner = SHAPES[event]
    _same_keys(event, fields, outer)
    if fields["streamSid"] != stream_sid:
        raise ProtocolError(f"31951: {event} with a streamSid that is not this stream's")
    if event == "clear":
        return Clear()
    body = fields[event]
    if not isinstance(body, dict):
        raise ProtocolError(f"31951: {event} is not an object")
    _same_keys(f"{event}.{event}", body, inner)
    (value,) = body.values()
    if not isinstance(value, str) or not value:
        raise ProtocolError(f"31951: {event}.{next(iter(inner))} must be a text that is not empty")
    return Mark(value) if event == "mark" else Sound(_decoded(value))


def _same_keys(what: str, found: Mapping[str, Any], expected: frozenset[str]) -> None:
    if missing := sorted(expected - found.keys()):
        raise ProtocolError(f"31951: {what} lacks {', '.join(missing)}")
    if extra := sorted(found.keys() - expected):
        raise ProtocolError(f"31951: {what} has extra {', '.join(extra)}")


def _decoded(payload: str) -> bytes:
    try:
        return base64.b64decode(payload, validate=True)
    except binascii.Error:
        raise ProtocolError("31951: media.payload is not base64") from None


class Writer:
    """Writes one stream's messages with their running numbers. All numbers but mediaFormat's are texts."""

    def __init__(self, account_sid: str, call_sid: str, stream_sid: str) -> None:
        self._account_sid = account_sid
        self._call_sid = call_sid
        self._stream_sid = stream_sid
        self._sequence = 0
        self._chunk = 0

    def connected(self) -> bytes:
        """The first message; it has neither number nor streamSid."""
        return orjson.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})

    def start(self, parameters: Mapping[str, str]) -> bytes:
        """The second message, with the ``<Parameter>`` values of the document."""
        return self._numbered(
            "start",
            {
                "accountSid": self._account_sid,
                "streamSid": self._stream_sid,
                "callSid": self._call_sid,
                "tracks": ["inbound"],
                "mediaFormat": MEDIA_FORMAT,
                "customParameters": dict(parameters),
            },
        )

    def media(self, mulaw: bytes, at_ms: int) -> bytes:
        """Sound from the caller, ``at_ms`` after the stream's start."""
        self._chunk += 1
        payload = base64.b64encode(mulaw).decode()
        chunk, timestamp = str(self._chunk), str(at_ms)
        return self._numbered(
            "media", {"track": "inbound", "chunk": chunk, "timestamp": timestamp, "payload": payload}
        )

    def dtmf(self, key: str) -> bytes:
        """A key the caller pressed."""
        return self._numbered("dtmf", {"track": "inbound_track", "digit": key})

    def mark(self, name: str) -> bytes:
        """The echo of a mark."""
        return self._numbered("mark", {"name": name})

    def stop(self) -> bytes:
        """The caller has hung up."""
        return self._numbered("stop", {"accountSid": self._account_sid, "callSid": self._call_sid})

    def _numbered(self, event: str, body: Mapping[str, Any]) -> bytes:
        self._sequence += 1
        return orjson.dumps(
            {
                "event": event,
                "sequenceNumber": str(self._sequence),
                event: body,
                "streamSid": self._stream_sid,
            }
        )
