"""The real product on a loopback port, in this process or as one of its own, and a proxy that waits for it."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import Connection

from outreach.app import Parts, create_app
from outreach.config import FAKE_TWILIO, Config
from outreach.demo import seed
from outreach.simulator import demo_account
from outreach.simulator.caller import make_call, sounds_for
from outreach.simulator.captions import Captions
from outreach.simulator.fake_twilio import FakeCall
from outreach.simulator.line import Line, Quirks
from outreach.simulator.outgoing import FakeCalls
from outreach.simulator.script import parse
from outreach.simulator.voice import Voice
from outreach.store.database import Database

T = TypeVar("T")
SPEED = 8.0
READY_WITHIN_SECONDS = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(data: Path, database_url: str, port: int, **more: Any) -> Config:
    return Config(
        data_dir=data,
        database_url=database_url,
        port=port,
        demo=True,
        lag_limit_ms=60_000,  # a test machine is late for reasons of its own
        twilio_account_sid=demo_account.ACCOUNT_SID,
        twilio_auth_token=SecretStr(demo_account.AUTH_TOKEN),
        twilio_from=demo_account.NUMBER,
        **more,
    )


@dataclass
class Served:
    """A line that can be rung. ``store``: a door of the test's own to its database."""

    url: str
    store: Database
    app: FastAPI
    fallback: str | None = None

    def break_database(self) -> None:
        """From now on the server's own door to its data is shut, as after a failed disk."""
        self.app.state.house.database.close_now()

    def line(self) -> Line:
        return Line(
            voice_url=f"{self.url}/twilio/voice",
            auth_token=demo_account.AUTH_TOKEN,
            account_sid=demo_account.ACCOUNT_SID,
            called=demo_account.NUMBER,
            api_url=self.url + FAKE_TWILIO,
            status_url=f"{self.url}/twilio/voice/status",
            fallback_url=self.fallback,
        )

    def ring(
        self, caller: str | None, *steps: str, speed: float = SPEED, quirks: Quirks | None = None
    ) -> "Rung":
        """One call by script; a step that fails or a breach of the protocol fails the test."""
        call = FakeCall(self.line(), caller, speed, quirks=quirks)
        parsed = [parse(step) for step in steps]

        async def go() -> tuple[Captions, str | None]:
            return await make_call(call, parsed, await sounds_for(parsed, Voice.of(1)))

        captions, failure = asyncio.run(go())
        assert failure is None, failure
        return Rung(call, captions)

    @property
    def carrier(self) -> FakeCalls:
        """The fake's side that makes the line's calls."""
        calls: FakeCalls = self.app.state.fake_calls
        return calls

    def stored(self, work: Callable[[Connection], T]) -> T:
        return self.store.read_now(work)


@dataclass
class Rung:
    """A call that is over."""

    call: FakeCall
    captions: Captions

    @property
    def said(self) -> str:
        """All the line's words that began to play."""
        return "".join(
            clip.caption.text for clip in self.call.clips if clip.caption and clip.began_at is not None
        )


def office_hours() -> Callable[[], datetime]:
    """A clock that starts on a Tuesday at ten in Gansu, whatever the time is here, and then goes on."""
    ten, start = datetime(2026, 11, 24, 2, 0, tzinfo=UTC), time.monotonic()
    return lambda: ten + timedelta(seconds=time.monotonic() - start)


@contextmanager
def in_process(
    data: Path, database_url: str, clock: Callable[[], datetime] | None = None, **more: Any
) -> Iterator[Served]:
    """Serve from a thread of this process."""
    config = settings(data, database_url, free_port(), **more)
    data.mkdir(parents=True, exist_ok=True)
    store = Database.open(config.database)
    clock = clock or office_hours()
    store.write_now(lambda db: seed(db, clock()))
    app = create_app(config, Parts(clock=clock, render_ahead=False))
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=config.host,
            port=config.port,
            log_config=None,
            ws="websockets-sansio",
            access_log=False,
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        ready(config.public)
        yield Served(config.public, store, app)
    finally:
        server.should_exit = True
        thread.join(20)
        store.close_now()


class Process:
    """``outreach serve`` as a process of its own, to be killed."""

    def __init__(self, config: Config, public: str) -> None:
        self._environment = {
            **os.environ,
            "OUTREACH_DATA_DIR": str(config.data_dir),
            "OUTREACH_DATABASE_URL": config.database,
            "OUTREACH_PORT": str(config.port),
            "OUTREACH_PUBLIC_URL": public,
            "OUTREACH_DEMO": "true",
            "OUTREACH_LAG_LIMIT_MS": str(config.lag_limit_ms),
            "OUTREACH_TWILIO_ACCOUNT_SID": config.twilio_account_sid,
            "OUTREACH_TWILIO_AUTH_TOKEN": config.twilio_auth_token.get_secret_value(),
            "OUTREACH_TWILIO_FROM": config.twilio_from,
        }
        self._port = config.port
        self._log = config.data_dir / f"serve-{config.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "outreach", "serve"], env=self._environment, stdout=log, stderr=log
            )

    def wait(self) -> None:
        ready(f"http://127.0.0.1:{self._port}")

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


def ready(url: str) -> None:
    """Until the server answers; its start is nobody's measure, so the limit is generous."""
    until = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/readyz", timeout=2).status_code == httpx.codes.OK:
                return
        threading.Event().wait(0.05)
    raise AssertionError(f"{url} did not come up")


class Proxy:
    """What stands before the line in a real house: it tries another door, or the same later, for a while.

    As Caddy's ``lb_try_duration`` (docs/operate.md), but as patient as ``ready``: a start is nobody's measure.
    Bytes only: an open socket breaks when its server dies.
    """

    def __init__(self, *ports: int) -> None:
        self._ports = ports
        self.port = free_port()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self._ready.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(READY_WITHIN_SECONDS):
            behind = await self._connect()
        await asyncio.gather(_pump(reader, behind[1]), _pump(behind[0], writer), return_exceptions=True)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            for port in self._ports:
                with contextlib.suppress(OSError):
                    return await asyncio.open_connection("127.0.0.1", port)
            await asyncio.sleep(0.05)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
