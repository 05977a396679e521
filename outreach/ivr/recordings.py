"""Callers' messages as files: mu-law in a RIFF file below ``DATA_DIR/recordings``, named by nothing personal."""

import secrets
from datetime import datetime
from pathlib import Path

from outreach.speech.mulaw import duration_seconds, wav_mulaw

SHORTEST_SECONDS = 1.0
"""Less than this is a key click or a breath: nothing was said."""


def save(directory: Path, audio: bytes, now: datetime) -> tuple[str, int]:
    """Write a message (blocking); its file name and whole seconds, or ("", 0) when there is nothing in it."""
    seconds = duration_seconds(audio)
    if seconds < SHORTEST_SECONDS:
        return "", 0
    name = f"{now:%Y%m}/{secrets.token_hex(16)}.wav"
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(wav_mulaw(audio))
    part.replace(path)
    return name, round(seconds)
