"""Calls of the ledger: merged, paced, tried again, looked up; against a carrier that does as it is told."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from outreach.delivery import items, outbox, policy, sending
from outreach.delivery.outbox import Delivery
from outreach.delivery.worker import LEASE_SECONDS, LOOK_UP_AFTER, SILENT_AFTER, Caller
from outreach.store import people
from outreach.store.database import Database
from outreach.store.schema import deliveries, tasks
from outreach.store.tables.call_items import call_items
from outreach.store.tables.timers import timers
from outreach.wire import CallOut, CallReport, CallStands, CarrierError, Outcome, Refused, Taken, Unknown
from tests.delivery.post import HANDSET, NOW

LANDLINE = "+869352212345"


@dataclass
class Exchange:
    """A ledger, its caller, and a carrier that says what it is told to say. No sound and no wire."""

    database: Database
    now: datetime = NOW
    pace: policy.Pace = field(default_factory=policy.Pace)
    outcomes: deque[Outcome] = field(default_factory=deque)
    made: list[CallOut] = field(default_factory=list)
    listed: Sequence[str] = ()
    standing: CallStands | CarrierError = field(default_factory=lambda: CallStands(None))
    anything_left: bool = True

    def __post_init__(self) -> None:
        self.caller = Caller(
            self.database, self, lambda: self.now, "one", self.pace, lambda *_: self.anything_left
        )

    async def send(self, call: CallOut) -> Outcome:
        self.made.append(call)
        return self.outcomes.popleft() if self.outcomes else Taken(f"CA{len(self.made)}")

    async def find(self, call: CallOut, since: datetime) -> Sequence[str]:
        assert since <= self.now
        return self.listed

    async def stands(self, carrier_id: str) -> CallStands:
        if isinstance(self.standing, CarrierError):
            raise self.standing
        return self.standing

    async def leave_message(self, carrier_id: str, language: str) -> None:
        raise AssertionError("nobody asked for it")

    def person(self, phone: str = HANDSET, *scopes: Any) -> int:
        def work(db: Connection) -> int:
            person = people.create(db, phone, NOW - timedelta(days=9))
            for scope in ("reminders", *scopes):
                people.give_consent(db, person.id, scope, "test/1", "console", None, NOW)
            return person.id

        return self.database.write_now(work)

    def queue(self, purpose: str, person_id: int | None, **values: Any) -> bool:
        given: dict[str, Any] = {
            "purpose": purpose,
            "person_id": person_id,
            "address": HANDSET,
            "page": "p.remind",
            "data": {"of": purpose},
            "scope": "reminders",
            "now": self.now,
            "expires_at": self.now + timedelta(days=5),
            "same_day": policy.day_of(self.now),
        }
        return self.database.write_now(lambda db: outbox.queue_call(db, **(given | values)))

    def drain(self) -> int:
        return asyncio.run(self.caller.drain())

    def run(self, work: Callable[[], Awaitable[None]]) -> None:
        asyncio.run(work())  # type: ignore[arg-type]

    def told(self, **values: Any) -> bool:
        """The carrier's word on the last call."""
        last = self.made[-1]
        given: dict[str, Any] = {"ending": "completed", "seconds": 30} | values
        report = CallReport(last.delivery_id, last.attempt, f"CA{len(self.made)}", **given)
        return self.database.write_now(lambda db: sending.take_call(db, report, self.now))

    def hear(self, purpose: str) -> None:
        """They were led to it."""
        item = self.database.read_now(
            lambda db: db.scalar(select(call_items.c.id).where(call_items.c.purpose == purpose))
        )
        assert item is not None
        self.database.write_now(lambda db: items.hear(db, item, self.now))

    def rows(self) -> list[Delivery]:
        query = select(*outbox.SHOWN).order_by(deliveries.c.id)
        return self.database.read_now(lambda db: [Delivery(*row) for row in db.execute(query)])

    def states(self) -> list[tuple[str, str | None]]:
        return [(row.state, row.reason) for row in self.rows()]

    def texts(self) -> list[tuple[str, Any]]:
        """What is to be told in writing instead."""
        query = select(timers.c.rung, timers.c.data).order_by(timers.c.id)
        return self.database.read_now(lambda db: [tuple(row) for row in db.execute(query)])

    def tasks(self) -> list[str]:
        return self.database.read_now(lambda db: list(db.scalars(select(tasks.c.kind))))


def test_a_call_that_told_everything_is_delivered(database: Database) -> None:
    exchange = Exchange(database)
    exchange.queue("a", exchange.person())
    assert exchange.drain() == 1
    assert exchange.made == [CallOut(1, 1, HANDSET, None, sending.RING_SECONDS)]
    assert exchange.states() == [("sent", None)]
    exchange.hear("a")
    assert exchange.told()
    assert not exchange.told(), "told twice"
    assert exchange.states() == [("delivered", None)]


def test_one_call_for_one_day_and_another_for_another(database: Database) -> None:
    exchange = Exchange(database)
    person, other = exchange.person(), exchange.person("+8619900000002")
    assert exchange.queue("campaign", person, scope="campaigns", priority=1)
    assert exchange.queue("reminder", person)
    assert not exchange.queue("reminder", person), "nothing twice"
    assert exchange.queue("other", other, address="+8619900000002")
    tomorrow = exchange.now + timedelta(days=1)
    day = policy.day_of(tomorrow)
    assert exchange.queue("tomorrow", person, due_at=tomorrow, same_day=day)
    first, second, third = exchange.rows()
    assert (first.scope, first.priority) == ("reminders", 0), "as urgent as the most urgent it carries"
    assert (second.person_id, third.due_at) == (other, tomorrow)
    told = database.read_now(lambda db: [item.purpose for item in items.to_tell(db, first.id, NOW)])
    assert told == ["reminder", "campaign"], "reminders first"


def test_calls_are_made_at_a_pace(database: Database) -> None:
    exchange = Exchange(database, pace=policy.Pace(calls_a_second=2, calls_at_once=3))
    for number in range(6):
        phone = f"+861990000001{number}"
        exchange.queue(f"n{number}", exchange.person(phone), address=phone)
    assert exchange.drain() == 2
    assert exchange.drain() == 0
    exchange.now += timedelta(seconds=1)
    assert exchange.drain() == 1, "three at once, and no more"
    exchange.now += timedelta(seconds=1)
    assert exchange.drain() == 0
    exchange.hear("n2")
    exchange.told()
    assert exchange.drain() == 1


def test_one_call_a_day_and_reminders_first(database: Database) -> None:
    exchange = Exchange(database)
    person = exchange.person(HANDSET, "campaigns")
    exchange.queue("one", person, scope="campaigns", priority=1)
    exchange.drain()
    exchange.hear("one")
    exchange.told()
    exchange.now += timedelta(minutes=5)
    exchange.queue("two", person, scope="campaigns", priority=1)
    assert exchange.drain() == 0
    assert exchange.states()[1] == ("queued", "cap")
    exchange.now += timedelta(minutes=1)
    exchange.queue("three", person, same_day=policy.day_of(exchange.now))
    assert exchange.drain() == 1, "no campaign crowds out a reminder"


@pytest.mark.parametrize(
    ("ending", "waits"),
    [("busy", (10, 30)), ("no_answer", (60, 240)), ("switched_off", (1440,)), ("invalid_number", ())],
)
def test_the_ladder_ends_in_a_text(database: Database, ending: Any, waits: Sequence[int]) -> None:
    exchange = Exchange(database)
    exchange.queue("a", exchange.person())
    for wait in (*waits, None):
        assert exchange.drain() == 1
        exchange.told(ending=ending, seconds=0)
        if wait is None:
            break
        assert exchange.states() == [("queued", ending)]
        exchange.now += timedelta(minutes=wait) - timedelta(seconds=1)
        assert exchange.drain() == 0
        exchange.now += timedelta(seconds=1)
    assert exchange.states() == [("failed", ending)]
    assert exchange.texts() == [("sms", {"of": "a"})]
    assert exchange.tasks() == []


def test_where_no_text_arrives_it_is_a_counselors(database: Database) -> None:
    exchange = Exchange(database)
    exchange.queue("a", exchange.person(LANDLINE), address=LANDLINE)
    exchange.drain()
    exchange.told(ending="invalid_number")
    assert exchange.texts() == []
    assert exchange.tasks() == ["call_back"]


def test_a_call_that_breaks_off_goes_on_with_the_rest(database: Database) -> None:
    exchange = Exchange(database)
    person = exchange.person()
    exchange.queue("a", person)
    exchange.queue("b", person)
    exchange.drain()
    exchange.hear("a")
    exchange.told(seconds=40)
    assert exchange.states() == [("queued", "hung_up")]
    exchange.now += timedelta(minutes=10)
    assert exchange.drain() == 1
    left = database.read_now(lambda db: [item.purpose for item in items.to_tell(db, 1, exchange.now)])
    assert left == ["b"]


@pytest.mark.parametrize(("answered", "state"), [(True, "delivered"), (False, "queued")])
def test_a_short_call_counts_only_when_somebody_answered(
    database: Database, answered: bool, state: str
) -> None:
    exchange = Exchange(database)
    exchange.queue("a", exchange.person())
    exchange.drain()
    exchange.now += timedelta(seconds=2)
    exchange.hear("a")
    if answered:
        database.write_now(lambda db: outbox.note_answered(db, 1))
    exchange.told(seconds=3)
    assert exchange.states()[0][0] == state


def test_a_machine_has_heard_nothing(database: Database) -> None:
    exchange = Exchange(database)
    exchange.queue("a", exchange.person())
    exchange.drain()
    exchange.hear("a")
    assert database.write_now(lambda db: sending.machine_answered(db, 1, 1, exchange.now))
    assert not database.write_now(lambda db: sending.machine_answered(db, 1, 1, exchange.now))
    assert exchange.states() == [("failed", "voicemail")]
    assert exchange.texts() == [("sms", {"of": "a"})]
    assert not exchange.told(seconds=40), "what comes later changes nothing"


def test_what_was_settled_meanwhile_is_not_rung_about(database: Database) -> None:
    exchange = Exchange(database, anything_left=False)
    exchange.queue("a", exchange.person())
    assert exchange.drain() == 0
    assert exchange.states() == [("skipped", "superseded")]
    assert exchange.texts() == []


# --- Trouble ---


@pytest.mark.parametrize(("listed", "state"), [(("CA9",), "sent"), ((), "queued")])
def test_a_call_that_nobody_knows_of_is_looked_up(
    database: Database, listed: Sequence[str], state: str
) -> None:
    """Killed, or timed out, between asking and writing down: never a second call before the list was asked."""
    exchange = Exchange(database)
    exchange.queue("a", exchange.person())
    exchange.outcomes.append(Unknown("ReadTimeout"))
    exchange.drain()
    assert exchange.states() == [("unsure", "ReadTimeout")]
    exchange.listed = listed
    exchange.run(exchange.caller.look_up)
    assert exchange.states()[0][0] == "unsure", "it may still be at work over there"
    exchange.now += LOOK_UP_AFTER
    exchange.run(exchange.caller.look_up)
    assert exchange.states()[0][0] == state
    assert len(exchange.made) == 1


def test_a_node_that_dies_in_mid_call_leaves_it_to_be_asked_after(database: Database) -> None:
    exchange = Exchange(database)
    exchange.queue("a", exchange.person())
    exchange.drain()
    exchange.hear("a")
    exchange.standing = CallStands("completed", 50)
    exchange.run(exchange.caller.ask_after)
    assert exchange.states() == [("sent", None)], "it may be going on"
    exchange.now += SILENT_AFTER
    exchange.standing = CarrierError("down", retry=True)
    exchange.run(exchange.caller.ask_after)
    assert exchange.states() == [("sent", None)]
    exchange.standing = CallStands(None)
    exchange.run(exchange.caller.ask_after)
    assert exchange.states() == [("sent", None)]
    exchange.standing = CallStands("completed", 50)
    exchange.run(exchange.caller.ask_after)
    assert exchange.states() == [("delivered", None)]


def test_a_lease_that_ends_while_the_carrier_is_asked_is_unsure(database: Database) -> None:
    exchange = Exchange(database)
    exchange.queue("a", exchange.person())

    def begin(db: Connection) -> None:
        (claimed,) = outbox.claim(db, "dead", exchange.now, LEASE_SECONDS, 1, "voice")
        assert sending.begin(db, claimed, "dead", exchange.now, LEASE_SECONDS, sending.call_out)

    database.write_now(begin)
    exchange.now += timedelta(seconds=LEASE_SECONDS)
    exchange.run(exchange.caller.reap)
    assert exchange.states() == [("unsure", "lease_expired")]


def test_a_carrier_that_is_down_is_waited_for_and_callers_are_told(database: Database) -> None:
    exchange = Exchange(database)
    exchange.queue("a", exchange.person())
    exchange.outcomes.append(Refused("carrier_down", "ConnectError"))
    exchange.drain()
    assert exchange.states() == [("queued", "carrier_down")]
    assert database.read_now(lambda db: outbox.is_held(db, "voice"))
    assert not database.read_now(lambda db: outbox.is_held(db, "sms"))
    exchange.now += timedelta(minutes=1)
    assert exchange.drain() == 1
    assert not database.read_now(lambda db: outbox.is_held(db, "voice"))


def test_what_was_not_told_in_time_is_a_counselors(database: Database) -> None:
    exchange = Exchange(database)
    exchange.queue("a", exchange.person(), expires_at=NOW + timedelta(hours=1))
    exchange.now += timedelta(hours=2)
    exchange.run(exchange.caller.reap)
    assert exchange.states() == [("skipped", "expired")]
    assert exchange.tasks() == ["call_back"]


def test_reports_of_an_earlier_attempt_or_of_nothing_change_nothing(database: Database) -> None:
    exchange = Exchange(database)
    exchange.queue("a", exchange.person())
    exchange.drain()
    exchange.told(ending="busy")
    exchange.now += timedelta(minutes=10)
    exchange.drain()
    for delivery, attempt in ((1, 1), (99, 1)):
        report = CallReport(delivery, attempt, "CA1", "invalid_number")
        assert not database.write_now(lambda db, report=report: sending.take_call(db, report, NOW))  # type: ignore[misc]
    assert exchange.states() == [("sent", None)]


def test_ringing_back_is_done_once_and_needs_nothing_to_tell(database: Database) -> None:
    exchange = Exchange(database)

    def queue(db: Connection) -> bool:
        end = NOW + timedelta(hours=24)
        return outbox.queue_call_back(
            db, purpose="call_back:CA7", person_id=None, address=HANDSET, now=NOW, expires_at=end
        )

    assert database.write_now(queue)
    assert not database.write_now(queue)
    assert exchange.drain() == 1
    exchange.told(seconds=2)
    assert exchange.states() == [("delivered", None)]
