"""The testers' side channel: all events, as they come, for those who may."""

import asyncio
import json

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from outreach.config import Config
from outreach.ivr.live import LiveCalls
from outreach.simulator.signing import HEADER, sign
from outreach.simulator.watch import router
from tests.asgi_stream import streaming

PUBLIC = "https://line.example"
CALL = "CA" + "7" * 32
PATH = f"/phone/calls/{CALL}/events"
TOLD = {"mark": "1:0", "key": "home.hello", "text": "您好", "turn": 1}


def event(line: str | bytes) -> dict[str, object]:
    """One line, without the number that the house gives each event."""
    told: dict[str, object] = json.loads(line)
    del told["id"]
    return told


def watched(*, demo: bool, live: LiveCalls | None = None) -> FastAPI:
    config = Config(public_url=PUBLIC, demo=demo, twilio_auth_token=SecretStr("old,new"))
    app = FastAPI()
    app.include_router(router(config, live or LiveCalls(demo)))
    return app


def ended_call() -> LiveCalls:
    live = LiveCalls(True)
    live.publish(CALL, TOLD)
    live.publish(CALL, {"heard": {"key": "1"}})
    live.end(CALL)
    return live


def test_everybody_may_watch_a_demo() -> None:
    answer = TestClient(watched(demo=True, live=ended_call())).get(PATH)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [event(line) for line in answer.text.splitlines()] == [TOLD, {"heard": {"key": "1"}}]


@pytest.mark.parametrize("token", ["old", "new"])
def test_whoever_can_sign_may_watch(token: str) -> None:
    client = TestClient(watched(demo=False, live=ended_call()))
    answer = client.get(PATH, headers={HEADER: sign(PUBLIC + PATH, {}, token)})
    assert answer.status_code == 200
    assert len(answer.text.splitlines()) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {HEADER: sign(PUBLIC + PATH, {}, "another token")},
        {HEADER: sign(PUBLIC + PATH.replace("7", "8"), {}, "new")},
        {HEADER: sign("http://testserver" + PATH, {}, "new")},
    ],
    ids=["unsigned", "token", "another call", "another host"],
)
def test_nobody_else_may(headers: dict[str, str]) -> None:
    answer = TestClient(watched(demo=False, live=ended_call())).get(PATH, headers=headers)
    assert answer.status_code == 403
    assert "您好" not in answer.text


def test_a_name_that_is_no_call_id_is_refused() -> None:
    assert TestClient(watched(demo=True)).get("/phone/calls/a%20b/events").status_code == 422


def test_events_come_while_the_call_lives() -> None:
    async def watch() -> tuple[bytes, bytes, bytes]:
        live = LiveCalls(True)
        async with streaming(watched(demo=True, live=live), PATH) as answer:
            live.publish(CALL, TOLD)
            first = await answer.piece()
            live.publish(CALL, {"ended": "stream"})
            second = await answer.piece()
            live.end(CALL)
            return first, second, await answer.piece()

    first, second, last = asyncio.run(watch())
    assert event(first) == TOLD
    assert event(second) == {"ended": "stream"}
    assert last == b""


def test_a_watcher_who_leaves_is_let_go() -> None:
    async def leave() -> bool:
        async with streaming(watched(demo=True, live=LiveCalls(True)), PATH) as answer:
            assert answer.status == 200
        return answer.serving.done()

    assert asyncio.run(leave())
