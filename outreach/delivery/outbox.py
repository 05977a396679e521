"""The ledger of what leaves the house, and of what waits for a counselor. The ledger is the queue.

A delivery is claimed (a lease, with its owner), marked *before* the carrier is asked, and marked again with
what came of it. A crash between the two leaves ``unsure``: the carrier's own list settles it, never a second
sending. Every mark is one UPDATE that names the states it may come from; one that comes too late changes
nothing and says so. ``attempt`` is the fence: it counts how often a carrier was asked, so whoever speaks of an
earlier asking is not believed about a later one. What may be sent, and when, is ``policy.py``'s; who sends is the
worker's. What a call is about is in ``items.py``.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from outreach.store import webhooks
from outreach.store.dialects import insert_or_ignore
from outreach.store.schema import deliveries, tasks
from outreach.store.tables.call_items import call_items

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
"""Nothing leaves ``delivered``, ``failed``, ``skipped`` or ``cancelled``; but who rings back is reached after all."""

Channel = Literal["sms", "voice"]
PRIORITIES: Final = (0, 1)
"""First what was asked for and what a person waits for; then campaigns."""
CAMPAIGN: Final = PRIORITIES[-1]
NOT_TAKEN: Final = "not_taken"
"""Why something unsure is sent again: the carrier's own list does not have it."""
QUEUED = deliveries.c.state == literal("queued", literal_execute=True)
"""Spelt out in the SQL: a partial index is of no use to a parameter."""
CALLING = and_(
    deliveries.c.channel == literal("voice", literal_execute=True),
    deliveries.c.state.in_([literal(state, literal_execute=True) for state in ("sending", "sent")]),
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery. ``scope``: the consent it needs; ``attempts``: how often a carrier was asked."""

    id: int
    purpose: str
    person_id: int | None
    channel: Channel
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
    priority: int
    line: str | None
    fallback: bool
    begun_at: datetime | None


SHOWN = tuple(deliveries.c[name] for name in Delivery.__slots__)


@dataclass(frozen=True, slots=True)
class Reaped:
    """How many deliveries became unsure, and which expired unsent."""

    unsure: int
    expired: tuple[Delivery, ...] = ()


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
    priority: int = 0,
) -> bool:
    """Queue a text message, due now unless told otherwise. False: this purpose has one already."""
    return insert_or_ignore(
        db,
        deliveries,
        priority=priority,
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


@dataclass(frozen=True, slots=True)
class ToQueue:
    """One of many texts that are queued together."""

    purpose: str
    person_id: int
    address: str
    body: str
    due_at: datetime


def queue_texts(
    db: Connection, texts: Sequence[ToQueue], *, scope: str, now: datetime, expires_at: datetime
) -> dict[str, int]:
    """Queue many texts of a campaign in one statement: a tenth of the price. Their ids by purpose.

    Raises IntegrityError, and queues none, where one of the purposes has a delivery already.
    """
    if not texts:
        return {}
    fixed = {
        "channel": "sms",
        "scope": scope,
        "priority": CAMPAIGN,
        "expires_at": expires_at,
        "created_at": now,
        "updated_at": now,
    }
    rows = [
        fixed
        | {
            "purpose": text.purpose,
            "person_id": text.person_id,
            "address": text.address,
            "body": text.body,
            "due_at": text.due_at,
        }
        for text in texts
    ]
    found = db.execute(insert(deliveries).returning(deliveries.c.purpose, deliveries.c.id), rows)
    return {row.purpose: row.id for row in found}


def queue_call(
    db: Connection,
    *,
    purpose: str,
    person_id: int | None,
    address: str,
    page: str,
    data: Mapping[str, Any],
    scope: str,
    now: datetime,
    expires_at: datetime,
    same_day: tuple[datetime, datetime],
    due_at: datetime | None = None,
    priority: int = 0,
    line: str | None = None,
    fallback: bool = True,
) -> bool:
    """Queue something to be told by telephone: ``page``, entered with ``data``. False: this purpose has it already.

    It joins a call to the same person that waits within ``same_day`` (from, until); else it gets one of its own.
    ``line``: which number of ours rings. ``fallback``: as a text, when three calls have not reached them.
    """
    if db.scalar(select(call_items.c.id).where(call_items.c.purpose == purpose)) is not None:
        return False
    due_at = due_at or now
    begins, ends = same_day
    waiting = (
        select(deliveries)
        .where(
            QUEUED,
            deliveries.c.channel == "voice",
            deliveries.c.person_id == person_id,
            deliveries.c.address == address,
            deliveries.c.due_at >= begins,
            deliveries.c.due_at < ends,
            exists().where(call_items.c.delivery_id == deliveries.c.id),
        )
        .order_by(deliveries.c.id)
        .limit(1)
        .with_for_update()
    )
    found = db.execute(waiting).one_or_none() if person_id is not None else None
    if found is None:
        values = {
            "purpose": purpose,
            "person_id": person_id,
            "channel": "voice",
            "address": address,
            "body": "",
            "scope": scope,
            "due_at": due_at,
            "expires_at": expires_at,
            "priority": priority,
            "line": line,
            "fallback": fallback,
            "created_at": now,
            "updated_at": now,
        }
        delivery_id = db.execute(insert(deliveries).values(values).returning(deliveries.c.id)).scalar_one()
    else:
        delivery_id = found.id
        change = {
            # a call that was tried keeps the time of its ladder
            "due_at": found.due_at if found.attempts else min(found.due_at, due_at),
            "expires_at": max(found.expires_at, expires_at),
            # the call is as urgent as the most urgent it carries, and its consent is asked for item by item
            "priority": min(found.priority, priority),
            "scope": scope if priority < found.priority else found.scope,
            "fallback": found.fallback or fallback,
            "updated_at": now,
        }
        db.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(change))
    db.execute(
        insert(call_items).values(
            purpose=purpose,
            delivery_id=delivery_id,
            page=page,
            data=dict(data),
            scope=scope,
            expires_at=expires_at,
            created_at=now,
        )
    )
    return True


def queue_call_back(
    db: Connection,
    *,
    purpose: str,
    person_id: int | None,
    address: str,
    now: datetime,
    expires_at: datetime,
    scope: str = "call_back",
) -> bool:
    """Ring somebody who rang us. There is nothing to tell: they get the line. False: this purpose has it already."""
    return insert_or_ignore(
        db,
        deliveries,
        purpose=purpose,
        person_id=person_id,
        channel="voice",
        address=address,
        body="",
        scope=scope,
        fallback=False,
        due_at=now,
        expires_at=expires_at,
        created_at=now,
        updated_at=now,
    )


def note_unsent(
    db: Connection,
    *,
    purpose: str,
    person_id: int | None,
    channel: Channel,
    address: str,
    scope: str,
    reason: str,
    now: datetime,
) -> bool:
    """Keep the reason why something was not even queued: for everybody not reached there is one."""
    return insert_or_ignore(
        db,
        deliveries,
        purpose=purpose,
        person_id=person_id,
        channel=channel,
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


def claim(
    db: Connection, owner: str, now: datetime, lease_seconds: float, limit: int, channel: Channel = "sms"
) -> list[Delivery]:
    """Lease up to ``limit`` due deliveries to ``owner``, the most urgent first, of them the longest due."""
    claimed: list[Delivery] = []
    for priority in PRIORITIES:
        if (left := limit - len(claimed)) > 0:
            claimed += _claim(db, owner, now, lease_seconds, left, channel, priority)
    return claimed


def _claim(
    db: Connection,
    owner: str,
    now: datetime,
    lease_seconds: float,
    limit: int,
    channel: Channel,
    priority: int,
) -> list[Delivery]:
    """Nobody else gets them. One priority at a time: the index then gives them in their order."""
    due = (
        select(deliveries.c.id)
        .where(
            QUEUED,
            deliveries.c.channel == channel,
            deliveries.c.priority == priority,
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
    lease_until = now + timedelta(seconds=lease_seconds)
    given = {"delivery": delivery_id, "whose": owner, "at": now, "lease": lease_until}
    return db.execute(_SENDING, given).rowcount == 1


def mark_sent(db: Connection, delivery_id: int, attempt: int, carrier_id: str, now: datetime) -> bool:
    """The carrier took it and calls it ``carrier_id``: also when that is heard later than the lease lasted.

    Even when it was given up for lost (NOT_TAKEN) and waits to be sent again: it was not lost.
    """
    given = {"delivery": delivery_id, "attempt": attempt, "carrier": carrier_id, "at": now}
    return db.execute(_SENT, given).rowcount == 1


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
    named = deliveries.c.purpose.startswith(beginning, autoescape=True)
    told = call_items.c.purpose.startswith(beginning, autoescape=True)
    return _cancel(db, and_(deliveries.c.channel == "sms", named), told, now)


def cancel(db: Connection, purpose: str, now: datetime) -> bool:
    """What it was for is no more. False: it is on its way already, or there is none."""
    return _cancel(db, deliveries.c.purpose == purpose, call_items.c.purpose == purpose, now) > 0


def _cancel(db: Connection, texts: ColumnElement[bool], items: ColumnElement[bool], now: datetime) -> int:
    """A call that carries other things as well is made for them."""
    waiting = select(deliveries.c.id).where(QUEUED)
    gone = db.scalars(
        delete(call_items)
        .where(items, call_items.c.heard_at.is_(None), call_items.c.delivery_id.in_(waiting))
        .returning(call_items.c.delivery_id)
    ).all()
    carries = exists().where(call_items.c.delivery_id == deliveries.c.id)
    idle = and_(deliveries.c.id.in_(gone), ~carries)
    done = db.execute(
        update(deliveries)
        .where(QUEUED, or_(and_(texts, ~carries), idle) if gone else and_(texts, ~carries))
        .values(state="cancelled", owner=None, lease_until=None, updated_at=now)
    )
    return done.rowcount


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
    row = db.execute(_ONE, {"delivery": delivery_id}).one_or_none()
    return _delivery(row) if row else None


def is_due(db: Connection, now: datetime, channel: Channel = "sms") -> bool:
    """Is there anything to claim? Only reads, so that looking often costs the writer nothing."""
    return db.execute(_IS_DUE, {"channel": channel, "now": now}).first() is not None


_IS_DUE = (
    select(deliveries.c.id)
    .where(
        QUEUED,
        deliveries.c.channel == bindparam("channel"),
        deliveries.c.priority.in_(PRIORITIES),
        deliveries.c.due_at <= bindparam("now"),
        deliveries.c.expires_at > bindparam("now"),
    )
    .limit(1)
)
"""Built once: asked each second by every node."""


def is_held(db: Connection, channel: Channel) -> bool:
    """Does anything wait because the carrier takes nothing at all just now? (An index answers it.)"""
    reason = deliveries.c.reason.in_(
        [literal(why, literal_execute=True) for why in ("account", "carrier_down")]
    )
    waiting = select(deliveries.c.id).where(QUEUED, reason, deliveries.c.channel == channel)
    return db.execute(waiting.limit(1)).first() is not None


def calling(db: Connection, since: datetime) -> tuple[int, int]:
    """How many calls of ours are under way, and how many of them were begun after ``since``."""
    recent = func.count().filter(deliveries.c.begun_at > since)
    row = db.execute(select(func.count(), recent).where(CALLING)).one()
    return int(row[0]), int(row[1])


def silent_calls(db: Connection, before: datetime, limit: int) -> list[Delivery]:
    """Calls that were begun before then and of which no end was heard, the longest first."""
    rows = db.execute(
        select(*SHOWN)
        .where(CALLING, deliveries.c.state == "sent", deliveries.c.begun_at <= before)
        .order_by(deliveries.c.begun_at)
        .limit(limit)
    )
    return [_delivery(row) for row in rows]


ANSWERED: Final = "answered"
"""With a call that goes on: whoever has it has pressed a key, or said something."""


def note_answered(db: Connection, delivery_id: int) -> None:
    """However short the call turns out to be, it was no wrong connection."""
    going_on = and_(deliveries.c.id == delivery_id, CALLING, deliveries.c.reason.is_(None))
    db.execute(update(deliveries).where(going_on).values(reason=ANSWERED))


def rang_back(db: Connection, delivery_id: int, now: datetime) -> bool:
    """Whom we did not reach has rung us and is told now. False: it was told already, or is being told."""
    done = db.execute(
        update(deliveries)
        .where(
            deliveries.c.id == delivery_id,
            deliveries.c.channel == "voice",
            deliveries.c.state.in_(("queued", "failed")),
        )
        .values(state="delivered", reason="rang_back", owner=None, lease_until=None, updated_at=now)
    )
    return done.rowcount == 1


def has(db: Connection, purpose: str) -> bool:
    """Was something queued for this purpose?"""
    return db.scalar(select(deliveries.c.id).where(deliveries.c.purpose == purpose)) is not None


def rung_back(db: Connection, number: str, since: datetime) -> int:
    """How often this number was to be rung back since then."""
    query = select(func.count()).where(
        deliveries.c.channel == "voice",
        deliveries.c.scope == "call_back",
        deliveries.c.address == number,
        deliveries.c.created_at >= since,
    )
    return db.execute(query).scalar_one()


def unsure(db: Connection, before: datetime, limit: int, channel: Channel = "sms") -> list[Delivery]:
    """Deliveries that have been unsure since ``before``, the longest first."""
    state = deliveries.c.state == literal("unsure", literal_execute=True)
    rows = db.execute(
        select(*SHOWN)
        .where(state, deliveries.c.channel == channel, deliveries.c.updated_at <= before)
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
    return db.execute(_DISOWNED, {"carrier": carrier_id, "owns": owner_id, "at": now}).rowcount


def known(db: Connection, carrier_ids: Sequence[str]) -> frozenset[str]:
    """Those of the carrier's ids that are some delivery's already."""
    found = select(deliveries.c.carrier_id).where(deliveries.c.carrier_id.in_(carrier_ids))
    return frozenset(name for name in db.scalars(found) if name is not None)


def reached(
    db: Connection, person_id: int, since: datetime, scopes: Collection[str], channel: Channel = "sms"
) -> int:
    """How many messages (or calls) of these scopes have gone, or may have gone, to a person since then."""
    given = {"person": person_id, "by": channel, "scopes": list(scopes), "since": since}
    return int(db.execute(_REACHED, given).scalar_one())


def rings_nobody(db: Connection, person_id: int, address: str, since: datetime) -> bool:
    """Has a carrier said since then that there is no such number?

    Not a mark on the person: with another number, or a word from this one, it is over by itself.
    """
    refused = select(deliveries.c.id).where(
        deliveries.c.person_id == person_id,
        deliveries.c.updated_at >= since,
        deliveries.c.address == address,
        deliveries.c.state == literal("failed", literal_execute=True),
        deliveries.c.reason == "invalid_number",
    )
    return db.execute(refused.limit(1)).first() is not None


def asked(person_id: ColumnElement[int], at: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Was a reminder written to them at that very moment? (If it is their last turn's, they have not answered.)"""
    return exists().where(
        deliveries.c.person_id == person_id,
        deliveries.c.updated_at >= at,
        deliveries.c.created_at == at,
        deliveries.c.purpose.startswith("remind:"),
        deliveries.c.state != "skipped",
    )


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
        .returning(*SHOWN)
    ).all()
    return Reaped(unsure.rowcount, tuple(_delivery(row) for row in expired))


def _move(
    db: Connection, delivery_id: int, to: State, now: datetime, attempt: int | None = None, **values: Any
) -> bool:
    given = {f"new_{name}": value for name, value in values.items()}
    given |= {"delivery": delivery_id, "at": now}
    if attempt is not None:
        given["attempt"] = attempt
    return db.execute(_moving(to, attempt is not None, frozenset(values)), given).rowcount == 1


@cache
def _moving(to: State, fenced: bool, names: frozenset[str]) -> Update:
    """Built once for each way of moving: composing a statement costs more than running it."""
    statement = update(deliveries).where(
        deliveries.c.id == bindparam("delivery"), deliveries.c.state.in_(COMES_FROM[to])
    )
    if fenced:
        statement = statement.where(deliveries.c.attempts == bindparam("attempt"))
    new = {name: bindparam(f"new_{name}", type_=deliveries.c[name].type) for name in names}
    return statement.values(state=to, owner=None, lease_until=None, updated_at=bindparam("at"), **new)


_ONE = select(*SHOWN).where(deliveries.c.id == bindparam("delivery"))
_SENDING = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("delivery"),
        QUEUED,
        deliveries.c.owner == bindparam("whose"),
        deliveries.c.lease_until > bindparam("at"),
        deliveries.c.expires_at > bindparam("at"),
    )
    .values(
        state="sending",
        attempts=deliveries.c.attempts + 1,
        lease_until=bindparam("lease"),
        begun_at=bindparam("at"),
        updated_at=bindparam("at"),
    )
)
_SENT = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("delivery"),
        deliveries.c.attempts == bindparam("attempt"),
        or_(
            deliveries.c.state.in_(COMES_FROM["sent"]),
            and_(deliveries.c.state == "queued", deliveries.c.reason == NOT_TAKEN),
        ),
    )
    .values(
        state="sent",
        carrier_id=bindparam("carrier"),
        reason=None,
        owner=None,
        lease_until=None,
        updated_at=bindparam("at"),
    )
)
_DISOWNED = (
    update(deliveries)
    .where(
        deliveries.c.carrier_id == bindparam("carrier"),
        deliveries.c.id != bindparam("owns"),
        deliveries.c.state == "sent",
    )
    .values(state="unsure", reason="mistaken", carrier_id=None, updated_at=bindparam("at"))
)
_REACHED = (
    select(func.count())
    .select_from(deliveries)
    .where(
        deliveries.c.person_id == bindparam("person"),
        deliveries.c.channel == bindparam("by"),
        deliveries.c.scope.in_(bindparam("scopes", expanding=True)),
        deliveries.c.state.in_(("sending", "unsure", "sent", "delivered")),
        deliveries.c.updated_at >= bindparam("since"),
    )
)


def _delivery(row: Row[*tuple[Any, ...]]) -> Delivery:
    return Delivery(*(row._mapping[column] for column in SHOWN))
