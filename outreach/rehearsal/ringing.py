"""The simulated people's telephones ring: takes the house's calls as a carrier does; who answers presses keys.

No sound is made: what is said in a call is the dialogue's own answer, as it would be spoken.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from outreach.conversation import Conversation, Spoken
from outreach.delivery import outbox, sending
from outreach.dialogue.page import Dtmf, Hello
from outreach.dialogue.turn import MAIN
from outreach.rehearsal import habits
from outreach.rehearsal.clock import Agenda, Clock
from outreach.store import calls
from outreach.store.database import Database
from outreach.wire import CallEnding, CallIn, CallOut, CallReport, CallStands, Outcome, Taken

CARRIER: Final = "rehearsal"
RINGS: Final = timedelta(seconds=12)
"""Until somebody, or something, takes the call, or the network says that it cannot be."""
A_TURN: Final = timedelta(seconds=15)
"""Listening and pressing a key."""
TURNS_AT_MOST: Final = 6
KEYS: Final = {"first": 0, "word": 0, "second": 1, "third": 2}

Heard = Callable[[datetime, CallOut, Sequence[tuple[str, Spoken]]], None]
"""A call that was answered: when, which, and what was said after each key ("" before the first)."""


@dataclass
class Ringing:
    """Everybody's telephone, for calls."""

    database: Database
    clock: Clock
    agenda: Agenda
    seed: int
    conversation: Conversation
    heard: Heard | None = None
    taken: int = 0
    by_hour: Counter[datetime] = field(default_factory=Counter)

    async def send(self, call: CallOut) -> Outcome:
        """The call is made, and what becomes of it is told later."""
        self.taken += 1
        self.by_hour[self.clock.now.replace(minute=0, second=0, microsecond=0)] += 1
        carrier_id = f"C{self.taken}"
        ends = habits.takes_call(self.seed, call.to, call.delivery_id, call.attempt)
        self.agenda.plan(self.clock.now + RINGS, lambda: self._taken(call, carrier_id, ends))
        return Taken(carrier_id)

    async def find(self, call: CallOut, since: datetime) -> Sequence[str]:
        """Nothing is ever lost between the house and this carrier."""
        return ()

    async def stands(self, carrier_id: str) -> CallStands:
        """All ends are reported."""
        return CallStands(None)

    async def leave_message(self, carrier_id: str, language: str) -> None:
        """The machine has heard it."""

    async def _taken(self, call: CallOut, carrier_id: str, by: habits.TakenBy) -> None:
        match by:
            case "person":
                await self._talk(call, carrier_id)
            case "machine":
                await self._write(
                    lambda db: sending.machine_answered(db, call.delivery_id, call.attempt, self.clock.now)
                )
                await self._ended(call, carrier_id, "completed", 20)
            case _:
                await self._ended(call, carrier_id, by, 0)

    async def _talk(self, call: CallOut, carrier_id: str) -> None:
        began, call_id = self.clock.now, f"rehearsal{self.taken}:{call.delivery_id}"[:32]

        def answer(db: Connection) -> str:
            delivery = outbox.get(db, call.delivery_id)
            assert delivery is not None
            outbox.mark_sent(db, delivery.id, call.attempt, carrier_id, self.clock.now)
            theirs = CallIn(CARRIER, carrier_id, delivery.address, None)
            rung = (delivery.id, delivery.person_id)
            return calls.open_call(db, theirs, call_id, self.clock.now, rung=rung).id

        row_id = await self.database.write(answer)
        said: list[tuple[str, Spoken]] = []
        key, spoken = "", await self.conversation.call_turn(row_id, Hello())
        while spoken is not None:
            said.append((key, spoken))
            if not (key := self._key(call, len(said), spoken)):
                break
            self.clock.now += A_TURN
            spoken = await self.conversation.call_turn(row_id, Dtmf(key))
        if self.heard:
            self.heard(began, call, said)
        await self.database.write(lambda db: calls.end(db, row_id, "completed", self.clock.now))
        await self._ended(call, carrier_id, "completed", int((self.clock.now - began).total_seconds()) + 15)

    def _key(self, call: CallOut, turn: int, spoken: Spoken) -> str:
        """What they press next. Empty: they put the receiver down."""
        session = spoken.reply.session
        keyed = [choice.key for choice in session.offered if choice.key]
        if spoken.leaving or session.top.page == MAIN or turn > TURNS_AT_MOST or not keyed:
            return ""
        at = KEYS.get(habits.answer(self.seed, call.to, f"call:{call.delivery_id}:{turn}"))
        return "" if at is None else keyed[min(at, len(keyed) - 1)]

    async def _ended(self, call: CallOut, carrier_id: str, ending: CallEnding, seconds: int) -> None:
        report = CallReport(call.delivery_id, call.attempt, carrier_id, ending, seconds)
        await self._write(lambda db: sending.take_call(db, report, self.clock.now))

    async def _write(self, work: Callable[[Connection], object]) -> None:
        await self.database.write(work)
