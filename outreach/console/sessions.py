"""Who is signed in, and what they were writing when they no longer were.

A session is a row; its cookie holds a random token of which the row has the hash. It ends when its user signs out, does
nothing for ``IDLE``, or ``LONGEST`` after it began.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, or_, select, update

from outreach.console.passwords import token_hash
from outreach.console.users import SHOWN, User, user_of
from outreach.store.tables.console import console_drafts, console_sessions, users

IDLE: Final = timedelta(hours=1)
LONGEST: Final = timedelta(hours=12)
WARN: Final = timedelta(minutes=5)
"""So long before its end a page says so, and offers to stay."""
KEPT: Final = timedelta(days=2)
"""An ended session stays known that long: for the text that its user sends too late."""
SEEN_EVERY: Final = timedelta(minutes=1)
"""Being seen is a write, so not with every page."""
DRAFT_LIMIT: Final = 200_000


@dataclass(frozen=True, slots=True)
class Session:
    """A session as a request finds it, ``live`` or over."""

    id: int
    user: User
    seen_at: datetime
    ends_at: datetime
    live: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """Fields of a form that came too late, for the page at ``path``."""

    id: int
    path: str
    fields: tuple[tuple[str, str], ...]


def begin(db: Connection, user_id: int, token: str, now: datetime) -> None:
    """Sign in; what is long over is dropped."""
    db.execute(
        delete(console_sessions).where(
            or_(console_sessions.c.seen_at <= now - KEPT, console_sessions.c.ended_at <= now - KEPT)
        )
    )
    db.execute(delete(console_drafts).where(console_drafts.c.created_at <= now - KEPT))
    values = {"token_hash": token_hash(token), "user_id": user_id, "created_at": now, "seen_at": now}
    db.execute(insert(console_sessions).values(values))


def find(db: Connection, token: str, now: datetime) -> Session | None:
    """The session of this token. Not live: over, or its user may not sign in any more."""
    row = db.execute(
        select(
            console_sessions.c.id.label("session_id"),
            console_sessions.c.created_at.label("began_at"),
            console_sessions.c.seen_at,
            console_sessions.c.ended_at,
            *SHOWN,
        )
        .join(users, users.c.id == console_sessions.c.user_id)
        .where(console_sessions.c.token_hash == token_hash(token))
    ).one_or_none()
    if row is None:
        return None
    user = user_of(row)
    ends_at = min(row.seen_at + IDLE, row.began_at + LONGEST)
    live = row.ended_at is None and now < ends_at and user.active
    return Session(row.session_id, user, row.seen_at, ends_at, live)


def seen(db: Connection, session_id: int, now: datetime) -> None:
    """Its user did something."""
    _update(db, session_id, seen_at=now)


def end(db: Connection, session_id: int, now: datetime) -> None:
    """Sign out."""
    _update(db, session_id, ended_at=now)


def keep_draft(
    db: Connection, user_id: int, path: str, fields: list[tuple[str, str]], now: datetime
) -> int | None:
    """Keep what was sent. None: too much to keep."""
    if sum(len(name) + len(value) for name, value in fields) > DRAFT_LIMIT or len(path) > 300:
        return None
    values = {"user_id": user_id, "path": path, "fields": [list(pair) for pair in fields], "created_at": now}
    return int(db.execute(insert(console_drafts).values(values).returning(console_drafts.c.id)).scalar_one())


def draft(db: Connection, user_id: int, draft_id: int) -> Draft | None:
    """One's own draft."""
    row = db.execute(
        select(console_drafts).where(console_drafts.c.id == draft_id, console_drafts.c.user_id == user_id)
    ).one_or_none()
    return Draft(row.id, row.path, tuple((name, value) for name, value in row.fields)) if row else None


def latest_draft(db: Connection, user_id: int) -> Draft | None:
    """What was sent last."""
    found = db.scalar(
        select(console_drafts.c.id)
        .where(console_drafts.c.user_id == user_id)
        .order_by(console_drafts.c.id.desc())
        .limit(1)
    )
    return draft(db, user_id, found) if found else None


def drop_draft(db: Connection, user_id: int, draft_id: int) -> None:
    """It has arrived, or is not wanted."""
    db.execute(
        delete(console_drafts).where(console_drafts.c.id == draft_id, console_drafts.c.user_id == user_id)
    )


def _update(db: Connection, session_id: int, **values: datetime) -> None:
    db.execute(
        update(console_sessions)
        .where(console_sessions.c.id == session_id, console_sessions.c.ended_at.is_(None))
        .values(**values)
    )
