"""Recognition with Vosk: the only module that imports it. What was heard comes back as the phrases offered.

A KaldiRecognizer is made anew for every question (about 0.5 ms). Never ``SetGrammar``: between sound and a
result it aborts the whole process (uncaught KaldiFatalError, vosk 0.3.45). libvosk releases the GIL, so
threads scale.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import vosk

from outreach.speech.lexicon import Lexicon, ModelError, read_lexicon
from outreach.speech.mulaw import RATE, decode
from outreach.speech.recognizer import UNKNOWN, Hypothesis, Word

__all__ = ["ModelError", "VoskQuestion", "VoskRecognizer"]

NEEDED = ("am/final.mdl", "conf/model.conf", "conf/mfcc.conf", "graph")
SILENT = -1  # vosk.SetLogLevel: Kaldi writes to stderr by itself, transcripts among it
PIECE_BYTES = RATE  # one second at a time when a whole recording is transcribed


class VoskRecognizer:
    """One loaded model, shared by all calls and threads. ``words``: what it knows.

    ``grammars`` is false for models with a static graph (``graph/HCLG.fst``): libvosk then ignores the
    phrases and hears free speech; matching what was heard with what was offered is left to the dialogue.
    """

    def __init__(self, model_dir: Path) -> None:
        """Load the model. Raises ModelError, which says what to do."""
        _inspect(model_dir)
        self.words: Lexicon = read_lexicon(model_dir)
        self.grammars = not (model_dir / "graph" / "HCLG.fst").exists()
        vosk.SetLogLevel(SILENT)
        try:
            self._model = vosk.Model(str(model_dir))
        except Exception as error:  # vosk raises bare Exception
            raise ModelError(
                f"Vosk cannot load {model_dir} ({error}): run `outreach models check`"
            ) from error

    def question(self, phrases: Sequence[str]) -> "VoskQuestion":
        """A recogniser for one utterance, without the phrases that are ``missing``. Thread-safe, 0.5 ms."""
        split = {words: phrase for phrase in reversed(phrases) if (words := self.words.segment(phrase))}
        if not self.grammars:
            return VoskQuestion(vosk.KaldiRecognizer(self._model, RATE), split)
        grammar = orjson.dumps([*(" ".join(words) for words in split), UNKNOWN]).decode()
        return VoskQuestion(vosk.KaldiRecognizer(self._model, RATE, grammar), split)

    def missing(self, phrases: Sequence[str]) -> list[str]:
        """Those of ``phrases`` that the model can never recognise (for the start-up check)."""
        return self.words.missing(phrases)

    def transcribe(self, mulaw: bytes) -> Hypothesis:
        """Free speech, a whole recording at once (8 kHz mu-law). Slow: run it in an executor."""
        question = VoskQuestion(vosk.KaldiRecognizer(self._model, RATE), {})
        for start in range(0, len(mulaw), PIECE_BYTES):
            question.feed(mulaw[start : start + PIECE_BYTES])
        return question.finish()


class VoskQuestion:
    """One utterance. ``phrases``: the model's words -> the phrase they were cut from."""

    def __init__(self, kaldi: Any, phrases: dict[tuple[str, ...], str]) -> None:
        self._kaldi = kaldi
        self._phrases = phrases
        self._results: list[str] = []
        kaldi.SetWords(True)

    def feed(self, mulaw: bytes) -> None:
        """Take in a piece of sound (8 kHz mu-law). Raises RuntimeError when Kaldi cannot process it."""
        try:
            ended = self._kaldi.AcceptWaveform(decode(mulaw).tobytes())
        except Exception as error:  # vosk raises bare Exception
            raise RuntimeError("vosk could not process the sound") from error
        if ended:  # Kaldi ends an utterance after half a second of silence; ours may go on
            self._results.append(self._kaldi.Result())

    def finish(self) -> Hypothesis:
        """The utterance is over: all that was heard, joined; an offered phrase where its words form one."""
        self._results.append(self._kaldi.FinalResult())
        heard = [word for result in self._results for word in orjson.loads(result).get("result", ())]
        known = tuple(Word(word["word"], word["conf"]) for word in heard if word["word"] != UNKNOWN)
        words = tuple(word.text for word in known)
        return Hypothesis(self._phrases.get(words, "".join(words)), known, unknown=len(known) < len(heard))


def _inspect(model_dir: Path) -> None:
    """Refuse what libvosk would answer with a riddle, or with garbage words."""
    if not model_dir.is_dir():
        raise ModelError(
            f"no model at {model_dir}: run `outreach models fetch zh-small` or set OUTREACH_MODEL_DIR"
        )
    for name in NEEDED:
        if not (model_dir / name).exists():
            raise ModelError(
                f"{model_dir} is no Vosk model: it has no {name}; set OUTREACH_MODEL_DIR to one that has"
            )
    options = (model_dir / "conf" / "mfcc.conf").read_text(encoding="utf-8")
    rate = re.search(r"--sample-frequency=(\d+)", options)
    if rate and int(rate[1]) > RATE and "--allow-upsample=true" not in options:
        raise ModelError(
            f"{model_dir} was trained for {rate[1]} Hz and refuses telephone sound: "
            "add the line --allow-upsample=true to its conf/mfcc.conf"
        )
