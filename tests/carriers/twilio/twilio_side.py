"""Twilio's side of the wire: signed form posts and media-stream messages, written from the documentation.

Deliberately shares no code with the carrier and none with the ``twilio`` package: it is the second opinion.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.types import Message
from starlette.websockets import WebSocket

from outreach.carriers.twilio.voice import router
from outreach.config import Config
from outreach.wire import MediaSocket
from tests.carriers.cases import FakeLines, FakeReception

TOKEN = "12345"
PUBLIC = "https://line.example"
CALL = "CA" + "1" * 32
STREAM = "MZ" + "2" * 32
APOLOGY = b"RIFF-apology"

# What a real call carries beyond what we use: copies, blanks and a parameter nobody has announced.
CALL_FIELDS = {
    "CallSid": CALL,
    "AccountSid": "AC" + "3" * 32,
    "From": "+8613893512345",
    "To": "+15005550006",
    "Caller": "+8613893512345",
    "Called": "+15005550006",
    "CallStatus": "ringing",
    "Direction": "inbound",
    "ApiVersion": "2010-04-01",
    "FromCity": "",
    "FromZip": "",
    "CallerName": "武威 & <Co>",
    "SomethingNew": "1",
}


def config(**settings: Any) -> Config:
    """A Config with these settings; the checker cannot see pydantic's defaults, hence a function."""
    return Config(**settings)


CONFIG = config(public_url=PUBLIC, twilio_auth_token=SecretStr(TOKEN), twilio_from="+15005550006")

Pairs = Sequence[tuple[str, str]]


def sign(url: str, pairs: Pairs = (), token: str = TOKEN) -> str:
    """URL, then names and values sorted by name without repeats; HMAC-SHA1; base64."""
    text = url + "".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def app(reception: FakeReception, settings: Config = CONFIG, answer_within_seconds: float = 10) -> FastAPI:
    """The carrier's router on its own."""

    async def nothing(socket: MediaSocket) -> None:
        raise AssertionError("no stream was to be opened")

    application = FastAPI()
    application.include_router(
        router(settings, reception, FakeLines(nothing), APOLOGY, answer_within_seconds=answer_within_seconds)
    )
    return application


def request(application: FastAPI, method: str, target: str, **parts: Any) -> httpx.Response:
    """One request to the application, as the reverse proxy would pass it on: another host, plain http."""

    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7:8000") as client:
            return await client.request(method, target, **parts)

    return asyncio.run(go())


def webhook(
    application: FastAPI, target: str, fields: Mapping[str, str], signature: str | None = None
) -> httpx.Response:
    """A signed form post; ``target`` is path and query."""
    pairs = list(fields.items())
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": sign(PUBLIC + target, pairs) if signature is None else signature,
    }
    return request(application, "POST", target, content=urlencode(pairs), headers=headers)


def connected() -> dict[str, Any]:
    return {"event": "connected", "protocol": "Call", "version": "1.0.0"}


def start(**changes: Any) -> dict[str, Any]:
    body = {
        "accountSid": "AC" + "3" * 32,
        "streamSid": STREAM,
        "callSid": CALL,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": "one-time"},
    }
    return {"event": "start", "sequenceNumber": "1", "streamSid": STREAM, "start": body | changes}


def media(sequence: int, payload: bytes = b"\xff" * 160, at_milliseconds: int = 0) -> dict[str, Any]:
    return {
        "event": "media",
        "sequenceNumber": str(sequence),
        "streamSid": STREAM,
        "media": {
            "track": "inbound",
            "chunk": str(sequence - 1),
            "timestamp": str(at_milliseconds),
            "payload": base64.b64encode(payload).decode(),
        },
    }


def dtmf(sequence: int, digit: str) -> dict[str, Any]:
    return {
        "event": "dtmf",
        "sequenceNumber": str(sequence),
        "streamSid": STREAM,
        "dtmf": {"track": "inbound_track", "digit": digit},
    }


def mark(sequence: int, name: str) -> dict[str, Any]:
    return {"event": "mark", "sequenceNumber": str(sequence), "streamSid": STREAM, "mark": {"name": name}}


def stop(sequence: int) -> dict[str, Any]:
    return {
        "event": "stop",
        "sequenceNumber": str(sequence),
        "streamSid": STREAM,
        "stop": {"accountSid": "AC" + "3" * 32, "callSid": CALL},
    }


Frame = str | bytes | dict[str, Any]


class Wire:
    """An accepted WebSocket whose far side plays ``frames``, then drops the line or is ``silent``."""

    def __init__(self, frames: Sequence[Frame], *, silent: bool = False) -> None:
        self.sent: list[Message] = []
        self.broken = False
        self._inbound = [_message(frame) for frame in frames]
        self._silent = silent
        self.websocket = WebSocket({"type": "websocket", "headers": []}, self._receive, self._send)

    async def accept(self) -> WebSocket:
        self._inbound.insert(0, {"type": "websocket.connect"})
        await self.websocket.accept()
        self.sent.clear()
        return self.websocket

    def sent_json(self) -> list[dict[str, Any]]:
        """What was sent in text frames."""
        return [orjson.loads(message["text"]) for message in self.sent if message["type"] == "websocket.send"]

    async def _receive(self) -> Message:
        if self._inbound:
            return self._inbound.pop(0)
        if self._silent:
            await asyncio.Event().wait()
        return {"type": "websocket.disconnect", "code": 1006}

    async def _send(self, message: Message) -> None:
        if self.broken:
            raise OSError("connection lost")
        self.sent.append(message)


def _message(frame: Frame) -> Message:
    match frame:
        case bytes():
            return {"type": "websocket.receive", "bytes": frame}
        case str():
            return {"type": "websocket.receive", "text": frame}
        case _:
            return {"type": "websocket.receive", "text": orjson.dumps(frame).decode()}
