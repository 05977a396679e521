"""Deliveries from the ledger to the fake carrier and back, through the real client and webhook."""

import asyncio
from datetime import UTC, datetime
from threading import Event
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, select, text

from outreach.delivery import sending
from outreach.delivery.policy import LOCAL
from outreach.delivery.worker import LEASE_SECONDS, LOOK_UP_AFTER
from outreach.simulator.rest import Fault
from outreach.store import people
from outreach.store.database import Database
from outreach.store.schema import counselors, tasks
from outreach.store.schema import people as people_rows
from outreach.wire import TextOut
from tests.delivery.post import HANDSET, Post, play

LANDLINE = "+869352212345"
TIMEOUT = httpx.ReadTimeout("no answer")


def test_a_text_from_the_ledger_to_the_handset(database: Database) -> None:
    async def scene(post: Post) -> None:
        await post.queue()
        assert await post.worker.drain() == 1
        assert await post.state() == "delivered"
        assert post.bodies() == ["p"]
        assert (await post.row()).carrier_id == post.fake.messages[0].sid
        assert await post.worker.drain() == 0

    play(database, scene)


@pytest.mark.parametrize(
    "order", [["delivered", "sent"], ["delivered"], ["sent", "sent", "delivered", "delivered", "sent"], []]
)
def test_reports_may_come_in_any_order(database: Database, order: list[str]) -> None:
    async def scene(post: Post) -> None:
        post.fake.in_order = lambda _: order
        await post.queue()
        await post.worker.drain()
        assert await post.state() == ("delivered" if order else "sent")
        assert post.fake.reports_lost == 0

    play(database, scene)


def test_many_are_sent_once_each_by_several_workers(database: Database) -> None:
    async def scene(post: Post) -> None:
        for number in range(50):
            await post.queue(f"n{number}")
        await asyncio.gather(*(post.another(f"w{number}").drain() for number in range(4)))
        assert sorted(post.bodies()) == sorted(f"n{number}" for number in range(50))

    play(database, scene)


# --- Refused ---


@pytest.mark.parametrize(
    ("number", "state"),
    [
        ("+15005550001", "failed: invalid_number"),
        ("+15005550003", "failed: carrier_refused"),
        ("+15005550004", "failed: opted_out"),
        ("+15005550009", "failed: landline"),
        (LANDLINE, "skipped: landline"),
    ],
)
def test_what_can_never_arrive_is_given_up_at_once(database: Database, number: str, state: str) -> None:
    async def scene(post: Post) -> None:
        await post.queue(to=number)
        await post.worker.drain()
        assert await post.state() == state
        assert post.bodies() == []
        post.later(hours=5)
        assert await post.worker.drain() == 0

    play(database, scene)


def test_the_carriers_patience_is_kept_by_all_messages(database: Database) -> None:
    async def scene(post: Post) -> None:
        post.fake.faults.append(Fault(429, 20429, headers={"Retry-After": "40"}))
        await post.queue("first")
        assert await post.worker.drain() == 1
        assert await post.state("first") == "queued: throttled"
        await post.queue("second")
        post.later(seconds=39)
        assert await post.worker.drain() == 0
        post.later(seconds=2)
        assert await post.worker.drain() == 2
        assert sorted(post.bodies()) == ["first", "second"]

    play(database, scene)


def test_a_wrong_password_stops_all_and_gives_nothing_up(database: Database) -> None:
    async def scene(post: Post) -> None:
        await post.queue(hours=48)
        for _ in range(20):
            post.fake.faults.append(Fault(401, 20003))
            assert await post.worker.drain() == 1
            assert await post.state() == "queued: account"
            assert await post.worker.drain() == 0
            post.later(minutes=10)
        await post.worker.drain()
        assert await post.state() == "delivered"

    play(database, scene)


def test_a_carrier_that_is_down_is_asked_once_a_minute(database: Database) -> None:
    async def scene(post: Post) -> None:
        await post.queue("a")
        await post.queue("b")
        post.wire.before += [httpx.ConnectError("refused")] * 2
        await post.worker.drain()
        assert await post.state("a") == await post.state("b") == "queued: carrier_down"
        asked = post.wire.asked
        assert await post.worker.drain() == 0
        assert post.wire.asked == asked
        post.later(minutes=1)
        await post.worker.drain()
        assert sorted(post.bodies()) == ["a", "b"]

    play(database, scene)


def test_a_handset_that_is_off_gets_a_new_message_later(database: Database) -> None:
    async def scene(post: Post) -> None:
        post.fake.fates[HANDSET] = 30003
        post.fake.in_order = lambda states: [*states, *states]  # all of it twice
        await post.queue(hours=72)
        for attempt, wait in enumerate((1, 4, 24), 1):
            await post.worker.drain()
            assert len(post.bodies()) == attempt
            assert await post.state() == "queued: unreachable"
            post.later(hours=wait)
        await post.worker.drain()
        assert await post.state() == "failed: unreachable"

    play(database, scene)


# --- Nobody knows ---


@pytest.mark.parametrize("fault", [Fault(503, 20503, taken=True), Fault(500, 20500, taken=True)])
def test_an_error_that_hides_a_message_taken_is_settled_by_its_report(
    database: Database, fault: Fault
) -> None:
    async def scene(post: Post) -> None:
        post.fake.faults.append(fault)
        await post.queue()
        await post.worker.drain()
        assert await post.state() == "delivered"
        assert post.bodies() == ["p"]

    play(database, scene)


@pytest.mark.parametrize("taken", [True, False])
def test_what_nobody_knows_is_looked_up_before_it_is_sent_again(database: Database, taken: bool) -> None:
    async def scene(post: Post) -> None:
        post.reporting = False
        (post.wire.after if taken else post.wire.before).append(TIMEOUT)
        await post.queue()
        await post.worker.drain()
        assert (await post.row()).state == "unsure"
        await post.settle()
        assert (await post.row()).state == "unsure", "it may still be at work over there"
        post.now += LOOK_UP_AFTER
        await post.settle()
        assert await post.state() == "sent"
        assert post.bodies() == ["p"]

    play(database, scene)


def test_two_of_the_same_words_are_told_apart_by_their_number(database: Database) -> None:
    """Equal texts to one number, one taken and one not: one is found, the other is sent."""

    async def scene(post: Post) -> None:
        post.reporting = False
        await post.queue("a", body="same")
        post.wire.after.append(TIMEOUT)
        await post.worker.drain()
        await post.queue("b", body="same")
        post.wire.before.append(TIMEOUT)
        await post.worker.drain()
        post.now += LOOK_UP_AFTER
        await post.settle()
        assert [await post.state("a"), await post.state("b")] == ["sent", "sent"]
        assert post.bodies() == ["same", "same"]
        assert (await post.row("a")).carrier_id != (await post.row("b")).carrier_id

    play(database, scene)


def test_who_was_mistaken_for_another_is_sent_once_the_other_is_reported(database: Database) -> None:
    """Equal texts to one number: the lost one is looked up first and takes the other's; then its report tells whose."""

    async def scene(post: Post) -> None:
        post.reporting = False
        await post.queue("lost", body="same")
        post.wire.before.append(TIMEOUT)
        await post.worker.drain()
        await post.queue("taken", body="same")
        post.wire.after.append(TIMEOUT)
        await post.worker.drain()
        (taken,) = post.fake.messages
        post.now += LOOK_UP_AFTER
        row = await post.row("lost")
        await post.database.write(lambda db: sending.look_up(db, row, [taken.sid], post.now))
        assert await post.state("lost") == "sent"
        post.reporting = True
        await post.fake._hand_over(taken)
        assert [await post.state("lost"), await post.state("taken")] == ["unsure: mistaken", "delivered"]
        post.now += LOOK_UP_AFTER
        await post.settle()
        assert await post.state("lost") == "delivered"
        assert post.bodies() == ["same", "same"]

    play(database, scene)


def test_two_nodes_do_not_find_the_same_message_for_two(postgres_url: str) -> None:
    """On SQLite there is one writer; on PostgreSQL the second node waits for the first, and sees what it took."""
    database = Database.open(postgres_url)

    async def scene(post: Post) -> None:
        post.reporting = False
        for purpose in "ab":
            await post.queue(purpose, body="same")
            post.wire.after.append(TIMEOUT)
            await post.worker.drain()
        rows = [await post.row(purpose) for purpose in "ab"]
        first_is_in, second_waits = Event(), Event()

        def first(db: Connection) -> None:
            sending.look_up(db, rows[0], ["SM1"], post.now)
            first_is_in.set()
            assert second_waits.wait(10)

        def second(db: Connection) -> None:
            sending.look_up(db, rows[1], ["SM1"], post.now)

        def waiting(db: Connection) -> bool:
            return db.execute(text("SELECT 1 FROM pg_locks WHERE NOT granted")).first() is not None

        one = asyncio.create_task(post.database.write(first))
        await asyncio.to_thread(first_is_in.wait, 10)
        two = asyncio.create_task(post.database.write(second))
        while not two.done() and not await post.database.read(waiting):
            pass
        second_waits.set()
        await asyncio.gather(one, two)
        assert [await post.state("a"), await post.state("b")] == ["sent", "queued: not_taken"]

    try:
        play(database, scene)
    finally:
        database.close_now()


def test_yesterdays_equal_message_is_not_taken_for_todays(database: Database) -> None:
    async def scene(post: Post) -> None:
        post.reporting = False
        post.fake.faults.append(Fault(500, 20500, taken=True))
        await post.queue("yesterday", body="same", hours=1)
        await post.worker.drain()
        post.later(days=1)
        await post.queue("today", body="same")
        post.wire.before.append(TIMEOUT)
        await post.worker.drain()
        post.now += LOOK_UP_AFTER
        await post.settle()
        assert len(post.bodies()) == 2
        assert await post.state("today") == "sent"

    play(database, scene)


def test_a_list_that_cannot_be_had_leaves_it_unsure(database: Database) -> None:
    async def scene(post: Post) -> None:
        post.wire.before.append(TIMEOUT)
        await post.queue()
        await post.worker.drain()
        post.now += LOOK_UP_AFTER
        for _ in range(3):
            post.wire.before.append(httpx.ConnectError("refused"))
            await post.settle()
            assert (await post.row()).state == "unsure"
        await post.settle()
        assert await post.state() == "delivered"
        assert post.bodies() == ["p"]

    play(database, scene)


def test_a_report_that_comes_after_it_was_given_up_for_lost_still_counts(database: Database) -> None:
    """Not on the list, queued again; then the carrier speaks of it after all: it is not sent a second time."""

    async def scene(post: Post) -> None:
        post.reporting = False
        post.wire.after.append(TIMEOUT)
        await post.queue()
        await post.worker.drain()
        lost = post.fake.messages.popleft()
        post.now += LOOK_UP_AFTER
        await post.worker.look_up()
        assert await post.state() == "queued: not_taken"
        post.reporting = True
        post.fake.messages.append(lost)
        await post.fake._hand_over(lost)
        assert await post.state() == "delivered"
        assert await post.worker.drain() == 0

    play(database, scene)


def test_who_slept_through_the_lease_does_not_ask(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(post: Post) -> None:
        await post.queue()
        begin = sending.begin

        def then_sleep(*args: Any) -> TextOut | None:
            text = begin(*args)
            post.later(seconds=LEASE_SECONDS)
            return text

        monkeypatch.setattr(sending, "begin", then_sleep)
        assert await post.worker.drain() == 0
        assert await post.state() == "sending"
        assert post.bodies() == []
        monkeypatch.undo()
        post.now += LOOK_UP_AFTER
        await post.settle()
        post.now += LOOK_UP_AFTER
        await post.settle()
        assert post.bodies() == ["p"]

    play(database, scene)


# --- Manners ---


def test_two_messages_a_day_and_the_third_tomorrow(database: Database) -> None:
    async def scene(post: Post) -> None:
        person = await post.person("campaigns", "reminders")
        for number in range(3):
            await post.queue(f"c{number}", scope="campaigns", person_id=person, hours=48)
        await post.worker.drain()
        states = [await post.state(f"c{number}") for number in range(3)]
        assert sorted(states) == ["delivered", "delivered", "queued: cap"]
        await post.queue("reply", person_id=person)
        await post.queue("reminder", scope="reminders", person_id=person)
        await post.worker.drain()
        assert await post.state("reply") == await post.state("reminder") == "delivered"
        post.now = datetime(2026, 3, 3, 8, 0, tzinfo=LOCAL).astimezone(UTC)
        await post.worker.drain()
        assert [await post.state(f"c{number}") for number in range(3)] == ["delivered"] * 3

    play(database, scene)


def test_at_night_only_what_was_asked_for(database: Database) -> None:
    async def scene(post: Post) -> None:
        post.now = datetime(2026, 3, 2, 21, 0, tzinfo=LOCAL).astimezone(UTC)
        person = await post.person("jobs")
        await post.queue("reply", person_id=person)
        await post.queue("alert", scope="jobs", person_id=person)
        await post.queue("brief", scope="jobs", person_id=person, hours=3)
        await post.worker.drain()
        assert post.bodies() == ["reply"]
        assert await post.state("alert") == "queued: quiet_hours"
        assert await post.state("brief") == "skipped: quiet_hours_until_end"
        post.later(hours=11)
        await post.worker.drain()
        assert post.bodies() == ["reply", "alert"]

    play(database, scene)


def test_a_consent_withdrawn_while_it_waited_counts(database: Database) -> None:
    async def scene(post: Post) -> None:
        person = await post.person("jobs")
        await post.queue(scope="jobs", person_id=person)
        await database.write(lambda db: people.withdraw(db, person, "jobs", post.now))
        await post.worker.drain()
        assert await post.state() == "skipped: opted_out"
        assert post.bodies() == []

    play(database, scene)


def test_who_opted_out_with_the_carrier_has_opted_out(database: Database) -> None:
    async def scene(post: Post) -> None:
        person = await post.person("service", "jobs", "reminders")
        post.fake.fates[HANDSET] = 21610
        await post.queue(scope="reminders", person_id=person)
        await post.worker.drain()
        assert await post.state() == "failed: opted_out"
        assert await database.read(lambda db: people.consents(db, person)) == {"service"}
        assert await database.read(lambda db: db.execute(select(tasks.c.id)).all()) == []

    play(database, scene)


@pytest.mark.parametrize(("scope", "called"), [("reminders", 1), ("jobs", 0)])
def test_who_cannot_be_reminded_in_writing_is_rung_by_a_counselor(
    database: Database, scope: str, called: int
) -> None:
    async def scene(post: Post) -> None:
        person = await post.person("jobs", "reminders", phone=LANDLINE)
        counselor = await database.write(
            lambda db: db.execute(
                counselors.insert().values(name="李老师", phone="0935-2212345").returning(counselors.c.id)
            ).scalar_one()
        )
        await database.write(
            lambda db: db.execute(people_rows.update().values(counselor_id=counselor)).rowcount
        )
        await post.queue(to=LANDLINE, scope=scope, person_id=person)
        await post.worker.drain()
        assert await post.state() == "skipped: landline"
        query = select(tasks.c.kind, tasks.c.person_id, tasks.c.phone, tasks.c.counselor_id)
        found = [tuple(row) for row in await database.read(lambda db: db.execute(query).all())]
        assert found == [("call_back", person, LANDLINE, counselor)] * called

    play(database, scene)


def test_what_has_passed_its_end_is_never_sent(database: Database) -> None:
    async def scene(post: Post) -> None:
        await post.queue(hours=1)
        post.later(hours=1)
        await post.settle()
        assert await post.state() == "skipped: expired"
        assert post.bodies() == []

    play(database, scene)


def test_a_worker_that_is_stopped_begins_nothing_more(database: Database) -> None:
    async def scene(post: Post) -> None:
        await post.queue()
        await post.worker.stop()
        assert await post.worker.drain() == 0
        assert await post.another("two").drain() == 1

    play(database, scene)


def test_the_carrier_is_told_how_long_a_message_is_of_use(database: Database) -> None:
    async def scene(post: Post) -> None:
        forms: list[str] = []
        handle = post.wire.handle_async_request

        async def listen(request: httpx.Request) -> httpx.Response:
            forms.append(request.content.decode())
            return await handle(request)

        post.wire.handle_async_request = listen  # type: ignore[method-assign]
        await post.queue("brief", hours=1)
        await post.queue("long", hours=240)
        await post.worker.drain()
        found = sorted(form.rpartition("ValidityPeriod=")[2] for form in forms)
        assert found == ["3600", "36000"]

    play(database, scene)
