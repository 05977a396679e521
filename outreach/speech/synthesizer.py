"""What a speech synthesiser is: text in, mu-law out. Backends: ``pyttsx.py``."""

from dataclasses import dataclass
from typing import Protocol

SPEEDS = (1, 2, 3, 4, 5, 6)
"""The caller's six steps, about 2.8, 3.3, 3.9, 4.8, 6.4 and 8 Chinese characters a second."""
NORMAL_SPEED = 3


@dataclass(frozen=True, slots=True)
class Utterance:
    """One sentence to be spoken, as written (numbers in digits); the backend's text rules turn it into words."""

    text: str
    language: str
    speed: int = NORMAL_SPEED


class SynthesisError(Exception):
    """Nothing usable was rendered. The message says why; ``retry`` whether trying again can help."""

    def __init__(self, reason: str, *, retry: bool = False) -> None:
        super().__init__(reason)
        self.retry = retry


class Synthesizer(Protocol):
    """Renders speech. ``identity`` names engine, version, voice and text rules: it is part of every cache key."""

    identity: str

    async def synthesize(self, utterance: Utterance) -> bytes:
        """G.711 mu-law at 8 kHz, level-normalised. Raises SynthesisError."""

    async def close(self) -> None:
        """Stop the workers."""
