"""What imports leave behind, dropped in time: the lines of old ones, and files that nobody went on with."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from outreach.exchange import staging
from outreach.store.database import Database

UPLOADS_KEPT: Final = timedelta(days=1)
FOLDERS: Final = ("imports", "exports")
"""Of DATA_DIR: files on their way in, and out."""


async def forget(database: Database, data_dir: Path, now: datetime) -> int:
    """Drop them, in short transactions; how many lines are gone."""
    gone = 0
    while some := await database.write(lambda db: staging.forget(db, now)):
        gone += some
    await asyncio.to_thread(_remove, data_dir, now - UPLOADS_KEPT)
    return gone


def _remove(data_dir: Path, before: datetime) -> None:
    for folder in FOLDERS:
        for path in (data_dir / folder).glob("*"):
            if path.stat().st_mtime < before.timestamp():
                path.unlink(missing_ok=True)
