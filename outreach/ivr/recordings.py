"""Callers' messages as files: mu-law in a RIFF file below ``DATA_DIR/recordings``, named by nothing personal."""

import asyncio
import secrets
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select

from outreach.speech.mulaw import duration_seconds, wav_mulaw
from outreach.store.database import Database
from outreach.store.schema import recordings

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


async def expire(database: Database, directory: Path, now: datetime) -> int:
    """Delete the messages whose time is over: the files first, so that none is left behind unknown. How many."""
    past = await database.read(
        lambda db: db.execute(
            select(recordings.c.id, recordings.c.file).where(recordings.c.expires_at <= now)
        ).all()
    )
    for row in past:
        await asyncio.to_thread((directory / row.file).unlink, missing_ok=True)
    gone = delete(recordings).where(recordings.c.id.in_([row.id for row in past]))
    return await database.write(lambda db: db.execute(gone).rowcount) if past else 0
