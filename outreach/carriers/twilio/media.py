"""One Twilio media stream as a ``MediaSocket``: JSON text frames in, ``wire`` events out, and back.

Only translation lives here: no dialogue, no pacing, no recogniser. A message that makes no sense is skipped
and counted; only ``stop``, a lost socket or our own ``close`` ends a stream. ``receive`` runs 50 times a
second for each call, so a frame costs one JSON parse, one pattern and one base64 decode.
Source: www.twilio.com/docs/voice/media-streams/websocket-messages;
what we send must be exact: errors 31950, 31951.
"""

import asyncio
import binascii
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from outreach.carriers.twilio import table
from outreach.wire import MediaAudio, MediaIn, MediaKey, MediaMark, MediaStarted, MediaStopped

log = structlog.get_logger()

CHUNK_BYTES: Final = 8000  # one second: `clear` then has little to throw away, and few messages are needed
MESSAGE_LIMIT: Final = 64 * 1024
START_WITHIN_SECONDS: Final = 10.0
LOG_EVERY: Final = 100


@dataclass(slots=True)
class Counts:
    """What a stream has seen; logged when it ends."""

    frames: int = 0
    skipped: int = 0
    unknown: int = 0
    gaps: int = 0


class TwilioMedia:
    """A MediaSocket over an accepted WebSocket. The first ``receive`` waits for ``start``."""

    def __init__(self, websocket: WebSocket, start_within_seconds: float = START_WITHIN_SECONDS) -> None:
        self.call_id = ""
        self.counts = Counts()
        self._websocket = websocket
        self._start_within_seconds = start_within_seconds
        self._stream_id = ""
        self._sequence = 0
        self._stopped: MediaStopped | None = None
        self._unsendable = False

    async def receive(self) -> MediaIn:
        """The next event. MediaStarted comes first; after MediaStopped: MediaStopped."""
        if self._stopped is not None:
            return self._stopped
        if not self._stream_id:
            return await self._open()
        while (message := await self._message()) is not None:
            event = self._read(message)
            if event is not None:
                return event
        return self._end(hung_up=False)

    async def play(self, audio: bytes) -> None:
        """Queue mu-law of any length; Twilio plays in order of arrival."""
        for start in range(0, len(audio), CHUNK_BYTES):
            chunk = binascii.b2a_base64(audio[start : start + CHUNK_BYTES], newline=False).decode()
            await self._send({"event": "media", "streamSid": self._stream_id, "media": {"payload": chunk}})

    async def mark(self, name: str) -> None:
        """Ask for a MediaMark when all sent so far has been played."""
        await self._send({"event": "mark", "streamSid": self._stream_id, "mark": {"name": name}})

    async def clear(self) -> None:
        """Drop what is queued; outstanding marks come back."""
        await self._send({"event": "clear", "streamSid": self._stream_id})

    async def close(self) -> None:
        """End the stream with code 1000; Twilio then runs the TwiML after Connect."""
        self._end(hung_up=False)
        await self._emit({"type": "websocket.close", "code": 1000, "reason": ""})
        self._unsendable = True

    async def _send(self, message: dict[str, Any]) -> None:
        await self._emit({"type": "websocket.send", "text": orjson.dumps(message).decode()})

    async def _emit(self, frame: dict[str, Any]) -> None:
        if self._unsendable:
            return
        try:
            await self._websocket.send(frame)
        except (WebSocketDisconnect, RuntimeError, OSError):
            # The socket is gone. `receive` tells the line so, after a `stop` that may still be waiting there.
            self._unsendable = True

    async def _open(self) -> MediaIn:
        try:
            async with asyncio.timeout(self._start_within_seconds):
                while (message := await self._message()) is not None:
                    match message:
                        case {"event": "connected"}:
                            continue
                        case {"event": "start", "streamSid": str(), "start": {"callSid": str()}}:
                            return await self._start(message["streamSid"], message["start"])
                        case _:
                            self._skip("before start")
        except TimeoutError:
            return await self._refuse("no start in time")
        return self._end(hung_up=False)

    async def _start(self, stream_id: str, start: dict[str, Any]) -> MediaIn:
        self.call_id = start["callSid"]
        if not stream_id or start.get("streamSid") != stream_id:
            return await self._refuse("streamSid differs within start")
        match start:
            case {"mediaFormat": {"encoding": encoding, "sampleRate": rate, "channels": channels}} if {
                "encoding": encoding,
                "sampleRate": str(rate),
                "channels": str(channels),
            } == table.MEDIA_FORMAT:
                self._stream_id = stream_id
            case _:
                return await self._refuse("mediaFormat is not mu-law 8000 mono")
        match start.get("customParameters"):
            case {table.TOKEN: str(token)}:
                return MediaStarted(self.call_id, token)
            case _:
                return MediaStarted(self.call_id, "")

    async def _refuse(self, why: str) -> MediaStopped:
        log.warning("stream_refused", call=self.call_id, why=why)
        await self.close()
        return MediaStopped(hung_up=False)

    async def _message(self) -> dict[str, Any] | None:
        """The next JSON object, or None when the socket is gone."""
        while True:
            frame = await self._websocket.receive()
            text = frame.get("text")
            if text is None:
                if frame["type"] == "websocket.disconnect":
                    self._unsendable = True
                    return None
                self._skip("binary")
            elif len(text) > MESSAGE_LIMIT:
                self._skip("oversized")
            else:
                try:
                    message = orjson.loads(text)
                except orjson.JSONDecodeError:
                    self._skip("not JSON")
                    continue
                if isinstance(message, dict):
                    self._follow(message.get("sequenceNumber"))
                    return message
                self._skip("not an object")

    def _read(self, message: dict[str, Any]) -> MediaIn | None:
        match message:
            case {
                "event": "media",
                "streamSid": self._stream_id,
                "media": {"payload": str(payload), "timestamp": str(milliseconds)},
            }:
                return self._audio(payload, milliseconds)
            case {"event": "dtmf", "streamSid": self._stream_id, "dtmf": {"digit": str(key)}} if (
                key in table.STREAM_KEYS
            ):
                return MediaKey(key)
            case {"event": "mark", "streamSid": self._stream_id, "mark": {"name": str(name)}}:
                return MediaMark(name)
            case {"event": "stop", "streamSid": self._stream_id}:
                return self._end(hung_up=True)
            case {"event": "media" | "dtmf" | "mark" | "stop" | "start" | "connected" as known}:
                self._skip(f"unusable {known}")
            case {"event": str()}:
                self.counts.unknown += 1
            case _:
                self._skip("no event")
        return None

    def _audio(self, payload: str, milliseconds: str) -> MediaAudio | None:
        try:
            audio = binascii.a2b_base64(payload, strict_mode=True)
            at_seconds = int(milliseconds) / 1000
        except (ValueError, OverflowError):
            self._skip("unusable media")
            return None
        if not audio:
            self._skip("empty media")
            return None
        self.counts.frames += 1
        return MediaAudio(audio, at_seconds)

    def _follow(self, number: object) -> None:
        """Count gaps in the sequence. One TCP stream cannot reorder, so nothing is ever held back."""
        if not isinstance(number, str) or len(number) > 15 or not number.isdecimal():
            return
        arrived = int(number)
        if arrived != self._sequence + 1:
            self.counts.gaps += 1
        self._sequence = arrived

    def _skip(self, why: str) -> None:
        if self.counts.skipped % LOG_EVERY == 0:
            log.warning("media_message_skipped", call=self.call_id, why=why, before=self.counts.skipped)
        self.counts.skipped += 1

    def _end(self, *, hung_up: bool) -> MediaStopped:
        if self._stopped is None:
            self._stopped = MediaStopped(hung_up)
            log.info("stream_ended", call=self.call_id, hung_up=hung_up, **asdict(self.counts))
        return self._stopped
