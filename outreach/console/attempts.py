"""How often somebody may try to sign in, so that guessing is hopeless and nobody is locked out by a stranger.

Tries are counted by name and by address. A browser in which the name has signed in before is counted by itself instead
(OWASP's device cookies): whoever floods a name shuts out strangers, not its owner.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from outreach.console.passwords import token_hash
from outreach.console.users import login_of
from outreach.store.dialects import insert_or_ignore
from outreach.store.tables.console import known_devices, sign_in_attempts, users

WITHIN: Final = timedelta(minutes=15)
LIMITS: Final = {"name": 10, "address": 50, "device": 10}
"""Tries in ``WITHIN``. An address may be an office with everybody in it."""


def buckets(db: Connection, login: str, address: str, device: str | None) -> tuple[str, ...]:
    """Under which headings a try is counted."""
    if device is not None:
        known = (
            select(known_devices.c.user_id)
            .join(users, users.c.id == known_devices.c.user_id)
            .where(users.c.login == login_of(login), known_devices.c.token_hash == token_hash(device))
        )
        if db.execute(known).first():
            return (_bucket("device", device),)
    return _bucket("name", login_of(login)), _bucket("address", address)


def begin(db: Connection, under: Sequence[str], now: datetime) -> bool:
    """Count a try, before the password is looked at. False: too many already."""
    db.execute(delete(sign_in_attempts).where(sign_in_attempts.c.at <= now - WITHIN))
    for bucket in under:
        count = db.scalar(select(func.count()).where(sign_in_attempts.c.bucket == bucket)) or 0
        if count >= LIMITS[bucket.split(":")[0]]:
            return False
    db.execute(insert(sign_in_attempts), [{"bucket": bucket, "at": now} for bucket in under])
    return True


def forgive(db: Connection, under: Sequence[str]) -> None:
    """It was the right password: its tries count no more, except against the address."""
    own = [bucket for bucket in under if not bucket.startswith("address:")]
    db.execute(delete(sign_in_attempts).where(sign_in_attempts.c.bucket.in_(own)))


def know(db: Connection, user_id: int, device: str, now: datetime) -> None:
    """The user has signed in in this browser."""
    insert_or_ignore(db, known_devices, user_id=user_id, token_hash=token_hash(device), created_at=now)


def _bucket(kind: str, what: str) -> str:
    return f"{kind}:{hashlib.sha256(what.encode()).hexdigest()[:40]}"
