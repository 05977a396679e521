"""What takes long, in a process of its own beside the server: reading, applying, undoing, exporting.

Python runs one thread at a time, so the same work on a thread would delay every frame of every call. The job is one
line of JSON on the child's stdin (no address or password in its arguments), its answer one line on its stdout.
"""

import asyncio
import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

NICE: Final = 10
LONGEST_ANSWER: Final = 1 << 20


class JobFailed(Exception):
    """The child ended without an answer; its words are in the log."""


@dataclass(frozen=True, slots=True)
class Job:
    """``do`` to an import (its id), a file (``path``) or a list (``name``), on the database of this URL.

    ``columns``: what a person chose. ``user_id``: who, for the audit of a console's import.
    """

    do: Literal["look", "check", "apply", "undo", "refused", "list", "plain"]
    database: str
    import_id: int = 0
    path: str = ""
    name: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    good_rows: bool = False
    personal: bool = False
    language: Literal["zh-CN", "en"] = "zh-CN"
    user_id: int | None = None


Answer = dict[str, Any]
"""``refused``: the sentence why, as kept; else what the job came to."""


async def run(job: Job) -> Answer:
    """Have it done by a child; its answer. Raises JobFailed. Cancelled, it ends the child: an import goes on later."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "outreach.exchange.jobs",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        told, _ = await child.communicate(json.dumps(asdict(job)).encode())
    except BaseException:
        with suppress(ProcessLookupError):
            child.terminate()
        raise
    if child.returncode != 0:
        raise JobFailed(f"{job.do}: exit code {child.returncode}")
    answer: Answer = json.loads(told)
    return answer


def work(job: Job) -> Answer:
    """Do it, here."""
    from outreach.exchange.lines import FileRefused
    from outreach.exchange.staging import WrongState
    from outreach.store.database import Database

    database = Database.open(job.database)
    try:
        return _work(job, database)
    except FileRefused as refused:
        return {"refused": refused.why.kept()}
    except WrongState as wrong:
        return {"state": wrong.state}
    finally:
        database.close_now()


def _work(job: Job, database: Any) -> Answer:
    from outreach.exchange import applying, checking, mending, plain, staging, undoing, writing
    from outreach.exchange.lists import LISTS
    from outreach.exchange.targets import TARGETS

    path, by = Path(job.path), staging.By(job.user_id, "console")
    match job.do:
        case "look":
            return _look(job)
        case "check":
            target = TARGETS[job.name]
            source, layout = checking.look(path, target, job.columns)
            database.write_now(lambda db: staging.laid_out(db, job.import_id, source.kind, layout))
            checking.check(
                database,
                source,
                layout,
                target,
                file_name="",
                made_by="",
                clock=_now,
                import_id=job.import_id,
            )
            return {}
        case "apply":
            return {
                "state": applying.apply(
                    database, job.import_id, good_rows=job.good_rows, clock=_now, by=by
                ).state
            }
        case "undo":
            return {"state": undoing.undo(database, job.import_id, clock=_now, by=by).state}
        case "refused":
            one = database.read_now(lambda db: staging.get(db, job.import_id))
            return {"rows": database.read_now(lambda db: mending.write_refused(db, one, path, job.language))}
        case "list":
            listing = LISTS[job.name]
            header = listing.header(job.personal, job.language)
            return {
                "rows": database.read_now(
                    lambda db: writing.write(path, header, listing.rows(db, job.personal))
                )
            }
        case "plain":
            database.read_now(lambda db: plain.write_plain(db, path, _now(), job.personal))
            return {}


def _look(job: Job) -> Answer:
    """How a file would be read, with its first lines, for a person to correct."""
    from itertools import islice

    from outreach.exchange import headers
    from outreach.exchange.reading import shown, text_of
    from outreach.exchange.sources import open_source
    from outreach.exchange.targets import TARGETS
    from outreach.exchange.understanding import blank

    source = open_source(Path(job.path))
    layout = headers.find(source, TARGETS[job.name])
    lines = (line for line in source.rows() if line.number >= layout.first and not blank(line))
    return {
        "kind": source.kind,
        "names": list(layout.names),
        "guesses": {guess.field: [guess.column, guess.sure] for guess in layout.guesses},
        "remarks": [remark.kept() for remark in (*source.remarks, *layout.remarks)],
        "lines": [[shown(text_of(cell)) for cell in line.cells] for line in islice(lines, 3)],
    }


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(NICE)
    given = json.loads(sys.stdin.read())
    print(json.dumps(work(Job(**given))))
