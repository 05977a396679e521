"""What the console works with: built once, by ``outreach.app``."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from outreach.config import Config
from outreach.dialogue.prompts import Prompts
from outreach.speech.clips import ClipStore
from outreach.speech.recognizer import Hypothesis
from outreach.store.database import Database

LOOK_EVERY_SECONDS = 2.0


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """The house as seen from the console. ``recorded``: keys of recorded prompts, by language.

    ``transcribe``: writes down a message (mu-law; blocks for about as long as it lasts). None: nothing here can.
    """

    config: Config
    database: Database
    languages: Mapping[str, Prompts] = field(default_factory=dict)
    clips: ClipStore | None = None
    recorded: Mapping[str, frozenset[str]] = field(default_factory=dict)
    clock: Callable[[], datetime] = utc_now
    look_every_seconds: float = LOOK_EVERY_SECONDS
    transcribe: Callable[[bytes], Hypothesis] | None = None
    checking: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """One password at a time."""
    transcribing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """One message at a time: callers who speak are heard first."""

    @property
    def https(self) -> bool:
        """Is the console reached by https?"""
        return self.config.public.startswith("https://")

    @property
    def hosts(self) -> frozenset[str]:
        """The host names, with ports, under which it may be meant."""
        return frozenset({urlsplit(self.config.public).netloc, f"{self.config.host}:{self.config.port}"})
