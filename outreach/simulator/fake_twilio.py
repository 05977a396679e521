"""One simulated call through Twilio, on the wire, and the caller's hands and voice.

The order of things lives here: which document is asked for, which verb comes next, how a call ends. The verbs
are in ``verbs``, the stream in ``stream``, the telephone in ``telephone``. All that the line does wrong is
collected in ``errors``; a test of the product wants that list empty.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal, TypeVar
from urllib.parse import urljoin

from outreach.simulator.call_params import call_params, ending_params, stream_params
from outreach.simulator.line import Limits, Line, Quirks
from outreach.simulator.playback import Clip
from outreach.simulator.rest import RECORDING
from outreach.simulator.stream import MediaStream
from outreach.simulator.telephone import KEYS, HungUp, Recording, Telephone
from outreach.simulator.twiml import (
    Connect,
    Dial,
    Gather,
    Hangup,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
    Verb,
)
from outreach.simulator.twiml_reader import TwimlError, read_twiml
from outreach.simulator.verbs import Ask, Booth, dial, gather, play, record
from outreach.simulator.webhooks import Audio, WebhookError, Webhooks

State = Literal["ringing", "in-progress", "completed"]
EndedBy = Literal["caller", "line", "dropped"]
Awaited = TypeVar("Awaited")

TWIML_TYPES: Final = frozenset({"text/xml", "application/xml", "text/html", "text/plain"})
REDIRECT_LIMIT: Final = 10
API_URL: Final = "https://api.twilio.com"


@dataclass(frozen=True, slots=True)
class Note:
    """Something the caller or the carrier did, at call second ``at``."""

    at: float
    who: Literal["caller", "carrier"]
    text: str | None = None
    keys: str | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """The line has asked the carrier to make this call, and what to ask when it is answered."""

    sid: str
    url: str


class FakeCall:
    """A call to ``line``; or from it, when it ``rung`` the one who holds the telephone (``caller``).

    ``caller``: E.164, or None for a withheld number. ``speed``: times as fast as life.

    Functions may be added to ``on_media`` (each 20 ms of the line's sound, at), ``on_mark`` (name, at),
    ``on_verb`` (verb, at) and ``on_clip`` (a clip as it begins). ``recordings`` holds what ``<Record>`` kept,
    by URL.
    """

    def __init__(
        self,
        line: Line,
        caller: str | None,
        speed: float = 1.0,
        *,
        quirks: Quirks | None = None,
        limits: Limits | None = None,
        rung: Rung | None = None,
    ) -> None:
        self.line = line
        self._rung = rung
        self._taken_over: Ask | None = None
        self.caller = caller
        self.speed = speed
        self.sid = rung.sid if rung else "CA" + secrets.token_hex(16)
        self.state: State = "ringing"
        self.ended_by: EndedBy | None = None
        self.reached = True  # False: nobody listens at the line's address
        self.asking = False  # a webhook or a sound is being waited for
        self.errors: list[str] = []
        self.transfers: list[str] = []
        self.recordings: dict[str, bytes] = {}
        self.notes: list[Note] = []
        self.on_media: list[Callable[[bytes, float], None]] = []
        self.on_mark: list[Callable[[str, float], None]] = []
        self.on_verb: list[Callable[[str, float], None]] = []
        self.on_clip: list[Callable[[Clip], None]] = []
        self._quirks = quirks or Quirks()
        self._limits = limits or Limits()
        self.phone = Telephone(
            speed,
            comfort_noise=self._quirks.comfort_noise,
            on_mark=self._marked,
            on_begin=lambda clip: _tell(self.on_clip, clip),
        )
        self.phone.on_frame.append(self._frame)
        self._webhooks = Webhooks(line, self._limits, duplicate=self._quirks.duplicate_webhooks)
        self._stream: MediaStream | None = None
        self._tasks = asyncio.TaskGroup()
        self._collecting = False
        self._redirects = 0
        self._broken_streams = self._quirks.broken_streams
        self._final_status = "completed"
        self._answered_at: float | None = None

    # --- the caller
    # -------------------------------------------------------------------------------------------

    @property
    def heard(self) -> Recording:
        """Both sides so far, mu-law."""
        return self.phone.heard

    @property
    def clips(self) -> list[Clip]:
        """All that the line has sent to be heard, in order."""
        return self.phone.ear.clips

    @property
    def listening(self) -> bool:
        """Whether somebody takes the caller's keys just now."""
        return self._collecting or (self._stream is not None and self._stream.started)

    async def run(self) -> None:
        """Ring, and live until either side hangs up.

        What the line does wrong is in ``errors``, not raised.
        """
        try:
            async with self._tasks as tasks:
                tasks.create_task(self.phone.keep_time())
                await self._live()
        finally:
            await self._webhooks.close()

    async def press(self, key: str) -> None:
        """Press one key; nobody may be listening. Raises HungUp, and ValueError for what is no key."""
        if key not in KEYS:
            raise ValueError(f"{key!r} is no key of a telephone")
        self._alive()
        self.notes.append(Note(self.phone.now, "caller", keys=key))
        self.phone.ear.acted()
        if self._stream is not None:
            self._stream.press(key)
        else:
            self.phone.keys.append(key)

    async def speak(self, mulaw: bytes, text: str | None = None) -> None:
        """Say something; returns when it has been spoken.

        ``text``: what it is, for the notes. Raises HungUp.
        """
        self._alive()
        self.notes.append(Note(self.phone.now, "caller", text=text))
        await self.phone.wait(self.phone.say(mulaw))
        self.phone.ear.acted()

    def push_audio(self, mulaw: bytes) -> None:
        """Add live sound from a microphone, of any length."""
        self.phone.say_live(mulaw)

    async def hang_up(self) -> None:
        """Put the receiver down: ``stop`` to the stream, then its close; ``run`` returns soon after."""
        if not self.phone.over:
            self._end("caller", "hung up")
            if self._stream is not None:
                self._stream.stop()

    async def drop(self) -> None:
        """Vanish, as when the signal is lost: the stream breaks without a word, nothing more is asked."""
        if not self.phone.over:
            self._end("dropped", "lost the connection")
            if self._stream is not None:
                self._stream.cut()

    def take_over(self, url: str) -> None:
        """What the REST side's update does: leave the document for another one, the stream at once."""
        self._taken_over = Ask(url)
        if self._stream is not None:
            self._stream.stop()
        self.phone.ear.clear()

    async def break_stream(self) -> None:
        """Break the stream while the caller stays: the verb after it runs (31903)."""
        if self._stream is not None:
            self._stream.cut()

    # --- the carrier
    # ------------------------------------------------------------------------------------------

    async def _live(self) -> None:
        self.phone.ear.acted()
        ask: Ask | None = Ask(self._rung.url if self._rung else self.line.voice_url)
        if self._rung:
            self._answer()
        while ask is not None and (ask.parting or not self.phone.over):
            current = ask
            try:
                ask = await self._document(current)
            except (WebhookError, TwimlError) as error:
                ask = self._failed(current, error)
            except HungUp:
                ask = None
        if not self.phone.over:
            self._end("line", "the line hung up")
        self.state = "completed"
        await self._tell_status()

    def _end(self, ended_by: EndedBy, note: str) -> None:
        self.notes.append(Note(self.phone.now, "carrier", text=note))
        self.ended_by = ended_by
        self.phone.hang_up()

    def _failed(self, ask: Ask, error: WebhookError | TwimlError) -> Ask | None:
        self.errors.append(str(error))
        if self.state == "ringing" and isinstance(error, WebhookError) and error.unreachable:
            self.reached = False
        if self.line.fallback_url is None or ask.url == self.line.fallback_url:
            return None
        return Ask(
            self.line.fallback_url, "POST", {"ErrorCode": str(error).partition(":")[0], "ErrorUrl": ask.url}
        )

    async def _document(self, ask: Ask) -> Ask | None:
        answer = await self._awaiting(self._webhooks.ask(ask.method, ask.url, self._params(ask.params)))
        if answer.content_type not in TWIML_TYPES:
            kind = answer.content_type or "no Content-Type"
            raise TwimlError(f"12300: {kind} where TwiML (text/xml) is expected")
        verbs = read_twiml(answer.body, plain_stream=self.line.on_this_machine)
        self._alive()
        booth = Booth(self.phone, self._fetch, ask.url, self._quirks)
        for verb in verbs:
            if (other := self._taken_over) is not None:
                self._taken_over = None
                return other
            _tell(self.on_verb, type(verb).__name__, self.phone.now)
            if isinstance(verb, Reject):
                self._final_status = "busy" if verb.reason == "busy" else "no-answer"
                return None
            if isinstance(verb, Hangup):
                return None
            following = await self._perform(verb, booth)
            if following is not None:
                return replace(following, url=urljoin(ask.url, following.url))
        return None

    async def _perform(self, verb: Verb, booth: Booth) -> Ask | None:
        if isinstance(verb, Redirect):
            self._redirects += 1
            if self._redirects > REDIRECT_LIMIT:
                raise TwimlError(f"11215: more than {REDIRECT_LIMIT} redirects, and nothing heard between")
            return Ask(verb.url, verb.method)
        self._redirects = 0
        self._answer()
        self._collecting = isinstance(verb, Gather | Record)
        try:
            match verb:
                case Play() | Say() | Pause():
                    await play(booth, verb)
                case Gather():
                    return await gather(booth, verb)
                case Record():
                    return await record(booth, verb, self._keep)
                case Dial():
                    self.transfers.append(verb.number)
                    self.notes.append(Note(self.phone.now, "carrier", text="transferring"))
                    return await dial(booth, verb)
                case Connect():
                    return await self._connect(verb)
        finally:
            self._collecting = False
        return None

    def _answer(self) -> None:
        if self.state == "ringing":
            self.state, self._answered_at = "in-progress", self.phone.now
            self.notes.append(Note(self.phone.now, "carrier", text="answered"))

    @property
    def seconds(self) -> float:
        """How long the two have been connected."""
        return 0.0 if self._answered_at is None else self.phone.now - self._answered_at

    async def _connect(self, verb: Connect) -> Ask | None:
        stream = MediaStream(verb.stream, self.line, self.sid, self.phone, self.errors.append)
        if self._broken_streams:
            self._broken_streams -= 1
            ended = stream.lose()
        else:
            self._stream = stream
            started = partial(self._tell_stream, verb, stream, "stream-started")
            try:
                ended = await stream.run(self._quirks, self._limits, started)
            finally:
                self._stream = None
        self._tell_stream(verb, stream, ended)
        self._alive()
        if verb.action is not None and self._quirks.connect_action:
            return Ask(verb.action, verb.method)
        return None

    async def _fetch(self, url: str) -> Audio:
        return await self._awaiting(self._webhooks.audio(url))

    async def _awaiting(self, answer: Awaitable[Awaited]) -> Awaited:
        self.asking = True
        try:
            return await answer
        finally:
            self.asking = False

    async def _keep(self, sid: str, sound: bytes) -> str:
        path = RECORDING.format(account=self.line.account_sid, sid=sid)
        url = (self.line.api_url or API_URL) + path
        self.recordings[url] = sound
        if self.line.api_url is not None and not await self._awaiting(self._webhooks.put(url, sound)):
            self.errors.append(f"{path}: the carrier's REST side did not take the recording")
        return url

    def _params(self, more: Mapping[str, str]) -> dict[str, str]:
        status = self._final_status if self.state == "completed" else self.state
        ours = self._rung is not None
        return {**call_params(self.line, self.sid, self.caller, status, ours=ours), **more}

    async def _tell_status(self) -> None:
        if self.line.status_url is None or not self.reached or self._rung is not None:
            return
        if self._answered_at is None and self._final_status == "completed":
            self._final_status = "no-answer"
        await self._callback(self.line.status_url, self._params(ending_params(self.seconds)))

    def _tell_stream(self, verb: Connect, stream: MediaStream, event: str) -> None:
        url = verb.stream.status_callback
        if url is not None:
            params = stream_params(self.line, self.sid, stream.sid, verb.stream.name, event, stream.error)
            self._tasks.create_task(self._callback(url, params, verb.stream.status_method))

    async def _callback(self, url: str, params: Mapping[str, str], method: str = "POST") -> None:
        try:
            await self._webhooks.ask(method, url, params)
        except WebhookError as error:
            self.errors.append(f"15003: a status callback failed: {error}")

    def _marked(self, name: str) -> None:
        if self._stream is not None:
            self._stream.echo(name)
        _tell(self.on_mark, name, self.phone.now)

    def _frame(self, said: bytes, heard: bytes, at: float) -> None:
        if self._stream is not None:
            self._stream.frame(said, at)
        _tell(self.on_media, heard, at)

    def _alive(self) -> None:
        if self.phone.over:
            raise HungUp


def _tell(listeners: list[Callable[..., None]], *what: object) -> None:
    for listener in listeners:
        listener(*what)
