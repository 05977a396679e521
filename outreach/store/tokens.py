"""Tokens of other systems: made once, kept as a hash, asked for at every request. SQL only."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, insert, or_, select, update

from outreach.store.tables.sharing import api_tokens

PREFIX: Final = "wwcl_"
"""So that a token found in a wrong place is known for one."""
USED_EVERY: Final = timedelta(hours=1)
"""How exactly the last use is written down: a row written at every request would cost more than the request."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token, without its secret."""

    id: int
    name: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


_SHOWN = tuple(api_tokens.c[name] for name in Token.__slots__)


def make(
    db: Connection, name: str, scopes: Sequence[str], now: datetime, expires_at: datetime | None = None
) -> str:
    """A new token, in the only moment in which it can be read."""
    token = PREFIX + secrets.token_urlsafe(32)
    db.execute(
        insert(api_tokens).values(
            name=name,
            token_hash=_hash(token),
            scopes=sorted(set(scopes)),
            created_at=now,
            expires_at=expires_at,
        )
    )
    return token


def known(db: Connection, token: str, now: datetime) -> Token | None:
    """The token, if it is in force."""
    query = select(*_SHOWN).where(
        api_tokens.c.token_hash == _hash(token),
        api_tokens.c.revoked_at.is_(None),
        or_(api_tokens.c.expires_at.is_(None), api_tokens.c.expires_at > now),
    )
    row = db.execute(query).one_or_none()
    return _token(row) if row else None


def all_tokens(db: Connection) -> list[Token]:
    """Every token that was ever made, the latest first."""
    return [_token(row) for row in db.execute(select(*_SHOWN).order_by(api_tokens.c.id.desc()))]


def used(db: Connection, token: Token, now: datetime) -> None:
    """Write down that it was used, unless that is known well enough."""
    db.execute(update(api_tokens).where(api_tokens.c.id == token.id).values(used_at=now))


def is_news(token: Token, now: datetime) -> bool:
    """Is its last use worth writing down?"""
    return token.used_at is None or now - token.used_at >= USED_EVERY


def revoke(db: Connection, token_id: int, now: datetime) -> bool:
    """From now on it opens nothing. False: it does not, already, or there is none."""
    live = (api_tokens.c.id == token_id) & api_tokens.c.revoked_at.is_(None)
    return db.execute(update(api_tokens).where(live).values(revoked_at=now)).rowcount == 1


def _hash(token: str) -> str:
    # 256 random bits need no salt and no slow hash: nobody can guess them
    return hashlib.sha256(token.encode()).hexdigest()


def _token(row: object) -> Token:
    values = dict(row._mapping)  # type: ignore[attr-defined]
    return Token(**{**values, "scopes": frozenset(values["scopes"])})
