"""The only importer of APScheduler, and only its ticking is used: jobs in memory, nothing of ours kept in them.

What is due is in the database; each tick looks there. So a tick that is late, missed or run twice does no harm:
``misfire_grace_time=None`` and ``coalesce`` let a late one run once, ``max_instances=1`` lets none overtake itself.
(One job a reminder, as the library is meant to be used, loses reminders in a crash and stops every live call while
many fall due at once.) A chore that fails says so in the log and is tried again at its next tick.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from outreach.api.hooks import Hooks
from outreach.campaigns.feed import Feeder
from outreach.delivery import days
from outreach.delivery.policy import LOCAL
from outreach.delivery.worker import Caller, Worker
from outreach.exchange import forgetting
from outreach.ivr import recordings
from outreach.store import calls, messages, webhooks
from outreach.store.database import Database, DatabaseError
from outreach.timekeeper import Timekeeper

log = structlog.get_logger()

TICK_SECONDS = 1.0
REAP_SECONDS = 30.0
CLEAN_SECONDS = 3600.0
"""Hourly rather than nightly: a machine that sleeps at night would never clean up."""
END_WITHIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to be done again and again. ``run`` may raise."""

    name: str
    every_seconds: float
    run: Callable[[], Awaitable[object]]


def sending_chores(worker: Worker) -> tuple[Chore, ...]:
    """What a carrier for text messages needs; reaping is for calls too."""
    return (
        Chore("deliver", TICK_SECONDS, worker.drain),
        Chore("reap", REAP_SECONDS, worker.reap),
        Chore("look up", REAP_SECONDS, worker.look_up),
    )


def calling_chores(caller: Caller) -> tuple[Chore, ...]:
    """What a carrier for calls needs besides."""
    return (
        Chore("call", TICK_SECONDS, caller.drain),
        Chore("look up calls", REAP_SECONDS, caller.look_up),
        Chore("ask after calls", REAP_SECONDS, caller.ask_after),
    )


def campaign_chores(feeder: Feeder) -> tuple[Chore, ...]:
    """What campaigns need, where there is a carrier to send by."""
    return (Chore("campaigns", TICK_SECONDS, feeder.tick),)


def house_chores(
    database: Database, timekeeper: Timekeeper, hooks: Hooks, recorded: Path, clock: Callable[[], datetime]
) -> tuple[Chore, ...]:
    """What every house needs, with a carrier or without. ``recorded``: the folder of callers' messages."""
    return (
        Chore("timers", TICK_SECONDS, timekeeper.fire_due),
        Chore("webhooks", TICK_SECONDS, hooks.drain),
        Chore("clean up", CLEAN_SECONDS, partial(clean_up, database, recorded, clock)),
    )


@asynccontextmanager
async def ticking(chores: Sequence[Chore]) -> AsyncIterator[AsyncIOScheduler]:
    """Do all chores as often as they ask for, the first time at once, until the block ends."""
    running: set[asyncio.Task[object]] = set()

    async def run(chore: Chore) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await chore.run()
        except DatabaseError:  # every chore says so at every tick: one line is enough
            log.warning("chore_put_off", chore=chore.name, why="the database does not answer")
        except Exception:
            log.exception("chore_failed", chore=chore.name)
        finally:
            running.discard(task)

    scheduler = AsyncIOScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    for chore in chores:
        scheduler.add_job(
            run,
            "interval",
            args=[chore],
            id=chore.name,
            seconds=chore.every_seconds,
            next_run_time=datetime.now(scheduler.timezone),
        )
    scheduler.start()
    try:
        yield scheduler
    finally:
        scheduler.pause()
        if running:  # what is half done is finished: a request cut off is one to be looked up
            await asyncio.wait(running, timeout=END_WITHIN_SECONDS)
        scheduler.shutdown(wait=False)


async def clean_up(database: Database, recorded: Path, clock: Callable[[], datetime]) -> None:
    """Drop what may not, or need not, be kept any longer; say when the calendar is about to end.

    ``recorded``: a folder of DATA_DIR.
    """
    now = clock()
    recordings_gone = await recordings.expire(database, recorded, now)
    forgotten = await database.write(lambda db: calls.end_forgotten(db, now))
    numbers = await database.write(calls.erase_numbers)
    strangers = await database.write(lambda db: messages.forget(db, now))
    await database.write(lambda db: webhooks.forget(db, now))
    await forgetting.forget(database, recorded.parent, now)
    log.info("cleaned_up", recordings=recordings_gone, calls=forgotten, numbers=numbers, strangers=strangers)
    today = now.astimezone(LOCAL).date()
    if not days.knows(today):
        log.warning("calendar_ended", why=f"no holidays are known for {today.year}: update chinese_calendar")
