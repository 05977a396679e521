"""Which prompts people have recorded: files ``<folder>/<language>/<key>.wav``, which win over synthesis.

Nodes share the folder, or each has a copy: every one looks again once a minute.
"""

import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from outreach.speech.recordings import RecordingError, recorded
from outreach.speech.synthesizer import NORMAL_SPEED

Name = tuple[str, str]
"""Language and key."""
LOOK_SECONDS: Final = 60.0


class Recorded(Mapping[str, frozenset[str]]):
    """By language the keys that have a recording, as of the last look."""

    def __init__(self, folder: Path, languages: Iterable[str]) -> None:
        self.folder = folder
        self._keys: dict[str, frozenset[str]] = dict.fromkeys(languages, frozenset())
        self._stamps: dict[Name, int] = {}
        self.look()

    def __getitem__(self, language: str) -> frozenset[str]:
        return self._keys[language]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def look(self) -> frozenset[Name]:
        """Read the folder again: what has come, changed or gone since. Blocks."""
        found = {
            (language, path.stem): path.stat().st_mtime_ns
            for language in self._keys
            for path in (self.folder / language).glob("*.wav")
        }
        changed = {name for name, _ in found.items() ^ self._stamps.items()}
        self._stamps = found
        for language in self._keys:
            self._keys[language] = frozenset(key for its, key in found if its == language)
        return frozenset(changed)

    def path(self, language: str, key: str) -> Path:
        """Where the recording of a prompt is, or would be."""
        return self.folder / language / f"{key}.wav"

    def try_out(self, language: str, key: str, wav: bytes) -> tuple[Path, bytes]:
        """Put a WAV file beside its place: where, and how callers will hear it (mu-law). Blocks.

        ``os.replace`` makes it the recording. Raises RecordingError, which says what is wrong, or OSError.
        """
        place = self.path(language, key)
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f"{key}.{secrets.token_hex(8)}.part")
        part.write_bytes(wav)
        try:
            return part, recorded(part, NORMAL_SPEED)
        except RecordingError:
            os.unlink(part)
            raise
