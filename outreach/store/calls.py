"""Calls as rows: what any node needs in order to answer a carrier that asks "what now?" about a call.

A call only moves forward, whatever order the carrier's reports come in, and an ended call stays ended. After
it the caller's number is kept only while its person's consent to that is in force.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    delete,
    exists,
    literal,
    null,
    or_,
    select,
    update,
)

from outreach.store import people
from outreach.store.dialects import insert_or_ignore
from outreach.store.schema import calls, consents, sessions
from outreach.store.schema import people as people_rows
from outreach.wire import CallIn, CallState, EndReason

ORDER: tuple[CallState, ...] = ("ringing", "live", "transferring", "ended")
"""Reports move a call along this line. Back from "transferring" to "live" only a new stream leads."""

LONGEST_CALL = timedelta(hours=24)
"""Twilio ends a call after 4 hours, 24 at the most; a row that is open longer was forgotten."""

OPEN = calls.c.state != literal("ended", literal_execute=True)
"""Spelt out in the SQL: a partial index is of no use to a parameter."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call, in progress or over.

    ``next_step``: what the carrier shall do when the stream ends; None: open another and go on.
    """

    id: str
    carrier: str
    carrier_call_id: str
    number: str | None
    called: str | None
    person_id: int | None
    session_id: str
    state: CallState
    mode: Literal["stream", "keys"]
    streams: int
    breaks: int
    next_step: Mapping[str, Any] | None
    node: str | None
    page: str | None
    language: str | None
    reason: EndReason | None
    started_at: datetime
    ended_at: datetime | None
    delivery_id: int | None


SHOWN = tuple(calls.c[name] for name in Call.__slots__)


def open_call(
    db: Connection,
    call_in: CallIn,
    call_id: str,
    now: datetime,
    *,
    rung: tuple[int, int | None] | None = None,
) -> Call:
    """The row of a call that rings: a new one under ``call_id``, or the one it has if the carrier asks again.

    It belongs to the person who has the number, if they agree to being kept; else its session is its own.
    ``rung``: we made it, for this delivery and this person. Raises ValueError when ``call_id`` is another call's.
    """
    if rung is not None and rung[1] is not None:
        person = people.get(db, rung[1])
    else:
        person = people.find_by_phone(db, call_in.caller) if call_in.caller else None
    if person and "service" not in people.consents(db, person.id):
        person = None
    insert_or_ignore(
        db,
        calls,
        id=call_id,
        carrier=call_in.carrier,
        carrier_call_id=call_in.carrier_call_id,
        number=call_in.caller,
        called=call_in.called,
        person_id=person.id if person else None,
        session_id=f"person:{person.id}" if person else f"call:{call_id}",
        state="ringing",
        next_step=null(),
        language=person.language if person else None,
        started_at=now,
        delivery_id=rung[0] if rung else None,
    )
    call = by_carrier_id(db, call_in.carrier, call_in.carrier_call_id)
    if call is None:
        raise ValueError(f"call id {call_id} is another call's")
    return call


def get(db: Connection, call_id: str) -> Call | None:
    """The call with this id of ours."""
    return _one(db, calls.c.id == call_id)


def by_carrier_id(db: Connection, carrier: str, carrier_call_id: str) -> Call | None:
    """The call with this id of the carrier's."""
    return _one(db, _theirs(carrier, carrier_call_id))


def live(db: Connection) -> list[Call]:
    """All calls that have not ended, the oldest first."""
    return [
        _call(row) for row in db.execute(select(*SHOWN).where(OPEN).order_by(calls.c.started_at, calls.c.id))
    ]


def attach(db: Connection, call_id: str, person_id: int, session_id: str) -> None:
    """The caller has become known: the call is theirs from now on."""
    _change(db, call_id, person_id=person_id, session_id=session_id)


def issue_token(db: Connection, call_id: str, token_hash: str) -> bool:
    """Let one stream open with the token of this hash; an earlier token is void. False: the call is over.

    A token of a live call that was never shown is a stream that could not be opened: it counts as broken.
    """
    never_opened = and_(calls.c.token_hash.is_not(None), calls.c.state != "ringing")
    breaks = calls.c.breaks + case((never_opened, 1), else_=0)
    return _change(db, call_id, token_hash=token_hash, breaks=breaks)


def claim_stream(
    db: Connection, carrier: str, carrier_call_id: str, token_hash: str, node: str
) -> Call | None:
    """Spend the token: the call's media are this node's now. None: no live call, or a wrong or spent token."""
    row = db.execute(
        update(calls)
        .where(_theirs(carrier, carrier_call_id), calls.c.token_hash == token_hash, OPEN)
        .values(token_hash=None, node=node, state="live", streams=calls.c.streams + 1, next_step=null())
        .returning(*SHOWN)
    ).one_or_none()
    return _call(row) if row else None


def set_next_step(db: Connection, call_id: str, step: Mapping[str, Any] | None) -> bool:
    """What the carrier is told when the stream ends; None: to open another. False: the call is over."""
    return _change(db, call_id, next_step=null() if step is None else dict(step))


def keys_only(db: Connection, call_id: str) -> bool:
    """No stream can be had: from now on the call goes by keys alone. False: the call is over."""
    return _change(db, call_id, mode="keys")


def broke(db: Connection, call_id: str, streams: int) -> int:
    """The last of ``streams`` streams broke. Returns how many have, this one counted once whoever tells of it.

    Both the node that held it and the carrier's next question tell, in any order. Raises LookupError when there
    is no such call.
    """
    held = and_(calls.c.id == call_id, calls.c.streams == streams, calls.c.node.is_not(None))
    db.execute(update(calls).where(held).values(breaks=calls.c.breaks + 1, node=None))
    count: int | None = db.scalar(select(calls.c.breaks).where(calls.c.id == call_id))
    if count is None:
        raise LookupError(f"no call {call_id}")
    return count


def where(db: Connection, call_id: str, page: str) -> bool:
    """Where the caller is, for the console. False: the call is over."""
    return _change(db, call_id, page=page)


def advance(
    db: Connection,
    carrier: str,
    carrier_call_id: str,
    state: CallState,
    sequence: int,
    reason: EndReason | None,
    now: datetime,
) -> Call | None:
    """Take in a carrier's report, in whatever order reports come. None: a call we do not know (yet).

    ``sequence``: the carrier's own count. A report that is late or goes backwards changes nothing; "ended"
    always counts, once.
    """
    row = db.execute(
        select(*SHOWN, calls.c.sequence).where(_theirs(carrier, carrier_call_id)).with_for_update()
    ).one_or_none()
    if row is None:
        return None
    if state == "ended":
        end(db, row.id, reason or "completed", now)
    elif sequence > row.sequence and ORDER.index(state) > ORDER.index(row.state):
        _change(db, row.id, state=state)
    if sequence > row.sequence:
        db.execute(update(calls).where(calls.c.id == row.id).values(sequence=sequence))
    return get(db, row.id)


def end(db: Connection, call_id: str, reason: EndReason, now: datetime) -> bool:
    """The call is over. False: it was already, and stays as it ended (or there is none).

    Erases the number and the place of a caller we may not keep, and notes with the person when they called.
    """
    ended = db.execute(
        update(calls)
        .where(calls.c.id == call_id, OPEN)
        .values(state="ended", reason=reason, ended_at=now, token_hash=None, node=None, next_step=null())
        .returning(calls.c.person_id, calls.c.started_at, calls.c.delivery_id)
    ).one_or_none()
    if ended is None:
        return False
    db.execute(update(calls).where(calls.c.id == call_id, _not_to_be_kept()).values(number=None))
    db.execute(
        delete(sessions).where(sessions.c.id == f"call:{call_id}")
    )  # the place of somebody we do not keep
    if ended.delivery_id is not None:  # what is new since they last rang is still new after a call of ours
        return True
    db.execute(
        update(people_rows)
        .where(
            people_rows.c.id == ended.person_id,
            or_(people_rows.c.last_call_at.is_(None), people_rows.c.last_call_at < ended.started_at),
        )
        .values(last_call_at=ended.started_at)
    )
    return True


def end_forgotten(db: Connection, now: datetime) -> int:
    """End calls whose end no carrier ever reported. Returns how many."""
    forgotten = db.scalars(select(calls.c.id).where(OPEN, calls.c.started_at <= now - LONGEST_CALL)).all()
    return sum(end(db, call_id, "failed", now) for call_id in forgotten)


def erase_numbers(db: Connection) -> int:
    """Erase the numbers of past calls whose keeping nobody agrees to any more. Returns how many."""
    done = db.execute(
        update(calls)
        .where(calls.c.state == "ended", calls.c.number.is_not(None), _not_to_be_kept())
        .values(number=None)
    )
    return done.rowcount


def _theirs(carrier: str, carrier_call_id: str) -> ColumnElement[bool]:
    return and_(calls.c.carrier == carrier, calls.c.carrier_call_id == carrier_call_id)


def _not_to_be_kept() -> ColumnElement[bool]:
    agreed = exists().where(
        consents.c.person_id == calls.c.person_id,
        consents.c.scope == "service",
        consents.c.withdrawn_at.is_(None),
    )
    return ~agreed


def _change(db: Connection, call_id: str, **values: Any) -> bool:
    return db.execute(update(calls).where(calls.c.id == call_id, OPEN).values(**values)).rowcount == 1


def _one(db: Connection, condition: ColumnElement[bool]) -> Call | None:
    row = db.execute(select(*SHOWN).where(condition)).one_or_none()
    return _call(row) if row else None


def _call(row: Row[*tuple[Any, ...]]) -> Call:
    return Call(*(row._mapping[column] for column in SHOWN))
