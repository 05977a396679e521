"""The child process that renders speech with pyttsx3 and espeak-ng; ``pyttsx.py`` starts it.

One JSON object a line. First, unasked: ``{"ready": "1.52.0"}``. Then for each ``{"text", "voice", "rate"}``
on standard input one ``{"mulaw": base64}`` or ``{"error": why}``. At the end of input it ends.

A process of its own, because espeak-ng is one engine per process, not thread-safe, hangs after a fork, and
ends the process from C where its data are missing; and because mu-law is made here, off the server's time.
"""

import base64
import ctypes
import importlib
import json
import os
import re
import sys
import tempfile
import threading
import wave
from pathlib import Path
from typing import Any

import numpy as np

from outreach.speech import mulaw
from outreach.speech.pronunciation import MANDARIN, respelt
from outreach.speech.spoken import sentences

NICENESS = 5
"""Live calls go before rendering."""
LONGEST_PIECE = 120
"""Characters given to pyttsx3 at once; its buffer costs the square of the length (3,000 take 22 s)."""
PATIENCE_SECONDS = 20.0
"""For one piece; the parent process loses its patience earlier."""


class RenderError(Exception):
    """pyttsx3 gave no sound. The message says why."""


class Engine:
    """pyttsx3 on espeak-ng, loaded once; one utterance at a time."""

    def __init__(self, directory: Path) -> None:
        """Load the engine; files go through ``directory``. Raises OSError, RuntimeError, ImportError,
        RenderError."""
        loader: Any = importlib.import_module("espeakng_loader")
        # Both before pyttsx3 is imported: its driver then finds this library by name, not the system's.
        os.environ["ESPEAK_DATA_PATH"] = loader.get_data_path()
        self._library = ctypes.CDLL(loader.get_library_path())
        pyttsx3: Any = importlib.import_module("pyttsx3")
        self._driver: Any = importlib.import_module("pyttsx3.drivers._espeak")
        self._engine: Any = pyttsx3.init("espeak")
        self._errors: list[str] = []
        self._finished = threading.Event()
        self._engine.connect("error", self._failed)
        self._engine.connect("finished-utterance", self._ended)
        self._file = directory / "speech.wav"
        self._library.espeak_Info.restype = ctypes.c_char_p
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._library.espeak_TextToPhonemes.argtypes = [
            ctypes.POINTER(ctypes.c_char_p),
            ctypes.c_int,
            ctypes.c_int,
        ]
        self.version: str = self._library.espeak_Info(None).decode()
        self._iong = False
        self._iong = "(en)" in self.phonemes("胸")
        self._spoken("one")  # until its first loop has ended, pyttsx3 keeps properties waiting

    def _failed(self, name: str | None, exception: Exception) -> None:
        self._errors.append(repr(exception))

    def _ended(self, name: str | None, completed: bool) -> None:
        self._finished.set()

    def phonemes(self, text: str) -> str:
        """How Mandarin ``text`` without punctuation is said, in espeak's alphabet; "(en)": in English."""
        self._library.espeak_SetVoiceByName(MANDARIN.encode())
        rest = ctypes.c_char_p(self.written(text).encode())
        return str(self._library.espeak_TextToPhonemes(ctypes.byref(rest), 1, 0).decode())

    def written(self, text: str) -> str:
        """Mandarin ``text`` as this engine must be given it."""
        return respelt(text, iong=self._iong)

    def render(self, text: str, voice: str, rate: int) -> bytes:
        """``text``, in words, as finished mu-law. Raises RenderError."""
        pieces = [part for piece in sentences(text) for part in re.findall(rf".{{1,{LONGEST_PIECE}}}", piece)]
        if voice == MANDARIN:
            pieces = [self.written(piece) for piece in pieces]
        sounds = [self._sound(piece, voice, rate) for piece in pieces]
        if not sounds:
            raise RenderError("there is nothing to say")
        samples = np.concatenate([samples for samples, _ in sounds])
        return mulaw.finished(samples, sounds[0][1])

    def _sound(self, text: str, voice: str, rate: int) -> tuple[mulaw.Samples, int]:
        self._engine.setProperty("voice", voice)
        self._engine.setProperty("rate", rate)
        # espeak-ng applies both in a thread of its own. Until it has, pyttsx3 takes it to be speaking, and
        # cancels it in runAndWait: then the rate or the speech is lost.
        self._driver.Synchronize()
        if self._engine.getProperty("rate") != rate:
            raise RenderError(f"espeak-ng did not take the rate {rate}")
        return self._spoken(text)

    def _spoken(self, text: str) -> tuple[mulaw.Samples, int]:
        self._finished.clear()
        self._file.unlink(missing_ok=True)  # left by a piece that failed
        self._engine.save_to_file(text, str(self._file))
        self._engine.runAndWait()
        # runAndWait returns while a C thread still renders (pyttsx3 issue 219); "finished" comes before the
        # driver has put its state in order.
        finished = self._finished.wait(PATIENCE_SECONDS)
        self._driver.Synchronize()
        errors, self._errors = self._errors, []
        if errors:
            raise RenderError("; ".join(errors))
        if not (finished and self._file.exists()):
            raise RenderError("pyttsx3 wrote no file")
        with wave.open(str(self._file), "rb") as file:
            frames, rate = file.readframes(file.getnframes()), file.getframerate()
        self._file.unlink()  # somebody's own words, perhaps
        if not frames:
            raise RenderError("pyttsx3 wrote an empty file")
        return np.frombuffer(frames, dtype="<i2").astype(np.float32) / np.float32(32768), rate


def main() -> None:
    """Answer requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)  # pyttsx3 prints "Audio saved to …"

    def answer(**values: str) -> None:
        answers.write(json.dumps(values) + "\n")
        answers.flush()

    os.nice(NICENESS)
    with tempfile.TemporaryDirectory(prefix="outreach-speech-") as directory:
        try:
            engine = Engine(Path(directory))
        except (OSError, RuntimeError, ImportError, RenderError) as error:
            answer(error=f"{type(error).__name__}: {error}")
            return
        answer(ready=engine.version)
        for line in sys.stdin:
            request = json.loads(line)
            try:
                sound = engine.render(request["text"], request["voice"], request["rate"])
                answer(mulaw=base64.b64encode(sound).decode())
            except RenderError as error:
                answer(error=str(error))
    os._exit(0)  # espeak-ng's own end asserts and prints; nothing is left to save


if __name__ == "__main__":
    main()
