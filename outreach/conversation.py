"""One turn in one transaction: load the session, take the turn, save it, queue what leaves the house; then speak.

What must live here: the transaction's order. What must not: anything slow, anything of a carrier or of one service
line. What becomes of effects is ``effects.py``'s.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, String, bindparam, delete, insert, literal, null, select, update
from sqlalchemy.exc import IntegrityError

from outreach import effects
from outreach.delivery import items, outbox, policy, timers
from outreach.delivery.items import Item
from outreach.delivery.outbox import Delivery
from outreach.dialogue.page import (
    Channel,
    Data,
    Effect,
    Gate,
    Heard,
    Hello,
    NoInput,
    Pages,
    Phrase,
    Profile,
    Text,
    Transfer,
    Words,
)
from outreach.dialogue.prompts import Prompts
from outreach.dialogue.session import Session, dump, load
from outreach.dialogue.turn import Reply, lead_to, open_to_all, take_turn
from outreach.store import people as people_store
from outreach.store.database import Database
from outreach.store.messages import Sender
from outreach.store.schema import calls, people, sessions
from outreach.store.tables.plans import line_visits

LAPSED = timedelta(days=30)
"""Who writes again after so long is greeted: nobody remembers what "1" was."""
TRIES = 4

T = TypeVar("T")
Listen = Callable[[Session, Words, bool], tuple[Heard, ...]]
"""What a text message says to this session: what is to be heard, one after the other. True: it begins only now, so
nothing was offered yet, and nothing heard means the greeting is the answer."""


Door = Callable[[Connection, str], str | None]


def nobody(_db: Connection, _number: str) -> str | None:
    """A door for nobody: all callers are alike."""
    return None


class Overtaken(Exception):
    """Another turn of the same conversation was committed first, by voice or text: take this one again."""


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
    """Takes turns. Safe to share: all state is in the database. The first of ``languages`` is the default.

    ``gate``: asks who is speaking before a page that is somebody's own. ``door``: the page at which whoever rings from
    a number begins, instead of the greeting.
    """

    def __init__(
        self,
        database: Database,
        pages: Pages,
        languages: Mapping[str, Prompts],
        clock: Callable[[], datetime],
        signature: str,
        gate: Gate = open_to_all,
        door: Door = nobody,
    ) -> None:
        self._database = database
        self._pages = pages
        self._languages = languages
        self._clock = clock
        self._signature = signature
        self._gate = gate
        self._door = door
        self._default = next(iter(languages))

    async def call_turn(self, call_id: str, heard: Heard, *, answers: int | None = None) -> Spoken | None:
        """One turn of a live call. ``answers``: the turn that was answered; None back when that is not the last one.

        Raises DatabaseError (nothing is half-done then), LookupError for a call nobody knows.
        """
        now = self._clock()
        return await self.settle(lambda db: self._turn(db, call_id, heard, answers, now))

    async def settle(self, work: Callable[[Connection], T]) -> T:
        """Run a turn's transaction, and again when another turn of the same conversation came first (PostgreSQL)."""
        for _ in range(1, TRIES):
            try:
                return await self._database.write(work)
            except (Overtaken, IntegrityError):
                continue
        return await self._database.write(work)

    def text_turn(self, db: Connection, sender: Sender, source: str, listen: Listen, now: datetime) -> Reply:
        """Answer a text message, inside the transaction that takes it in; its effects are queued.

        ``source`` names the message where a call's id would stand: in consents, tasks and purposes.
        """
        known = {"session": sender.session_id, "person": sender.person_id, "number": sender.number}
        row = db.execute(_WRITER, known).one()
        session = load(row.state) if row.state else Session(row.session_id, language=self._default)
        profile = _profile(row, session)
        begins = not session.frames or session.ended or now - row.updated_at > LAPSED
        say = self._languages[profile.language].bound[profile.wordiness, "sms"]
        said = listen(session, say, begins)
        done: tuple[Effect, ...] = ()
        for heard in (Hello(), *said) if begins else said:
            reply = take_turn(
                self._pages,
                self._languages,
                db,
                session,
                profile,
                heard,
                now,
                channel="sms",
                call_id=source,
                gate=self._gate,
            )
            _note_line(db, source, "sms", session, reply, now)
            session, profile, done = reply.session, reply.profile, (*done, *reply.effects)
        reply = replace(reply, effects=done)
        self._queue(db, source, reply, now)
        return replace(reply, session=_save_session(db, row, reply, sender.stranger_id, now))

    def _turn(
        self, db: Connection, call_id: str, heard: Heard, answers: int | None, now: datetime
    ) -> Spoken | None:
        row = _load(db, call_id)
        session = load(row.state) if row.state else Session(row.session_id, language=self._default)
        if answers is not None and answers != session.turn:
            return None
        idle = now - row.updated_at if row.updated_at else None
        begins = isinstance(heard, Hello) and not heard.again
        reply = self._tell_first(db, row, session, now) if begins else None
        if reply is None and begins and row.delivery_id is None:
            reply = self._by_the_side(db, row, session, now)
        if reply is None:
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
                gate=self._gate,
            )
            if row.delivery_id is not None:
                if not isinstance(heard, Hello | NoInput):
                    outbox.note_answered(db, row.delivery_id)
                reply = self._tell_next(db, row, session, reply, begins, now)
        _note_line(db, call_id, "voice", session, reply, now)
        if any(isinstance(effect, Text) for effect in reply.effects) and outbox.is_held(db, "sms"):
            # whoever was promised a text is told that it will be a while
            reply = replace(reply, phrases=(self._say(row, reply.session)("wait.texts"), *reply.phrases))
        leaving = self._carry_out(db, row, reply, now)
        reply = _save(db, row, reply, leaving, now)
        return Spoken(reply, leaving)

    def _by_the_side(self, db: Connection, row: Row[Any], session: Session, now: datetime) -> Reply | None:
        """The first turn of somebody who has a door of their own, known by their number. None: nobody such."""
        page = self._door(db, row.number) if row.number else None
        if page is None:
            return None
        profile = _profile(row, session)
        led = lead_to(
            self._pages,
            self._languages,
            db,
            session,
            profile,
            page,
            {},
            now,
            channel="voice",
            call_id=row.call_id,
        )
        say = self._say(row, session)
        return replace(led, phrases=(say("home.hello"), *led.phrases)) if led else None

    # --- What we ring people about ---

    def still_to_tell(self, db: Connection, delivery: Delivery, now: datetime) -> bool:
        """Is this call worth making? One that only rings somebody back always is."""
        if sum(items.told(db, delivery.id)) == 0:
            return True
        person_id = delivery.person_id
        if person_id is None:  # somebody who works for us, and has asked for it
            return bool(items.to_tell(db, delivery.id, now))
        agreed = people_store.consents(db, person_id)
        return any(
            item.scope in agreed and self.has_to_say(db, person_id, item.page, item.data, now)
            for item in items.to_tell(db, delivery.id, now)
        )

    def _tell_first(self, db: Connection, row: Row[Any], session: Session, now: datetime) -> Reply | None:
        """The first turn of a call that is about something. None: it is not, or that is settled and they rang us."""
        ours = row.delivery_id is not None
        delivery_id = row.delivery_id
        if delivery_id is None and row.id is not None:
            delivery_id = items.missed(db, row.id, now)
        if delivery_id is None or (ours and sum(items.told(db, delivery_id)) == 0):
            return None
        say = self._say(row, session)
        due = items.to_tell(db, delivery_id, now)
        who = say("call.hello.named", name=row.name) if row.name else say("call.hello")
        lead: tuple[Phrase, ...] = (replace(who, personal=bool(row.name)),) if ours else (say("home.hello"),)
        if len(due) > 1:
            lead = (*lead, say("call.several", n=len(due)))
        led = self._lead(db, row, session, due, lead, "call.about" if ours else "call.rang", now)
        if led is None:
            if not ours:
                return None
            reply = take_turn(
                self._pages,
                self._languages,
                db,
                session,
                _profile(row, session),
                Hello(),
                now,
                call_id=row.call_id,
            )
            return replace(
                reply, phrases=(say("call.none"),), session=replace(reply.session, ended=True), exit=True
            )
        if not ours:
            db.execute(update(calls).where(calls.c.id == row.call_id).values(delivery_id=delivery_id))
            outbox.rang_back(db, delivery_id, now)
        return led

    def _tell_next(
        self, db: Connection, row: Row[Any], before: Session, reply: Reply, begins: bool, now: datetime
    ) -> Reply:
        """When one thing is done with, the next; after the last, that it was the last."""
        say = self._say(row, reply.session)
        if begins:  # nothing to tell: they rang us, and we ring back
            return replace(reply, phrases=(say("call.back"), *reply.phrases))
        if reply.exit or len(reply.session.frames) > 1 or len(before.frames) < 2:
            return reply
        if before.frames[1].page not in {"call.open", "call.stop", *items.pages(db, row.delivery_id)}:
            return reply
        rest = len(reply.screen.phrases)
        said = reply.phrases[:-rest] if reply.phrases[-rest:] == reply.screen.phrases else reply.phrases
        due = items.to_tell(db, row.delivery_id, now)
        led = self._lead(db, row, reply.session, due, said, "call.next", now, reply.profile)
        if led is None:
            return replace(reply, phrases=(*said, say("call.done"), *reply.screen.phrases))
        return replace(led, effects=(*reply.effects, *led.effects))

    def _lead(
        self,
        db: Connection,
        row: Row[Any],
        session: Session,
        due: list[Item],
        lead: tuple[Phrase, ...],
        about: str,
        now: datetime,
        profile: Profile | None = None,
    ) -> Reply | None:
        """To the first of ``due`` that has anything to say and may be told. None: none of them."""
        profile = profile or _profile(row, session)
        person_id = profile.person_id
        say = self._say(row, session)
        agreed = people_store.consents(db, person_id) if person_id is not None else frozenset()
        for item in due:
            items.hear(db, item.id, now)
            timers.forget(db, items.as_text(item.id), now)
            asked_for = item.scope == policy.SERVICE
            if not asked_for and item.scope not in agreed:
                continue
            if person_id is not None and not self.has_to_say(db, person_id, item.page, item.data, now):
                continue
            page, data = item.page, item.data
            if not asked_for and item.scope != policy.REMINDERS:  # asks first, and can be declined for good
                page, data = "call.open", {"page": page, "data": dict(data), "scope": item.scope}
            led = lead_to(
                self._pages,
                self._languages,
                db,
                session,
                profile,
                page,
                data,
                now,
                channel="voice",
                call_id=row.call_id,
            )
            if led is not None:
                told = say(about, about=say.title(item.page))
                return replace(led, phrases=(*lead, told, *led.phrases))
        return None

    def _say(self, row: Row[Any], session: Session) -> Words:
        profile = _profile(row, session)
        prompts = self._languages.get(profile.language) or self._languages[self._default]
        return prompts.bound[profile.wordiness, "voice"]

    def _carry_out(self, db: Connection, row: Row[Any], reply: Reply, now: datetime) -> Leaving | None:
        leaving = Leaving() if reply.exit else None
        for effect in reply.effects:
            if isinstance(effect, Transfer):
                leaving = Leaving(effect.number, effect.seconds)
        self._queue(db, row.call_id, reply, now)
        return leaving

    def lead_to(
        self, db: Connection, person_id: int, number: str, page: str, data: Data, source: str, now: datetime
    ) -> Reply | None:
        """Take a person to a page they did not ask for, as text messages will show it; its effects are queued.

        None: the page has nothing (any more) to say, and the conversation stays where it was.
        """
        known = {"session": f"person:{person_id}", "person": person_id, "number": number}
        row = db.execute(_WRITER, known).one()
        session = load(row.state) if row.state else Session(row.session_id, language=self._default)
        profile = _profile(row, session)
        reply = lead_to(self._pages, self._languages, db, session, profile, page, data, now)
        if reply is None:
            return None
        self._queue(db, source, reply, now)
        return replace(reply, session=_save_session(db, row, reply, row.session_id, now))

    def has_to_say(self, db: Connection, person_id: int, page: str, data: Data, now: datetime) -> bool:
        """Would this page say anything, if the person were led there? Tries it, and undoes what that wrote."""
        known = {"session": f"person:{person_id}", "person": person_id, "number": None}
        row = db.execute(_WRITER, known).one()
        session = load(row.state) if row.state else Session(row.session_id, language=self._default)
        attempt = db.begin_nested()
        try:
            profile = _profile(row, session)
            led = lead_to(
                self._pages, self._languages, db, session, profile, page, data, now, channel="voice"
            )
        finally:
            attempt.rollback()
        return led is not None

    def _queue(self, db: Connection, source: str, reply: Reply, now: datetime) -> None:
        """All effects but a transfer, which only a call can make."""
        for effect in reply.effects:
            if not isinstance(effect, Transfer):
                effects.queue(db, effect, source, reply.profile, self._signature, now)


_CALL = (
    select(
        calls.c.id.label("call_id"),
        calls.c.session_id,
        calls.c.number,
        calls.c.language.label("call_language"),
        calls.c.page,
        calls.c.next_step,
        calls.c.delivery_id,
        people,
        sessions.c.state,
        sessions.c.turn,
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
_WRITER = (
    select(
        bindparam("session", type_=String).label("session_id"),
        bindparam("number", type_=String).label("number"),
        people,
        sessions.c.state,
        sessions.c.turn,
        sessions.c.updated_at,
    )
    .select_from(select(literal(1)).subquery())
    .join(people, people.c.id == bindparam("person"), isouter=True)
    .join(sessions, sessions.c.id == bindparam("session", type_=String), isouter=True)
)
_SESSION = (
    update(sessions)
    .where(sessions.c.id == bindparam("session"), sessions.c.turn == bindparam("was"))
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
    profile = reply.profile
    session = _save_session(db, row, reply, f"call:{row.call_id}", now)
    change: dict[str, Any] = {}
    if session.id != row.session_id:
        change |= {"person_id": profile.person_id, "session_id": session.id}
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


def _save_session(db: Connection, row: Row[Any], reply: Reply, stranger: str, now: datetime) -> Session:
    """Under the person's name, or ``stranger`` while they are nobody we keep. Raises Overtaken."""
    profile = reply.profile
    name = f"person:{profile.person_id}" if profile.person_id is not None else stranger
    session = replace(reply.session, id=name)
    values = {"person_id": profile.person_id, "state": dump(session), "turn": session.turn, "updated_at": now}
    if name != row.session_id or row.state is None:
        db.execute(delete(sessions).where(sessions.c.id.in_((name, row.session_id))))
        db.execute(insert(sessions).values(id=name, **values))
    elif db.execute(_SESSION, {"session": name, "was": row.turn, **values}).rowcount == 0:
        raise Overtaken
    _save_person(db, row, profile)
    return session


def _note_line(
    db: Connection, source: str, channel: Channel, before: Session, reply: Reply, now: datetime
) -> None:
    """Somebody came to another line: the evaluation counts it. A turn that stays in one writes nothing."""
    line = _line(reply.session)
    if line in ("home", "staff", _line(before)):  # whoever works for us is no use of the line
        return
    whose = reply.profile
    db.execute(
        insert(line_visits).values(
            source=source,
            channel=channel,
            line=line,
            person_id=whose.person_id,
            county=whose.county,
            at=now,
        )
    )


def _line(session: Session) -> str:
    return session.top.page.partition(".")[0] if session.frames else "home"


def _save_person(db: Connection, row: Row[Any], profile: Profile) -> None:
    if profile.person_id is None:
        return
    wanted = {name: getattr(profile, name) for name in ("language", "speed", "wordiness", "patience")}
    known = {name: getattr(row, name) for name in wanted} if row.id == profile.person_id else {}
    if changed := {name: value for name, value in wanted.items() if known.get(name) != value}:
        db.execute(update(people).where(people.c.id == profile.person_id).values(changed))
