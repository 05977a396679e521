"""``outreach rehearse``: the coming days, on the demo's data or on a copy of the house's own, as a diary."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from outreach import demo
from outreach.config import Config
from outreach.dialogue.prompts import PromptError, load_all
from outreach.rehearsal import memory
from outreach.rehearsal.diary import Diary
from outreach.rehearsal.week import Rehearsal, Settings
from outreach.store.database import Database


def diary(
    config: Config, days: int, seed: int, live: bool, language: str, begins: datetime | None = None
) -> Iterator[str]:
    """The diary's lines. ``begins``: now unless told otherwise. Raises DatabaseError, PromptError."""
    found = load_all(config.prompts_dir)
    languages = {config.language: found[config.language], **found}
    if language not in languages:
        raise PromptError(f"there are no prompts in {language}: choose one of {', '.join(languages)}")
    begins = (begins or datetime.now(UTC)).replace(second=0, microsecond=0)
    database = memory.copy(config.database) if live else memory.empty()
    if not live:
        database.write_now(lambda db: demo.seed(db, begins))
    settings = Settings(languages, config.sms_signature, begins, begins + timedelta(days=days), seed)
    yield from keep(database, settings, language)


def keep(database: Database, settings: Settings, language: str) -> Iterator[str]:
    """Rehearse on ``database``, which takes it all in, and tell of it."""
    written = Diary(database, settings.languages[language].bound[2, "sms"], settings.signature)

    async def run() -> None:
        await written.look(settings.begins)
        await Rehearsal(database, settings, written).run()

    asyncio.run(run())
    yield from written.told(settings.begins, settings.ends, settings.seed)
