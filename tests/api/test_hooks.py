"""What other systems are told: signed, in order, again until it is taken, and not for ever."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import orjson
import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

from outreach.api.hooks import LADDER, LEASE_SECONDS, Hooks
from outreach.delivery import outbox
from outreach.store import webhooks
from outreach.store.database import Database
from outreach.store.tables.sharing import webhook_events, webhook_sends

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


class Receiver:
    """The other system, with a clock of the house beside it."""

    def __init__(self, database: Database, *kinds: str) -> None:
        self.database = database
        self.now = NOW
        self.answers: list[int | Exception] = []
        self.got: list[httpx.Request] = []
        wanted = kinds or ("*",)
        self.made = database.write_now(
            lambda db: webhooks.subscribe(db, "https://there.example/in", wanted, NOW)
        )

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.got.append(request)
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(
            answer, headers={"location": "https://elsewhere.example/"} if answer == 302 else {}
        )

    def drain(self) -> int:
        async def told() -> int:
            hooks = Hooks(self.database, lambda: self.now, httpx.MockTransport(self.answer))
            try:
                return await hooks.drain()
            finally:
                await hooks.close()

        return asyncio.run(told())

    def publish(self, kind: str = "task.case", number: int = 1) -> int:
        return self.database.write_now(lambda db: webhooks.publish(db, kind, {"person_id": number}, self.now))

    def states(self) -> list[tuple[str, int, str | None]]:
        query = select(webhook_sends.c.state, webhook_sends.c.attempts, webhook_sends.c.answer)
        rows = self.database.read_now(lambda db: db.execute(query.order_by(webhook_sends.c.id)).all())
        return [(row.state, row.attempts, row.answer) for row in rows]


def test_it_is_signed_as_the_standard_says(database: Database) -> None:
    there = Receiver(database)
    there.now = datetime.now(UTC)  # the library that checks the signature looks at the real clock
    assert there.publish() == 1
    assert there.drain() == 1
    (request,) = there.got
    content = Webhook(there.made.secret).verify(request.content, dict(request.headers))
    assert content["type"] == "task.case"
    assert content["data"] == {"person_id": 1}
    assert there.states() == [("taken", 1, "204")]
    assert there.drain() == 0


def test_each_is_told_what_it_asked_for(database: Database) -> None:
    tasks, exact = Receiver(database, "task.*"), Receiver(database, "opening.added")
    assert tasks.publish("task.case") == 1
    assert tasks.publish("opening.added") == 1
    assert tasks.publish("opening.changed") == 0
    assert tasks.drain() == 2
    told = [orjson.loads(request.content)["type"] for request in tasks.got]
    assert told == ["task.case", "opening.added"]
    assert exact.made.wants("opening.added")
    assert not exact.made.wants("opening.added.more")


def test_what_is_not_taken_is_told_again_and_in_the_end_not(database: Database) -> None:
    there = Receiver(database)
    there.publish()
    there.answers = [500, httpx.ConnectTimeout("late"), 302, 404, 429, 503, 500, 500, 204]
    for attempt, wait in enumerate(LADDER, 1):
        assert there.drain() == 1
        assert there.states()[0][:2] == ("queued", attempt)
        there.now += wait - timedelta(seconds=1)
        assert there.drain() == 0, "not before its time"
        there.now += timedelta(seconds=1)
    assert there.drain() == 1
    assert there.states() == [("given_up", len(LADDER) + 1, "500")]
    assert len({request.headers["webhook-id"] for request in there.got}) == 1
    assert {request.url.host for request in there.got} == {"there.example"}, "no redirect is followed"
    (subscription,) = database.read_now(webhooks.subscriptions)
    assert (subscription.active, subscription.why) == (False, "500")
    assert there.publish() == 0


def test_who_is_gone_is_not_asked_again(database: Database) -> None:
    there = Receiver(database)
    there.publish()
    there.publish(number=2)
    there.answers = [410]
    there.drain()
    assert there.states()[0] == ("given_up", 1, "410")
    there.now += timedelta(hours=2)
    before = len(there.got)
    assert there.drain() == 0
    assert len(there.got) == before
    database.write_now(lambda db: webhooks.switch(db, there.made.id, True))
    there.now += timedelta(days=2)
    there.drain()
    assert all(state != "queued" for state, _, _ in there.states())


def test_what_was_being_told_when_the_node_died_is_told_by_another(database: Database) -> None:
    there = Receiver(database)
    there.publish()
    database.write_now(lambda db: webhooks.claim(db, NOW, LEASE_SECONDS, 10))
    assert there.drain() == 0
    there.now += timedelta(seconds=LEASE_SECONDS)
    assert there.drain() == 1
    assert there.states() == [("taken", 2, "204")]


@pytest.mark.parametrize("kind", ["application", "case", "call_back"])
def test_a_counselors_task_is_an_event_once(database: Database, kind: outbox.TaskKind) -> None:
    there = Receiver(database, f"task.{kind}")
    for _ in range(2):
        database.write_now(
            lambda db: outbox.queue_task(
                db, kind=kind, purpose="one", person_id=None, phone="+8613800000000", now=NOW
            )
        )
    assert there.drain() == 1
    assert b"138" not in there.got[0].content


def test_an_event_is_forgotten_after_a_month(database: Database) -> None:
    there = Receiver(database)
    there.publish()
    there.drain()
    assert database.write_now(lambda db: webhooks.forget(db, NOW + timedelta(days=30))) == 0
    assert database.write_now(lambda db: webhooks.forget(db, NOW + timedelta(days=31))) == 1
    left = database.read_now(lambda db: db.execute(select(webhook_events)).all())
    assert left == []
    assert there.states() == []
