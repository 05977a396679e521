import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from outreach.delivery import outbox
from outreach.delivery.outbox import COMES_FROM, Delivery, State
from outreach.store.database import Database
from outreach.store.schema import deliveries, tasks

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LEASE = 30.0
AFTER_LEASE = NOW + timedelta(seconds=LEASE)


def queue(database: Database, purpose: str = "p", *, due: int = 0, expires: int = 3600) -> bool:
    return database.write_now(
        lambda db: outbox.queue_text(
            db,
            purpose=purpose,
            person_id=None,
            address="+8619900000001",
            body="【武威市残联】您好",
            scope="service",
            now=NOW,
            due_at=NOW + timedelta(seconds=due),
            expires_at=NOW + timedelta(seconds=expires),
        )
    )


def claim(database: Database, owner: str = "me", now: datetime = NOW, limit: int = 10) -> list[Delivery]:
    return database.write_now(lambda db: outbox.claim(db, owner, now, LEASE, limit))


def begin(database: Database, delivery: Delivery, owner: str = "me", now: datetime = NOW) -> bool:
    return database.write_now(lambda db: outbox.mark_sending(db, delivery.id, owner, now, LEASE))


def row(database: Database, purpose: str = "p") -> Delivery:
    return database.read_now(
        lambda db: Delivery(*db.execute(select(*outbox.SHOWN).where(deliveries.c.purpose == purpose)).one())
    )


def test_nothing_is_queued_twice_for_one_occasion(database: Database) -> None:
    assert queue(database)
    assert not queue(database)
    assert len(claim(database)) == 1


def test_what_the_schema_refuses_is_an_error_not_a_silence(database: Database) -> None:
    def unknown_kind(db: Connection) -> bool:
        return outbox.queue_task(db, kind="party", purpose="p", now=NOW)  # type: ignore[arg-type]

    with pytest.raises(IntegrityError):
        database.write_now(unknown_kind)


def test_a_task_is_put_on_the_list_once(database: Database) -> None:
    def call_back(db: Connection) -> bool:
        return outbox.queue_task(db, kind="call_back", purpose="call_back:1", phone="+8619900000001", now=NOW)

    assert database.write_now(call_back)
    assert not database.write_now(call_back)
    listed = database.read_now(lambda db: db.execute(select(tasks.c.kind, tasks.c.phone, tasks.c.done)).all())
    assert [tuple(task) for task in listed] == [("call_back", "+8619900000001", False)]


def test_what_is_due_is_claimed_the_longest_due_first(database: Database) -> None:
    for purpose, due in (("third", -1), ("first", -9), ("second", -5), ("not yet", 1)):
        queue(database, purpose, due=due)
    queue(database, "too late", due=-60, expires=-1)
    assert [delivery.purpose for delivery in claim(database, limit=2)] == ["first", "second"]
    assert [delivery.purpose for delivery in claim(database)] == ["third"]
    assert claim(database) == []


def test_a_claim_lasts_as_long_as_its_lease(database: Database) -> None:
    queue(database)
    assert claim(database, "me")[0].lease_until == AFTER_LEASE
    assert claim(database, "other", AFTER_LEASE - timedelta(seconds=1)) == []
    taken = claim(database, "other", AFTER_LEASE)
    assert [delivery.owner for delivery in taken] == ["other"]
    assert not begin(database, taken[0], "me", AFTER_LEASE)
    assert begin(database, taken[0], "other", AFTER_LEASE)


def test_many_workers_claim_each_delivery_once(database: Database) -> None:
    for number in range(60):
        queue(database, str(number))

    def some(owner: str) -> Callable[[Connection], list[Delivery]]:
        return lambda db: outbox.claim(db, owner, NOW, LEASE, 7)

    async def workers() -> list[list[Delivery]]:
        return await asyncio.gather(*(database.write(some(f"w{number}")) for number in range(24)))

    claimed = [delivery.id for batch in asyncio.run(workers()) for delivery in batch]
    assert len(claimed) == len(set(claimed))
    claimed += [delivery.id for delivery in claim(database, "last", limit=60)]
    assert len(set(claimed)) == 60


def test_a_delivery_from_queue_to_handset(database: Database) -> None:
    queue(database)
    (delivery,) = claim(database)
    assert begin(database, delivery)
    assert not begin(database, delivery)
    assert row(database).attempts == 1
    assert database.write_now(lambda db: outbox.mark_sent(db, delivery.id, 1, "SM1", NOW))
    assert (row(database).state, row(database).carrier_id, row(database).owner) == ("sent", "SM1", None)
    assert database.write_now(lambda db: outbox.report(db, delivery.id, 1, "delivered", None, NOW))
    assert not database.write_now(lambda db: outbox.report(db, delivery.id, 1, "failed", "30003", NOW))
    assert row(database).state == "delivered"


def test_what_has_expired_meanwhile_is_not_begun(database: Database) -> None:
    queue(database, expires=10)
    (delivery,) = claim(database)
    assert not begin(database, delivery, now=NOW + timedelta(seconds=10))


def test_a_crash_while_sending_leaves_it_unsure_and_never_queued(database: Database) -> None:
    queue(database)
    (delivery,) = claim(database)
    begin(database, delivery)
    assert database.write_now(lambda db: outbox.reap(db, NOW)) == outbox.Reaped(0)
    assert database.write_now(lambda db: outbox.reap(db, AFTER_LEASE)) == outbox.Reaped(1)
    assert (row(database).state, row(database).reason) == ("unsure", "lease_expired")
    assert claim(database, now=AFTER_LEASE) == []


def test_an_answer_that_comes_after_the_lease_still_counts(database: Database) -> None:
    queue(database)
    (delivery,) = claim(database)
    begin(database, delivery)
    database.write_now(lambda db: outbox.reap(db, AFTER_LEASE))
    assert database.write_now(lambda db: outbox.mark_sent(db, delivery.id, 1, "SM1", AFTER_LEASE))
    assert (row(database).state, row(database).reason) == ("sent", None)


def test_what_was_refused_for_now_is_tried_again(database: Database) -> None:
    queue(database)
    (delivery,) = claim(database)
    begin(database, delivery)
    later = NOW + timedelta(minutes=5)
    assert database.write_now(lambda db: outbox.mark_again(db, delivery.id, 1, "busy", later, NOW))
    assert claim(database) == []
    (again,) = claim(database, "other", later)
    assert begin(database, again, "other", later)
    assert row(database).attempts == 2


def test_what_was_not_sent_in_time_is_skipped(database: Database) -> None:
    queue(database, "late", expires=10)
    queue(database, "in time", expires=11)
    claim(database)
    reaped = database.write_now(lambda db: outbox.reap(db, NOW + timedelta(seconds=10)))
    assert (reaped.unsure, len(reaped.expired)) == (0, 1)
    assert (row(database, "late").state, row(database, "late").reason) == ("skipped", "expired")
    assert row(database, "in time").state == "queued"


def test_a_worker_that_stops_gives_back_what_it_has_not_begun(database: Database) -> None:
    for purpose in ("begun", "claimed"):
        queue(database, purpose)
    begin(database, claim(database)[0])
    assert database.write_now(lambda db: outbox.release(db, "me", NOW)) == 1
    assert [delivery.purpose for delivery in claim(database, "other")] == ["claimed"]


def test_what_is_no_more_is_cancelled_unless_on_its_way(database: Database) -> None:
    queue(database, "waiting")
    queue(database, "begun", due=-1)
    begin(database, claim(database, limit=1)[0])
    assert database.write_now(lambda db: outbox.cancel(db, "waiting", NOW))
    assert not database.write_now(lambda db: outbox.cancel(db, "begun", NOW))
    assert not database.write_now(lambda db: outbox.cancel(db, "unheard of", NOW))


LATE: tuple[Callable[[Connection, int], bool], ...] = (
    lambda db, which: outbox.mark_again(db, which, 1, "backlog", NOW, NOW),
    lambda db, which: outbox.mark_failed(db, which, 1, "landline", NOW),
    lambda db, which: outbox.mark_unsure(db, which, 1, "timeout", NOW),
    lambda db, which: outbox.mark_sent(db, which, 1, "SM1", NOW),
    lambda db, which: outbox.report(db, which, 1, "failed", "unreachable", NOW),
)


def test_nobody_is_believed_about_an_attempt_that_came_after_theirs(database: Database) -> None:
    queue(database)
    (delivery,) = claim(database)
    begin(database, delivery)
    database.write_now(lambda db: outbox.mark_again(db, delivery.id, 1, "throttled", NOW, NOW))
    (again,) = claim(database, "other")
    begin(database, again, "other")
    believed = database.write_now(lambda db: [late(db, delivery.id) for late in LATE])
    assert not any(believed)
    assert row(database).state == "sending"


def test_what_was_not_handed_over_is_a_new_message(database: Database) -> None:
    queue(database)
    (delivery,) = claim(database)
    begin(database, delivery)
    database.write_now(lambda db: outbox.mark_sent(db, delivery.id, 1, "SM1", NOW))
    later = NOW + timedelta(hours=1)

    def again() -> bool:
        return database.write_now(
            lambda db: outbox.undelivered(db, delivery.id, 1, "unreachable", later, NOW)
        )

    assert again()
    assert not again()
    after = row(database)
    assert (after.state, after.carrier_id, after.due_at) == ("queued", None, later)


def test_what_must_wait_goes_back_with_its_reason(database: Database) -> None:
    queue(database)
    (delivery,) = claim(database)
    later = NOW + timedelta(minutes=10)
    assert not database.write_now(lambda db: outbox.postpone(db, delivery.id, "other", later, "cap", NOW))
    assert database.write_now(lambda db: outbox.postpone(db, delivery.id, "me", later, "cap", NOW))
    assert claim(database, "other") == []
    assert [again.reason for again in claim(database, "other", later)] == ["cap"]


def test_all_for_one_occasion_are_cancelled_and_no_others(database: Database) -> None:
    for purpose in ("remind:a_1:x", "remind:a_1:y", "remind:a_11:x", "remind:ab1:x"):
        queue(database, purpose)
    assert database.write_now(lambda db: outbox.cancel_all(db, "remind:a_1:", NOW)) == 2
    assert {left.purpose for left in claim(database)} == {"remind:a_11:x", "remind:ab1:x"}


@dataclass(frozen=True)
class Mark:
    to: State
    make: Callable[[Connection, int], bool]


MARKS = (
    Mark("sent", lambda db, which: outbox.mark_sent(db, which, 0, "SM1", NOW)),
    Mark("queued", lambda db, which: outbox.mark_again(db, which, 0, "busy", NOW, NOW)),
    Mark("failed", lambda db, which: outbox.mark_failed(db, which, 0, "30003", NOW)),
    Mark("unsure", lambda db, which: outbox.mark_unsure(db, which, 0, "timeout", NOW)),
    Mark("skipped", lambda db, which: outbox.skip(db, which, "no_consent", NOW)),
    Mark("cancelled", lambda db, which: outbox.cancel(db, "p", NOW)),
    Mark("delivered", lambda db, which: outbox.report(db, which, 0, "delivered", None, NOW)),
)


def test_only_the_table_of_states_says_what_follows_what(database: Database) -> None:
    """Every mark, tried on a row in every state."""

    def try_all(db: Connection) -> list[str]:
        wrong = []
        for state, mark in product(COMES_FROM, MARKS):
            db.execute(deliveries.delete())
            values = {"purpose": "p", "channel": "sms", "address": "x", "body": "x", "scope": "service"}
            times = dict.fromkeys(("due_at", "expires_at", "created_at", "updated_at"), NOW)
            new = insert(deliveries).values(**values, **times, state=state, carrier_id="SM0")
            which = db.execute(new.returning(deliveries.c.id)).scalar_one()
            moved = mark.make(db, which)
            after = db.scalar(select(deliveries.c.state))
            if moved != (state in COMES_FROM[mark.to]) or after != (mark.to if moved else state):
                wrong.append(f"{state} -> {mark.to}: {moved}, {after}")
        return wrong

    assert database.write_now(try_all) == []


def test_nothing_ever_leaves_a_final_state() -> None:
    left = {state for sources in COMES_FROM.values() for state in sources}
    assert left == {"queued", "sending", "sent", "unsure"}


def test_due_deliveries_are_found_by_their_index(sqlite_url: str) -> None:
    """Among a million past ones."""
    database = Database.open(sqlite_url)

    def plan(db: Connection) -> str:
        query = select(deliveries.c.id).where(outbox.QUEUED, deliveries.c.due_at <= NOW)
        compiled = query.compile(db, compile_kwargs={"render_postcompile": True})
        return str(db.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", (str(NOW),)).all())

    assert "ix_deliveries_due" in database.read_now(plan)
    database.close_now()
