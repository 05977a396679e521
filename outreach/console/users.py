"""Users as rows."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select, update

from outreach.console.access import Right, Role, may
from outreach.console.language import Language
from outreach.store.audit import Audit
from outreach.store.tables.console import console_sessions, users


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in. ``counselor_id``: whom the line knows them as."""

    id: int
    login: str
    name: str
    role: Role
    counselor_id: int | None
    language: Language
    active: bool

    def may(self, right: Right) -> bool:
        """May they do that?"""
        return may(self.role, right)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What proves that somebody is a user."""

    user: User
    password_hash: str
    totp_secret: str | None
    totp_step: int | None


SHOWN = tuple(users.c[name] for name in User.__slots__)


def login_of(typed: str) -> str:
    """A sign-in name as it is kept: full-width and upper-case letters are the same as plain ones."""
    return unicodedata.normalize("NFKC", typed).strip().casefold()


def user_of(row: Row[*tuple[object, ...]]) -> User:
    """A row that holds at least ``SHOWN``."""
    values = {column.name: row._mapping[column] for column in SHOWN}
    return User(**values)


def get(db: Connection, user_id: int) -> User | None:
    """The user with this id."""
    return _one(db, select(*SHOWN).where(users.c.id == user_id))


def by_login(db: Connection, login: str) -> User | None:
    """The user with this sign-in name."""
    return _one(db, select(*SHOWN).where(users.c.login == login_of(login)))


def everybody(db: Connection) -> Sequence[User]:
    """All users, those who may sign in first."""
    return [user_of(row) for row in db.execute(select(*SHOWN).order_by(users.c.active.desc(), users.c.login))]


def secrets_of(db: Connection, login: str) -> Secrets | None:
    """What an active user of this name must prove."""
    row = db.execute(
        select(*SHOWN, users.c.password_hash, users.c.totp_secret, users.c.totp_step).where(
            users.c.login == login_of(login), users.c.active
        )
    ).one_or_none()
    if row is None:
        return None
    return Secrets(user_of(row), row.password_hash, row.totp_secret, row.totp_step)


def add(
    audit: Audit,
    *,
    login: str,
    name: str,
    password_hash: str,
    role: Role,
    counselor_id: int | None = None,
    language: Language = "zh-CN",
) -> int:
    """Enter a user. Raises IntegrityError when the sign-in name is taken."""
    values = {
        "login": login_of(login),
        "name": name,
        "password_hash": password_hash,
        "role": role,
        "counselor_id": counselor_id,
        "language": language,
        "created_at": audit.now,
    }
    return audit.add(users, values)


def change(audit: Audit, user_id: int, *, staying: int | None = None, **values: Any) -> None:
    """Change columns of a user. What they sign in with, or as: then their sessions end, but for ``staying``.

    Raises LookupError for an unknown user.
    """
    changed = audit.change(users, user_id, values)
    if not changed & {"password_hash", "role", "active", "totp_secret"}:
        return
    row = console_sessions.c
    theirs = update(console_sessions).where(row.user_id == user_id, row.ended_at.is_(None))
    if staying is not None:
        theirs = theirs.where(row.id != staying)
    audit.db.execute(theirs.values(ended_at=audit.now))


def _one(db: Connection, query: Select[*tuple[object, ...]]) -> User | None:
    row = db.execute(query).one_or_none()
    return user_of(row) if row else None
