"""Who is told when something happens, what happened, and what of it has been told. SQL only.

An event is written in the transaction that makes it true, with a row for everybody who is to hear of it: the same
outbox as for people. It holds ids and no words: whoever may know more asks for it with a token.
"""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, literal, select, update

from outreach.store.tables.sharing import webhook_events, webhook_sends, webhooks

KEPT: Final = timedelta(days=30)
"""An event that was told, or could not be."""
QUEUED = webhook_sends.c.state == literal("queued", literal_execute=True)


@dataclass(frozen=True, slots=True)
class Webhook:
    """One subscription."""

    id: int
    url: str
    secret: str
    kinds: tuple[str, ...]
    active: bool
    why: str | None
    created_at: datetime

    def wants(self, kind: str) -> bool:
        """Is it to be told of this kind of event?"""
        return any(
            kind == wanted or (wanted.endswith("*") and kind.startswith(wanted[:-1])) for wanted in self.kinds
        )


@dataclass(frozen=True, slots=True)
class Send:
    """One event on its way to one subscriber. ``attempts`` counts this one."""

    id: int
    webhook_id: int
    url: str
    secret: str
    event_id: int
    kind: str
    data: Mapping[str, Any]
    at: datetime
    attempts: int


def subscribe(db: Connection, url: str, kinds: Sequence[str], now: datetime) -> Webhook:
    """A new subscription, with a secret of its own."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    row = db.execute(
        insert(webhooks)
        .values(url=url, secret=secret, kinds=sorted(set(kinds)), created_at=now)
        .returning(webhooks)
    ).one()
    return _webhook(row)


def subscriptions(db: Connection) -> list[Webhook]:
    """All of them, switched off or not."""
    return [_webhook(row) for row in db.execute(select(webhooks).order_by(webhooks.c.id))]


def end(db: Connection, webhook_id: int) -> bool:
    """Tell it nothing more, and forget it."""
    return db.execute(delete(webhooks).where(webhooks.c.id == webhook_id)).rowcount == 1


def switch(db: Connection, webhook_id: int, active: bool, why: str | None = None) -> bool:
    """Off (``why``), or on again: what waited is told then."""
    change = update(webhooks).where(webhooks.c.id == webhook_id).values(active=active, why=why)
    return db.execute(change).rowcount == 1


def publish(db: Connection, kind: str, data: Mapping[str, Any], now: datetime) -> int:
    """Something happened. Returns how many will be told; nobody interested, nothing is written."""
    told = [one.id for one in subscriptions(db) if one.active and one.wants(kind)]
    if not told:
        return 0
    event = {"kind": kind, "data": dict(data), "at": now}
    event_id = db.execute(insert(webhook_events).values(event).returning(webhook_events.c.id)).scalar_one()
    db.execute(
        insert(webhook_sends),
        [{"webhook_id": webhook_id, "event_id": event_id, "due_at": now} for webhook_id in told],
    )
    return len(told)


def is_due(db: Connection, now: datetime) -> bool:
    """Is there anybody to tell something? Only reads."""
    return db.execute(_due(now).limit(1)).first() is not None


def claim(db: Connection, now: datetime, lease_seconds: float, limit: int) -> list[Send]:
    """Take what is due: nobody else does before the lease ends. One that is lost in between is told again then."""
    ids = list(
        db.scalars(
            _due(now)
            .order_by(webhook_sends.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True, of=webhook_sends)
        )
    )
    if not ids:
        return []
    db.execute(
        update(webhook_sends)
        .where(webhook_sends.c.id.in_(ids))
        .values(attempts=webhook_sends.c.attempts + 1, due_at=now + timedelta(seconds=lease_seconds))
    )
    rows = db.execute(
        select(
            webhook_sends.c.id,
            webhook_sends.c.webhook_id,
            webhooks.c.url,
            webhooks.c.secret,
            webhook_sends.c.event_id,
            webhook_events.c.kind,
            webhook_events.c.data,
            webhook_events.c.at,
            webhook_sends.c.attempts,
        )
        .join(webhooks, webhooks.c.id == webhook_sends.c.webhook_id)
        .join(webhook_events, webhook_events.c.id == webhook_sends.c.event_id)
        .where(webhook_sends.c.id.in_(ids))
        .order_by(webhook_sends.c.event_id)
    )
    return [Send(*row) for row in rows]


def taken(db: Connection, send: Send, answer: str) -> None:
    """It was told and taken."""
    _mark(db, send, state="taken", answer=answer)


def again(db: Connection, send: Send, answer: str, due_at: datetime) -> None:
    """It was not taken: once more at ``due_at``."""
    _mark(db, send, due_at=due_at, answer=answer)


def give_up(db: Connection, send: Send, answer: str) -> None:
    """It was not taken, and never will be."""
    _mark(db, send, state="given_up", answer=answer)


def forget(db: Connection, now: datetime) -> int:
    """Drop events that are older than they need be."""
    return db.execute(delete(webhook_events).where(webhook_events.c.at < now - KEPT)).rowcount


def _due(now: datetime) -> Any:
    return (
        select(webhook_sends.c.id)
        .join(webhooks, webhooks.c.id == webhook_sends.c.webhook_id)
        .where(QUEUED, webhook_sends.c.due_at <= now, webhooks.c.active)
    )


def _mark(db: Connection, send: Send, **values: Any) -> None:
    values["answer"] = values["answer"][:40]
    db.execute(update(webhook_sends).where(webhook_sends.c.id == send.id, QUEUED).values(values))


def _webhook(row: Any) -> Webhook:
    values = dict(row._mapping)
    return Webhook(**{**values, "kinds": tuple(values["kinds"])})
