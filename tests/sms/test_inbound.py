"""Text messages taken in on every database: once each, whoever they are from, and nothing kept that need not be."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from outreach.conversation import Conversation
from outreach.delivery import outbox
from outreach.dialogue.page import Dtmf, Hello
from outreach.services.registry import all_pages
from outreach.sms.inbound import IN, TOO_MANY, Inbox
from outreach.sms.segments import size
from outreach.store import calls, messages, people
from outreach.store.database import Database
from outreach.store.people import Scope
from outreach.store.schema import consents, deliveries, metadata, sessions
from outreach.store.tables.messages import inbound_messages
from outreach.wire import CallIn, TextIn
from tests.scenario import LANGUAGES

NUMBER = "+8613993500001"
START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
KEY = b"secret"


class House:
    """The inbox on a database, with a clock that is set by hand."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = START
        self.conversation = Conversation(database, all_pages(), LANGUAGES, lambda: self.now, "残联")
        self.inbox = Inbox(self.conversation, all_pages(), LANGUAGES, lambda: self.now, "残联", KEY)
        self.sent = 0

    def text(self, body: str, **fields: Any) -> TextIn:
        self.sent += 1
        return TextIn(
            **{"carrier": "test", "carrier_message_id": f"SM{self.sent}", "sender": NUMBER, "body": body}
            | fields
        )

    def receive(self, body: str, **fields: Any) -> tuple[str, ...]:
        text = self.text(body, **fields)
        return self.database.write_now(lambda db: self.inbox.take(db, text))

    def keep(self, *scopes: Scope) -> int:
        """Somebody who agreed to these."""

        def work(db: Connection) -> int:
            person = people.create(db, NUMBER, START)
            for scope in ("service", *scopes):
                people.give_consent(db, person.id, scope, "test/1", "console", None, START)
            return person.id

        return self.database.write_now(work)

    def opening(self) -> None:
        """One job that can be applied for."""
        self.database.write_now(
            lambda db: db.execute(insert(metadata.tables["openings"]).values(OPENING)).close()
        )

    def consents(self, person_id: int) -> frozenset[Scope]:
        return self.database.read_now(lambda db: people.consents(db, person_id))

    def purposes(self) -> list[str]:
        return list(self.read(select(deliveries.c.purpose).order_by(deliveries.c.id)))

    def read(self, query: Any) -> list[Any]:
        return self.database.read_now(lambda db: list(db.execute(query).scalars()))


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


# --- Once -------------------------------------------------------------------------------------------------------


def test_a_message_that_is_delivered_again_is_not_answered_again(house: House) -> None:
    house.keep()
    assert house.receive("招聘", carrier_message_id="SM1")
    state = house.read(select(sessions.c.state))
    assert house.receive("招聘", carrier_message_id="SM2")
    assert house.receive("招聘", carrier_message_id="SM1") == ()
    assert house.purposes() == ["reply:SM1", "reply:SM2"]
    assert house.read(select(sessions.c.state)) != state


def test_many_deliveries_at_the_same_moment_are_one(house: House) -> None:
    person = house.keep()
    house.receive("人工")

    async def all_at_once() -> list[tuple[str, ...]]:
        text = house.text("1")
        return await asyncio.gather(*(house.inbox.receive(text) for _ in range(8)))

    answers = asyncio.run(all_at_once())
    assert sorted(len(answer) for answer in answers) == [0] * 7 + [1]
    assert house.purposes() == ["reply:SM1", "reply:SM2"]
    assert house.read(select(metadata.tables["tasks"].c.person_id)) == [person]


def test_messages_at_the_same_moment_are_taken_one_after_the_other(house: House) -> None:
    """Of somebody nobody knows, too: the first of them makes the session."""

    async def all_at_once() -> None:
        await asyncio.gather(*(house.inbox.receive(house.text("你好")) for _ in range(8)))

    asyncio.run(all_at_once())
    assert len(house.purposes()) == 8
    assert house.read(select(sessions.c.turn)) == [8]
    assert house.read(select(consents.c.id)) == []  # to greet is not to agree


def test_a_call_and_messages_at_the_same_moment_lose_no_turn(house: House) -> None:
    house.keep()
    call_in = CallIn("test", "CA1", NUMBER, None)
    call = house.database.write_now(lambda db: calls.open_call(db, call_in, "call1", START))

    async def all_at_once() -> None:
        await house.conversation.call_turn(call.id, Hello())
        pressed = (house.conversation.call_turn(call.id, Dtmf("#")) for _ in range(4))
        written = (house.inbox.receive(house.text("再说一遍")) for _ in range(3))
        await asyncio.gather(*pressed, *written)

    asyncio.run(all_at_once())
    assert house.read(select(sessions.c.turn)) == [8]


# --- Opting out and in ------------------------------------------------------------------------------------------


def test_out_and_in_again(house: House) -> None:
    person = house.keep("campaigns", "reminders", "recordings")
    (answer,) = house.receive("ＴＤ")
    assert "已经退订" in answer
    assert house.consents(person) == {"service", "recordings"}
    house.now += timedelta(days=400)
    (answer,) = house.receive("恢复")
    assert "已经恢复" in answer
    assert house.consents(person) == {"service", "recordings", "campaigns", "reminders"}
    evidence = select(consents.c.evidence).where(consents.c.wording == "sms.in/1")
    assert house.read(evidence) == ["text:2", "text:2"]


def test_out_is_answered_once(house: House) -> None:
    house.keep("campaigns")
    assert len(house.receive("T")) == 1
    assert house.receive("T") == ()
    assert house.receive("退订") == ()
    assert len(house.receive("恢复")) == 1
    assert len(house.receive("T")) == 1


def test_in_gives_back_what_the_message_ended_and_no_more(house: House) -> None:
    person = house.keep("campaigns", "reminders")
    house.database.write_now(lambda db: people.withdraw(db, person, "campaigns", START))
    house.now += timedelta(days=1)
    house.receive("T")
    house.receive("恢复")
    assert house.consents(person) == {"service", "reminders"}


def test_in_gives_back_all_that_was_ended_since_the_last_time(house: House) -> None:
    person = house.keep("campaigns")
    house.receive("T")
    house.now += timedelta(days=1)
    house.database.write_now(
        lambda db: people.give_consent(db, person, "reminders", "x/1", "voice", None, house.now)
    )
    assert len(house.receive("T")) == 1  # something new was ended: said again
    house.now += timedelta(days=1)
    assert house.receive("T") == ()
    house.receive("恢复")
    assert house.consents(person) == {"service", "campaigns", "reminders"}


def test_in_without_out_gives_nothing(house: House) -> None:
    person = house.keep()
    (answer,) = house.receive("START")
    assert "没有用短信退订过" in answer
    assert house.consents(person) == {"service"}


def test_out_counts_for_all_who_share_the_number(house: House) -> None:
    persons = [house.keep("campaigns"), house.keep("reminders")]
    house.receive("退订")
    assert [house.consents(person) for person in persons] == [{"service"}] * 2
    house.receive("恢复")
    assert [house.consents(person) for person in persons] == [
        {"service", "campaigns"},
        {"service", "reminders"},
    ]


def test_out_stops_what_is_queued_but_not_what_was_asked_for(house: House) -> None:
    person = house.keep("campaigns")

    def queue(db: Connection) -> None:
        for scope in ("campaigns", "service"):
            outbox.queue_text(
                db,
                purpose=scope,
                person_id=person,
                address=NUMBER,
                body="x",
                scope=scope,
                now=START,
                expires_at=START + timedelta(days=1),
            )

    house.database.write_now(queue)
    house.receive("T")
    skipped = select(deliveries.c.purpose).where(
        deliveries.c.state == "skipped", deliveries.c.reason == "opted_out"
    )
    assert house.read(skipped) == ["campaigns"]


def test_out_leaves_the_conversation_where_it_is(house: House) -> None:
    house.keep()
    house.receive("招聘")
    before = house.read(select(sessions.c.state))
    house.receive("T")
    assert house.read(select(sessions.c.state)) == before


@pytest.mark.parametrize(
    ("answered", "scopes"),
    [("out", {"service"}), ("help", {"service", "campaigns"}), ("in", {"service", "campaigns"})],
)
def test_what_the_carrier_has_answered_is_not_answered_again(
    house: House, answered: str, scopes: set[Scope]
) -> None:
    person = house.keep("campaigns")
    assert house.receive("CANCEL", answered=answered) == ()
    assert house.purposes() == []
    assert house.consents(person) == scopes


def test_a_stranger_can_opt_out_too(house: House) -> None:
    assert [len(house.receive("T")) for _ in range(2)] == [1, 0]


# --- Odd messages -----------------------------------------------------------------------------------------------

ODD = [
    "",
    " \n\t",
    "\x00\x07\x1b",
    "😀" * 1600,
    "7" * 1_000_000,
    "\u202e\ufffe",
    "我" * 1600,
    "'; DROP TABLE people; --",
]


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_every_message_gets_a_kind_and_small_answer(house: House, body: str) -> None:
    house.keep()
    house.receive("招聘")
    for answer in house.receive(body):
        assert size(answer).parts <= 3
        assert any(hint in answer for hint in ("回复", "没有字")), answer
    assert house.purposes()[1:] == ["reply:SM2"]


def test_a_picture_is_answered_kindly_and_its_words_count(house: House) -> None:
    house.keep()
    (answer,) = house.receive("", media=1)
    assert "图片和语音我们看不到" in answer
    assert "1 招聘" in answer
    (answer,) = house.receive("5", media=2)
    assert "图片和语音我们看不到" in answer
    assert "1 政策" in answer


def test_an_empty_message_gets_the_place_again(house: House) -> None:
    house.keep()
    house.receive("更多")
    (answer,) = house.receive("  ")
    assert "里面没有字" in answer
    assert "1 政策" in answer


def test_nobody_to_answer(house: House) -> None:
    assert house.receive("您的余额不足", sender=None) == ()
    assert house.read(select(inbound_messages.c.id)) == []


def test_a_machine_that_answers_answers_is_left_alone_until_it_pauses(house: House) -> None:
    house.keep("campaigns")
    assert sum(len(house.receive("收到")) for _ in range(TOO_MANY + 5)) == TOO_MANY
    assert len(house.receive("T")) == 1  # an opt-out is always heard
    house.now += IN * 2
    assert house.receive("招聘")


def test_a_long_answer_leaves_in_order(house: House) -> None:
    house.keep()
    house.receive("招聘")
    long = "这是一句很长的话，没有人会写这么长。" * 30
    query = (
        select(deliveries.c.due_at)
        .where(deliveries.c.purpose.like("reply:SM9%"))
        .order_by(deliveries.c.purpose)
    )

    def queue(db: Connection) -> None:
        db.execute(
            insert(metadata.tables["openings"]).values(
                OPENING | {"requirements": long[:200], "access": long[:200]}
            )
        )

    house.database.write_now(queue)
    answers = house.receive("招聘", carrier_message_id="SM9")
    assert [answer[4:9] for answer in answers] == [
        f"(%d/{len(answers)})" % n for n in range(1, len(answers) + 1)
    ]
    due = house.read(query)
    assert due == sorted(set(due))
    assert len(due) == len(answers) > 1


OPENING = {
    "title": "按摩师",
    "employer": "甲店",
    "kind": "massage",
    "county": "minqin",
    "pay": "月薪3000元",
    "phone": "0935-2212345",
    "published_at": START,
    "expires_on": START.date() + timedelta(days=9),
}

# --- What is kept -----------------------------------------------------------------------------------------------


def everything(house: House, but: str = "") -> str:
    """All that is stored, as text."""
    tables = [table for name, table in metadata.tables.items() if name != but]
    return house.database.read_now(lambda db: repr([db.execute(select(table)).all() for table in tables]))


def test_a_strangers_number_is_in_what_is_sent_to_it_and_nowhere_else(house: House) -> None:
    house.receive("招聘")
    assert NUMBER in everything(house)
    assert NUMBER not in everything(house, but="deliveries")
    assert NUMBER[3:] not in everything(house, but="deliveries")


def test_a_strangers_place_is_kept_for_days(house: House) -> None:
    house.receive("更多")
    house.now += timedelta(days=6)
    (answer,) = house.receive("4")
    assert "1 招聘" not in answer
    assert len(house.read(select(sessions.c.id))) == 1


def test_whoever_agrees_is_kept_and_so_is_their_place(house: House) -> None:
    house.receive("你好")
    house.receive("1")
    (name,) = house.read(select(sessions.c.id))
    assert name.startswith("person:")
    (person,) = house.read(select(consents.c.person_id))
    assert house.read(select(consents.c.evidence)) == ["text:2"]
    house.receive("更多")
    assert house.read(select(sessions.c.id)) == [f"person:{person}"]


def test_forgetting(house: House) -> None:
    house.receive("招聘")
    house.receive("T")
    person = house.keep()
    house.receive("招聘")

    def work(db: Connection) -> int:
        db.execute(update(deliveries).values(state="sent"))
        return messages.forget(db, START + timedelta(days=31))

    assert house.database.write_now(work) == 1 + 2 + 2
    assert house.read(select(sessions.c.person_id)) == [person]
    assert house.read(select(deliveries.c.person_id)) == [person]
    assert house.read(select(inbound_messages.c.kind)) == ["out"]


def test_what_is_still_needed_is_not_forgotten(house: House) -> None:
    house.receive("招聘")
    assert house.database.write_now(lambda db: messages.forget(db, START + timedelta(days=6))) == 0


def test_no_number_and_no_word_is_logged(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.receive("我叫王小明")
    house.receive("T")
    logged = capsys.readouterr()
    assert "text.taken" in logged.out + logged.err
    assert NUMBER[3:] not in logged.out + logged.err
    assert "王小明" not in logged.out + logged.err
