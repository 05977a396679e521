"""What a caller hears when the house itself is in trouble: a dead process, a dead database."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from outreach.demo import seed
from outreach.simulator import demo_account
from outreach.simulator.caller import make_call, sounds_for
from outreach.simulator.fake_twilio import FakeCall
from outreach.simulator.line import Line
from outreach.simulator.script import parse
from outreach.simulator.voice import Voice
from outreach.store.database import Database
from outreach.store.schema import calls
from tests.wire.serving import Process, Proxy, Served, free_port, in_process, settings


def ring_through(proxy: Proxy, at: str, meanwhile: Callable[[], None], *then: str) -> FakeCall:
    """Ring up to the prompt ``at``, let ``meanwhile`` happen, and go on."""
    url = f"http://127.0.0.1:{proxy.port}"
    line = Line(
        voice_url=f"{url}/twilio/voice",
        auth_token=demo_account.AUTH_TOKEN,
        account_sid=demo_account.ACCOUNT_SID,
        called=demo_account.NUMBER,
        status_url=f"{url}/twilio/voice/status",
    )
    call = FakeCall(line, None, 1.0)
    before = ["until:听招聘", "key:1", "until:第1条", "wait:0.4", "key:6", f"until:{at}"]
    steps = [parse(step) for step in (*before, *then)]
    begun = threading.Event()

    def watch(_heard: bytes, _at: float) -> None:
        said = [clip.caption.text for clip in call.clips if clip.caption and clip.began_at is not None]
        if not begun.is_set() and any(at in text for text in said):
            begun.set()
            threading.Thread(target=meanwhile, daemon=True).start()

    call.on_media.append(watch)

    async def go() -> str | None:
        return (await make_call(call, steps, await sounds_for(steps, Voice.of(1))))[1]

    failure = asyncio.run(go())
    assert begun.is_set()
    assert failure is None, (failure, call.errors)
    return call


@pytest.fixture
def house(tmp_path: Path, database_url: str) -> tuple[Path, str]:
    store = Database.open(database_url)
    store.write_now(lambda db: seed(db, datetime.now(UTC)))
    store.close_now()
    return tmp_path, database_url


@pytest.mark.timeout(180)
def test_a_call_outlives_its_process(house: tuple[Path, str]) -> None:
    """kill -9 in mid-call, start again: the same call goes on where the caller was, without redialling."""
    data, database_url = house
    config = settings(data, database_url, free_port())
    with Proxy(config.port) as proxy:
        process = Process(config, f"http://127.0.0.1:{proxy.port}")
        process.start()
        process.wait()

        def die_and_rise() -> None:
            process.kill()
            process.start()

        try:
            call = ring_through(
                proxy,
                "第2条",
                die_and_rise,
                "until:刚才断了一下",
                "until:第2条",
                "wait:0.5",
                "key:6",
                "until:第3条",
                "hangup",
            )
        finally:
            process.stop()
    assert call.ended_by == "caller"


@pytest.mark.timeout(180)
def test_another_node_takes_the_call_over(tmp_path: Path, postgres_url: str) -> None:
    store = Database.open(postgres_url)
    store.write_now(lambda db: seed(db, datetime.now(UTC)))
    first = settings(tmp_path / "a", postgres_url, free_port())
    second = settings(tmp_path / "b", postgres_url, free_port())
    for config in (first, second):
        config.data_dir.mkdir()
    with Proxy(first.port, second.port) as proxy:
        nodes = [Process(config, f"http://127.0.0.1:{proxy.port}") for config in (first, second)]
        for node in nodes:
            node.start()
        try:
            for node in nodes:
                node.wait()
            call = ring_through(proxy, "第2条", nodes[0].kill, "until:刚才断了一下", "until:第2条", "hangup")
            query = select(calls.c.streams, calls.c.breaks).where(calls.c.carrier_call_id == call.sid)
            print(
                store.read_now(lambda db: db.execute(select(calls)).all()),
                call.notes,
                call.errors,
                [(c.began_at, c.caption.text) for c in call.clips if c.caption],
            )
            assert store.read_now(lambda db: tuple(db.execute(query).one())) == (2, 1)
        finally:
            for node in nodes:
                node.stop()
            store.close_now()


def test_without_a_database_the_caller_hears_whom_to_ring(tmp_path: Path) -> None:
    with in_process(tmp_path / "line", "") as served:
        rung = _ring_and_lose_the_database(served)
    assert rung.ended_by == "line"
    assert rung.clips[-1].began_at is not None


def _ring_and_lose_the_database(served: Served) -> FakeCall:
    call = FakeCall(served.line(), None, 8.0)
    steps = [parse(step) for step in ("until:听招聘", "wait:0.5", "key:1")]
    verbs: list[str] = []
    call.on_verb.append(lambda verb, _at: verbs.append(verb))

    def lose(_heard: bytes, at: float) -> None:
        if at > 1.0:
            call.on_media.clear()
            served.break_database()

    call.on_media.append(lose)

    async def go() -> None:
        await make_call(call, steps, await sounds_for(steps, Voice.of(1)))

    asyncio.run(go())
    assert [verb.lower() for verb in verbs][-2:] == ["play", "hangup"]
    return call


def test_an_unready_house_says_so(tmp_path: Path) -> None:
    with in_process(tmp_path / "line", "") as served:
        assert httpx.get(f"{served.url}/readyz", timeout=60).status_code == 200
        served.break_database()
        assert httpx.get(f"{served.url}/readyz", timeout=60).status_code == 503
        assert httpx.get(f"{served.url}/healthz", timeout=60).status_code == 200
