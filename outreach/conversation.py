"""One turn in one transaction: load the session, take the turn, save it, queue what leaves the house; then speak.

What must live here: the transaction's order, and what becomes of effects. What must not: anything slow, anything of a
carrier or of one service line.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, null, select, update

from outreach.delivery import outbox
from outreach.dialogue.page import Alert, Effect, Heard, Pages, Profile, Text, Transfer
from outreach.dialogue.prompts import Prompts
from outreach.dialogue.session import Session, dump, load
from outreach.dialogue.turn import Reply, take_turn
from outreach.store.database import Database
from outreach.store.schema import calls, people, recordings, sessions

MESSAGE_KEPT = timedelta(days=30)
TEXT_WITHIN = timedelta(hours=24)
"""A text that somebody asked for is of no use a day later."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """Where the call goes when its sound has been played: to ``dial`` (E.164), or to its end."""

    dial: str | None = None
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn that is committed: what to say, and whether the call leaves us after it."""

    reply: Reply
    leaving: Leaving | None


class Conversation:
    """Takes turns. Safe to share: all state is in the database. The first of ``languages`` is the default."""

    def __init__(
        self,
        database: Database,
        pages: Pages,
        languages: Mapping[str, Prompts],
        clock: Callable[[], datetime],
        signature: str,
    ) -> None:
        self._database = database
        self._pages = pages
        self._languages = languages
        self._clock = clock
        self._signature = signature
        self._default = next(iter(languages))

    async def call_turn(self, call_id: str, heard: Heard, *, answers: int | None = None) -> Spoken | None:
        """One turn of a live call. ``answers``: the turn that was answered; None back when that is not the last one.

        Raises DatabaseError (nothing is half-done then), LookupError for a call nobody knows.
        """
        now = self._clock()
        return await self._database.write(lambda db: self._turn(db, call_id, heard, answers, now))

    def _turn(
        self, db: Connection, call_id: str, heard: Heard, answers: int | None, now: datetime
    ) -> Spoken | None:
        row = _load(db, call_id)
        session = load(row.state) if row.state else Session(row.session_id, language=self._default)
        if answers is not None and answers != session.turn:
            return None
        idle = now - row.updated_at if row.updated_at else None
        reply = take_turn(
            self._pages,
            self._languages,
            db,
            session,
            _profile(row, session),
            heard,
            now,
            call_id=call_id,
            idle=idle,
        )
        leaving = self._carry_out(db, row, reply, now)
        reply = _save(db, row, reply, leaving, now)
        return Spoken(reply, leaving)

    def _carry_out(self, db: Connection, row: Row[Any], reply: Reply, now: datetime) -> Leaving | None:
        leaving = Leaving() if reply.exit else None
        for effect in reply.effects:
            if isinstance(effect, Transfer):
                leaving = Leaving(effect.number, effect.seconds)
            else:
                self._queue(db, row.call_id, reply.profile, effect, now)
        return leaving

    def _queue(self, db: Connection, call_id: str, profile: Profile, effect: Effect, now: datetime) -> None:
        match effect:
            case Text(purpose, body, scope, to):
                address = to or profile.number
                if address is None:
                    raise AssertionError("a page must ask for a number before it sends a text")
                body = f"【{self._signature}】{body}"
                outbox.queue_text(
                    db,
                    purpose=purpose,
                    person_id=profile.person_id,
                    address=address,
                    body=body,
                    scope=scope,
                    now=now,
                    expires_at=now + TEXT_WITHIN,
                )
            case Alert():
                recording = _keep_recording(db, call_id, profile, effect, now) if effect.recording else None
                outbox.queue_task(
                    db,
                    kind=effect.kind,
                    purpose=effect.purpose,
                    person_id=profile.person_id,
                    phone=effect.phone or profile.number,
                    counselor_id=effect.counselor_id,
                    opening_id=effect.opening_id,
                    recording_id=recording,
                    call_id=call_id,
                    now=now,
                )


_CALL = (
    select(
        calls.c.id.label("call_id"),
        calls.c.session_id,
        calls.c.number,
        calls.c.language.label("call_language"),
        calls.c.page,
        calls.c.next_step,
        people,
        sessions.c.state,
        sessions.c.updated_at,
    )
    .select_from(calls)
    .join(people, people.c.id == calls.c.person_id, isouter=True)
    .join(sessions, sessions.c.id == calls.c.session_id, isouter=True)
    .where(calls.c.id == bindparam("call"))
    # the call's row is the turn's lock: two answers to one call cannot be taken at once on PostgreSQL either
    .with_for_update(of=calls)
)
"""Built once: composing a statement costs more than running it (the turn's figure in ``make bench``)."""
_SESSION = (
    update(sessions)
    .where(sessions.c.id == bindparam("session"))
    .values({name: bindparam(name) for name in ("person_id", "state", "turn", "updated_at")})
)


def _load(db: Connection, call_id: str) -> Row[Any]:
    row = db.execute(_CALL, {"call": call_id}).one_or_none()
    if row is None:
        raise LookupError("a turn for a call that is not in the ledger")
    return row


def _profile(row: Row[Any], session: Session) -> Profile:
    """From the person's row; for callers who are not kept, from the session, which lasts as long as their call."""
    kept = row.id is not None
    source = row if kept else session
    return Profile(
        person_id=row.id,
        number=row.number,
        language=(row.language if kept else None) or session.language,
        speed=source.speed,
        wordiness=source.wordiness,
        patience=source.patience,
        county=row.county,
        last_call_at=row.last_call_at,
        fresh=not kept and row.number is not None,
    )


def _save(db: Connection, row: Row[Any], reply: Reply, leaving: Leaving | None, now: datetime) -> Reply:
    profile, session = reply.profile, reply.session
    session_id = f"person:{profile.person_id}" if profile.person_id is not None else f"call:{row.call_id}"
    moved = session_id != row.session_id
    session = replace(session, id=session_id)
    values = {"person_id": profile.person_id, "state": dump(session), "turn": session.turn, "updated_at": now}
    if moved or row.state is None:
        db.execute(delete(sessions).where(sessions.c.id.in_((session_id, row.session_id))))
        db.execute(insert(sessions).values(id=session_id, **values))
    else:
        db.execute(_SESSION, {"session": session_id, **values})
    _save_person(db, row, profile)
    change: dict[str, Any] = {}
    if moved:
        change |= {"person_id": profile.person_id, "session_id": session_id}
    if profile.number != row.number:
        change["number"] = profile.number
    if reply.where != row.page:
        change["page"] = reply.where[:60]
    step = {"dial": leaving.dial, "seconds": leaving.seconds} if leaving else None
    if step != row.next_step:
        change["next_step"] = null() if step is None else step
    if profile.language != row.call_language:
        change["language"] = profile.language
    if change:
        db.execute(update(calls).where(calls.c.id == row.call_id).values(change))
    return replace(reply, session=session)


def _save_person(db: Connection, row: Row[Any], profile: Profile) -> None:
    if profile.person_id is None:
        return
    wanted = {name: getattr(profile, name) for name in ("language", "speed", "wordiness", "patience")}
    known = {name: getattr(row, name) for name in wanted} if row.id == profile.person_id else {}
    if changed := {name: value for name, value in wanted.items() if known.get(name) != value}:
        db.execute(update(people).where(people.c.id == profile.person_id).values(changed))


def _keep_recording(db: Connection, call_id: str, profile: Profile, alert: Alert, now: datetime) -> int:
    values = {
        "call_id": call_id,
        "person_id": profile.person_id,
        "purpose": "message",
        "file": alert.recording,
        "seconds": alert.seconds,
        "created_at": now,
        "expires_at": now + MESSAGE_KEPT,
    }
    return int(db.execute(insert(recordings).values(values).returning(recordings.c.id)).scalar_one())
