"""What callers recorded, as a counselor finds it: whose, what it is for, who has heard it, what there is to do.

SQL only. The sound is a file below ``DATA_DIR/recordings``; hearing it or reading its transcript is a look, audited.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select, update

from outreach.speech.recognizer import Hypothesis
from outreach.store.audit import Audit
from outreach.store.schema import people, recordings, tasks
from outreach.store.tables.community import case_messages
from outreach.store.tables.console import audit as audit_rows
from outreach.store.tables.console import users

SHOWN: Final = 50
ONE_LISTENING: Final = timedelta(minutes=15)
"""A player asks for a sound in pieces, and again when somebody goes back in it: that is one look."""
LONGEST_KEPT: Final = timedelta(days=3 * 365)
DOUBTFUL_PERCENT: Final = 60
"""Words the recogniser is less sure of are marked."""

Sure = tuple[str, int]
"""A word, and how sure the recogniser is of it in per cent."""


@dataclass(frozen=True, slots=True)
class Message:
    """One recording. ``number``: of whoever left it, in full. ``task_id``: what there is to do about it."""

    id: int
    purpose: str
    file: str
    seconds: int
    created_at: datetime
    expires_at: datetime
    heard_at: datetime | None
    heard_by: str | None
    transcript: Sequence[Sure] | None
    kept_because: str | None
    person_id: int | None
    county: str | None
    number: str | None
    task_id: int | None
    done: bool | None
    assignee: str | None
    case_id: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters; "" and None: all. ``mine``: this user's tasks; ``counselor_id``: people of this counselor."""

    purpose: str = ""
    county: str = ""
    counselor_id: int | None = None
    unheard: bool = False
    page: int = 0


def find(db: Connection, wanted: Wanted) -> list[Message]:
    """Up to a page and one more: what nobody has heard first, of these and of the others the newest."""
    query = _query()
    # a name is asked for by its own filter: it is left to be read out, not to be acted upon
    purposes = (wanted.purpose,) if wanted.purpose else ("message", "case", "produce")
    query = query.where(recordings.c.purpose.in_(purposes))
    if wanted.county:
        query = query.where(people.c.county == wanted.county)
    if wanted.counselor_id is not None:
        query = query.where(func.coalesce(tasks.c.counselor_id, people.c.counselor_id) == wanted.counselor_id)
    if wanted.unheard:
        query = query.where(recordings.c.heard_at.is_(None))
    order = (recordings.c.heard_at.is_not(None), recordings.c.created_at.desc(), recordings.c.id.desc())
    rows = db.execute(query.order_by(*order).limit(SHOWN + 1).offset(wanted.page * SHOWN))
    return [Message(*row) for row in rows]


def get(db: Connection, recording_id: int) -> Message | None:
    """One message; prompts that we recorded ourselves are none."""
    row = db.execute(
        _query().where(recordings.c.id == recording_id, recordings.c.purpose != "prompt")
    ).first()
    return Message(*row) if row else None


def of_file(db: Connection, file: str) -> Message | None:
    """The message that is kept in this file."""
    row = db.execute(_query().where(recordings.c.file == file)).first()
    return Message(*row) if row else None


def listen(audit: Audit, recording_id: int) -> None:
    """Somebody listens: written down once a listening, and the first is kept with the message."""
    found = recordings.c.id == recording_id
    first = update(recordings).where(found, recordings.c.heard_at.is_(None))
    audit.db.execute(first.values(heard_at=audit.now, heard_by=audit.user_id))
    audit.looked("recordings", recording_id, ("sound",))


def listening(db: Connection, recording_id: int, user_id: int, now: datetime) -> bool:
    """Has this user's listening been written down a moment ago?"""
    row = audit_rows.c
    lately = select(row.after).where(
        row.entity == "recordings",
        row.entity_id == str(recording_id),
        row.user_id == user_id,
        row.action == "look",
        row.at > now - ONE_LISTENING,
    )
    return any("sound" in (seen or {}).get("fields", ()) for seen in db.scalars(lately))


def keep_transcript(audit: Audit, recording_id: int, heard: Hypothesis) -> None:
    """Keep what the machine made of it, with how sure it is of each word. Never the words in the audit."""
    words = [[word.text, round(100 * word.confidence)] for word in heard.words]
    changed = update(recordings).where(recordings.c.id == recording_id)
    audit.db.execute(changed.values(transcript=words))
    audit.record("message.transcribe", "recordings", recording_id, after={"words": len(words)})


def keep_until(audit: Audit, recording_id: int, until: datetime, because: str) -> None:
    """Keep it longer than others, and why. Raises LookupError when it is gone."""
    values = {"expires_at": until, "kept_because": because}
    audit.change(recordings, recording_id, values, "message.keep")


def sure(words: Sequence[Sure]) -> int:
    """Of a transcript: how sure of a word on average, in per cent; 0 when nothing was understood."""
    return round(sum(percent for _, percent in words) / len(words)) if words else 0


def _query() -> Select[Any]:
    of_case = select(case_messages.c.case_id).where(case_messages.c.file == recordings.c.file)
    heard_by = users.alias("heard_by")
    return (
        select(
            recordings.c.id,
            recordings.c.purpose,
            recordings.c.file,
            recordings.c.seconds,
            recordings.c.created_at,
            recordings.c.expires_at,
            recordings.c.heard_at,
            heard_by.c.name,
            recordings.c.transcript,
            recordings.c.kept_because,
            recordings.c.person_id,
            people.c.county,
            func.coalesce(tasks.c.phone, people.c.phone),
            tasks.c.id,
            tasks.c.done,
            users.c.name,
            of_case.correlate(recordings).scalar_subquery(),
        )
        .outerjoin(people, people.c.id == recordings.c.person_id)
        .outerjoin(tasks, tasks.c.recording_id == recordings.c.id)
        .outerjoin(users, users.c.id == tasks.c.assignee_id)
        .outerjoin(heard_by, heard_by.c.id == recordings.c.heard_by)
    )
