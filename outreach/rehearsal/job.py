"""A campaign rehearsed in a process of its own, beside the server.

Python runs one thread at a time, so a rehearsal on a thread would delay every frame of every call. The job is one line
of JSON on the child's stdin (no address or password in its arguments); each line of its stdout is how far it is, the
last one what came of it.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from outreach.logs import set_up

NICE: Final = 10
LONGEST_LINE: Final = 1 << 20
Result = Mapping[str, Any]
"""``outreach.rehearsal.campaign.Outcome`` as JSON: its dates as text, its hours and answers by text too."""


class JobFailed(Exception):
    """The child ended without a result; its words are in the log."""


@dataclass(frozen=True, slots=True)
class Job:
    """Rehearse a campaign on a copy of the database of this URL. ``people``: fill the audience up to so many."""

    database: str
    campaign_id: int
    prompts: str
    language: str
    signature: str
    phone: str
    begins: str
    people: int | None = None
    seed: int = 1


async def run(job: Job, told: Callable[[int], Awaitable[None]]) -> Result:
    """Have it done by a child. ``told``: how far it is, in percent. Raises JobFailed. Cancelled, it ends the child."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "outreach.rehearsal.job",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    last: Any = None
    try:
        child.stdin.write(json.dumps(asdict(job)).encode() + b"\n")
        child.stdin.close()
        async for line in child.stdout:
            last = json.loads(line)
            if isinstance(last, int):
                await told(last)
        await child.wait()
    except BaseException:
        with suppress(ProcessLookupError):
            child.terminate()
        await child.wait()
        raise
    if child.returncode != 0 or not isinstance(last, dict):
        raise JobFailed(f"rehearsal: exit code {child.returncode}")
    return last


def work(job: Job, told: Callable[[int], None]) -> bytes:
    """Do it, here; the result as JSON. Raises DatabaseError, LookupError."""
    from pathlib import Path

    from outreach.dialogue.prompts import load_all
    from outreach.rehearsal import memory
    from outreach.rehearsal.campaign import rehearse
    from outreach.rehearsal.week import Settings

    found = load_all(Path(job.prompts))
    begins = datetime.fromisoformat(job.begins)
    languages = {job.language: found[job.language], **found}
    settings = Settings(languages, job.signature, begins, begins, job.seed)
    outcome = rehearse(memory.copy(job.database), settings, job.campaign_id, job.phone, job.people, told)
    return orjson.dumps(asdict(outcome) | {"fatal": outcome.fatal}, option=orjson.OPT_NON_STR_KEYS)


def tell(percent: int) -> None:
    """One line."""
    print(percent, flush=True)


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(NICE)
    set_up(as_json=True, level=logging.WARNING)
    print(work(Job(**json.loads(sys.stdin.readline())), tell).decode(), flush=True)
