"""Text messages that came in: seen before? from whom? and what their senders may be sent.

The number of somebody we do not keep is nowhere here: their session is named by a keyed hash of it
(docs/decisions/0009). The words of a message are kept nowhere.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, bindparam, delete, func, select, update

from outreach.store import people
from outreach.store.dialects import insert_for_id
from outreach.store.people import Scope
from outreach.store.schema import consents, deliveries, sessions
from outreach.store.schema import people as people_rows
from outreach.store.tables.messages import inbound_messages

Kind = Literal["turn", "out", "in", "passed"]
"""Answered by the dialogue; asked for no more messages; for them again; or passed over in silence."""

UNASKED: Sequence[Scope] = ("campaigns", "reminders", "jobs")
"""What we send without being asked each time: all that an opt-out stops."""
STRANGER = "sms:"
"""Before the hash in the names of strangers' sessions."""
STRANGERS_KEPT = timedelta(days=7)
"""The place of somebody who has not agreed to be kept, since their last message."""
REPLIES_KEPT = timedelta(days=1)
"""The number under which a stranger was answered, since the carrier took the answer."""
SEEN_KEPT = timedelta(days=30)
"""That a message was taken in. No carrier repeats a webhook after so long."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose message it is. ``person_id`` None: nobody we keep, so ``session_id`` is ``stranger_id``."""

    number: str
    session_id: str
    stranger_id: str
    person_id: int | None
    language: str | None


def sender(db: Connection, number: str, key: bytes) -> Sender:
    """Whoever agreed to be kept with this number, else a stranger. Their messages wait for each other until commit."""
    stranger_id = stranger(number, key)
    if db.dialect.name == "postgresql":
        # a lock on a row would not do: a first message has none yet, and may make the sender somebody we keep
        db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(stranger_id, 0))))
    if person := people.kept(db, number):
        person_id, language = person
        return Sender(number, f"person:{person_id}", stranger_id, person_id, language)
    return Sender(number, stranger_id, stranger_id, None, None)


def stranger(number: str, key: bytes) -> str:
    """The name of the session of a number that may not be kept. The same as long as ``key`` is."""
    return STRANGER + hmac.new(key, number.encode(), hashlib.sha256).hexdigest()[:32]


def record(
    db: Connection, carrier: str, carrier_message_id: str, whose: Sender, kind: Kind, now: datetime
) -> int | None:
    """Note that a message is being taken in: our id of it. None: it was before, or is at this moment."""
    return insert_for_id(
        db,
        inbound_messages,
        carrier=carrier,
        carrier_message_id=carrier_message_id,
        session_id=whose.session_id,
        person_id=whose.person_id,
        kind=kind,
        received_at=now,
    )


def lately(db: Connection, session_id: str, since: datetime) -> int:
    """How many messages this sender has sent since then."""
    return db.execute(_LATELY, {"session": session_id, "since": since}).scalar_one()


_LATELY = select(func.count()).where(
    inbound_messages.c.session_id == bindparam("session"),
    inbound_messages.c.received_at >= bindparam("since"),
)


def outs(db: Connection, session_id: str, before: int) -> Sequence[datetime]:
    """When this sender opted out, since they last opted in, up to message ``before``."""
    mine = inbound_messages.c.session_id == session_id
    last_in = (
        select(func.coalesce(func.max(inbound_messages.c.id), 0))
        .where(mine, inbound_messages.c.kind == "in", inbound_messages.c.id < before)
        .scalar_subquery()
    )
    query = select(inbound_messages.c.received_at).where(
        mine,
        inbound_messages.c.kind == "out",
        inbound_messages.c.id > last_in,
        inbound_messages.c.id < before,
    )
    return db.scalars(query).all()


def opt_out(db: Connection, number: str, now: datetime) -> int:
    """End every consent to be sent something unasked, of all who share ``number``. Returns how many that were."""
    persons = select(people_rows.c.id).where(people_rows.c.phone == number)
    done = db.execute(
        update(consents)
        .where(
            consents.c.person_id.in_(persons),
            consents.c.scope.in_(UNASKED),
            consents.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )
    return done.rowcount


def waiting(db: Connection, number: str) -> Sequence[int]:
    """The deliveries that are queued for ``number`` and were not asked for."""
    query = select(deliveries.c.id).where(
        deliveries.c.address == number, deliveries.c.scope.in_(UNASKED), deliveries.c.state == "queued"
    )
    return db.scalars(query).all()


def opt_in(db: Connection, number: str, outs: Sequence[datetime], evidence: str, now: datetime) -> int:
    """Give back what opting out at ``outs`` ended, and no more. Returns how many consents."""
    ended = db.execute(
        select(consents.c.person_id, consents.c.scope)
        .join(people_rows, people_rows.c.id == consents.c.person_id)
        .where(
            people_rows.c.phone == number, consents.c.scope.in_(UNASKED), consents.c.withdrawn_at.in_(outs)
        )
    ).all()
    return sum(
        people.give_consent(db, row.person_id, row.scope, "sms.in/1", "sms", evidence, now) for row in ended
    )


def forget(db: Connection, now: datetime) -> int:
    """Drop what is no longer needed of strangers' messages, and old notes that one was seen. Returns how much.

    For the nightly chores. Opt-outs and opt-ins stay: they prove what was asked for.
    """
    taken = ("sent", "delivered", "failed", "skipped", "cancelled")
    old = (
        delete(sessions).where(
            sessions.c.id.startswith(STRANGER), sessions.c.updated_at <= now - STRANGERS_KEPT
        ),
        delete(deliveries).where(
            deliveries.c.person_id.is_(None),
            deliveries.c.purpose.startswith("reply:"),
            deliveries.c.state.in_(taken),
            deliveries.c.updated_at <= now - REPLIES_KEPT,
        ),
        delete(inbound_messages).where(
            inbound_messages.c.received_at <= now - SEEN_KEPT,
            inbound_messages.c.kind.not_in(("out", "in")),
        ),
    )
    return sum(db.execute(statement).rowcount for statement in old)
