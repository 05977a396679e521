"""The ledger of what leaves the house, and of what waits for a counselor. The ledger is the queue.

A delivery is claimed (a lease, with its owner), marked *before* the carrier is asked, and marked again with
what came of it. A crash between the two leaves ``unsure``: the carrier's own list settles it, never a second
sending. Every mark is one UPDATE that names the states it may come from; one that comes too late changes
nothing and says so. What may be sent, and when, is ``policy.py``'s; who sends is the worker's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, literal, or_, select, update

from outreach.store.dialects import insert_or_ignore
from outreach.store.schema import deliveries, tasks

State = Literal["queued", "sending", "sent", "delivered", "failed", "unsure", "skipped", "cancelled"]
TaskKind = Literal["call_back", "message", "application"]

COMES_FROM: Mapping[State, tuple[State, ...]] = {
    "queued": ("sending", "unsure"),  # to be tried again: the carrier did not take it
    "sending": ("queued",),
    "sent": ("sending", "unsure"),
    "delivered": ("sending", "unsure", "sent"),
    "failed": ("sending", "unsure", "sent"),
    "unsure": ("sending",),
    "skipped": ("queued",),
    "cancelled": ("queued",),
}
"""Nothing leaves ``delivered``, ``failed``, ``skipped`` or ``cancelled``."""

QUEUED = deliveries.c.state == literal("queued", literal_execute=True)
"""Spelt out in the SQL: a partial index is of no use to a parameter."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery. ``scope``: the consent it needs; ``attempts``: how often a carrier was asked."""

    id: int
    purpose: str
    person_id: int | None
    channel: Literal["sms", "voice"]
    address: str
    body: str
    scope: str
    state: State
    reason: str | None
    due_at: datetime
    expires_at: datetime
    attempts: int
    owner: str | None
    lease_until: datetime | None
    carrier_id: str | None


SHOWN = tuple(deliveries.c[name] for name in Delivery.__slots__)


@dataclass(frozen=True, slots=True)
class Reaped:
    """How many deliveries became unsure, how many expired unsent."""

    unsure: int
    expired: int


def queue_text(
    db: Connection,
    *,
    purpose: str,
    person_id: int | None,
    address: str,
    body: str,
    scope: str,
    now: datetime,
    expires_at: datetime,
    due_at: datetime | None = None,
) -> bool:
    """Queue a text message, due now unless told otherwise. False: this purpose has one already."""
    return insert_or_ignore(
        db,
        deliveries,
        purpose=purpose,
        person_id=person_id,
        channel="sms",
        address=address,
        body=body,
        scope=scope,
        due_at=due_at or now,
        expires_at=expires_at,
        created_at=now,
        updated_at=now,
    )


def queue_task(
    db: Connection,
    *,
    kind: TaskKind,
    purpose: str,
    now: datetime,
    person_id: int | None = None,
    phone: str | None = None,
    counselor_id: int | None = None,
    opening_id: int | None = None,
    recording_id: int | None = None,
    call_id: str | None = None,
) -> bool:
    """Put something on a counselor's list. False: it is on one already, or was."""
    return insert_or_ignore(
        db,
        tasks,
        kind=kind,
        purpose=purpose,
        person_id=person_id,
        phone=phone,
        counselor_id=counselor_id,
        opening_id=opening_id,
        recording_id=recording_id,
        call_id=call_id,
        created_at=now,
    )


def claim(db: Connection, owner: str, now: datetime, lease_seconds: float, limit: int) -> list[Delivery]:
    """Lease up to ``limit`` due deliveries to ``owner``, longest due first. Nobody else gets them."""
    due = (
        select(deliveries.c.id)
        .where(
            QUEUED,
            deliveries.c.due_at <= now,
            deliveries.c.expires_at > now,
            or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until <= now),
        )
        .order_by(deliveries.c.due_at, deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")  # PostgreSQL may run a plain subquery more than once, and lock more than ``limit``
    )
    rows = db.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(select(due.c.id)))
        .values(owner=owner, lease_until=now + timedelta(seconds=lease_seconds), updated_at=now)
        .returning(*SHOWN)
    )
    return sorted((_delivery(row) for row in rows), key=lambda delivery: (delivery.due_at, delivery.id))


def mark_sending(db: Connection, delivery_id: int, owner: str, now: datetime, lease_seconds: float) -> bool:
    """The carrier will be asked next; commit before asking. False: do not ask, it is expired or not yours."""
    done = db.execute(
        update(deliveries)
        .where(
            deliveries.c.id == delivery_id,
            QUEUED,
            deliveries.c.owner == owner,
            deliveries.c.lease_until > now,
            deliveries.c.expires_at > now,
        )
        .values(
            state="sending",
            attempts=deliveries.c.attempts + 1,
            lease_until=now + timedelta(seconds=lease_seconds),
            updated_at=now,
        )
    )
    return done.rowcount == 1


def mark_sent(db: Connection, delivery_id: int, carrier_id: str, now: datetime) -> bool:
    """The carrier took it and calls it ``carrier_id``: also when it answers later than the lease lasted."""
    return _move(db, delivery_id, "sent", now, carrier_id=carrier_id, reason=None)


def mark_again(db: Connection, delivery_id: int, reason: str, due_at: datetime, now: datetime) -> bool:
    """The carrier did certainly not take it: try again at ``due_at``."""
    return _move(db, delivery_id, "queued", now, reason=reason, due_at=due_at)


def mark_failed(db: Connection, delivery_id: int, reason: str, now: datetime) -> bool:
    """The carrier refused it for good."""
    return _move(db, delivery_id, "failed", now, reason=reason)


def mark_unsure(db: Connection, delivery_id: int, reason: str, now: datetime) -> bool:
    """The carrier was asked, and what it answered never came."""
    return _move(db, delivery_id, "unsure", now, reason=reason)


def skip(db: Connection, delivery_id: int, reason: str, now: datetime) -> bool:
    """It shall not be sent: no consent, for one."""
    return _move(db, delivery_id, "skipped", now, reason=reason)


def cancel(db: Connection, purpose: str, now: datetime) -> bool:
    """What it was for is no more. False: it is on its way already, or there is none."""
    delivery_id = db.scalar(select(deliveries.c.id).where(deliveries.c.purpose == purpose))
    return delivery_id is not None and _move(db, delivery_id, "cancelled", now)


def report(
    db: Connection, carrier_id: str, state: Literal["delivered", "failed"], reason: str | None, now: datetime
) -> bool:
    """Take in a delivery report. False: known already, or too early (before ``mark_sent``): have it again."""
    delivery_id = db.scalar(select(deliveries.c.id).where(deliveries.c.carrier_id == carrier_id))
    return delivery_id is not None and _move(db, delivery_id, state, now, reason=reason)


def release(db: Connection, owner: str, now: datetime) -> int:
    """Give back what ``owner`` has claimed and not begun. Returns how many."""
    done = db.execute(
        update(deliveries)
        .where(QUEUED, deliveries.c.owner == owner)
        .values(owner=None, lease_until=None, updated_at=now)
    )
    return done.rowcount


def reap(db: Connection, now: datetime) -> Reaped:
    """Settle what was left lying: leases that ended while sending, and what was not sent by its end time."""
    unsure = db.execute(
        update(deliveries)
        .where(
            deliveries.c.state == literal("sending", literal_execute=True), deliveries.c.lease_until <= now
        )
        .values(state="unsure", reason="lease_expired", owner=None, lease_until=None, updated_at=now)
    )
    expired = db.execute(
        update(deliveries)
        .where(QUEUED, deliveries.c.expires_at <= now)
        .values(state="skipped", reason="expired", owner=None, lease_until=None, updated_at=now)
    )
    return Reaped(unsure.rowcount, expired.rowcount)


def _move(db: Connection, delivery_id: int, to: State, now: datetime, **values: Any) -> bool:
    done = db.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery_id, deliveries.c.state.in_(COMES_FROM[to]))
        .values(state=to, owner=None, lease_until=None, updated_at=now, **values)
    )
    return done.rowcount == 1


def _delivery(row: Row[*tuple[Any, ...]]) -> Delivery:
    return Delivery(*(row._mapping[column] for column in SHOWN))
