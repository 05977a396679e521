"""What a call out is about, as rows: a call that breaks goes on with what has not been told yet.

SQL only. Who is led where, and when something counts as told, is ``conversation.py``'s and ``sending.py``'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, func, select, update

from outreach.store.schema import deliveries
from outreach.store.tables.call_items import call_items


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be told: ``page``, entered with ``data``."""

    id: int
    purpose: str
    delivery_id: int
    page: str
    data: Mapping[str, Any]
    scope: str
    expires_at: datetime
    heard_at: datetime | None


SHOWN = tuple(call_items.c[name] for name in Item.__slots__)


def to_tell(db: Connection, delivery_id: int, now: datetime) -> list[Item]:
    """What is still to be told in this call, reminders first."""
    rows = db.execute(
        select(*SHOWN)
        .where(
            call_items.c.delivery_id == delivery_id,
            call_items.c.heard_at.is_(None),
            call_items.c.expires_at > now,
        )
        .order_by(case((call_items.c.scope == "reminders", 0), else_=1), call_items.c.id)
    )
    return [_item(row) for row in rows]


def told(db: Connection, delivery_id: int) -> tuple[int, int]:
    """How many things were told, and how many are still to be."""
    query = select(func.count(call_items.c.heard_at), func.count()).where(
        call_items.c.delivery_id == delivery_id
    )
    row = db.execute(query).one()
    return int(row[0]), int(row[1] - row[0])


def pages(db: Connection, delivery_id: int) -> frozenset[str]:
    """Where what this call is about is told."""
    return frozenset(db.scalars(select(call_items.c.page).where(call_items.c.delivery_id == delivery_id)))


def as_text(item_id: int) -> str:
    """The occasion of the text that tells what a call could not."""
    return f"item:{item_id}"


def hear(db: Connection, item_id: int, now: datetime) -> None:
    """It is being told."""
    db.execute(update(call_items).where(call_items.c.id == item_id).values(heard_at=now))


def unhear(db: Connection, delivery_id: int, since: datetime) -> None:
    """What was said from ``since`` on was said to a machine, or to nobody."""
    db.execute(
        update(call_items)
        .where(call_items.c.delivery_id == delivery_id, call_items.c.heard_at >= since)
        .values(heard_at=None)
    )


def missed(db: Connection, person_id: int, now: datetime) -> int | None:
    """The latest call of ours that did not reach this person and still has something to tell: its delivery."""
    query = (
        select(deliveries.c.id)
        .join(call_items, call_items.c.delivery_id == deliveries.c.id)
        .where(
            deliveries.c.person_id == person_id,
            deliveries.c.channel == "voice",
            deliveries.c.attempts > 0,
            deliveries.c.state.in_(("queued", "failed")),
            call_items.c.heard_at.is_(None),
            call_items.c.expires_at > now,
        )
        .order_by(deliveries.c.updated_at.desc())
        .limit(1)
    )
    return db.scalar(query)


def _item(row: Row[*tuple[Any, ...]]) -> Item:
    return Item(*(row._mapping[column] for column in SHOWN))
