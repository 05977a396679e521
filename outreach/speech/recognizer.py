"""What a recogniser is: the caller's sound in, words out, only of what was offered. Backend: ``vosk.py``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

UNKNOWN = "[unk]"


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word with its confidence, 0 to 1."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What one utterance sounded like. ``text`` has no spaces and no ``[unk]``.

    Empty ``text`` and no ``unknown``: nothing was said (a cough, a door).
    ``unknown``: some of it was none of the offered words.
    """

    text: str
    words: tuple[Word, ...] = ()
    unknown: bool = False

    @property
    def confidence(self) -> float:
        """Of the least certain word; 0 when there is none."""
        return min((word.confidence for word in self.words), default=0.0)


class Question(Protocol):
    """One question's recogniser: fed in any thread, by one thread at a time, never used twice."""

    def feed(self, mulaw: bytes) -> None:
        """Take in a piece of sound (8 kHz mu-law)."""

    def finish(self) -> Hypothesis:
        """The utterance is over: what was it?"""


class Recognizer(Protocol):
    """Listens for phrases. Thread-safe."""

    def question(self, phrases: Sequence[str]) -> Question:
        """A new recogniser whose grammar is ``phrases`` plus ``[unk]``."""

    def missing(self, phrases: Sequence[str]) -> list[str]:
        """Those of ``phrases`` that the model can never recognise (for the start-up check)."""
