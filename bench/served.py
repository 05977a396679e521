"""Starts the processes that are measured, waits for them, and ends them."""

import asyncio
import importlib.util
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import orjson
from sqlalchemy import Connection

from bench import line
from outreach.demo import seed
from outreach.store.database import Database

T = TypeVar("T")

READY_WITHIN_SECONDS = 60.0
ENDS_WITHIN_SECONDS = 20.0
PEER = "bench.peer"
PEER_HERE = importlib.util.find_spec("pipecat") is not None


@dataclass(frozen=True, slots=True)
class Served:
    """A server in a process of its own. ``log``: what it has written. ``is_peer``: it is not ours.

    ``ahead``: how far its clock is.
    """

    pid: int
    port: int
    log: Path
    is_peer: bool
    ahead: timedelta = timedelta(0)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def clock(self) -> datetime:
        """What its clock shows."""
        return datetime.now(UTC) + self.ahead

    def read(self, work: Callable[[Connection], T]) -> T:
        """Have its database read."""
        database = Database.open(line.config(self.port, self.log.parent).database)
        try:
            return database.read_now(work)
        finally:
            database.close_now()

    async def frames_of(self, call_sids: set[str]) -> int:
        """How many sound frames our line says it has taken from these calls, once all are over.

        Raises TimeoutError.
        """
        async with asyncio.timeout(ENDS_WITHIN_SECONDS):
            while True:
                taken = {
                    event["call"]: event["frames"]
                    for event in map(orjson.loads, self.log.read_bytes().splitlines())
                    if event["event"] == "stream_ended" and event["call"] in call_sids
                }
                if taken.keys() == call_sids:
                    return sum(taken.values())
                await asyncio.sleep(0.1)


def free_port() -> int:
    """A port that nobody uses yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def our_line(
    *,
    listening: bool,
    people: Callable[[Connection], None] = lambda _: None,
    starts_at: datetime | None = None,
) -> Iterator[Served]:
    """Our server, with the demo's openings.

    ``people``: work that adds those who are known to it. ``starts_at``: what its clock shows at the start; None: now.
    """
    with TemporaryDirectory(prefix="outreach-bench-") as name:
        directory, port = Path(name), free_port()
        ahead = starts_at - datetime.now(UTC) if starts_at else timedelta(0)
        write(line.config(port, directory).database, lambda db: seed(db, datetime.now(UTC) + ahead))
        write(line.config(port, directory).database, people)
        ears = "listening" if listening else "deaf"
        shift = str(ahead.total_seconds())
        with _process(["bench.line", str(port), name, ears, shift], port, directory) as served:
            yield replace(served, ahead=ahead)


@contextmanager
def peer_line() -> Iterator[Served]:
    """Pipecat's server."""
    with TemporaryDirectory(prefix="outreach-bench-") as name:
        port = free_port()
        with _process([PEER, str(port)], port, Path(name)) as served:
            yield served


@contextmanager
def signature_alone() -> Iterator[Served]:
    """A server that checks signatures and does nothing."""
    with TemporaryDirectory(prefix="outreach-bench-") as name:
        port = free_port()
        with _process(["bench.signed", str(port)], port, Path(name)) as served:
            yield served


def write(url: str, work: Callable[[Connection], None]) -> None:
    """Open a database, have some work done in it, and close it."""
    database = Database.open(url)
    try:
        database.write_now(work)
    finally:
        database.close_now()


@contextmanager
def _process(module: list[str], port: int, directory: Path) -> Iterator[Served]:
    log = directory / "log"
    with log.open("wb") as sink:
        process = subprocess.Popen([sys.executable, "-m", *module], stdout=sink, stderr=sink)
    served = Served(process.pid, port, log, is_peer=module[0] == PEER)
    try:
        _wait(process, served)
        yield served
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(ENDS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", served: Served) -> None:
    until = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{served.url}/readyz", timeout=2):
            return
        time.sleep(0.05)
    raise RuntimeError(f"it did not start:\n{served.log.read_text('utf-8', 'replace')[-2000:]}")
