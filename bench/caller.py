"""The carrier's end of a call, light enough for a hundred at once: it rings, sends, plays, and notes how long it waits.

Not the simulator, which checks every byte: this one must cost less than what it measures.
"""

import asyncio
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import urlencode

import aiohttp
import orjson

from bench.served import Served
from outreach.simulator import demo_account
from outreach.simulator.call_params import call_params, ending_params
from outreach.simulator.line import Line
from outreach.simulator.signing import HEADER, sign
from outreach.simulator.stream_messages import Writer
from outreach.simulator.twiml import Connect
from outreach.simulator.twiml_reader import read_twiml
from outreach.speech.mulaw import RATE, SILENCE

FRAME_MS = 20
QUIET = SILENCE * 160
APART_FRAMES = 30
"""Between two keys: the same one again within half a second is one stroke."""
ANSWERS_WITHIN_SECONDS = 30.0
FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Asked:
    """What the caller has done and not been answered yet. ``cut_at``: when what plays must stop."""

    how: str
    cut_at: float
    cuts: bool
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """Something to say, in frames, and the line's own gate's opinion of it.

    ``opens``, ``closes``: index of the frame with which speech begins and is over.
    """

    frames: tuple[bytes, ...]
    opens: int
    closes: int


def line_of(served: Served) -> Line:
    """Our line, as its carrier knows it."""
    return Line(
        voice_url=f"{served.url}/twilio/voice",
        auth_token=demo_account.AUTH_TOKEN,
        account_sid=demo_account.ACCOUNT_SID,
        called=demo_account.NUMBER,
        status_url=f"{served.url}/twilio/voice/status",
    )


def webhook(line: Line, url: str, params: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a signed webhook."""
    headers = {HEADER: sign(url, params, line.auth_token), "Content-Type": FORM}
    return urlencode(params).encode(), headers


class Caller:
    """One call. ``waits``: seconds from what the caller did to what the line did, by name; ``unanswered``: how often."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.call_sid = "CA" + secrets.token_hex(16)
        self.sent = 0
        self.heard_seconds = 0.0
        self.waits: defaultdict[str, list[float]] = defaultdict(list)
        self.unanswered: Counter[str] = Counter()
        self._session = session
        self._plays_until = 0.0
        self._marks: dict[str, asyncio.TimerHandle] = {}
        self._asked: Asked | None = None
        self._words: Words | None = None
        self._spoken = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._anything = asyncio.Event()

    # --- The call ---

    async def ring(self, line: Line, number: str) -> None:
        """Through the signed webhook, and with its token through the signed socket, until the line speaks."""
        params = call_params(line, self.call_sid, number, "ringing")
        body, headers = webhook(line, line.voice_url, params)
        async with self._session.post(line.voice_url, data=body, headers=headers) as answer:
            document = await answer.read()
        connect = next(verb for verb in read_twiml(document, plain_stream=True) if isinstance(verb, Connect))
        url = connect.stream.url
        await self.open(url, {HEADER: sign(url, {}, line.auth_token)}, connect.stream.parameters)

    async def open(self, url: str, headers: dict[str, str], parameters: dict[str, str]) -> None:
        """Open a media stream and wait for the first sound. Raises TimeoutError."""
        self._socket = await self._session.ws_connect(url, headers=headers, autoping=True)
        self._writer = Writer(demo_account.ACCOUNT_SID, self.call_sid, "MZ" + secrets.token_hex(16))
        await self._send(self._writer.connected())
        await self._send(self._writer.start(parameters))
        self._do(self._receive())
        async with asyncio.timeout(ANSWERS_WITHIN_SECONDS):
            await self._anything.wait()

    async def hang_up(self) -> None:
        """``stop``, and the socket is closed."""
        for timer in self._marks.values():
            timer.cancel()
        await self._send(self._writer.stop())
        await self._socket.close()
        await asyncio.gather(*self._tasks)

    async def ended(self, line: Line) -> None:
        """The status callback of a call that is over."""
        assert line.status_url is not None
        params = call_params(line, self.call_sid, None, "completed") | ending_params(10)
        body, headers = webhook(line, line.status_url, params)
        async with self._session.post(line.status_url, data=body, headers=headers) as answer:
            await answer.read()

    # --- What the caller does ---

    async def tick(self) -> None:
        """The next 20 ms of the caller's side."""
        frame = QUIET if self._words is None else self._words.frames[self._spoken]
        await self._send(self._writer.media(frame, self.sent * FRAME_MS))
        self.sent += 1
        if self._words is not None:
            self._spoke(self._words)

    async def press(self, key: str) -> None:
        """Press a key."""
        now = perf_counter()
        self._ask(Asked("key", now, cuts=bool(self._marks), at=now))
        await self._send(self._writer.dtmf(key))

    def say(self, words: Words) -> None:
        """Say something with the coming frames."""
        self._words, self._spoken = words, 0

    async def answered(self) -> None:
        """Wait until nothing is asked. Raises TimeoutError."""
        async with asyncio.timeout(ANSWERS_WITHIN_SECONDS):
            while self._asked is not None:
                self._anything.clear()
                await self._anything.wait()

    @property
    def playing(self) -> bool:
        """Is there sound that has not been played yet?"""
        return perf_counter() < self._plays_until

    def _spoke(self, words: Words) -> None:
        now = perf_counter()
        if self._spoken == words.opens:
            self._ask(Asked("speech", now, cuts=bool(self._marks)))
        elif self._spoken == words.closes and self._asked is not None:
            self._asked.at = now
        self._spoken += 1
        if self._spoken == len(words.frames):
            self._words = None

    def _ask(self, asked: Asked) -> None:
        if self._asked is not None:
            self.unanswered[self._asked.how] += 1
        self._asked = asked

    # --- What the line does ---

    async def _receive(self) -> None:
        async for message in self._socket:
            now = perf_counter()
            order = orjson.loads(message.data)
            match order["event"]:
                case "media":
                    self._sound(len(order["media"]["payload"]) * 3 // 4 / RATE, now)
                case "mark":
                    self._mark(order["mark"]["name"], now)
                case "clear":
                    self._clear(now)

    def _sound(self, seconds: float, now: float) -> None:
        self.heard_seconds += seconds
        self._plays_until = max(self._plays_until, now) + seconds
        self._anything.set()
        asked = self._asked
        if asked is None or asked.cuts or asked.at is None:
            return
        self.waits[f"{asked.how} answered"].append(now - asked.at)
        self._asked = None

    def _clear(self, now: float) -> None:
        self._plays_until = now
        if self._asked is not None and self._asked.cuts:
            self._asked.cuts = False
            self.waits[f"{self._asked.how} cuts"].append(now - self._asked.cut_at)
        elif self._words is not None and self._spoken <= self._words.opens:
            self.waits["speech cuts"].append(0.0)  # the gate was quicker than it was alone
        marks, self._marks = self._marks, {}
        for name, timer in marks.items():
            timer.cancel()
            self._do(self._send(self._writer.mark(name)))

    def _mark(self, name: str, now: float) -> None:
        timer = asyncio.get_running_loop().call_later(max(0.0, self._plays_until - now), self._played, name)
        self._marks[name] = timer

    def _played(self, name: str) -> None:
        del self._marks[name]
        self._do(self._send(self._writer.mark(name)))

    async def _send(self, message: bytes) -> None:
        with suppress(ConnectionError):  # the line has left; what it left unanswered is counted
            await self._socket.send_frame(message, aiohttp.WSMsgType.TEXT)

    def _do(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def pace(callers: list[Caller], frames: int, act: Callable[[Caller, int], object] | None = None) -> None:
    """``frames`` frames of every caller in real time, spread over each 20 ms; late ones are sent at once, none dropped.

    ``act`` may be a coroutine function; it is called before each frame with the caller and the frame's number.
    """
    slots = [callers[slot::FRAME_MS] for slot in range(FRAME_MS)]
    begun = perf_counter()
    for tick in range(frames * FRAME_MS):
        await asyncio.sleep(max(0.0, begun + tick / 1000 - perf_counter()))
        for caller in slots[tick % FRAME_MS]:
            if act is not None and asyncio.iscoroutine(doing := act(caller, tick // FRAME_MS)):
                await doing
            await caller.tick()


async def press_all(callers: list[Caller], key: str) -> None:
    """Everybody presses ``key`` and is answered. Raises TimeoutError."""
    await asyncio.gather(*(caller.press(key) for caller in callers))
    await pace(callers, APART_FRAMES)
    await asyncio.gather(*(caller.answered() for caller in callers))
