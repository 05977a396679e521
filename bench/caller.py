"""The carrier's end of a call, light enough for a hundred at once: it rings, sends, plays, and notes how long it waits.

Not the simulator, which checks every byte: this one must cost less than what it measures.
"""

import asyncio
import secrets
from collections import Counter, defaultdict, deque
from collections.abc import Coroutine, Iterable
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
from outreach.speech.vad import SpeechEnded, SpeechGate, SpeechStarted

FRAME_MS = 20
QUIET = SILENCE * 160
ANSWERS_WITHIN_SECONDS = 30.0
FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Asked:
    """What the caller has done and not been answered yet. ``cut_at``: when what plays must stop."""

    how: str
    cut_at: float
    cuts: bool  # something plays that must stop first
    at: float | None = None


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
    """One call. ``waits``: seconds from what the caller did to what the line did, by name; ``unanswered``: how often.

    ``speaks``: says words; with a gate like the line's own, it knows the frames with which speech begins and ends.
    """

    def __init__(self, session: aiohttp.ClientSession, *, speaks: bool = False) -> None:
        self.call_sid = "CA" + secrets.token_hex(16)
        self.sent = 0
        self.heard_seconds = 0.0
        self.waits: defaultdict[str, list[float]] = defaultdict(list)
        self.unanswered: Counter[str] = Counter()
        self._session = session
        self._plays_until = 0.0
        self._marks: dict[str, asyncio.TimerHandle] = {}
        self._asked: Asked | None = None
        self._words: deque[bytes] = deque()
        self._gate = SpeechGate() if speaks else None
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
        """``stop``, and the socket is closed. Twice is once."""
        if self._socket.closed:
            return
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
        frame = self._words.popleft() if self._words else QUIET
        await self._send(self._writer.media(frame, self.sent * FRAME_MS))
        self.sent += 1
        if self._gate is None:
            return
        for event in self._gate.hear(frame):
            match event:
                case SpeechStarted():
                    self._ask(Asked("speech", perf_counter(), cuts=bool(self._marks)))
                case SpeechEnded() if self._asked is not None:
                    self._asked.at = perf_counter()

    async def press(self, key: str) -> None:
        """Press a key."""
        now = perf_counter()
        self._ask(Asked("key", now, cuts=bool(self._marks), at=now))
        await self._send(self._writer.dtmf(key))

    def say(self, frames: Iterable[bytes]) -> None:
        """Say something with the coming frames."""
        self._words.extend(frames)

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
