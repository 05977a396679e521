"""``outreach doctor``: is this machine fit to answer calls? Each finding says what to do."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from sqlalchemy import text

from outreach.config import Config
from outreach.dialogue.prompts import PromptError, load_all
from outreach.services.registry import all_pages
from outreach.speech.pyttsx import voice_problem
from outreach.speech.vosk import ModelError, VoskRecognizer
from outreach.store.database import Database
from outreach.store.errors import DatabaseError

LEAST_DISK_BYTES = 500 * 2**20
SAFE_SQLITE = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
"""First versions without the WAL-reset bug (sqlite.org/wal.html#walresetbug), newest branch first."""
CLOCK_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    well: bool
    says: str


def examine(config: Config) -> list[Finding]:
    """All findings, in the order in which they should be mended."""
    checks: tuple[Callable[[Config], Iterator[Finding]], ...] = (
        _disk,
        _database,
        _sqlite,
        _voice,
        _prompts_and_model,
        _carrier,
        _address,
    )
    return [finding for check in checks for finding in check(config)]


def _disk(config: Config) -> Iterator[Finding]:
    config.data_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(config.data_dir).free
    says = f"{free // 2**20} MB free for data"
    yield Finding(
        "disk", free >= LEAST_DISK_BYTES, says if free >= LEAST_DISK_BYTES else f"{says}: make room"
    )


def _database(config: Config) -> Iterator[Finding]:
    try:
        database = Database.open(config.database)
    except DatabaseError as error:
        yield Finding("database", False, str(error))
        return
    try:
        database.read_now(lambda db: db.execute(text("SELECT 1")).scalar_one())
        yield Finding("database", True, f"{database.dialect}, schema up to date")
    finally:
        asyncio.run(database.close())


def _sqlite(config: Config) -> Iterator[Finding]:
    if not config.database.startswith("sqlite"):
        return
    version = sqlite3.sqlite_version_info
    safe = version >= SAFE_SQLITE[0] or any(
        version[:2] == good[:2] and version >= good for good in SAFE_SQLITE
    )
    says = f"version {sqlite3.sqlite_version}"
    if not safe:
        # our single writer is also the only one to checkpoint, so the bug cannot strike; another program's could
        says += ": has the WAL-reset bug; let no second program write to the database file while the line is served"
    yield Finding("sqlite", True, says)


def _voice(_config: Config) -> Iterator[Finding]:
    problem = voice_problem()
    yield Finding("voice", problem is None, problem or "speaks Mandarin and English")


def _prompts_and_model(config: Config) -> Iterator[Finding]:
    try:
        languages = load_all(config.prompts_dir)
    except PromptError as error:
        yield Finding("prompts", False, str(error))
        return
    yield Finding("prompts", True, f"{', '.join(languages)} complete; {len(all_pages())} pages")
    try:
        recognizer = VoskRecognizer(config.model_dir)
    except ModelError as error:
        yield Finding("model", False, str(error))
        return
    words = [word for prompt in languages[config.language].entries.values() for word in prompt.words]
    missing = recognizer.missing(words)
    says = f"knows all {len(set(words))} words of the prompts"
    yield Finding(
        "model",
        not missing,
        f"cannot hear {', '.join(missing)}: outreach models add-words" if missing else says,
    )


def _carrier(config: Config) -> Iterator[Finding]:
    token = config.twilio_auth_token.get_secret_value()
    ready = bool(config.twilio_account_sid and token)
    yield Finding(
        "carrier",
        ready,
        "Twilio's account is set"
        if ready
        else "set OUTREACH_TWILIO_ACCOUNT_SID and OUTREACH_TWILIO_AUTH_TOKEN",
    )


def _address(config: Config) -> Iterator[Finding]:
    parts = urlsplit(config.public)
    if parts.scheme != "https":
        yield Finding(
            "address", False, f"{config.public} is not https: carriers need OUTREACH_PUBLIC_URL=https://…"
        )
        return
    try:
        answer = httpx.get(f"{config.public}/healthz", timeout=5)
    except httpx.HTTPError as error:
        yield Finding(
            "address", False, f"{config.public} does not answer ({type(error).__name__}): check proxy and DNS"
        )
        return
    well = answer.status_code == httpx.codes.OK
    yield Finding("address", well, f"{config.public} answers {answer.status_code}")
    yield _clock(answer)


def _clock(answer: httpx.Response) -> Finding:
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    if "date" not in answer.headers:
        return Finding("clock", True, "the proxy sends no date to compare with")
    late = abs((datetime.now(UTC) - parsedate_to_datetime(answer.headers["date"])).total_seconds())
    return Finding("clock", late < CLOCK_SECONDS, f"{late:.0f} s from the proxy's; keep it set by NTP")
