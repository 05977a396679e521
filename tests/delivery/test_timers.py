"""Timers as rows: set, replaced, forgotten, due; on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from outreach.delivery import outbox, policy, timers
from outreach.delivery.timers import Timer
from outreach.store import people
from outreach.store.database import Database
from outreach.store.schema import deliveries
from outreach.store.schema import people as people_rows
from outreach.store.tables.timers import timers as rows

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def person_id(database: Database) -> int:
    return database.write_now(lambda db: people.create(db, "+8619900000001", NOW).id)


def remind(
    database: Database,
    person_id: int,
    *hours: int,
    occasion: str = "course:1",
    until: int = 100,
    escalate: bool = False,
) -> None:
    at = [NOW + HOUR * hour for hour in hours]
    database.write_now(
        lambda db: timers.remind(
            db, occasion, "p.remind", {"a": 1}, at, NOW + HOUR * until, person_id, NOW, escalate=escalate
        )
    )


def waiting(database: Database) -> list[tuple[str, str, int]]:
    query = select(rows.c.occasion, rows.c.page, rows.c.handler, rows.c.due_at).order_by(rows.c.due_at)
    found = database.read_now(lambda db: db.execute(query).all())
    return [(row.occasion, row.page or row.handler, (row.due_at - NOW) // HOUR) for row in found]


def due(database: Database, hours: int) -> list[Timer]:
    def work(db: Connection) -> list[Timer]:
        now = NOW + HOUR * hours
        held = [timers.hold(db, timer_id, now) for timer_id in timers.due(db, now, 50)]
        return [timer for timer in held if timer is not None]

    return database.write_now(work)


def test_a_reminder_has_a_row_for_each_moment(database: Database, person_id: int) -> None:
    remind(database, person_id, 1, 5, 100, 101)
    assert waiting(database) == [("course:1", "p.remind", 1), ("course:1", "p.remind", 5)]
    assert due(database, 0) == []
    (timer,) = due(database, 1)
    assert (timer.page, timer.data, timer.person_id, timer.failures) == ("p.remind", {"a": 1}, person_id, 0)


def test_set_anew_it_replaces_the_old_and_leaves_the_rest(database: Database, person_id: int) -> None:
    remind(database, person_id, 1, 5)
    remind(database, person_id, 2, occasion="course:11")
    database.write_now(lambda db: timers.later(db, "course:1", "h.offer", {}, NOW + HOUR * 9, NOW))
    remind(database, person_id, 7)
    assert waiting(database) == [
        ("course:11", "p.remind", 2),
        ("course:1", "p.remind", 7),
        ("course:1", "h.offer", 9),
    ]


def test_a_second_look_set_anew_moves(database: Database) -> None:
    for hour in (3, 4):
        database.write_now(lambda db, hour=hour: timers.later(db, "o", "h", {}, NOW + HOUR * hour, NOW))  # type: ignore[misc]
    database.write_now(lambda db: timers.later(db, "o", "another", {}, NOW + HOUR, NOW))
    assert waiting(database) == [("o", "another", 1), ("o", "h", 4)]


def test_forgotten_is_forgotten_also_where_it_is_queued(database: Database, person_id: int) -> None:
    remind(database, person_id, 1, 5)
    remind(database, person_id, 1, occasion="course:11")
    for timer in due(database, 1):
        database.write_now(
            lambda db, timer=timer: outbox.queue_text(  # type: ignore[misc]
                db,
                purpose=timer.purpose,
                person_id=person_id,
                address="+8619900000001",
                body="x",
                scope="reminders",
                now=NOW,
                expires_at=NOW + HOUR,
            )
        )
    database.write_now(lambda db: timers.forget(db, "course:1", NOW))
    assert waiting(database) == [("course:11", "p.remind", 1)]
    query = select(deliveries.c.purpose, deliveries.c.state)
    states = {row.purpose: row.state for row in database.read_now(lambda db: db.execute(query).all())}
    assert sorted(states.values()) == ["cancelled", "queued"]
    assert next(iter(purpose for purpose in states if states[purpose] == "queued")).startswith(
        "remind:course:11:"
    )


def test_after_a_standstill_two_reminders_of_one_thing_are_one(database: Database, person_id: int) -> None:
    remind(database, person_id, 1, 2, 5)
    (first, _) = due(database, 3)
    database.write_now(lambda db: timers.drop(db, first, NOW + HOUR * 3))
    assert waiting(database) == [("course:1", "p.remind", 5)]


def test_two_second_looks_stay_two(database: Database) -> None:
    for name in ("h1", "h2"):
        database.write_now(lambda db, name=name: timers.later(db, "o", name, {}, NOW, NOW))  # type: ignore[misc]
    first, _ = due(database, 0)
    database.write_now(lambda db: timers.drop(db, first, NOW))
    assert [name for _, name, _ in waiting(database)] == ["h2"]


def test_what_fails_comes_back_more_and_more_seldom(database: Database) -> None:
    database.write_now(lambda db: timers.later(db, "o", "h", {}, NOW, NOW))
    (timer,) = due(database, 0)
    waits = []
    now = NOW
    for _ in range(9):
        database.write_now(lambda db, now=now: timers.failed(db, timer.id, now))  # type: ignore[misc]
        due_at = database.read_now(lambda db: db.execute(select(rows.c.due_at)).scalar_one())
        waits.append((due_at - now) // timedelta(minutes=1))
        now = due_at
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    database.write_now(lambda db: timers.failed(db, 999, now))


def test_set_anew_after_it_fired_it_is_another_occasion(database: Database, person_id: int) -> None:
    remind(database, person_id, 1)
    (before,) = due(database, 1)
    database.write_now(lambda db: timers.drop(db, before, NOW + HOUR))
    at = [NOW + HOUR]
    again = NOW + timedelta(microseconds=1)
    database.write_now(
        lambda db: timers.remind(db, "course:1", "p.remind", {}, at, NOW + HOUR * 9, person_id, again)
    )
    (after,) = due(database, 1)
    assert before.purpose != after.purpose
    assert len(timers.Timer(1, "x" * 80, "p", None, {}, 1, NOW, NOW, 0, NOW, "sms", "jobs").purpose) <= 118


def test_a_persons_reminders_go_with_them(database: Database, person_id: int) -> None:
    remind(database, person_id, 1)
    database.write_now(lambda db: db.execute(people_rows.delete()).rowcount)
    assert waiting(database) == []


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"page": "p", "handler": "h", "person_id": 1, "until": NOW},
        {"page": "p", "person_id": 1},
        {"page": "p", "until": NOW},
    ],
)
def test_half_a_timer_is_none(database: Database, person_id: int, values: dict[str, object]) -> None:
    assert person_id == 1
    fixed = {"occasion": "o", "data": {}, "due_at": NOW, "set_at": NOW}
    with pytest.raises(IntegrityError):
        database.write_now(lambda db: db.execute(insert(rows).values(**fixed, **values)).rowcount)


def test_what_is_not_confirmed_is_told_in_a_call_then_left_to_a_counselor(
    database: Database, person_id: int
) -> None:
    """NOW is Monday at ten; it ends on Friday at two."""
    remind(database, person_id, 1, until=100, escalate=True)
    query = select(rows.c.rung, rows.c.due_at).order_by(rows.c.due_at)
    found = database.read_now(lambda db: [tuple(row) for row in db.execute(query)])
    assert [(rung, at.astimezone(policy.LOCAL).strftime("%a %H:%M")) for rung, at in found] == [
        ("own", "Mon 11:00"),
        ("voice", "Thu 14:30"),
        ("counselor", "Thu 17:00"),
    ]
    database.write_now(lambda db: timers.forget(db, "course:1", NOW))
    assert waiting(database) == []


def test_what_ends_within_the_day_is_not_escalated(database: Database, person_id: int) -> None:
    remind(database, person_id, 0, until=5, escalate=True)
    assert len(waiting(database)) == 1
