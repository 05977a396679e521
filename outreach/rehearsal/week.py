"""Days of the house in seconds: the same timekeeper, worker, inbox and dialogue, the clock jumping to what is next due.

``tick`` is how often the house looks for what is due, as the scheduler's ticks are: a second for a diary, a minute
where ten thousand people are rehearsed and nobody reads the seconds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import Connection, select

from outreach.conversation import Conversation, Spoken
from outreach.delivery import sending
from outreach.delivery.outbox import QUEUED
from outreach.delivery.policy import Pace
from outreach.delivery.worker import Caller, Worker
from outreach.dialogue.prompts import Prompts
from outreach.rehearsal.clock import Agenda, Clock
from outreach.rehearsal.ringing import Ringing
from outreach.rehearsal.town import KEY, Town
from outreach.services.registry import HANDLERS, all_pages
from outreach.sms.inbound import Inbox
from outreach.store.database import Database
from outreach.store.schema import deliveries
from outreach.store.tables.timers import timers
from outreach.timekeeper import Timekeeper
from outreach.wire import CallOut, Report, TextIn

SECOND: Final = timedelta(seconds=1)
REAP: Final = timedelta(minutes=5)
STUCK: Final = timedelta(minutes=5)
"""Something is due and does not move: the carrier rests, for one. Look again after this."""


class Witness(Protocol):
    """Whoever writes the rehearsal down."""

    def answered(self, at: datetime, text: TextIn, letters: Sequence[str]) -> None:
        """Somebody wrote; the house's letters in answer."""

    def talked(self, at: datetime, call: CallOut, said: Sequence[tuple[str, Spoken]]) -> None:
        """Somebody answered a call: the keys they pressed, and what was said after each ("" before the first)."""

    async def look(self, now: datetime) -> None:
        """The house has done what was due: see what has changed."""


class Further(Protocol):
    """Something else that the house does."""

    async def tick(self) -> int:
        """Whatever is due; how much that was."""

    def first_due(self, db: Connection, now: datetime) -> datetime | None:
        """When there is something for it to do again; None: nothing is planned."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a rehearsal is held with. The first of ``languages`` is the default."""

    languages: Mapping[str, Prompts]
    signature: str
    begins: datetime
    ends: datetime
    seed: int = 1
    tick: timedelta = SECOND
    pace: Pace = field(default_factory=Pace)


class Rehearsal:
    """One rehearsal on one database, which it fills with what would have happened."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        witness: Witness | None = None,
        further: Callable[[Conversation, Clock], "Further"] | None = None,
    ) -> None:
        """``further``: what else the house does at each tick: its campaigns, for one."""
        self._database, self._settings = database, settings
        self.clock, self._agenda = Clock(settings.begins), Agenda()
        self._witness = witness
        pages, languages, signature = all_pages(), settings.languages, settings.signature
        conversation = Conversation(database, pages, languages, self.clock, signature)
        self._inbox = Inbox(conversation, pages, languages, self.clock, signature, KEY)
        self._timekeeper = Timekeeper(database, conversation, languages, HANDLERS, signature, self.clock)
        self.town = Town(database, self.clock, self._agenda, settings.seed, self._receive, self._report)
        self._worker = Worker(database, self.town, self.clock, "rehearsal")
        heard = witness.talked if witness else None
        self.ringing = Ringing(database, self.clock, self._agenda, settings.seed, conversation, heard)
        still = conversation.still_to_tell
        self._caller = Caller(database, self.ringing, self.clock, "rehearsal", settings.pace, still)
        self._further = further(conversation, self.clock) if further else None
        more = (self._further.tick,) if self._further else ()
        self._chores = (self._timekeeper.fire_due, *more, self._worker.drain, self._caller.drain)
        self._reaped = settings.begins

    async def run(self) -> None:
        """From ``begins`` to ``ends``. Raises what the house raises: a rehearsal is where that should be found."""
        while True:
            moved = await self._settle()
            if self._witness:
                await self._witness.look(self.clock.now)
            at = await self._next(moved)
            if at is None or at >= self._settings.ends:
                return
            self.clock.now = at
            while (due := self._agenda.take(self._ceiling(at))) is not None:
                self.clock.now, deed = max(self.clock.now, due[0]), due[1]
                await deed()
            self.clock.now = max(self.clock.now, self._ceiling(at))

    async def _settle(self) -> bool:
        """All that is due now. Did anything move?"""
        if self.clock.now - self._reaped >= REAP:
            self._reaped = self.clock.now
            await self._worker.reap()
        moved = False
        while any([await chore() for chore in self._chores]):
            moved = True
        return moved

    async def _next(self, moved: bool) -> datetime | None:
        """The next moment at which anything is due, by the house or by somebody in town."""
        waiting = await self._database.read(self._first_due)
        if waiting is not None and waiting <= self.clock.now:
            waiting = self.clock.now + (self._settings.tick if moved else STUCK)
        moments = [moment for moment in (waiting, self._agenda.first()) if moment is not None]
        return max(min(moments), self.clock.now) if moments else None

    def _ceiling(self, at: datetime) -> datetime:
        """The tick at which the house sees what happened at ``at``."""
        behind = (at - self._settings.begins) % self._settings.tick
        return at if not behind else at + self._settings.tick - behind

    async def _receive(self, text: TextIn) -> None:
        letters = await self._inbox.receive(text)
        if self._witness:
            self._witness.answered(self.clock.now, text, letters)

    async def _report(self, report: Report) -> None:
        await self._database.write(lambda db: sending.take_report(db, report, self.clock.now))

    def _first_due(self, db: Connection) -> datetime | None:
        timer = select(timers.c.due_at).order_by(timers.c.due_at).limit(1)
        delivery = select(deliveries.c.due_at).where(QUEUED).order_by(deliveries.c.due_at).limit(1)
        found = [*db.scalars(timer), *db.scalars(delivery)]
        if self._further and (at := self._further.first_due(db, self.clock.now)) is not None:
            found.append(at)
        return min(found, default=None)
