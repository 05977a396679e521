"""Fires timers: a reminder becomes a letter that leads the conversation to its page, or something to be told by
telephone, or a counselor's task; a second look calls its handler.

Each timer is one transaction with all that it sets off. A reminder waits while its person is in the middle of a
conversation, or their "1" would be taken for an answer to it; longer while the letter before it has no answer: of
several at one hour each comes with its own "1". And it waits for the hours, and the day, in which it may go out, so
that a letter leaves when the conversation stands at its page. Which hours those are, and whether it may go at all, is
``delivery/policy.py``'s. Whether there is anything left to say is the page's. For whoever is not reached the ledger
keeps the reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Connection, exists, select

from outreach import effects
from outreach.conversation import Conversation
from outreach.delivery import outbox, policy, sending, timers
from outreach.delivery.timers import Timer
from outreach.dialogue.page import Effect, Profile, Text, Transfer
from outreach.dialogue.prompts import Prompts
from outreach.services.registry import Handler
from outreach.sms import letter
from outreach.store import people
from outreach.store.calls import LONGEST_CALL
from outreach.store.calls import OPEN as CALL_OPEN
from outreach.store.database import Database
from outreach.store.people import Person
from outreach.store.schema import calls, sessions

log = structlog.get_logger()

BATCH: Final = 50
IN_CONVERSATION: Final = timedelta(minutes=10)
"""Since the last turn. Who writes by text may take that long to answer."""
UNANSWERED: Final = timedelta(hours=2)
"""Since a letter that asks something, where there is time: a telephone is not always in the hand."""


@dataclass(frozen=True, slots=True)
class Timekeeper:
    """Fires what is due. Any number may share a database."""

    database: Database
    conversation: Conversation
    languages: Mapping[str, Prompts]
    handlers: Mapping[str, Handler]
    signature: str
    clock: Callable[[], datetime]

    async def fire_due(self) -> int:
        """Fire what is due, one after the other; what fails is put off and holds up nothing. How many fired."""
        now = self.clock()
        fired = 0
        for timer_id in await self.database.read(lambda db: timers.due(db, now, BATCH)):
            fired += await self._fire(timer_id, now)
        return fired

    async def _fire(self, timer_id: int, now: datetime) -> bool:
        try:
            return await self.conversation.settle(lambda db: self.fire(db, timer_id, now))
        except Exception:
            log.exception("timer_failed", timer=timer_id)
        await self.database.write(lambda db: timers.failed(db, timer_id, now))
        return False

    def fire(self, db: Connection, timer_id: int, now: datetime) -> bool:
        """Fire one timer, inside a transaction. False: it was gone, is put off, or had nothing to say.

        Raises what its page or handler raises, KeyError for one that is no more.
        """
        timer = timers.hold(db, timer_id, now)
        if timer is None:
            return False
        if timer.handler is not None:
            timers.drop(db, timer, now)
            for effect in self.handlers[timer.handler](db, now, timer.data):
                self._carry_out(db, timer, effect, now)
            return True
        return self._remind(db, timer, now)

    # --- Second looks ---

    def _carry_out(self, db: Connection, timer: Timer, effect: Effect, now: datetime) -> None:
        if isinstance(effect, Transfer):
            raise AssertionError(f"{timer.handler}: nobody is on the line to be transferred")
        whose = Profile()
        if isinstance(effect, Text):
            # a handler has no caller: whoever has the number, so that their consents are looked at
            person = people.find_by_phone(db, effect.to) if effect.to else None
            whose = Profile(person_id=person.id if person else None, number=effect.to)
        effects.queue(db, effect, f"timer:{timer.id}", whose, self.signature, now)

    # --- Reminders ---

    def _remind(self, db: Connection, timer: Timer, now: datetime) -> bool:
        assert timer.page is not None
        assert timer.person_id is not None
        assert timer.until is not None
        person = people.get(db, timer.person_id)
        assert person is not None, "a person's timers go with them"
        if timer.scope not in people.consents(db, person.id):
            if timer.data.get(timers.MATTERS):
                return self._by_counselor(db, timer, person, now, "no_consent")
            return self._not_sent(db, timer, person, now, "no_consent")
        if now >= timer.until:
            return self._left_to_counselor(db, timer, person, now, "expired")
        if person.phone is None:
            return self._by_counselor(db, timer, person, now, "no_number")
        if outbox.rings_nobody(db, person.id, person.phone, _last_heard_of(db, person)):
            return self._by_counselor(db, timer, person, now, "invalid_number")
        if timer.rung == "counselor":
            return self._to_counselor(db, timer, person, now)
        textable = sending.textable(person.phone)
        channel = timer.rung if timer.rung != "own" else policy.channel_of(person.contact_by, textable)
        if channel == "sms" and not textable:
            return self._left_to_counselor(db, timer, person, now, "landline")
        at = _not_before(db, person, timer, channel, now)
        if at is None or at >= timer.until:
            return self._left_to_counselor(db, timer, person, now, "quiet_hours_until_end")
        if at > now:
            timers.postpone(db, timer, at)
            return False
        if channel == "voice":
            return self._ring(db, timer, person, now)
        return self._write(db, timer, person, now)

    def _ring(self, db: Connection, timer: Timer, person: Person, now: datetime) -> bool:
        """The conversation stays where it is until they answer."""
        assert timer.page is not None
        assert timer.until is not None
        assert person.phone is not None
        timers.drop(db, timer, now)
        if not self.conversation.has_to_say(db, person.id, timer.page, timer.data, now):
            return self._nothing_left(timer)
        return outbox.queue_call(
            db,
            purpose=timer.purpose,
            person_id=person.id,
            address=person.phone,
            page=timer.page,
            data=timer.data,
            scope=timer.scope,
            now=now,
            expires_at=timer.until,
            same_day=policy.day_of(now),
            priority=0 if timer.scope == policy.REMINDERS else 1,
        )

    def _write(self, db: Connection, timer: Timer, person: Person, now: datetime) -> bool:
        assert timer.page is not None
        assert timer.until is not None
        assert person.phone is not None
        timers.drop(db, timer, now)
        reply = self.conversation.lead_to(
            db, person.id, person.phone, timer.page, timer.data, f"timer:{timer.id}", now
        )
        if reply is None:
            return self._nothing_left(timer)
        say = self.languages[reply.session.language].bound[2, "sms"]
        keys = tuple(choice.key for choice in reply.session.offered)
        letters = letter.letters(reply.phrases, keys, self.signature, say("sms.rest").text)
        for number, body in enumerate(letters):
            outbox.queue_text(
                db,
                purpose=f"{timer.purpose}:{number}" if number else timer.purpose,
                person_id=person.id,
                address=person.phone,
                body=body,
                scope=timer.scope,
                now=now,
                due_at=now + timedelta(seconds=number),
                expires_at=timer.until,
                priority=0 if timer.scope == policy.REMINDERS else 1,
            )
        return True

    def _nothing_left(self, timer: Timer) -> bool:
        log.info("reminder_needless", timer=timer.id)
        return False

    def _not_sent(self, db: Connection, timer: Timer, person: Person, now: datetime, why: str) -> bool:
        timers.drop(db, timer, now)
        if timers.ESCALATED not in timer.data:  # the reminder before it has kept the reason
            outbox.note_unsent(
                db,
                purpose=timer.purpose,
                person_id=person.id,
                channel="voice" if timer.rung == "voice" else "sms",
                address=person.phone or "",
                scope=timer.scope,
                reason=why,
                now=now,
            )
        log.info("reminder_not_sent", timer=timer.id, why=why)
        return False

    def _to_counselor(self, db: Connection, timer: Timer, person: Person, now: datetime) -> bool:
        """Reminded, rung, and still not confirmed."""
        assert timer.page is not None
        timers.drop(db, timer, now)
        if not self.conversation.has_to_say(db, person.id, timer.page, timer.data, now):
            return self._nothing_left(timer)
        return self._task(db, timer, person, now)

    def _by_counselor(self, db: Connection, timer: Timer, person: Person, now: datetime, why: str) -> bool:
        """No letter and no call can tell them: somebody who knows them may. Once, not at each rung of the ladder."""
        assert timer.page is not None
        if timers.ESCALATED in timer.data:
            return self._not_sent(db, timer, person, now, why)
        if not self.conversation.has_to_say(db, person.id, timer.page, timer.data, now):
            timers.drop(db, timer, now)
            return self._nothing_left(timer)
        return self._left_to_counselor(db, timer, person, now, why)

    def _left_to_counselor(
        self, db: Connection, timer: Timer, person: Person, now: datetime, why: str
    ) -> bool:
        """Not for a program to reach in time: somebody rings, who sees what it was about."""
        if timer.scope == policy.REMINDERS:
            self._task(db, timer, person, now)
        return self._not_sent(db, timer, person, now, why)

    def _task(self, db: Connection, timer: Timer, person: Person, now: datetime) -> bool:
        return outbox.queue_task(
            db,
            kind="call_back",
            purpose=timer.purpose,
            person_id=person.id,
            phone=person.phone,
            counselor_id=person.counselor_id,
            now=now,
        )


def _not_before(
    db: Connection, person: Person, timer: Timer, channel: policy.Channel, now: datetime
) -> datetime | None:
    """When a reminder may reach them: in the hours for it, and not in the middle of a conversation.

    A text also not while the letter before it has no answer, nor on a day that has had its letters; where that
    would be too late, at once.
    """
    own = sending.window(person.contact_from, person.contact_until)
    soonest = now if (last := _talking_since(db, person.id, now)) is None else last + IN_CONVERSATION
    at = policy.opening(channel, timer.scope, soonest, own)
    if channel == "voice" or timer.until is None:
        return at
    patient, look = soonest, soonest
    had = outbox.reached(db, person.id, policy.midnight(now), policy.counted_with(timer.scope))
    if had >= policy.CAP["sms"]:
        patient = look = policy.midnight(now) + timedelta(days=1)
    if (asked := _asked_at(db, person.id, now - UNANSWERED)) is not None:
        patient = max(patient, asked + UNANSWERED)
        look = max(look, min(now + IN_CONVERSATION, patient))  # the answer may come any time
    later = policy.opening(channel, timer.scope, patient, own)
    if later is None or later >= timer.until:
        return at
    return policy.opening(channel, timer.scope, look, own)


def _asked_at(db: Connection, person_id: int, since: datetime) -> datetime | None:
    """When, after ``since``, a letter of ours asked them something that they have not answered."""
    led = select(sessions.c.updated_at).where(
        sessions.c.person_id == person_id,
        sessions.c.updated_at > since,
        outbox.asked(sessions.c.person_id, sessions.c.updated_at),
    )
    return db.scalar(led)


def _last_heard_of(db: Connection, person: Person) -> datetime:
    """When they last wrote or rang, or we wrote to them: a number that they have used since is theirs."""
    last = db.scalar(select(sessions.c.updated_at).where(sessions.c.person_id == person.id))
    return max(moment for moment in (last, person.last_call_at, person.created_at) if moment is not None)


def _talking_since(db: Connection, person_id: int, now: datetime) -> datetime | None:
    """The last sign of a conversation that is going on. A call that is open is one."""
    on_the_line = exists().where(
        calls.c.person_id == person_id, CALL_OPEN, calls.c.started_at > now - LONGEST_CALL
    )
    if db.scalar(select(on_the_line)):
        return now
    last = db.scalar(select(sessions.c.updated_at).where(sessions.c.person_id == person_id))
    return last if last is not None and last > now - IN_CONVERSATION else None
