"""Drives one live call: the carrier's socket on one side, the dialogue on the other, ``call.py`` between them.

The loop reads events and feeds the value machine; a second task sends, so that a slow socket never delays an ear.
Nothing here waits for a disk, a model or a synthesiser on the event loop.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter

import structlog

from outreach import metrics
from outreach.conversation import Conversation, Spoken
from outreach.dialogue.page import Heard, Hello, Mode, Phrase, Playback, Recorded, Utterance
from outreach.dialogue.prompts import Prompts
from outreach.dialogue.understand import grammar
from outreach.ivr import call as core
from outreach.ivr import playlist, recordings
from outreach.ivr.live import LiveCalls
from outreach.ivr.tones import BEEP
from outreach.speech.clips import Clip, ClipStore
from outreach.speech.ear import Ear
from outreach.speech.mulaw import duration_seconds
from outreach.speech.recognizer import Hypothesis, Recognizer
from outreach.speech.synthesizer import SynthesisError
from outreach.store import calls
from outreach.store.database import Database
from outreach.wire import MediaAudio, MediaKey, MediaMark, MediaSocket, MediaStarted, MediaStopped

log = structlog.get_logger()

END_OF_SPEECH_SECONDS = 1.2
"""Silence that ends an utterance (voice-interface, law 5), times the caller's patience."""
SAY_WAIT_AFTER_SECONDS = 1.0
"""A look-up that takes longer says so (law 10)."""

GENERATIONS_OF_A_STREAM = 1_000_000

Piece = Clip | bytes


@dataclass(frozen=True, slots=True)
class House:
    """What every line needs, built once by ``app.py``."""

    database: Database
    conversation: Conversation
    languages: Mapping[str, Prompts]
    clips: ClipStore
    recorded: Mapping[str, frozenset[str]]
    recognizer: Recognizer | None
    executor: Executor
    live: LiveCalls
    recordings: Path
    carrier: str
    node: str
    clock: Callable[[], datetime]


def token_hash(token: str) -> str:
    """What is stored of a stream's one-time token: whoever reads the database cannot open a stream."""
    return hashlib.sha256(token.encode()).hexdigest()


class Lines:
    """Holds live media streams (``carriers.reception.Lines``)."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def run(self, socket: MediaSocket) -> None:
        """Serve one stream until it ends. A stream without its one-time token is closed unheard."""
        house = self._house
        started = await socket.receive()
        if not isinstance(started, MediaStarted):
            return
        carrier_call_id, token = started.carrier_call_id, started.token
        call = await house.database.write(
            lambda db: calls.claim_stream(db, house.carrier, carrier_call_id, token_hash(token), house.node)
        )
        if call is None:
            log.warning("media.refused", carrier_call_id=carrier_call_id, why="no such token, or used before")
            return
        metrics.LIVE_CALLS.inc()
        try:
            await Line(house, socket, call).run()
        finally:
            metrics.LIVE_CALLS.dec()


class Line:
    """One live call."""

    def __init__(self, house: House, socket: MediaSocket, call: calls.Call) -> None:
        self._house = house
        self._socket = socket
        self._row = call
        # each stream of a call counts on from a million of its own: no mark's name comes twice in one call
        self._core = core.Call(generation=GENERATIONS_OF_A_STREAM * (call.streams - 1))
        self._now = 0.0
        self._pieces: list[Piece] = []
        self._phrases: tuple[Phrase, ...] = ()
        self._turn = 0
        self._tape: bytearray | None = None
        self._outgoing: asyncio.Queue[core.Play | core.StopPlaying | core.Leave] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._log = log.bind(call=call.id)
        self._ear = (
            Ear(house.recognizer, house.executor, self._speech_began, self._speech_heard, self._deaf)
            if house.recognizer
            else None
        )

    async def run(self) -> None:
        """Until the stream ends. The ledger then says whether it was a hang-up, a break, or our own leaving."""
        self._spawn(self._send())
        self._spawn(self._take(Hello(again=self._row.streams > 1, broken=self._row.breaks > 0)))
        ended = MediaStopped(hung_up=False)
        try:
            ended = await self._listen()
        finally:
            if self._ear:
                self._ear.close()
                metrics.RECOGNITION_SECONDS.inc(self._ear.recognition_seconds)
            tape, self._tape = self._tape, None
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._close_books(ended, tape)

    async def _listen(self) -> MediaStopped:
        receive, state = self._socket.receive, self._core
        hear = self._ear.hear if self._ear else None
        while True:
            event = await receive()
            match event:
                case MediaAudio(payload, at_seconds):
                    self._now = at_seconds
                    if hear:
                        hear(payload)
                    if self._tape is not None:
                        self._tape += payload
                    if state.wake_at is not None and at_seconds >= state.wake_at:
                        self._step(core.Tick())
                case MediaKey(key):
                    self._house.live.publish(self._row.carrier_call_id, {"heard": {"key": key}})
                    self._step(core.Key(key))
                case MediaMark(name):
                    self._step(core.Played(name))
                case MediaStopped():
                    return event

    async def _close_books(self, ended: MediaStopped, tape: bytearray | None) -> None:
        house, row = self._house, self._row
        house.live.publish(row.carrier_call_id, {"ended": "stream"})
        if tape:  # hung up while leaving a message: it counts
            await self._take_recording(bytes(tape), speak=False)
        if ended.hung_up:
            await house.database.write(lambda db: calls.end(db, row.id, "completed", house.clock()))
            house.live.end(row.carrier_call_id)
        elif not self._core.left:
            metrics.STREAM_BREAKS.inc()
            self._log.warning("media.broke")
            await house.database.write(lambda db: calls.broke(db, row.id, row.streams))

    # --- The value machine ---

    def _step(self, event: core.Event) -> None:
        for command in self._core.receive(event, self._now):
            match command:
                case core.Tell(heard):
                    self._spawn(self._take(heard))
                case core.Play() | core.Leave():
                    self._outgoing.put_nowait(command)
                case core.StopPlaying():
                    while not self._outgoing.empty():
                        self._outgoing.get_nowait()
                    self._outgoing.put_nowait(command)
                case core.StartRecording():
                    self._tape = bytearray()
                case core.StopRecording():
                    tape, self._tape = bytes(self._tape or b""), None
                    self._spawn(self._take_recording(tape))

    def _speech_began(self) -> None:
        self._step(core.SpeechBegan())

    def _speech_heard(self, heard: Hypothesis) -> None:
        result = "words" if heard.text else "unknown" if heard.unknown else "nothing"
        metrics.UTTERANCES.labels(result).inc()
        live = {"text": heard.text, "confidence": heard.confidence, "unknown": heard.unknown}
        self._house.live.publish(self._row.carrier_call_id, {"heard": live})
        self._step(core.SpeechHeard(Utterance(heard.text, heard.confidence, heard.unknown)))

    def _deaf(self, error: BaseException) -> None:
        self._log.error("recognition.failed", error=type(error).__name__)
        self._step(core.SpeechHeard(Utterance("")))

    # --- Turns ---

    async def _take_recording(self, tape: bytes, speak: bool = True) -> None:
        house = self._house
        file, seconds = await asyncio.to_thread(recordings.save, house.recordings, tape, house.clock())
        if speak:
            await self._take(Recorded(file, seconds))
        elif file:
            await house.conversation.call_turn(self._row.id, Recorded(file, seconds))

    async def _take(self, heard: Heard) -> None:
        began = perf_counter()
        turn = asyncio.ensure_future(self._house.conversation.call_turn(self._row.id, heard))
        try:
            await asyncio.wait({turn}, timeout=SAY_WAIT_AFTER_SECONDS)
            if not turn.done():
                await self._say_wait()
            spoken = await asyncio.shield(turn)
        except asyncio.CancelledError:
            # the caller has gone; what they said last is still carried out
            with suppress(Exception):
                await turn
            raise
        except Exception:
            # not answered, not half-done: the carrier asks what is next, and hears either the same place again or,
            # if the database is really gone, the apology
            self._log.exception("turn.failed")
            await self._socket.close()
            return
        assert spoken is not None, "only keys-only calls name the turn they answer"
        metrics.TURN_SECONDS.observe(perf_counter() - began)
        metrics.TURNS.labels(type(heard).__name__).inc()
        self._speak(spoken)

    async def _say_wait(self) -> None:
        prompts = self._prompts(self._row.language)
        for clip in playlist.clips((prompts.bound[2, "voice"]("wait.please"),), prompts, 3, frozenset()):
            if audio := self._house.clips.peek(clip):
                await self._socket.play(audio)

    def _prompts(self, language: str | None) -> Prompts:
        languages = self._house.languages
        return languages.get(language or "") or next(iter(languages.values()))

    def _speak(self, spoken: Spoken) -> None:
        reply, leaving = spoken.reply, spoken.leaving
        profile, screen = reply.profile, reply.screen
        prompts = self._prompts(profile.language)
        if reply.session.misses:
            metrics.MISSES.labels("miss").inc()
        if reply.playback is Playback.START:
            self._phrases = reply.phrases
        self._turn = reply.session.turn
        recorded = self._house.recorded.get(profile.language, frozenset())
        self._pieces = list(playlist.clips(self._phrases, prompts, profile.speed, recorded))
        final = core.Final.LEAVE if leaving else core.Final.LISTEN
        if final is core.Final.LISTEN and screen.mode is Mode.RECORD:
            final = core.Final.RECORD
            self._pieces.append(BEEP)
        if self._ear:
            say = prompts.bound[profile.wordiness, "voice"]
            silence = END_OF_SPEECH_SECONDS * core.PATIENCE[profile.patience]
            self._ear.ask(grammar(reply.session, say), silence)
        self._step(
            core.Prompt(
                pieces=len(self._pieces),
                mode=screen.mode,
                max_digits=screen.max_digits,
                first_seconds=screen.first_seconds,
                max_seconds=screen.max_seconds,
                patience=profile.patience,
                final=final,
                playback=reply.playback,
                fresh=screen.fresh,
            )
        )

    # --- Sending ---

    async def _send(self) -> None:
        while True:
            match await self._outgoing.get():
                case core.Play(index, mark):
                    await self._play(index, mark)
                case core.StopPlaying():
                    await self._socket.clear()
                case core.Leave():
                    await self._socket.close()
                    return

    async def _play(self, index: int, mark: str) -> None:
        if not self._core.awaits(mark):
            return
        piece = self._pieces[index]
        if isinstance(piece, bytes):
            audio = piece
        else:
            audio = self._house.clips.peek(piece) or await self._render(piece)
            told = {"mark": mark, "key": piece.key, "text": piece.text, "turn": self._turn}
            self._house.live.publish(self._row.carrier_call_id, told)
        if not self._core.awaits(mark):
            return  # cut short while it was being rendered
        if audio:
            if not isinstance(piece, bytes):
                audio += playlist.pause_after(piece)
            await self._socket.play(audio)
        await self._socket.mark(mark)
        self._step(core.Sent(mark, duration_seconds(audio)))

    async def _render(self, clip: Clip) -> bytes:
        try:
            return await self._house.clips.fetch(clip)
        except SynthesisError as error:
            # a sentence less is better than a call less; the counter and the log say which prompt it was
            self._log.error("clip.missing", key=clip.key, why=str(error))
            return b""

    def _spawn(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._log.error("line.failed", error=type(error).__name__, exc_info=error)
            self._tasks.add(asyncio.ensure_future(self._socket.close()))
