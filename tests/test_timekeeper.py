"""Timers that fire: letters that lead to a page, second looks, and everything that may be in the way."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection, select, update

from outreach.config import PROJECT
from outreach.conversation import Conversation
from outreach.delivery import timers
from outreach.delivery.policy import LOCAL
from outreach.dialogue.kinds import Confirm
from outreach.dialogue.page import Alert, Back, Data, Effect, Forget, Later, Move, Page, Remind, Text, Turn
from outreach.dialogue.prompts import load_all
from outreach.dialogue.session import load
from outreach.services.registry import HANDLERS, Handler, all_pages
from outreach.sms.inbound import Inbox
from outreach.store import calls, people
from outreach.store.database import Database
from outreach.store.people import Scope
from outreach.store.schema import deliveries, sessions, tasks
from outreach.store.schema import people as people_rows
from outreach.store.tables.call_items import call_items
from outreach.store.tables.timers import timers as rows
from outreach.timekeeper import IN_CONVERSATION, UNANSWERED, Timekeeper
from outreach.wire import CallIn, TextIn

T = TypeVar("T")
LANGUAGES = load_all(PROJECT / "prompts")
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""A Monday, ten in the morning in Wuwei."""
PHONE, LANDLINE = "+8613893500001", "+869352212345"
MINUTE = timedelta(minutes=1)
PAGE = "jobs.apply"
"""A page of ours stands in for this one: its words exist."""


def came(turn: Turn) -> Move:
    turn.effects.append(Alert("call_back", f"confirmed:{turn.data['course']}"))
    return Back((turn.say("jobs.save.done"),))


def ask(turn: Turn) -> Data | Move:
    if turn.data.get("broken"):
        raise RuntimeError("a page with a fault")
    return Back() if turn.data.get("gone") else turn.data


REMINDER = Confirm(
    PAGE,
    ask=lambda turn: (turn.say("jobs.apply.ask", employer="残联", title=f"第{turn.data['course']}期"),),
    yes=came,
    prepare=ask,
)


@dataclass
class House:
    """What fires timers, and what takes the answers, over one database and one clock."""

    database: Database
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    now: datetime = NOW

    def __post_init__(self) -> None:
        pages: dict[str, Page] = {**all_pages(), PAGE: REMINDER}
        conversation = Conversation(self.database, pages, LANGUAGES, self.clock, "武威市残联")
        self.keeper = Timekeeper(
            self.database, conversation, LANGUAGES, self.handlers, "武威市残联", self.clock
        )
        self.inbox = Inbox(conversation, pages, LANGUAGES, self.clock, "武威市残联", b"key")
        self.messages = 0

    def clock(self) -> datetime:
        return self.now

    def write(self, work: Callable[[Connection], T]) -> T:
        return self.database.write_now(work)

    def rows(self, *columns: Any) -> list[tuple[Any, ...]]:
        return self.database.read_now(lambda db: [tuple(row) for row in db.execute(select(*columns))])

    def person(self, *scopes: Scope, phone: str | None = PHONE, **contact: str | None) -> int:
        def work(db: Connection) -> int:
            person = people.create(db, phone, NOW - timedelta(days=9), "zh-CN")
            db.execute(update(people_rows).values(contact or {"phone": phone}))
            for scope in ("service", *scopes):
                people.give_consent(db, person.id, scope, "test/1", "console", None, NOW)
            return person.id

        return self.write(work)

    def remind(
        self,
        person_id: int,
        course: int = 1,
        hours: float = 24,
        escalate: bool = False,
        matters: bool = False,
        **data: Any,
    ) -> None:
        data = {"course": course, **data}
        until = self.now + timedelta(hours=hours)
        self.write(
            lambda db: timers.remind(
                db,
                f"course:{course}",
                PAGE,
                data,
                [self.now],
                until,
                person_id,
                self.now,
                escalate=escalate,
                matters=matters,
            )
        )

    def later(self, handler: str, **data: Any) -> None:
        self.write(lambda db: timers.later(db, "look", handler, data, self.now, self.now))

    def tick(self) -> int:
        return asyncio.run(self.keeper.fire_due())

    def text(self, body: str) -> tuple[str, ...]:
        self.messages += 1
        message = TextIn("test", f"SM{self.messages}", PHONE, body)
        return asyncio.run(self.inbox.receive(message))

    def letters(self) -> list[str]:
        return [body for (body,) in self.rows(deliveries.c.body) if body]

    def reasons(self) -> list[tuple[str, str | None]]:
        """Of all that was not sent."""
        found = self.rows(deliveries.c.state, deliveries.c.reason)
        return [(state, reason) for state, reason in found if state == "skipped"]

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """What is to be told by telephone."""
        return self.rows(call_items.c.page, call_items.c.data)


def test_a_reminder_is_a_letter_and_its_answer_goes_to_its_page(database: Database) -> None:
    house = House(database)
    person = house.person("reminders")
    house.remind(person, 7)
    assert house.tick() == 1
    ((body, scope, whose, address, state),) = house.rows(
        deliveries.c.body,
        deliveries.c.scope,
        deliveries.c.person_id,
        deliveries.c.address,
        deliveries.c.state,
    )
    assert body.startswith("【武威市残联】")
    assert "第7期" in body
    assert "回复1" in body
    assert (scope, whose, address, state) == ("reminders", person, PHONE, "queued")
    assert house.rows(rows.c.id) == []
    assert house.tick() == 0
    house.now += MINUTE
    house.text("1")
    assert house.rows(tasks.c.purpose) == [("confirmed:7",)]


def test_who_rings_instead_is_led_to_it(database: Database) -> None:
    house = House(database)
    house.remind(house.person("reminders"))
    house.tick()
    ((state,),) = house.rows(sessions.c.state)
    assert [frame.page for frame in load(state).frames] == ["home.menu", PAGE]


def test_a_page_with_nothing_left_to_say_says_nothing(database: Database) -> None:
    house = House(database)
    house.remind(house.person("reminders"), gone=True)
    assert house.tick() == 0
    assert house.letters() == []
    assert house.rows(rows.c.id) == house.rows(sessions.c.id) == []


@pytest.mark.parametrize("scopes", [(), ("jobs", "campaigns")])
def test_nobody_is_reminded_who_did_not_agree(database: Database, scopes: tuple[Scope, ...]) -> None:
    house = House(database)
    house.remind(house.person(*scopes))
    assert house.tick() == 0
    assert house.letters() == []
    assert house.reasons() == [("skipped", "no_consent")]
    assert house.rows(rows.c.id) == house.rows(sessions.c.id) == house.rows(tasks.c.id) == []


def test_a_conversation_is_not_broken_into(database: Database) -> None:
    """Their "1" would be taken for an answer to the reminder."""
    house = House(database)
    house.remind(house.person("reminders"))
    house.text("招聘")
    before = house.letters()
    for _ in range(2):
        assert house.tick() == 0
    assert house.letters() == before
    house.now += IN_CONVERSATION - timedelta(seconds=1)
    assert house.tick() == 0
    house.now += timedelta(seconds=1)
    assert house.tick() == 1
    assert "第1期" in house.letters()[-1]


def test_a_call_that_goes_on_is_not_broken_into(database: Database) -> None:
    house = House(database)
    house.remind(house.person("reminders"))
    call = house.write(lambda db: calls.open_call(db, CallIn("test", "CA1", PHONE, None), "call1", house.now))
    for _ in range(3):
        assert house.tick() == 0
        house.now += IN_CONVERSATION
    house.write(lambda db: calls.end(db, call.id, "completed", house.now))
    assert house.tick() == 1


# --- By telephone ---


@pytest.mark.parametrize(("phone", "wish"), [(LANDLINE, None), (LANDLINE, "sms"), (PHONE, "voice")])
def test_whoever_would_rather_be_rung_or_has_a_landline_is_rung(
    database: Database, phone: str, wish: str | None
) -> None:
    house = House(database)
    house.remind(house.person("reminders", phone=phone, contact_by=wish), 7)
    assert house.tick() == 1
    assert house.letters() == []
    assert house.rows(deliveries.c.channel, deliveries.c.address) == [("voice", phone)]
    assert house.told() == [(PAGE, {"course": 7})]
    assert house.rows(sessions.c.id) == [], "the conversation moves when they answer"


def test_one_call_carries_all_of_a_day(database: Database) -> None:
    house = House(database)
    person = house.person("reminders", phone=LANDLINE)
    house.remind(person, 1)
    house.remind(person, 2)
    assert house.tick() == 2
    assert len(house.rows(deliveries.c.id)) == 1
    assert [data["course"] for _, data in house.told()] == [1, 2]
    house.write(lambda db: timers.forget(db, "course:1", house.now))
    assert [data["course"] for _, data in house.told()] == [2]
    assert house.rows(deliveries.c.state) == [("queued",)]
    house.write(lambda db: timers.forget(db, "course:2", house.now))
    assert house.rows(deliveries.c.state) == [("cancelled",)]


def test_nobody_is_rung_at_noon_or_out_of_their_own_hours(database: Database) -> None:
    house = House(database)
    person = house.person("reminders", contact_by="voice", contact_from="15:00", contact_until="18:00")
    house.remind(person)
    assert house.tick() == 0
    assert house.rows(rows.c.due_at) == [(datetime(2026, 3, 2, 15, 0, tzinfo=LOCAL).astimezone(UTC),)]


@pytest.mark.parametrize("gone", [False, True])
def test_what_is_not_confirmed_becomes_a_call_then_a_task(database: Database, gone: bool) -> None:
    house = House(database)
    person = house.person("reminders")
    house.remind(person, hours=72, escalate=True)
    assert house.tick() == 1
    assert len(house.letters()) == 1
    if gone:  # confirmed meanwhile
        house.write(lambda db: db.execute(update(rows).values(data={"course": 1, "gone": True})).rowcount)
    house.now = datetime(2026, 3, 4, 14, 30, tzinfo=LOCAL).astimezone(UTC)
    house.tick()
    assert len(house.told()) == (0 if gone else 1)
    house.now = datetime(2026, 3, 4, 17, 0, tzinfo=LOCAL).astimezone(UTC)
    house.tick()
    assert house.rows(tasks.c.kind, tasks.c.person_id) == ([] if gone else [("call_back", person)])
    assert house.rows(rows.c.id) == []


def test_two_reminders_do_not_come_at_once(database: Database) -> None:
    """One answer could not be told from the other."""
    house = House(database)
    person = house.person("reminders")
    house.remind(person, 1)
    house.remind(person, 2)
    assert house.tick() == 1
    assert house.tick() == 0
    house.now += MINUTE
    house.text("1")
    assert house.rows(tasks.c.purpose) == [("confirmed:1",)]
    house.now += IN_CONVERSATION - MINUTE
    assert house.tick() == 0
    house.now += MINUTE
    assert house.tick() == 1
    assert ["第1期" in house.letters()[0], "第2期" in house.letters()[-1]] == [True, True]
    house.text("1")
    assert house.rows(tasks.c.purpose) == [("confirmed:1",), ("confirmed:2",)]


@pytest.mark.parametrize(("hours", "wait"), [(24, UNANSWERED), (1, IN_CONVERSATION)])
def test_a_reminder_waits_for_the_answer_to_the_one_before(
    database: Database, hours: float, wait: timedelta
) -> None:
    """Where there is time: their "1" is meant for the letter that they have read."""
    house = House(database)
    person = house.person("reminders")
    house.remind(person, 1, hours=hours)
    house.remind(person, 2, hours=hours)
    assert house.tick() == 1
    while house.now < NOW + wait:
        assert house.tick() == 0
        house.now += IN_CONVERSATION
    assert house.tick() == 1
    assert "第2期" in house.letters()[1]


def test_of_many_reminders_of_one_hour_none_is_lost(database: Database) -> None:
    """Two letters a day: the third leaves the next morning, and the conversation stays where it is until then."""
    house = House(database)
    person = house.person("reminders")
    for course in (1, 2, 3):
        house.remind(person, course, hours=48)
    for _ in range(2):
        assert house.tick() == 1
        house.write(lambda db: db.execute(update(deliveries).values(state="delivered")).rowcount)
        house.now += UNANSWERED
    assert house.tick() == 0
    house.text("1")
    assert house.rows(tasks.c.purpose) == [("confirmed:2",)]
    house.now = datetime(2026, 3, 3, 8, 0, tzinfo=LOCAL).astimezone(UTC)
    assert house.tick() == 1
    assert "第3期" in house.letters()[-1]
    house.text("1")
    assert house.rows(tasks.c.purpose) == [("confirmed:2",), ("confirmed:3",)]


def test_at_night_it_waits_for_the_morning(database: Database) -> None:
    house = House(database)
    house.now = datetime(2026, 3, 2, 21, 0, tzinfo=LOCAL).astimezone(UTC)
    house.remind(house.person("reminders"))
    assert house.tick() == 0
    assert house.rows(sessions.c.id) == [], "the place is left alone until the letter leaves"
    morning = datetime(2026, 3, 3, 8, 0, tzinfo=LOCAL).astimezone(UTC)
    assert house.rows(rows.c.due_at) == [(morning,)]
    house.now = morning
    assert house.tick() == 1


@pytest.mark.parametrize(
    ("clock", "phone", "hours"),
    [
        ("21:00", PHONE, 9),  # over before letters may go out
        ("10:00", PHONE, 0.1),  # over before the conversation is
    ],
)
def test_what_a_letter_cannot_do_in_time_is_a_counselors(
    database: Database, clock: str, phone: str, hours: float
) -> None:
    house = House(database)
    house.now = datetime.fromisoformat(f"2026-03-02T{clock}+08:00")
    person = house.person("reminders", phone=phone)
    house.remind(person, hours=hours)
    if hours < 1:
        house.text("招聘")
    sent = house.letters()
    assert house.tick() == 0
    assert house.letters() == sent
    assert house.rows(tasks.c.kind, tasks.c.person_id, tasks.c.phone) == [("call_back", person, phone)]
    assert house.rows(rows.c.id) == []


def test_what_is_over_after_a_standstill_is_a_counselors(database: Database) -> None:
    house = House(database)
    house.remind(house.person("reminders"), hours=2)
    house.now += timedelta(hours=3)
    assert house.tick() == 0
    assert [kind for (kind,) in house.rows(tasks.c.kind)] == ["call_back"]


def test_who_has_no_number_is_told_by_a_counselor(database: Database) -> None:
    """Once: the call and the task that would follow a letter without an answer come to the same."""
    house = House(database)
    person = house.person("reminders", phone=None)
    house.remind(person, 1, hours=72, escalate=True)
    house.remind(person, 2, gone=True)
    assert house.tick() == 0
    assert house.rows(tasks.c.kind, tasks.c.person_id, tasks.c.phone) == [("call_back", person, None)]
    assert house.reasons() == [("skipped", "no_number")]
    house.now += timedelta(hours=71)
    house.tick()
    assert len(house.rows(tasks.c.id)) == 1
    assert house.rows(rows.c.id) == []


@pytest.mark.parametrize("gone", [False, True])
def test_what_matters_is_told_by_a_counselor_where_letters_are_not_wanted(
    database: Database, gone: bool
) -> None:
    house = House(database)
    person = house.person()
    house.remind(person, 1, hours=72, escalate=True, matters=True, gone=gone)
    assert house.tick() == 0
    assert house.letters() == []
    assert house.rows(tasks.c.kind, tasks.c.person_id) == ([] if gone else [("call_back", person)])
    house.now += timedelta(hours=71)
    house.tick()
    assert len(house.rows(tasks.c.id)) == (0 if gone else 1)


def test_a_number_that_is_none_is_tried_once(database: Database) -> None:
    """Then their counselor tells them, until they have another number, or are heard of from this one."""
    house = House(database)
    person = house.person("reminders")
    house.remind(person, 1)
    assert house.tick() == 1
    house.now += MINUTE
    house.write(
        lambda db: (
            db.execute(
                update(deliveries).values(state="failed", reason="invalid_number", updated_at=house.now)
            ).rowcount
        )
    )
    house.now += timedelta(days=3)
    house.remind(person, 2)
    assert house.tick() == 0
    assert len(house.letters()) == 1
    assert house.rows(tasks.c.kind, tasks.c.person_id) == [("call_back", person)]
    house.text("招聘")
    house.now += timedelta(hours=1)
    house.remind(person, 3)
    assert house.tick() == 1
    assert "第3期" in house.letters()[-1]


# --- Second looks ---


def test_a_second_look_is_taken_once_and_what_it_sets_off_is_done(database: Database) -> None:
    seen: list[Any] = []

    def look(db: Connection, now: datetime, data: Data) -> list[Effect]:
        seen.append((now, dict(data)))
        return [
            Text("seat:1", "有空位了", scope="jobs", to=PHONE),
            Alert("call_back", "seat:1", phone=PHONE),
            Later("next", "look", {"n": 2}, now + timedelta(hours=1)),
            Forget("course:1"),
            Remind("course:2", PAGE, {"course": 2}, (now,), now + timedelta(hours=9), person),
        ]

    house = House(database, {"look": look})
    person = house.person("jobs", "reminders")
    house.remind(person, 1, hours=9)
    house.write(lambda db: db.execute(update(rows).values(due_at=NOW + timedelta(hours=5))).rowcount)
    house.later("look", n=1)
    assert house.tick() == 1
    assert seen == [(NOW, {"n": 1})]
    assert house.rows(deliveries.c.body, deliveries.c.person_id, deliveries.c.scope) == [
        ("【武威市残联】有空位了", person, "jobs")
    ]
    assert house.rows(tasks.c.purpose) == [("seat:1",)]
    assert set(house.rows(rows.c.occasion, rows.c.handler, rows.c.page)) == {
        ("next", "look", None),
        ("course:2", None, PAGE),
    }


def test_what_fails_is_undone_put_off_and_holds_up_nobody(database: Database) -> None:
    attempts: list[datetime] = []

    def broken(db: Connection, now: datetime, _: Data) -> list[Effect]:
        attempts.append(now)
        db.execute(update(people_rows).values(name="half-done"))
        if len(attempts) < 3:
            raise RuntimeError("not yet")
        return []

    house = House(database, {"broken": broken})
    person = house.person("reminders")
    house.later("broken")
    house.later("renamed")
    house.remind(person, 1, broken=True)
    house.remind(person, 2)
    assert house.tick() == 1
    assert "第2期" in house.letters()[0]
    assert house.rows(people_rows.c.name) == [(None,)]
    for wait in (1, 2):
        house.now += MINUTE * wait
        house.tick()
    assert [(at - NOW) // MINUTE for at in attempts] == [0, 1, 3]
    assert {name for (name,) in house.rows(rows.c.handler)} == {"renamed", None}


def test_two_houses_take_one_look(database: Database) -> None:
    taken: list[int] = []

    def look(db: Connection, now: datetime, data: Data) -> list[Effect]:
        taken.append(data["n"])
        return []

    first, second = House(database, {"look": look}), House(database, {"look": look})
    for number in range(8):
        first.write(
            lambda db, number=number: timers.later(db, f"o{number}", "look", {"n": number}, NOW, NOW)  # type: ignore[misc]
        )

    async def both() -> int:
        return sum(await asyncio.gather(first.keeper.fire_due(), second.keeper.fire_due()))

    assert asyncio.run(both()) == 8
    assert sorted(taken) == list(range(8))


def test_every_handler_of_the_services_has_a_name_that_can_be_stored() -> None:
    assert all(0 < len(name) <= 60 for name in HANDLERS)
