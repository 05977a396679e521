"""The synthesiser that needs no network and no model: pyttsx3 on espeak-ng, in supervised worker processes.

Here: who renders, for how long, and what happens when it does not. How a worker renders: ``pyttsx_worker.py``.
"""

import asyncio
import base64
import binascii
import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

import structlog

from outreach.speech import mulaw
from outreach.speech.pronunciation import VERSION as PRONUNCIATION_VERSION
from outreach.speech.pyttsx_worker import MANDARIN
from outreach.speech.spoken import RULES_VERSION, spoken
from outreach.speech.synthesizer import SynthesisError, Utterance

VOICES = {"zh": MANDARIN, "en": "en-us"}
RATES = {
    # espeak-ng words a minute for speeds 1 to 6, measured on 1.52 over 79 characters of prompts, trimmed
    "zh": (153, 176, 203, 240, 296, 357),  # 2.8, 3.3, 3.9, 4.8, 6.4, 8.0 characters a second
    "en": (110, 130, 155, 190, 250, 310),  # 120, 142, 167, 203, 257, 312 words a minute
}
WORKER = (sys.executable, "-m", "outreach.speech.pyttsx_worker")
LONGEST_ANSWER_BYTES = 64 * 1024 * 1024
"""A line from a worker; a minute of speech is 640 kB of it."""
NOTHING_SAYABLE_SECONDS = 0.1

log = structlog.get_logger(__name__)


def _identity() -> str:
    parts = [f"{name}-{version(name)}" for name in ("pyttsx3", "espeakng-loader")]
    rates = ".".join(str(rate) for rates in RATES.values() for rate in rates)
    rules = f"rules-{RULES_VERSION}.{PRONUNCIATION_VERSION}"
    return " ".join([*parts, *VOICES.values(), rates, rules, f"level{mulaw.SPEECH_DBFS:g}"])


class _Worker:
    """One worker process. After any failure it is of no more use: what it says next may answer another question."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.served = 0

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, request: dict[str, str | int]) -> dict[str, str]:
        """The answer to ``request``. Raises EOFError when the process has died."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            await self._process.stdin.drain()
        except ConnectionError as error:
            raise EOFError from error
        self.served += 1
        return await self.hear()

    async def hear(self) -> dict[str, str]:
        """Its next line. Raises EOFError when the process has died, ValueError when the line is no answer."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise EOFError
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise ValueError("not an answer")
        return answer

    async def end(self) -> None:
        if self.alive:
            self._process.kill()
        await self._process.wait()


class PyttsxSynthesizer:
    """A pool of worker processes, started when first needed, replaced when they die, hang or grow old.

    ``deadline_seconds``: for one sentence (most take 0.05 s), after which the worker is killed.
    ``recycle_after``: sentences after which a worker is replaced. ``worker``: the command that starts one.
    """

    def __init__(
        self,
        workers: int = 1,
        *,
        deadline_seconds: float = 10.0,
        recycle_after: int = 500,
        worker: Sequence[str] = WORKER,
    ) -> None:
        self.identity = _identity()
        self._deadline_seconds = deadline_seconds
        self._recycle_after = recycle_after
        self._command = tuple(worker)
        self._closed = False
        self._alive: set[_Worker] = set()
        # last in, first out: a second process starts only when two sentences are wanted at once
        self._slots: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue()
        for _ in range(workers):
            self._slots.put_nowait(None)

    async def synthesize(self, utterance: Utterance) -> bytes:
        """G.711 mu-law at 8 kHz, level-normalised; 0.1 s of silence where nothing can be said (an emoji).

        Raises SynthesisError: without ``retry`` for a language this engine does not speak.
        """
        language = utterance.language.partition("-")[0].lower()
        if language not in VOICES:
            raise SynthesisError(
                f"espeak-ng speaks no {utterance.language!r}: record every prompt of that language as "
                f"recordings/{utterance.language}/<key>.wav"
            )
        text = spoken(utterance.text, utterance.language)
        if not any(char.isalnum() for char in text):
            return mulaw.silence(NOTHING_SAYABLE_SECONDS)
        rate = RATES[language][min(max(utterance.speed, 1), 6) - 1]
        answer = await self._ask({"text": text, "voice": VOICES[language], "rate": rate})
        if "error" in answer:
            raise SynthesisError(f"espeak-ng rendered nothing: {answer['error']}", retry=True)
        try:
            return base64.b64decode(answer["mulaw"], validate=True)
        except (KeyError, binascii.Error) as error:
            raise SynthesisError("the speech worker answered nonsense", retry=True) from error

    async def close(self) -> None:
        """Stop the workers; whoever waits for one gets a SynthesisError."""
        self._closed = True
        await asyncio.gather(*(worker.end() for worker in tuple(self._alive)))

    async def _ask(self, request: dict[str, str | int]) -> dict[str, str]:
        slot = await self._slots.get()
        try:
            for last in (False, True):
                slot = slot if slot is not None and slot.alive else await self._started()
                try:
                    async with asyncio.timeout(self._deadline_seconds):
                        return await slot.ask(request)
                except EOFError as error:  # died, perhaps long ago: once more with a new one
                    slot = await self._dropped(slot, "died")
                    if last or self._closed:
                        raise SynthesisError("the speech worker died twice", retry=True) from error
                except TimeoutError as error:
                    slot = await self._dropped(slot, "hung")
                    raise SynthesisError("the speech worker missed its deadline", retry=True) from error
                except ValueError as error:
                    slot = await self._dropped(slot, "babbled")
                    raise SynthesisError("the speech worker answered nonsense", retry=True) from error
                except asyncio.CancelledError:
                    slot = await self._dropped(slot, "cancelled")
                    raise
            raise AssertionError("unreachable")
        finally:
            if slot is not None and (slot.served >= self._recycle_after or self._closed):
                slot = await self._dropped(slot, "recycled")
            self._slots.put_nowait(slot)

    async def _started(self) -> _Worker:
        """A new worker that has said it is ready. Raises SynthesisError."""
        if self._closed:
            raise SynthesisError("the synthesiser has been closed")
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LONGEST_ANSWER_BYTES,
        )
        worker = _Worker(process)
        self._alive.add(worker)
        try:
            async with asyncio.timeout(self._deadline_seconds):
                hello = await worker.hear()
        except (EOFError, ValueError, TimeoutError) as error:
            await self._dropped(worker, "never began")
            raise SynthesisError(
                "the speech worker does not start; run `outreach doctor`", retry=True
            ) from error
        except asyncio.CancelledError:
            await self._dropped(worker, "cancelled")
            raise
        if "ready" not in hello:
            await self._dropped(worker, "never began")
            raise SynthesisError(f"espeak-ng does not start: {hello.get('error')}", retry=True)
        return worker

    async def _dropped(self, worker: _Worker, reason: str) -> None:
        self._alive.discard(worker)
        log.info("speech worker ended", reason=reason, served=worker.served)
        await worker.end()


def voice_problem(worker: Sequence[str] = WORKER, timeout_seconds: float = 20.0) -> str | None:
    """Whether speech can be rendered here: None, or one sentence saying what is wrong and what to do.

    Renders one word in a process of its own (a third of a second), for the start-up check. Blocks.
    """
    for package in ("pyttsx3", "espeakng-loader"):
        try:
            version(package)
        except PackageNotFoundError:
            return f"The package {package} is not installed, so nothing can be said: pip install {package}."
    request = json.dumps({"text": "你好", "voice": VOICES["zh"], "rate": RATES["zh"][2]})
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            worker, input=request + "\n", capture_output=True, text=True, timeout=timeout_seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return f"The speech worker said nothing for {timeout_seconds:g} seconds: is the machine overloaded?"
    except OSError as error:
        return f"The speech worker cannot be started ({error}): check the Python installation."
    lines = done.stdout.splitlines()
    if lines and "mulaw" in lines[-1]:
        return None
    reason = (lines or done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    return f"The speech worker cannot render speech ({reason}): try pip install --force-reinstall espeakng-loader."
