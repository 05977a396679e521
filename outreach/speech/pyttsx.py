"""The synthesiser that needs no network and no model: pyttsx3 on espeak-ng, in worker processes.

Here: voices, speeds, and the start-up check. How processes are kept: ``render_pool.py``; how one renders:
``pyttsx_worker.py``.
"""

import base64
import binascii
import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from outreach.speech import mulaw
from outreach.speech.pronunciation import MANDARIN
from outreach.speech.pronunciation import VERSION as PRONUNCIATION_VERSION
from outreach.speech.render_pool import PROJECT, RenderPool
from outreach.speech.spoken import RULES_VERSION, spoken
from outreach.speech.synthesizer import SPEEDS, SynthesisError, Utterance

PACKAGES = ("pyttsx3", "espeakng-loader")
VOICES = {"zh": MANDARIN, "en": "en-us"}
RATES = {
    # espeak-ng's words a minute for speeds 1 to 6, measured on 1.52 over 79 characters of prompts, trimmed
    "zh": (153, 176, 203, 240, 296, 357),  # 2.8, 3.3, 3.9, 4.8, 6.4, 8.0 characters a second
    "en": (110, 130, 155, 190, 250, 310),  # 120, 142, 167, 203, 257, 312 words a minute
}
WORKER = (sys.executable, "-m", "outreach.speech.pyttsx_worker")
NOTHING_SAYABLE_SECONDS = 0.1


class PyttsxSynthesizer:
    """Speaks Mandarin and English at six speeds; a sentence takes about 0.05 s of a worker's time.

    ``deadline_seconds``: for one utterance, after which its worker is killed. ``recycle_after``: utterances
    after which a worker is replaced. ``command``: starts a worker.
    """

    def __init__(
        self,
        workers: int = 1,
        *,
        deadline_seconds: float = 10.0,
        recycle_after: int = 500,
        command: Sequence[str] = WORKER,
    ) -> None:
        self.identity = _identity()
        self._pool = RenderPool(
            command, workers=workers, deadline_seconds=deadline_seconds, recycle_after=recycle_after
        )

    async def synthesize(self, utterance: Utterance) -> bytes:
        """G.711 mu-law at 8 kHz, level-normalised; 0.1 s of silence where nothing can be said (an emoji).

        Raises SynthesisError: without ``retry`` for a language this engine does not speak. Raises ValueError
        for a speed that is none of SPEEDS.
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
        rate = RATES[language][SPEEDS.index(utterance.speed)]
        answer = await self._pool.ask({"text": text, "voice": VOICES[language], "rate": rate})
        if "error" in answer:
            raise SynthesisError(f"espeak-ng rendered nothing: {answer['error']}", retry=True)
        try:
            return base64.b64decode(answer["mulaw"], validate=True)
        except (KeyError, binascii.Error) as error:
            raise SynthesisError("the speech worker answered nonsense", retry=True) from error

    async def close(self) -> None:
        """Stop the workers; whoever waits for one gets a SynthesisError."""
        await self._pool.close()


def _identity() -> str:
    """Engine, voices, rates and rules: whatever changes the sound of a text."""
    engine = [f"{name}-{version(name)}" for name in PACKAGES]
    rates = [".".join(map(str, rates)) for rates in RATES.values()]
    return " ".join(
        [*engine, *VOICES.values(), *rates, f"rules-{RULES_VERSION}.{PRONUNCIATION_VERSION}.{mulaw.VERSION}"]
    )


def voice_problem(command: Sequence[str] = WORKER, timeout_seconds: float = 20.0) -> str | None:
    """Whether speech can be rendered here: None, or one sentence saying what is wrong and what to do.

    Renders one word in a process of its own (under half a second), for the start-up check. Blocks.
    """
    for package in PACKAGES:
        try:
            version(package)
        except PackageNotFoundError:
            return f"Nothing can be said, because {package} is not installed: run pip install {package}."
    request = json.dumps({"text": "你好", "voice": VOICES["zh"], "rate": RATES["zh"][2]})
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command,
            input=request + "\n",
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
            cwd=PROJECT,
        )
    except subprocess.TimeoutExpired:
        return f"The speech worker said nothing for {timeout_seconds:g} s: is the machine overloaded?"
    except OSError as error:
        return f"The speech worker cannot be started ({error}): check the Python installation."
    lines = done.stdout.splitlines()
    if lines and lines[-1].startswith('{"mulaw"'):
        return None
    reason = (lines or done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    return f"Nothing can be said ({reason}): run pip install --force-reinstall espeakng-loader."
