"""The ledger of what leaves the house, and of what waits for a counselor. The ledger is the queue.

A delivery is claimed (a lease, with its owner), marked *before* the carrier is asked, and marked again with
what came of it. A crash between the two leaves ``unsure``: the carrier's own list settles it, never a second
sending. Every mark is one UPDATE that names the states it may come from; one that comes too late changes
nothing and says so. ``attempt`` is the fence: it counts how often a carrier was asked, so whoever speaks of an
earlier asking is not believed about a later one. What may be sent, and when, is ``policy.py``'s; who sends is the
worker's.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, and_, func, literal, or_, select, update

from outreach.store import webhooks
from outreach.store.dialects import insert_or_ignore
from outreach.store.schema import deliveries, tasks

State = Literal["queued", "sending", "sent", "delivered", "failed", "unsure", "skipped", "cancelled"]
TaskKind = Literal["call_back", "message", "application", "case", "urgent", "produce"]

COMES_FROM: Mapping[State, tuple[State, ...]] = {
    "queued": ("sending", "unsure"),  # to be tried again: the carrier did not take it
    "sending": ("queued",),
    "sent": ("sending", "unsure"),
    "delivered": ("sending", "unsure", "sent"),
    "failed": ("sending", "unsure", "sent"),
    "unsure": ("sending",),  # and from sent, when it was mistaken for another: ``disown``
    "skipped": ("queued",),
    "cancelled": ("queued",),
}
"""Nothing leaves ``delivered``, ``failed``, ``skipped`` or ``cancelled``."""

NOT_TAKEN: Final = "not_taken"
"""Why something unsure is sent again: the carrier's own list does not have it."""
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
    created_at: datetime


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


def note_unsent(
    db: Connection, *, purpose: str, person_id: int, address: str, scope: str, reason: str, now: datetime
) -> bool:
    """Nothing was even queued: write down why, for whoever asks why this person was not reached."""
    return insert_or_ignore(
        db,
        deliveries,
        purpose=purpose,
        person_id=person_id,
        channel="sms",
        address=address,
        body="",
        scope=scope,
        state="skipped",
        reason=reason,
        due_at=now,
        expires_at=now,
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
    """Put something on a counselor's list, and tell who subscribed to it. False: it is on one already, or was."""
    new = insert_or_ignore(
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
    if new:
        webhooks.publish(db, f"task.{kind}", {"person_id": person_id, "opening_id": opening_id}, now)
    return new


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


def mark_sent(db: Connection, delivery_id: int, attempt: int, carrier_id: str, now: datetime) -> bool:
    """The carrier took it and calls it ``carrier_id``: also when that is heard later than the lease lasted.

    Even when it was given up for lost (NOT_TAKEN) and waits to be sent again: it was not lost.
    """
    lost = and_(deliveries.c.state == "queued", deliveries.c.reason == NOT_TAKEN)
    done = db.execute(
        update(deliveries)
        .where(
            deliveries.c.id == delivery_id,
            deliveries.c.attempts == attempt,
            or_(deliveries.c.state.in_(COMES_FROM["sent"]), lost),
        )
        .values(
            state="sent", carrier_id=carrier_id, reason=None, owner=None, lease_until=None, updated_at=now
        )
    )
    return done.rowcount == 1


def mark_again(
    db: Connection, delivery_id: int, attempt: int, reason: str, due_at: datetime, now: datetime
) -> bool:
    """The carrier did certainly not take it: try again at ``due_at``."""
    return _move(db, delivery_id, "queued", now, attempt, reason=reason, due_at=due_at)


def mark_failed(db: Connection, delivery_id: int, attempt: int, reason: str, now: datetime) -> bool:
    """The carrier refused it for good."""
    return _move(db, delivery_id, "failed", now, attempt, reason=reason)


def mark_unsure(db: Connection, delivery_id: int, attempt: int, reason: str, now: datetime) -> bool:
    """The carrier was asked, and what it answered never came."""
    return _move(db, delivery_id, "unsure", now, attempt, reason=reason)


def undelivered(
    db: Connection, delivery_id: int, attempt: int, reason: str, due_at: datetime, now: datetime
) -> bool:
    """The carrier took it and could not hand it over: a new message at ``due_at``, of which no old report speaks."""
    done = db.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery_id, deliveries.c.state == "sent", deliveries.c.attempts == attempt)
        .values(state="queued", reason=reason, due_at=due_at, carrier_id=None, updated_at=now)
    )
    return done.rowcount == 1


def postpone(
    db: Connection, delivery_id: int, owner: str, due_at: datetime, reason: str, now: datetime
) -> bool:
    """Not now: give back what ``owner`` has claimed, to be claimed again from ``due_at`` on."""
    done = db.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery_id, QUEUED, deliveries.c.owner == owner)
        .values(owner=None, lease_until=None, due_at=due_at, reason=reason, updated_at=now)
    )
    return done.rowcount == 1


def skip(db: Connection, delivery_id: int, reason: str, now: datetime) -> bool:
    """It shall not be sent: no consent, for one."""
    return _move(db, delivery_id, "skipped", now, reason=reason)


def cancel_all(db: Connection, beginning: str, now: datetime) -> int:
    """Cancel what is queued for purposes that begin so. Returns how many."""
    done = db.execute(
        update(deliveries)
        .where(QUEUED, deliveries.c.purpose.startswith(beginning, autoescape=True))
        .values(state="cancelled", owner=None, lease_until=None, updated_at=now)
    )
    return done.rowcount


def cancel(db: Connection, purpose: str, now: datetime) -> bool:
    """What it was for is no more. False: it is on its way already, or there is none."""
    delivery_id = db.scalar(select(deliveries.c.id).where(deliveries.c.purpose == purpose))
    return delivery_id is not None and _move(db, delivery_id, "cancelled", now)


def report(
    db: Connection,
    delivery_id: int,
    attempt: int,
    state: Literal["delivered", "failed"],
    reason: str | None,
    now: datetime,
) -> bool:
    """Take in a delivery report. False: known already, or of an earlier attempt."""
    return _move(db, delivery_id, state, now, attempt, reason=reason)


def get(db: Connection, delivery_id: int) -> Delivery | None:
    """One delivery."""
    row = db.execute(select(*SHOWN).where(deliveries.c.id == delivery_id)).one_or_none()
    return _delivery(row) if row else None


def is_due(db: Connection, now: datetime) -> bool:
    """Is there anything to claim? Only reads, so that looking often costs the writer nothing."""
    due = select(deliveries.c.id).where(QUEUED, deliveries.c.due_at <= now, deliveries.c.expires_at > now)
    return db.execute(due.limit(1)).first() is not None


def unsure(db: Connection, before: datetime, limit: int) -> list[Delivery]:
    """Deliveries that have been unsure since ``before``, the longest first."""
    state = deliveries.c.state == literal("unsure", literal_execute=True)
    rows = db.execute(
        select(*SHOWN)
        .where(state, deliveries.c.updated_at <= before)
        .order_by(deliveries.c.updated_at, deliveries.c.id)
        .limit(limit)
    )
    return [_delivery(row) for row in rows]


def hold_unsure(db: Connection, address: str) -> None:
    """Until commit nobody else settles what is unsure to this number: two nodes would both take one id for theirs."""
    state = deliveries.c.state == literal("unsure", literal_execute=True)
    rows = select(deliveries.c.id).where(state, deliveries.c.address == address).order_by(deliveries.c.id)
    db.execute(rows.with_for_update())


def disown(db: Connection, carrier_id: str, owner_id: int, now: datetime) -> int:
    """A report says whose ``carrier_id`` is. Another of the same words that was taken for it is unsure again."""
    done = db.execute(
        update(deliveries)
        .where(
            deliveries.c.carrier_id == carrier_id, deliveries.c.id != owner_id, deliveries.c.state == "sent"
        )
        .values(state="unsure", reason="mistaken", carrier_id=None, updated_at=now)
    )
    return done.rowcount


def known(db: Connection, carrier_ids: Sequence[str]) -> frozenset[str]:
    """Those of the carrier's ids that are some delivery's already."""
    found = select(deliveries.c.carrier_id).where(deliveries.c.carrier_id.in_(carrier_ids))
    return frozenset(name for name in db.scalars(found) if name is not None)


def reached(db: Connection, person_id: int, since: datetime, scopes: Collection[str]) -> int:
    """How many messages of these scopes have gone, or may have gone, to a person since then."""
    query = (
        select(func.count())
        .select_from(deliveries)
        .where(
            deliveries.c.person_id == person_id,
            deliveries.c.scope.in_(scopes),
            deliveries.c.state.in_(("sending", "unsure", "sent", "delivered")),
            deliveries.c.updated_at >= since,
        )
    )
    return db.execute(query).scalar_one()


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


def _move(
    db: Connection, delivery_id: int, to: State, now: datetime, attempt: int | None = None, **values: Any
) -> bool:
    condition = and_(deliveries.c.id == delivery_id, deliveries.c.state.in_(COMES_FROM[to]))
    if attempt is not None:
        condition = and_(condition, deliveries.c.attempts == attempt)
    done = db.execute(
        update(deliveries)
        .where(condition)
        .values(state=to, owner=None, lease_until=None, updated_at=now, **values)
    )
    return done.rowcount == 1


def _delivery(row: Row[*tuple[Any, ...]]) -> Delivery:
    return Delivery(*(row._mapping[column] for column in SHOWN))
