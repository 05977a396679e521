"""The browser phone without a browser: its page, its socket, and what the line sees of it (an ordinary call)."""

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from outreach.config import Config
from outreach.simulator.browser import messages
from outreach.simulator.browser.minutes import in_words
from outreach.simulator.browser.pages import router
from outreach.simulator.browser.standby import Standby
from tests.simulator.reference_line import ACCOUNT, TOKEN, ReferenceLine, Talk, served

NUMBER = "13800001234"
GREETING = {"mark": "greeting", "key": "home.hello", "text": "您好，这里是就业热线。", "turn": 1}
Message = dict[str, Any]


@dataclass
class Browser:
    """A browser's end of the socket, without the browser."""

    socket: ClientConnection

    async def send(self, event: str, body: Message) -> None:
        await self.socket.send(json.dumps({"event": event, event: body}))

    async def until(self, event: str, **fields: str) -> Message:
        """The body of the next message of this kind that has these fields."""
        while True:
            message = json.loads(await self.socket.recv())
            body: Message = message[message["event"]]
            if message["event"] == event and fields.items() <= body.items():
                return body

    async def closed(self) -> int:
        """Read to the end; the close code."""
        try:
            while True:
                await self.socket.recv()
        except ConnectionClosed:
            return self.socket.close_code or 0


async def nobody(_number: str) -> None:
    """Asks nobody to ring."""


def config_for(port: int) -> Config:
    return Config(port=port, demo=True, twilio_account_sid=ACCOUNT, twilio_auth_token=SecretStr(TOKEN))


@asynccontextmanager
async def browser_at(line: ReferenceLine, origin: str | None = None) -> AsyncIterator[Browser]:
    url = line.url.replace("http", "ws") + "/phone/media"
    async with connect(url, origin=origin or line.url, compression=None, proxy=None) as opened:  # type: ignore[arg-type]
        yield Browser(opened)


def with_line(line: ReferenceLine, act: Callable[[], Awaitable[None]]) -> None:
    """``line`` and the browser phone on one port, as in a demo, while ``act`` is being done."""

    async def run() -> None:
        async with served(line), asyncio.timeout(100):
            line.app.include_router(router(config_for(urlsplit(line.url).port or 0), Standby(nobody).wait))
            await act()

    asyncio.run(run())


async def stay(talk: Talk) -> None:
    await talk.say(b"\x10" * 1600, "greeting")
    while True:
        await talk.receive()


# --- The call -----------------------------------------------------------------------------------------------


def test_a_call_is_rung_heard_written_down_and_ended_by_the_line() -> None:
    line = ReferenceLine()
    line.events = [GREETING]
    sound = bytearray()
    ended: Message = {}

    async def act() -> None:
        async with browser_at(line) as browser:
            await browser.send("start", {"from": NUMBER})
            assert await browser.until("verb") == {"name": "Connect"}
            words = await browser.until("transcript")
            assert words["who"] == "line"
            assert words["text"] == GREETING["text"]
            while b"\x10" * 160 not in sound:
                sound.extend(base64.b64decode((await browser.until("media"))["payload"]))
            ended.update(await browser.until("stop"))
            assert await browser.closed() == 1000

    with_line(line, act)
    assert ended == {"by": "line", "reached": True, "errors": []}
    assert line.asked[0].form["From"] == "+8613800001234"
    assert all(asked.signed for asked in line.asked if asked.path.startswith("/twilio"))


def test_keys_reach_the_line_and_hanging_up_is_a_stop() -> None:
    line = ReferenceLine(stay)

    async def act() -> None:
        async with browser_at(line) as browser:
            await browser.send("start", {"from": None})
            await browser.until("media")
            while not line.talks or not line.talks[0].sid:
                await browser.until("media")
            await browser.send("dtmf", {"digit": "1"})
            assert (await browser.until("transcript", who="caller"))["text"] == "按键 1"
            await browser.send("stop", {})
            assert (await browser.until("stop"))["by"] == "caller"

    with_line(line, act)
    events = [message["event"] for message in line.talks[0].messages]
    assert [message["dtmf"]["digit"] for message in line.talks[0].messages if message["event"] == "dtmf"] == [
        "1"
    ]
    assert events[-1] == "stop"
    assert line.asked[0].form["From"] == "anonymous"


def test_a_browser_that_vanishes_is_a_lost_signal_and_leaves_no_task() -> None:
    line = ReferenceLine(stay)

    async def act() -> None:
        before = asyncio.all_tasks()
        async with browser_at(line) as browser:
            await browser.send("start", {"from": NUMBER})
            while not line.talks or not line.talks[0].sid:
                await browser.until("media")
            browser.socket.transport.abort()
        while left := asyncio.all_tasks() - before:
            await asyncio.wait(left)  # one that never ends runs into with_line's time limit

    with_line(line, act)
    assert "stop" not in [message["event"] for message in line.talks[0].messages]
    assert line.last("/twilio/voice/status")["CallStatus"] == "completed"


def test_the_lines_clear_reaches_the_loudspeaker() -> None:
    async def interrupt(talk: Talk) -> None:
        await talk.say(b"\x10" * 80_000, "long")
        await talk.until("dtmf")
        await talk.clear()
        await talk.until("stop")

    line = ReferenceLine(interrupt)

    async def act() -> None:
        async with browser_at(line) as browser:
            await browser.send("start", {"from": NUMBER})
            while base64.b64decode((await browser.until("media"))["payload"])[:1] != b"\x10":
                pass
            await browser.send("dtmf", {"digit": "6"})
            await browser.until("clear")
            await browser.send("stop", {})
            await browser.until("stop")

    with_line(line, act)


def test_microphone_and_typed_words_are_the_callers_voice() -> None:
    line = ReferenceLine(stay)

    def spoken() -> bytes:
        payloads = [m["media"]["payload"] for m in line.talks[0].messages if m["event"] == "media"]
        return b"".join(map(base64.b64decode, payloads)).strip(b"\xff")

    async def act() -> None:
        async with browser_at(line) as browser:
            await browser.send("start", {"from": NUMBER})
            while not line.talks or not line.talks[0].sid:
                await browser.until("media")
            await browser.send("media", {"payload": base64.b64encode(b"\x22" * 160).decode()})
            while spoken() != b"\x22" * 160:
                await browser.until("media")
            await browser.send("say", {"text": " 招聘 "})
            assert (await browser.until("transcript", who="caller"))["text"] == "招聘"
            while len(spoken()) < 3000:
                await browser.until("media")
            await browser.send("stop", {})
            await browser.until("stop")

    with_line(line, act)


def test_two_browsers_have_two_calls() -> None:
    line = ReferenceLine(stay)

    async def act() -> None:
        async with browser_at(line) as one, browser_at(line) as two:
            await one.send("start", {"from": NUMBER})
            await two.send("start", {"from": "0935-2212345"})
            await asyncio.gather(one.until("media"), two.until("media"))
            await one.send("stop", {})
            assert (await one.until("stop"))["by"] == "caller"
            await two.until("media")
            await two.send("stop", {})
            await two.until("stop")

    with_line(line, act)
    callers = {asked.form["From"] for asked in line.asked if asked.path == "/twilio/voice"}
    assert callers == {"+8613800001234", "+869352212345"}


# --- What goes wrong ----------------------------------------------------------------------------------------


def test_a_message_that_makes_no_sense_is_said_and_the_call_goes_on() -> None:
    line = ReferenceLine(stay)

    async def act() -> None:
        async with browser_at(line) as browser:
            await browser.send("start", {"from": NUMBER})
            await browser.socket.send(b"\x00")
            assert "刷新" in (await browser.until("problem"))["text"]
            await browser.send("start", {"from": NUMBER})
            assert "已经在打" in (await browser.until("problem"))["text"]
            await browser.send("stop", {})
            assert (await browser.until("stop"))["by"] == "caller"

    with_line(line, act)


@pytest.mark.parametrize(
    "first", [{"event": "start", "start": {"from": "12"}}, {"event": "stop", "stop": {}}]
)
def test_nothing_is_rung_without_a_number_that_can_be_one(first: Message) -> None:
    line = ReferenceLine(stay)

    async def act() -> None:
        async with browser_at(line) as browser:
            await browser.socket.send(json.dumps(first))
            assert (await browser.until("problem"))["text"]
            assert await browser.closed() == 1008

    with_line(line, act)
    assert line.asked == []


def test_a_strangers_page_may_not_ring() -> None:
    line = ReferenceLine(stay)

    async def act() -> None:
        with pytest.raises(InvalidStatus, match="403"):
            async with browser_at(line, origin="https://elsewhere.example"):
                pass

    with_line(line, act)
    assert line.asked == []


def test_a_line_that_is_not_there_is_said() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        app = FastAPI()
        app.include_router(router(config_for(free.getsockname()[1]), Standby(nobody).wait))
        origin = {"origin": "http://testserver"}
        with TestClient(app).websocket_connect("/phone/media", headers=origin) as opened:
            opened.send_json({"event": "start", "start": {"from": NUMBER}})
            while (message := opened.receive_json())["event"] != "stop":
                pass
    assert message["stop"]["reached"] is False
    assert "11205" in message["stop"]["errors"][0]


@pytest.mark.parametrize(
    "frame",
    [
        None,
        "",
        "{",
        "[]",
        '{"event":"dtmf","dtmf":{"digit":"12"}}',
        '{"event":"media","media":{"payload":"%%"}}',
        '{"event":"media","media":{"payload":"é"}}',
        '{"event":"say","say":{"text":"  "}}',
        json.dumps({"event": "say", "say": {"text": "好" * (messages.TEXT_LIMIT + 1)}}),
        '{"event":"start","start":{"from":"client:me"}}',
        '{"event":"start"}',
    ],
)
def test_what_the_browser_may_not_say(frame: str | None) -> None:
    with pytest.raises(messages.MessageError):
        messages.read(frame)


def test_what_the_ear_made_of_it_in_words() -> None:
    assert in_words({"text": "招聘", "confidence": 0.934, "unknown": False}) == "听到“招聘”（把握93%）"
    assert in_words({"text": "", "confidence": 0.0, "unknown": True}) == "听到说话，没听懂"
    assert in_words({"text": "", "confidence": 0.0, "unknown": False}) == "没有听到话"


# --- The page -----------------------------------------------------------------------------------------------


def test_the_page_has_nothing_inline_and_nothing_from_elsewhere() -> None:
    app = FastAPI()
    app.include_router(router(config_for(8000), Standby(nobody).wait))
    client = TestClient(app)
    answer = client.get("/phone")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    for forbidden in ("<style", "style=", "onclick", "https://", "http://", "javascript:"):
        assert forbidden not in answer.text
    assert answer.text.count("<script") == answer.text.count('src="/phone/static/')
    for name in ("phone.js", "phone.css", "sound.js", "mulaw-worklet.js"):
        served_file = client.get(f"/phone/static/{name}")
        assert served_file.status_code == 200
        assert served_file.headers["cache-control"] == "no-cache"
    assert client.get("/phone/static/..%2Fbridge.py").status_code == 404
