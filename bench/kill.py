"""A worker killed with SIGKILL at every edge of the ledger, started again, and left to reconcile with its carrier.

Real processes on a real store; the carrier (the fake one, on the wire) lives in another process and is asked in the
end what it took. Some rounds lose all delivery reports, so that only its list can settle what was in flight. What
queues asks again after its death, as a carrier repeats a webhook that was not answered. All messages of a round have
the same words, and two go to one number: they are told apart by how many there are.

PostgreSQL is measured where OUTREACH_TEST_POSTGRES names a server.
"""

import multiprocessing
import secrets
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Final

import httpx
from sqlalchemy import Engine, create_engine, select

from bench.databases import databases
from bench.effort import Effort
from bench.killed import Edge, Life, carry, live
from bench.row import Row
from bench.served import free_port
from outreach.simulator import demo_account
from outreach.store.schema import deliveries

TOGETHER: Final = 4
"""Deliveries a round: those beside the one that dies are in all states."""
WITHIN_SECONDS: Final = 60.0
MESSAGES: Final = f"/2010-04-01/Accounts/{demo_account.ACCOUNT_SID}/Messages.json"
PRELOADED: Final = ["bench.killed", "httpcore", "pydantic.v1", "uvicorn.protocols.http.httptools_impl"]
"""Or every life would begin with a second of imports."""
ASKED: Final = Edge("request", "done")

PLOTS: Final[tuple[tuple[Edge, ...], ...]] = (
    (Edge("queue", "open"),),
    (Edge("queue", "done"),),
    (Edge("claim", "open"),),
    (Edge("claim", "done"),),
    (Edge("begin", "open"),),
    (Edge("begin", "done"),),
    (Edge("request", "open"),),
    (ASKED,),
    (Edge("end", "open"),),
    (Edge("end", "done"),),
    (Edge("report", "open"),),
    (Edge("report", "done"),),
    # reconciling can be interrupted too
    (ASKED, Edge("reap", "open")),
    (ASKED, Edge("reap", "done")),
    (ASKED, Edge("look_up", "open")),
    (ASKED, Edge("look_up", "done")),
)
"""Where the first life ends, and the second; the last one is let live."""
MANY: Final = frozenset({"begin", "request", "end", "report"})
"""What happens once for each delivery: it dies at another one in each round."""


@dataclass(frozen=True, slots=True)
class Found:
    """What became of all rounds at one edge."""

    database: str
    edge: Edge
    kills: int
    lost: int
    twice: int
    open: int
    """Sent, but not known to be."""


def measure(effort: Effort) -> list[Row]:
    """A row for each edge and database; none may lose anything or send it twice."""
    return [row for found in matrix(effort.kills) for row in _rows(found)]


def _rows(found: Found) -> Iterator[Row]:
    wrong = found.lost + found.twice + found.open
    yield Row(f"{found.database}, {found.kills} kills, {found.edge}: lost or twice", wrong, "", 0)


def matrix(rounds: int) -> Iterator[Found]:
    """``rounds`` kills at each edge, on each database there is."""
    for kind, url in databases():
        for plot in PLOTS:
            yield Found(kind, plot[-1], rounds, *kill(url, plot, rounds))


def kill(url: str, plot: tuple[Edge, ...], rounds: int) -> tuple[int, int, int]:
    """One field of the matrix: how many were lost, sent twice, and left open.

    Raises RuntimeError when an edge is not reached: who is not killed proves nothing.
    """
    start = multiprocessing.get_context("forkserver")
    start.set_forkserver_preload(PRELOADED)
    result: Counter[str] = Counter()
    with _carrier(start) as carrier, _opened(url) as engine:
        for number in range(rounds):
            purposes = _round(start, url, str(carrier.base_url), plot, number)
            result += _count(engine, carrier, purposes)
    return result["lost"], result["twice"], result["open"]


def _round(
    start: ForkServerContext, url: str, carrier: str, plot: tuple[Edge, ...], number: int
) -> tuple[tuple[str, str], ...]:
    """Lives and deaths. The purposes that were queued, and their numbers."""
    name = secrets.token_hex(8)
    numbers = [f"+86199{secrets.randbelow(10**8):08d}" for _ in range(TOGETHER - 1)]
    numbers.append(numbers[0])
    purposes = tuple((f"{name}:{at}", to) for at, to in enumerate(numbers))
    # only its own list can tell when reports are lost; a report is lost too when it comes to a dead process
    reporting = plot[0].step == "report" or (number % 2 == 0 and len(plot) == 1)
    with socket.socket() as held:  # between two lives nobody else may take the port
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        port = int(held.getsockname()[1])
        life = Life(url, carrier, port, purposes, None, timedelta(0), reporting)
        for at, edge in enumerate(plot):
            nth = 1 + number % TOGETHER if edge.step in MANY else 1
            _die(start, replace(life, death=replace(edge, nth=nth), later=timedelta(minutes=10 * at)))
        _run(start, replace(life, later=timedelta(minutes=10 * (len(plot) - 1))))
    return purposes


def _die(start: ForkServerContext, life: Life) -> None:
    if (code := _run_to_end(start, life)) != -signal.SIGKILL:
        raise RuntimeError(f"{life.death}: not reached, or not survived until then ({code})")


def _run(start: ForkServerContext, life: Life) -> None:
    if code := _run_to_end(start, life):
        raise RuntimeError(f"the last life failed ({code})")


def _run_to_end(start: ForkServerContext, life: Life) -> int | None:
    process = start.Process(target=live, args=(life,))
    process.start()
    _end(process, WITHIN_SECONDS)
    return process.exitcode


def _end(process: ForkServerProcess, within_seconds: float) -> None:
    process.join(within_seconds)
    if process.is_alive():
        process.kill()
        process.join()
        raise RuntimeError(f"it did not come to its end in {within_seconds:.0f} s")


def _count(engine: Engine, carrier: httpx.Client, purposes: tuple[tuple[str, str], ...]) -> Counter[str]:
    """What the carrier took for these deliveries, against what was to be sent; and what the ledger says of it."""
    result: Counter[str] = Counter()
    for number, times in Counter(number for _, number in purposes).items():
        found = carrier.get(MESSAGES, params={"To": number, "PageSize": "1000"}).raise_for_status()
        taken = len(found.json()["messages"])
        result["lost"] += max(0, times - taken)
        result["twice"] += max(0, taken - times)
    names = [purpose for purpose, _ in purposes]
    rows = select(deliveries.c.state).where(deliveries.c.purpose.in_(names))
    with engine.connect() as db:
        settled = sum(state in ("sent", "delivered") for state in db.scalars(rows))
    result["open"] = len(names) - settled
    return result


# --- What all rounds share -----------------------------------------------------------------------------------


@contextmanager
def _carrier(start: ForkServerContext) -> Iterator[httpx.Client]:
    port = free_port()
    process = start.Process(target=carry, args=(port,))
    process.start()
    account = (demo_account.ACCOUNT_SID, demo_account.AUTH_TOKEN)
    try:
        with httpx.Client(auth=account, base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            _wait(client)
            yield client
    finally:
        process.kill()
        process.join()


def _wait(client: httpx.Client) -> None:
    until = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < until:
        with suppress(httpx.TransportError):
            client.get(MESSAGES)
            return
        time.sleep(0.01)
    raise RuntimeError("the carrier did not start")


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()
