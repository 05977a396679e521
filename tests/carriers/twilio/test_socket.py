"""The media socket over a real uvicorn on loopback: who is let in, and what a stream sounds like."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import orjson
import pytest
import structlog.testing
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from outreach.carriers.twilio.voice import router
from outreach.wire import MediaAudio, MediaIn, MediaMark, MediaSocket, MediaStarted, MediaStopped
from tests.carriers.cases import FakeLines, FakeReception, HouseFailure
from tests.carriers.twilio.twilio_side import (
    CALL,
    STREAM,
    TOKEN,
    config,
    connected,
    mark,
    media,
    sign,
    start,
    stop,
)

Conversation = Callable[[MediaSocket], Awaitable[None]]


@asynccontextmanager
async def serving(conversation: Conversation) -> AsyncIterator[str]:
    """Serve on a port of the system's choice; the kernel holds the first client until uvicorn accepts."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    settings = config(public_url=f"http://{address}", twilio_auth_token=SecretStr(TOKEN))
    app = FastAPI()
    app.include_router(router(settings, FakeReception(), FakeLines(conversation), b""))
    server = uvicorn.Server(uvicorn.Config(app, ws="websockets-sansio", log_level="critical", lifespan="off"))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"ws://{address}/twilio/media"
    finally:
        server.should_exit = True
        await running


def dial(url: str, signature: str | None) -> connect:
    """The handshake as captured from a real call: no subprotocol, no extensions, no Origin."""
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    return connect(
        url, additional_headers=headers, compression=None, user_agent_header="Twilio.TmeWs/1.0", proxy=None
    )


async def never(_: MediaSocket) -> None:
    raise AssertionError("a stranger got through to the line")


@pytest.mark.parametrize("signature", [None, "", "wrong", sign("https://127.0.0.1/twilio/media")])
def test_a_stranger_is_refused_before_the_socket_opens(signature: str | None) -> None:
    async def go() -> int:
        async with serving(never) as url:
            with pytest.raises(InvalidStatus) as refusal:
                await dial(url, signature)
            return refusal.value.response.status_code

    assert asyncio.run(go()) == 403


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_stream_both_ways(slash: str) -> None:
    heard: list[MediaIn] = []

    async def echo(line: MediaSocket) -> None:
        while not isinstance(event := await line.receive(), MediaStopped):
            heard.append(event)
            if isinstance(event, MediaAudio):
                await line.play(event.payload)
                await line.mark("said")
        heard.append(event)

    async def go() -> list[str]:
        async with serving(echo) as url, dial(url, sign(url + slash)) as twilio:
            assert twilio.subprotocol is None
            for message in (connected(), start(), media(2, b"\xff\x7f", 20)):
                await say(twilio, message)
            said = [str(await twilio.recv()), str(await twilio.recv())]
            await say(twilio, mark(3, "said"))
            await say(twilio, stop(4))
            await twilio.wait_closed()
            return said

    said = [orjson.loads(text) for text in asyncio.run(go())]
    assert said == [
        {"event": "media", "streamSid": STREAM, "media": {"payload": "/38="}},
        {"event": "mark", "streamSid": STREAM, "mark": {"name": "said"}},
    ]
    assert heard == [
        MediaStarted(CALL, "one-time"),
        MediaAudio(b"\xff\x7f", 0.02),
        MediaMark("said"),
        MediaStopped(hung_up=True),
    ]


async def fails(line: MediaSocket) -> None:
    await line.receive()
    raise HouseFailure("no more threads")


async def leaves(line: MediaSocket) -> None:
    await line.receive()


@pytest.mark.parametrize(("conversation", "events"), [(fails, ["line_failed"]), (leaves, [])])
def test_when_the_line_ends_twilio_sees_an_ordinary_close(
    conversation: Conversation, events: list[str]
) -> None:
    async def go() -> int | None:
        async with serving(conversation) as url, dial(url, sign(url)) as twilio:
            await say(twilio, start())
            with pytest.raises(ConnectionClosed):
                await twilio.recv()
            return twilio.close_code

    with structlog.testing.capture_logs() as logged:
        assert asyncio.run(go()) == 1000
    assert [e["event"] for e in logged if e["event"] != "stream_ended"] == events
    assert all(entry["call"] == CALL for entry in logged)


def test_a_vanished_twilio_is_not_an_error() -> None:
    ended: list[MediaIn] = []

    async def talk(line: MediaSocket) -> None:
        await line.receive()
        ended.append(await line.receive())
        await line.play(b"\xff" * 100_000)
        await line.mark("m")
        await line.clear()

    async def go() -> None:
        async with serving(talk) as url, dial(url, sign(url)) as twilio:
            await say(twilio, start())
            twilio.transport.abort()

    with structlog.testing.capture_logs() as logged:
        asyncio.run(go())
    assert ended == [MediaStopped(hung_up=False)]
    assert [entry["event"] for entry in logged] == ["stream_ended"]


async def say(twilio: ClientConnection, message: dict[str, object]) -> None:
    await twilio.send(orjson.dumps(message).decode())
