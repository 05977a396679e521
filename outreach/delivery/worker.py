"""Drives deliveries from the ledger to a carrier and back. What is decided is ``sending.py``'s and ``policy.py``'s.

The law: a request to the carrier is made once. Whatever becomes of it is written down, and where nobody can know
(a timeout, a death in between), the carrier's own list is asked before the same thing is sent again. Any number of
workers, in one process or many, may share a ledger. All database work runs in the store's threads.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Generic, Protocol, TypeVar

import structlog
from sqlalchemy import Connection

from outreach.delivery import outbox, policy, sending
from outreach.delivery.outbox import Delivery
from outreach.store.database import Database
from outreach.wire import (
    CallCarrier,
    CallOut,
    CallReport,
    CarrierError,
    Outcome,
    Refused,
    Taken,
    TextCarrier,
    TextOut,
    Unknown,
)

log = structlog.get_logger()

BATCH: Final = 20
AT_ONCE: Final = 4
"""Requests in flight. A long number sends one part a second anyway; what is surplus waits at the carrier."""
LEASE_SECONDS: Final = 90.0
"""Longer than a carrier may take to answer, several times over."""
ASK_WITHIN: Final = timedelta(seconds=LEASE_SECONDS / 3)
"""A process that was put to sleep in between must not ask on a lease that others may have seen expire."""
LOOK_UP_AFTER: Final = timedelta(minutes=2)
"""A request that was cut off may still be at work over there; after this it is on the carrier's list or nowhere."""
LOOK_UP_AT_ONCE: Final = 10
CLOCKS_APART: Final = timedelta(minutes=5)
LONGEST_PAUSE: Final = timedelta(hours=1)
SILENT_AFTER: Final = timedelta(minutes=15)
"""A call of which nothing was heard for so long is asked after: its report may have found nobody at home."""

Out = TypeVar("Out", TextOut, CallOut)
In = TypeVar("In", contravariant=True)


class Carrier(Protocol[In]):
    """What a text carrier and a call carrier have in common."""

    async def send(self, out: In, /) -> Outcome:
        """Ask it once; without raising."""

    async def find(self, out: In, since: datetime, /) -> Sequence[str]:
        """What may be this one on its list. Raises CarrierError."""


class Despatch(Generic[Out]):
    """Sends what is due by one channel. ``owner`` must be its own among all workers of the ledger.

    ``make``: from a delivery to what this carrier is asked for.
    """

    def __init__(
        self,
        database: Database,
        carrier: Carrier[Out],
        clock: Callable[[], datetime],
        owner: str,
        channel: outbox.Channel,
        make: sending.Make[Out],
    ) -> None:
        self._database = database
        self._carrier: Carrier[Out] = carrier
        self._clock = clock
        self._owner = owner[:64]
        self._channel = channel
        self._make: sending.Make[Out] = make
        self._rests_until: datetime | None = None
        self._stopping = False

    async def drain(self) -> int:
        """Send until nothing is due, or the carrier wants a pause. Returns how often it was asked.

        Raises DatabaseError; what was in flight then is settled by ``reap`` and ``look_up`` later.
        """
        asked = 0
        while not self._resting() and await self._database.read(lambda db: self._room(db) > 0):
            claimed = await self._database.write(self._claim)
            if not claimed:  # others have all of it
                break
            asked += await self._send_all(claimed)
        return asked

    def _room(self, db: Connection) -> int:
        """How many may be begun now. 0: nothing is due, or that is enough."""
        return BATCH if outbox.is_due(db, self._clock(), self._channel) else 0

    def _claim(self, db: Connection) -> list[Delivery]:
        room = self._room(db)
        return outbox.claim(db, self._owner, self._clock(), LEASE_SECONDS, room, self._channel)

    async def reap(self) -> None:
        """What died in the middle becomes unsure; what has passed its end is skipped."""
        reaped = await self._database.write(lambda db: sending.reap(db, self._clock()))
        if reaped.unsure or reaped.expired:
            log.warning("deliveries_reaped", unsure=reaped.unsure, expired=len(reaped.expired))

    async def look_up(self) -> None:
        """Settle what is unsure by the carrier's own list; what is not there will be sent again."""
        before = self._clock() - LOOK_UP_AFTER
        lying = await self._database.read(
            lambda db: outbox.unsure(db, before, LOOK_UP_AT_ONCE, self._channel)
        )
        for delivery in lying:
            if not await self._look_up(delivery):
                return  # the carrier cannot be asked: later, for all of them

    async def stop(self) -> None:
        """Begin nothing more, and give back what is claimed and not begun, so that nobody waits for its lease."""
        self._stopping = True
        await self._give_back()

    async def _give_back(self) -> None:
        await self._database.write(lambda db: outbox.release(db, self._owner, self._clock()))

    async def _look_up(self, delivery: Delivery) -> bool:
        out = self._make(delivery, delivery.attempts, 0)
        try:
            found = await self._carrier.find(out, self._since(delivery))
        except CarrierError as error:
            log.warning("delivery_not_looked_up", delivery=delivery.id, why=error.reason)
            if error.retry:
                return False
            await self._database.write(lambda db: sending.give_up(db, delivery, self._clock()))
            return True
        await self._database.write(lambda db: sending.look_up(db, delivery, found, self._clock()))
        return True

    def _since(self, delivery: Delivery) -> datetime:
        return delivery.created_at - CLOCKS_APART

    async def _send_all(self, claimed: Sequence[Delivery]) -> int:
        turn = asyncio.Semaphore(AT_ONCE)
        # all are waited for, whatever becomes of one: a request that is cut off is one more to be looked up
        asked = await asyncio.gather(*(self._send(one, turn) for one in claimed), return_exceptions=True)
        if self._resting():
            await self._give_back()
        if errors := [error for error in asked if isinstance(error, BaseException)]:
            raise errors[0]
        return sum(was for was in asked if not isinstance(was, BaseException))

    async def _send(self, delivery: Delivery, turn: asyncio.Semaphore) -> bool:
        async with turn:
            if self._resting():
                return False
            begun_at = self._clock()
            out = await self._database.write(lambda db: self._begin(db, delivery, begun_at))
            if out is None or self._clock() > begun_at + ASK_WITHIN:
                return False
            outcome = await self._carrier.send(out)
            self._rest(outcome)
            await self._database.write(
                lambda db: sending.end(db, delivery, out.attempt, outcome, self._clock())
            )
            return True

    def _begin(self, db: Connection, delivery: Delivery, now: datetime) -> Out | None:
        return sending.begin(db, delivery, self._owner, now, LEASE_SECONDS, self._make)

    def _rest(self, outcome: Outcome) -> None:
        match outcome:
            case Taken():
                return
            case Refused(reason, code, retry_after_seconds):
                pause = policy.PAUSE.get(reason, timedelta(0))
                if reason == "account":
                    log.error("carrier_account_in_trouble", code=code)
            case Unknown(_, retry_after_seconds):
                pause = timedelta(0)
        pause = min(max(pause, timedelta(seconds=retry_after_seconds or 0)), LONGEST_PAUSE)
        if pause:
            self._rests_until = self._clock() + pause

    def _resting(self) -> bool:
        if self._stopping:
            return True
        return self._rests_until is not None and self._clock() < self._rests_until


class Worker(Despatch[TextOut]):
    """Sends text messages."""

    def __init__(
        self, database: Database, carrier: TextCarrier, clock: Callable[[], datetime], owner: str
    ) -> None:
        super().__init__(database, carrier, clock, owner, "sms", sending.text_out)


class Caller(Despatch[CallOut]):
    """Makes calls, at a pace. ``still``: is there anything left to tell in this call?"""

    def __init__(
        self,
        database: Database,
        carrier: CallCarrier,
        clock: Callable[[], datetime],
        owner: str,
        pace: policy.Pace,
        still: Callable[[Connection, Delivery, datetime], bool],
    ) -> None:
        super().__init__(database, carrier, clock, owner, "voice", sending.call_out)
        self._calls = carrier
        self._pace = pace
        self._still = still

    def _room(self, db: Connection) -> int:
        """Two nodes that look at once may both find the same room: the carrier then queues one call for a second."""
        if not super()._room(db):
            return 0
        under_way, just_begun = outbox.calling(db, self._clock() - timedelta(seconds=1))
        room = min(self._pace.calls_at_once - under_way, self._pace.calls_a_second - just_begun)
        return max(room, 0)

    def _since(self, delivery: Delivery) -> datetime:
        """Not from its creation on: earlier attempts are on the list too, and their ids are forgotten here."""
        return (delivery.begun_at or delivery.created_at) - CLOCKS_APART

    def _begin(self, db: Connection, delivery: Delivery, now: datetime) -> CallOut | None:
        if not self._still(db, delivery, now):
            outbox.skip(db, delivery.id, "superseded", now)
            return None
        return super()._begin(db, delivery, now)

    async def ask_after(self) -> None:
        """What became of calls whose end was never reported: the carrier knows."""
        before = self._clock() - SILENT_AFTER
        silent = await self._database.read(lambda db: outbox.silent_calls(db, before, LOOK_UP_AT_ONCE))
        for delivery in silent:
            assert delivery.carrier_id is not None, "the carrier took it"
            try:
                stands = await self._calls.stands(delivery.carrier_id)
            except CarrierError as error:
                log.warning("call_not_asked_after", delivery=delivery.id, why=error.reason)
                return
            if stands.ending is None:
                continue
            report = CallReport(
                delivery.id, delivery.attempts, delivery.carrier_id, stands.ending, stands.seconds
            )
            await self._database.write(
                lambda db, report=report: sending.take_call(db, report, self._clock())  # type: ignore[misc]
            )
