"""Recorded words for callers."""

from functools import cache
from pathlib import Path

from bench.caller import QUIET

RECORDINGS = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "speech"


def recordings() -> list[bytes]:
    """Every recorded word, as mu-law."""
    return [path.read_bytes() for path in sorted(RECORDINGS.glob("*.ulaw"))]


@cache
def frames_of(word: str) -> tuple[bytes, ...]:
    """``word`` in the first voice that has recorded it, in frames. Raises ValueError for one never recorded."""
    found = sorted(RECORDINGS.glob(f"{word}.*.ulaw"))
    if not found:
        raise ValueError(f"nobody has recorded {word}")
    sound = found[0].read_bytes() + QUIET
    return tuple(sound[start : start + len(QUIET)] for start in range(0, len(sound) - len(QUIET), len(QUIET)))
