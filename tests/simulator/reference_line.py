"""A line of a few dozen lines that behaves rightly, on loopback; tests swap single parts for misbehaviour.

Its signature check is the twilio package's, not the simulator's.
"""

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.responses import StreamingResponse
from starlette.websockets import WebSocketDisconnect
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped, unused-ignore]

from outreach.simulator.line import Line

TOKEN = "12345"
ACCOUNT = "AC" + "0" * 32
Form = dict[str, str]
Message = dict[str, Any]


@dataclass
class Asked:
    """One request the line got."""

    method: str
    path: str
    form: Form
    headers: dict[str, str]
    signed: bool


@dataclass
class Talk:
    """The line's end of one stream: the socket, what came in, and sending rightly or wrongly."""

    socket: WebSocket
    sid: str = ""
    start: Message = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> Message:
        # not receive_text: it refuses what has come in before the caller hung up, once a sending has failed
        frame = await self.socket.receive()
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
        message: Message = json.loads(frame["text"])
        self.messages.append(message)
        return message

    async def until(self, event: str) -> Message:
        while (message := await self.receive())["event"] != event:
            pass
        return message

    async def raw(self, message: Message) -> None:
        await self.socket.send_text(json.dumps(message))

    async def say(self, mulaw: bytes, mark: str) -> None:
        payload = base64.b64encode(mulaw).decode()
        await self.raw({"event": "media", "streamSid": self.sid, "media": {"payload": payload}})
        await self.raw({"event": "mark", "streamSid": self.sid, "mark": {"name": mark}})

    async def clear(self) -> None:
        await self.raw({"event": "clear", "streamSid": self.sid})


Conversation = Callable[[Talk], Awaitable[None]]
Document = str | Response | Callable[[Form], "str | Response | Awaitable[str | Response]"]


class ReferenceLine:
    """``documents``: what each path answers; ``sounds``: those under /sound/; ``talk``: what streams do."""

    def __init__(self, talk: Conversation | None = None) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.talks: list[Talk] = []
        self.upgrades: list[dict[str, str]] = []
        self.documents: dict[str, Document] = {
            "/twilio/voice": self.connect,
            "/next": "<Response><Hangup/></Response>",
        }
        self.sounds: dict[str, Response] = {}
        self.events: list[Message] | None = None
        self.subprotocol: str | None = None
        self.refuse_streams = False
        self.status_code = 204
        self.talk = talk or self.greet
        self.app = FastAPI()
        self.app.websocket("/media")(self.media)
        self.app.get("/sound/{name}")(self.sound)
        self.app.get("/phone/calls/{sid}/events")(self.channel)
        self.app.api_route("/{path:path}", methods=["GET", "POST"])(self.answer)

    def line(self, **more: Any) -> Line:
        return Line(
            voice_url=f"{self.url}/twilio/voice",
            auth_token=TOKEN,
            account_sid=ACCOUNT,
            called="+869352200000",
            status_url=f"{self.url}/status",
            **more,
        )

    def connect(self, _form: Form) -> str:
        media = self.url.replace("http", "ws") + "/media"
        return (
            f'<Response><Connect action="/next"><Stream url="{media}" statusCallback="{self.url}/stream">'
            '<Parameter name="token" value="t-1"/></Stream></Connect>'
            '<Redirect method="POST">/next</Redirect></Response>'
        )

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def last(self, path: str) -> Form:
        return next(asked.form for asked in reversed(self.asked) if asked.path == path)

    async def greet(self, talk: Talk) -> None:
        await talk.say(b"\x10" * 4000, "greeting")
        await talk.until("mark")
        await talk.socket.close()

    async def answer(self, request: Request) -> Response:
        body = (await request.body()).decode()
        form = dict(parse_qsl(body, keep_blank_values=True))
        url = self.url + request.url.path + (f"?{request.url.query}" if request.url.query else "")
        signature = request.headers.get("x-twilio-signature", "")
        signed = bool(RequestValidator(TOKEN).validate(url, form, signature))
        self.asked.append(Asked(request.method, request.url.path, form, dict(request.headers), signed))
        document = self.documents.get(request.url.path, Response(status_code=self.status_code))
        if not isinstance(document, str | Response):
            answered = document(form)
            document = answered if isinstance(answered, str | Response) else await answered
        return document if isinstance(document, Response) else Response(document, media_type="text/xml")

    async def sound(self, name: str) -> Response:
        return self.sounds.get(name, Response(status_code=404))

    async def channel(self, request: Request) -> Response:
        signature = request.headers["x-twilio-signature"]
        if self.events is None or not RequestValidator(TOKEN).validate(
            self.url + request.url.path, {}, signature
        ):
            return Response(status_code=404)
        lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in self.events)
        return StreamingResponse(iter([lines]), media_type="application/x-ndjson")

    async def media(self, socket: WebSocket) -> None:
        self.upgrades.append(dict(socket.headers))
        if self.refuse_streams:
            await socket.close()
            return
        await socket.accept(subprotocol=self.subprotocol)
        talk = Talk(socket)
        self.talks.append(talk)
        # either side may have closed: what has come in is read all the same, up to its end
        with suppress(WebSocketDisconnect, RuntimeError):
            message = await talk.until("start")
            talk.sid, talk.start = message["streamSid"], message["start"]
            await self.talk(talk)
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await talk.receive()
        talk.over.set()


@asynccontextmanager
async def served(line: ReferenceLine) -> AsyncIterator[ReferenceLine]:
    """``line`` on a free port, for as long as the block lasts."""
    # IPPROTO_TCP by name: without it asyncio does not set TCP_NODELAY, and each answer costs 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        line.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = uvicorn.Config(line.app, log_level="critical", lifespan="off", ws="websockets-sansio")
        settings.load()
        server = uvicorn.Server(settings)
        server.lifespan = settings.lifespan_class(settings)
        # Not serve() and shutdown(): they look up ten times a second, which would double the time of these tests.
        await server.startup(sockets=[listener])
        try:
            yield line
        finally:
            for accepting in server.servers:
                accepting.close()
            for connection in list(server.server_state.connections):
                connection.shutdown()
