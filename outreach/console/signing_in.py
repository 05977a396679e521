"""Signing in: name, password, and a code where one is set. The same answer, and the same time, whatever was wrong."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, update

from outreach.console import attempts, passwords, sessions, users
from outreach.store.audit import Audit
from outreach.store.database import Database
from outreach.store.tables.console import users as user_rows

NO_CODE: Final = 0
"""The step of somebody who needs no code."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The session's token, and this browser's: both for cookies."""

    token: str
    device: str
    user: users.User


@dataclass(frozen=True, slots=True)
class Refused:
    """Not signed in. ``limited``: too many tries, whatever was typed."""

    limited: bool


async def sign_in(
    database: Database,
    *,
    login: str,
    password: str,
    code: str,
    address: str,
    device: str | None,
    at_once: asyncio.Semaphore,
    now: datetime,
) -> SignedIn | Refused:
    """Try a name and a password. ``device``: what this browser's cookie holds, if it has one.

    ``at_once``: checking a password takes 64 MB, so strangers must not be able to have many checked at once.
    """

    def count(db: Connection) -> tuple[bool, tuple[str, ...], users.Secrets | None]:
        under = attempts.buckets(db, login, address, device)
        return attempts.begin(db, under, now), under, users.secrets_of(db, login)

    allowed, under, known = await database.write(count)
    if not allowed:
        return Refused(limited=True)
    async with at_once:
        right = await asyncio.to_thread(passwords.fits, password, known.password_hash if known else None)
    step = _step(known, code, now) if known else None
    rehashed = None
    if right and known and passwords.outdated(known.password_hash):
        rehashed = await asyncio.to_thread(passwords.hashed, password)

    def finish(db: Connection) -> SignedIn | None:
        if known is None or not right or step is None or not _spend(db, known, step):
            if known is not None:
                Audit(db, known.user.id, now).record("sign_in.refused", "users", known.user.id)
            return None
        entered = begin(known.user, device)
        attempts.forgive(db, under)
        attempts.know(db, known.user.id, entered.device, now)
        if rehashed:
            db.execute(
                update(user_rows).where(user_rows.c.id == known.user.id).values(password_hash=rehashed)
            )
        enter(db, entered, now)
        return entered

    return await database.write(finish) or Refused(limited=False)


def begin(user: users.User, device: str | None = None) -> SignedIn:
    """Fresh tokens for somebody who has proved who they are; the browser keeps the one it has."""
    return SignedIn(passwords.token(), device or passwords.token(), user)


def enter(db: Connection, entered: SignedIn, now: datetime) -> None:
    """Open the session."""
    sessions.begin(db, entered.user.id, entered.token, now)
    Audit(db, entered.user.id, now).record("sign_in", "users", entered.user.id)


def _step(known: users.Secrets, code: str, now: datetime) -> int | None:
    if known.totp_secret is None:
        return NO_CODE
    return passwords.step_of(known.totp_secret, code, now)


def _spend(db: Connection, known: users.Secrets, step: int) -> bool:
    """Use up a code, and all before it. False: it was used already, perhaps at this moment by somebody else."""
    if known.totp_secret is None:
        return True
    row = user_rows.c
    done = db.execute(
        update(user_rows)
        .where(row.id == known.user.id, (row.totp_step.is_(None)) | (row.totp_step < step))
        .values(totp_step=step)
    )
    return done.rowcount == 1
