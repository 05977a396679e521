"""Listening during one call, on the event loop: sound in, one Hypothesis an utterance out.

The gate (``vad.py``) runs here, at microseconds a frame; recognition runs in the executor, only while
somebody speaks, one job at a time and in order. Sound goes there while the speech is still going on, so that
at its end only the last piece and the result are left to do. What is heard is never logged here.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial

from outreach.speech.mulaw import RATE
from outreach.speech.recognizer import Hypothesis, Question, Recognizer
from outreach.speech.vad import SpeechEnded, SpeechGate, SpeechGoesOn, SpeechStarted

PIECE_BYTES = 800
"""100 ms: a hop to a thread costs 25 to 50 us whatever its size, and Vosk is no slower on large pieces."""

Recognized = tuple[Hypothesis | None, float]


class _Utterance:
    """One stretch of speech. ``sound``: not yet recognised. ``question``: touched by jobs only."""

    __slots__ = ("ended", "phrases", "question", "sound")

    def __init__(self, phrases: tuple[str, ...], sound: bytes) -> None:
        self.phrases = phrases
        self.sound = bytearray(sound)
        self.ended = False
        self.question: Question | None = None


class Ear:
    """One caller's ear. Everything is called, and calls back, on the event loop it was made on.

    ``on_speech`` comes when somebody has spoken for 160 ms (barge-in); then exactly one of: ``on_utterance``,
    ``on_error`` (recognition failed; the ear goes on), or nothing if ``ask`` or ``close`` dropped it.
    ``recognition_seconds`` counts CPU time spent, ``sound_seconds`` the sound recognised: for the metrics.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        executor: Executor,
        on_speech: Callable[[], None],
        on_utterance: Callable[[Hypothesis], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        self.recognition_seconds = 0.0
        self.sound_seconds = 0.0
        self._recognizer = recognizer
        self._executor = executor
        self._on_speech = on_speech
        self._on_utterance = on_utterance
        self._on_error = on_error
        self._loop = asyncio.get_running_loop()
        self._gate = SpeechGate()
        self._phrases: tuple[str, ...] = ()
        self._waiting: deque[_Utterance] = deque()
        self._current: _Utterance | None = None
        self._at_work = False
        self._closed = False

    def ask(self, phrases: Sequence[str], end_silence_seconds: float, max_seconds: float = 8.0) -> None:
        """A new question, from now on. Without phrases the ear is deaf (keys only).

        Speech going on is dropped, and so is the rest of it up to its next pause: it answered what was asked
        before, and a "yes" that outlasts its question must not confirm the next. A word that has just begun
        (less than the 160 ms that make speech) belongs to the new question, with its beginning.
        """
        self._gate.end_silence_seconds = end_silence_seconds
        self._gate.max_seconds = max_seconds
        self._phrases = tuple(phrases)
        self._forget()

    def hear(self, mulaw: bytes) -> None:
        """Take in what the carrier sent (8 kHz mu-law, any length; 20 ms are cheapest)."""
        if self._closed:
            return
        for event in self._gate.hear(mulaw):
            match event:
                case SpeechStarted(sound) if self._phrases:
                    self._current = _Utterance(self._phrases, sound)
                    self._waiting.append(self._current)
                    self._work()
                    self._on_speech()
                case SpeechGoesOn(sound) if self._current:
                    self._current.sound += sound
                    self._work()
                case SpeechEnded() if self._current:
                    self._current.ended = True
                    self._current = None
                    self._work()

    def close(self) -> None:
        """The call is over: nothing is heard and nobody is called back any more."""
        self._closed = True
        self._forget()

    def _forget(self) -> None:
        self._waiting.clear()
        self._current = None
        self._gate.drop()

    def _work(self) -> None:
        """Start the next job, if there is one and none is running."""
        if self._at_work or not self._waiting:
            return
        utterance = self._waiting[0]
        if len(utterance.sound) < PIECE_BYTES and not utterance.ended:
            return
        sound, last = bytes(utterance.sound), utterance.ended
        utterance.sound.clear()
        self._at_work = True
        self.sound_seconds += len(sound) / RATE
        job = self._loop.run_in_executor(self._executor, _recognize, self._recognizer, utterance, sound, last)
        job.add_done_callback(partial(self._done, utterance))

    def _done(self, utterance: _Utterance, job: asyncio.Future[Recognized]) -> None:
        self._at_work = False
        if job.cancelled():  # the executor was shut down
            return
        error = job.exception()
        hypothesis, seconds = (None, 0.0) if error else job.result()
        self.recognition_seconds += seconds
        if not self._waiting or self._waiting[0] is not utterance:  # dropped meanwhile
            self._work()
            return
        if error or hypothesis:
            self._waiting.popleft()
        if error and self._current is utterance:
            self._current = None
            self._gate.drop()
        self._work()
        if error:
            self._on_error(error)
        elif hypothesis:
            self._on_utterance(hypothesis)


def _recognize(recognizer: Recognizer, utterance: _Utterance, sound: bytes, last: bool) -> Recognized:
    """One job, in the executor. The recogniser is made here, when speech begins: silence costs none."""
    started = time.thread_time()
    if utterance.question is None:
        utterance.question = recognizer.question(utterance.phrases)
    utterance.question.feed(sound)
    hypothesis = utterance.question.finish() if last else None
    return hypothesis, time.thread_time() - started
