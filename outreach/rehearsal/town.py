"""The simulated people at their telephones: takes the house's texts as a carrier does, and answers as people do.

What somebody answers is one of the choices that were offered to them, or none of them; what it leads to is the
house's own doing.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from outreach.delivery import outbox
from outreach.dialogue.page import Choice
from outreach.dialogue.session import Session, load
from outreach.dialogue.turn import MAIN
from outreach.rehearsal import habits
from outreach.rehearsal.clock import Agenda, Clock
from outreach.sms import segments
from outreach.store import messages
from outreach.store.database import Database
from outreach.store.schema import sessions
from outreach.wire import Outcome, Refused, Report, Taken, TextIn, TextOut

CARRIER: Final = "rehearsal"
KEY: Final = b"a rehearsal keeps no secrets"
HANDED_OVER: Final = (2.0, 40.0)
"""Seconds from the carrier to the handset."""
GIVES_UP: Final = timedelta(minutes=5)
"""The network says that it could not hand a text over."""
ANSWERS_AT_MOST: Final = 6
"""To one thing; after that people ring."""
ASKS: Final = ("remind:", "campaign:")
"""Texts that came unasked and want an answer, by what they are for."""
AGREES, DECLINES = "1", "2"


@dataclass(slots=True)
class Errand:
    """What somebody is busy with: how often they have answered, and the turn they answered last."""

    matter: str
    answers: int = 0
    turn: int = -1


@dataclass
class Town:
    """Everybody with a telephone. ``receive`` and ``report`` are the house's doors for what comes back."""

    database: Database
    clock: Clock
    agenda: Agenda
    seed: int
    receive: Callable[[TextIn], Awaitable[object]]
    report: Callable[[Report], Awaitable[object]]
    errands: dict[str, Errand] = field(default_factory=dict)
    taken: int = 0
    written: int = 0
    parts: int = 0
    by_hour: Counter[datetime] = field(default_factory=Counter)
    """Texts taken in each hour: the timetable of a campaign."""

    async def send(self, text: TextOut) -> Outcome:
        """As a carrier: the text is taken, and what becomes of it is told later."""
        self.taken += 1
        self.parts += segments.size(text.body).parts
        self.by_hour[self.clock.now.replace(minute=0, second=0, microsecond=0)] += 1
        carrier_id = f"R{self.taken}"
        if not habits.habits(self.seed, text.to).exists:
            return Refused("invalid_number", "rehearsal")
        chance = habits.draw(self.seed, text.to, text.delivery_id, text.attempt)
        if chance.random() < habits.UNREACHABLE:
            self.agenda.plan(self.clock.now + GIVES_UP, lambda: self._lost(text, carrier_id))
        else:
            at = self.clock.now + timedelta(seconds=round(chance.uniform(*HANDED_OVER)))
            self.agenda.plan(at, lambda: self._handed_over(text, carrier_id))
        return Taken(carrier_id)

    async def find(self, text: TextOut, since: datetime) -> Sequence[str]:
        """Nothing is ever lost between the house and this carrier."""
        return ()

    # --- What becomes of a text ---

    async def _lost(self, text: TextOut, carrier_id: str) -> None:
        await self.report(Report(text.delivery_id, text.attempt, carrier_id, "failed", "unreachable"))

    async def _handed_over(self, text: TextOut, carrier_id: str) -> None:
        await self.report(Report(text.delivery_id, text.attempt, carrier_id, "delivered"))
        purpose, session = await self.database.read(lambda db: self._situation(db, text))
        if session is None or session.ended or not session.offered:
            return
        unasked = purpose.startswith(ASKS)
        if unasked:
            self.errands[text.to] = Errand(purpose)
        errand = self.errands.get(text.to)
        if errand is None or errand.turn == session.turn or session.top.page in (MAIN, "home.more"):
            return
        errand.turn = session.turn
        if (body := self._answer(text.to, errand, session)) is not None:
            errand.answers += 1
            whose = habits.habits(self.seed, text.to)
            matter = f"{errand.matter}:{errand.answers}"
            if unasked:
                at = habits.answers_at(self.seed, whose, text.to, matter, self.clock.now)
            else:  # the telephone is in their hand
                chance = habits.draw(self.seed, text.to, matter, "next")
                at = habits.awake(self.clock.now + timedelta(seconds=chance.randrange(20, 120)), chance)
            self.agenda.plan(at, lambda: self._write(text.to, body))

    async def _write(self, number: str, body: str) -> None:
        self.written += 1
        await self.receive(TextIn(CARRIER, f"W{self.written}", number, body))

    def _situation(self, db: Connection, text: TextOut) -> tuple[str, Session | None]:
        delivery = outbox.get(db, text.delivery_id)
        if text.to not in self.errands and not (delivery and delivery.purpose.startswith(ASKS)):
            return "", None
        session_id = messages.sender(db, text.to, KEY).session_id
        state = db.scalar(select(sessions.c.state).where(sessions.c.id == session_id))
        return (delivery.purpose if delivery else ""), load(state) if state else None

    # --- What people answer ---

    def _answer(self, number: str, errand: Errand, session: Session) -> str | None:
        if errand.answers >= ANSWERS_AT_MOST:
            return None
        chance = habits.draw(self.seed, number, errand.matter, errand.answers)
        keyed = [choice for choice in session.offered if choice.key]
        if errand.answers:
            if chance.random() >= habits.GOES_ON or not keyed:
                return None
            if keyed[0].value is True:  # what they asked for, read back
                return AGREES if chance.random() < habits.MEANT_IT else DECLINES
            return chance.choice(keyed[:3]).key
        return _written(habits.answer(self.seed, number, errand.matter), keyed, chance.choice(habits.MUDDLED))


def _written(what: habits.Answer, keyed: Sequence[Choice], muddled: str) -> str | None:
    """The answer in writing. A choice that is not there: the first."""
    at = {"first": 0, "word": 0, "second": 1, "third": 2}.get(what, -1)
    match what:
        case "nothing":
            return None
        case "person":
            return "人工"
        case "out":
            return "退订"
        case "muddled":
            return muddled
    if not keyed:
        return None
    choice = keyed[at] if at < len(keyed) else keyed[0]
    return choice.words[0] if what == "word" and choice.words else choice.key
