"""The demonstration's rows: complete, speakable, nobody's, and safe to add twice."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import phonenumbers
import pytest
from sqlalchemy import Connection, Table, func, select

from outreach import demo
from outreach.services.training import rules as training_rules
from outreach.services.training import store as training
from outreach.store import people
from outreach.store.database import Database
from outreach.store.schema import COUNTIES, metadata, openings
from outreach.store.schema import people as person_rows

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Monday, nine in the morning in Wuwei."""
SPOKEN = {*demo.LISTED, "access", "exam", "source"} - {"kind", "phone"}


@pytest.fixture
def seeded(database: Database) -> Database:
    database.write_now(lambda db: demo.seed(db, NOW))
    return database


def every_row(db: Connection) -> dict[str, list[tuple[object, ...]]]:
    def rows(table: Table) -> list[tuple[object, ...]]:
        return sorted((tuple(row) for row in db.execute(select(table))), key=repr)

    return {table.name: rows(table) for table in metadata.sorted_tables}


def test_seeding_twice_is_seeding_once(seeded: Database) -> None:
    before = seeded.read_now(every_row)
    seeded.write_now(lambda db: demo.seed(db, NOW + timedelta(days=3)))
    assert seeded.read_now(every_row) == before


def test_a_consent_withdrawn_by_a_tester_stays_withdrawn(seeded: Database) -> None:
    def withdraw(db: Connection) -> int:
        person = people.find_by_phone(db, "+8619900000001")
        assert person is not None
        people.withdraw(db, person.id, "service", NOW)
        demo.seed(db, NOW)
        return person.id

    person_id = seeded.write_now(withdraw)
    assert "service" not in seeded.read_now(lambda db: people.consents(db, person_id))


def test_every_county_and_kind_has_openings_on_offer(seeded: Database) -> None:
    today = NOW.date()
    offered = select(openings.c.county, openings.c.kind).where(
        openings.c.filled_at.is_(None), openings.c.expires_on >= today
    )
    found = seeded.read_now(lambda db: [tuple(row) for row in db.execute(offered)])
    assert 40 <= len(found) <= 50
    assert min(Counter(county for county, _ in found)[county] for county in COUNTIES) >= 8
    kinds = Counter(kind for _, kind in found)
    assert len(kinds) == 8
    assert min(kinds.values()) >= 3


def test_some_are_never_to_be_offered(seeded: Database) -> None:
    count = select(func.count()).select_from(openings)
    assert seeded.read_now(lambda db: db.scalar(count.where(openings.c.filled_at.is_not(None)))) == 2
    assert seeded.read_now(lambda db: db.scalar(count.where(openings.c.expires_on < NOW.date()))) == 3


def test_every_field_can_be_read_aloud(seeded: Database) -> None:
    """Chinese characters, figures, commas: no Latin letters, no symbols, and no sentence that goes on for ever."""
    for row in seeded.read_now(lambda db: db.execute(select(openings)).all()):
        for name in SPOKEN:
            text = getattr(row, name)
            assert re.fullmatch(r"[\u4e00-\u9fff\d，]*", text), (row.employer, name, text)
            assert len(text) <= 40, (row.employer, name, text)
            assert not re.search("二[个人天周次顿班]", text), (row.employer, name, text)
        assert row.kind != "public" or row.exam
        assert row.checked_on >= row.published_at.date()


def test_every_county_holds_courses_that_can_be_read_aloud(seeded: Database) -> None:
    sessions = seeded.read_now(lambda db: training.all_offered(db, NOW))
    assert set(Counter(session.county for session in sessions)) == set(COUNTIES)
    assert len(sessions) == 10
    for session in sessions:
        for name in ("name", "place", *training_rules.DETAILS):
            text = getattr(session, name)
            assert re.fullmatch(r"[\u4e00-\u9fff\d，]*", text), (session.name, name, text)
            assert len(text) <= 40, (session.name, name, text)
        assert re.fullmatch(r"0935-\d{7}", session.phone), session.phone


def test_one_course_is_full_and_people_wait_for_it(seeded: Database) -> None:
    room = seeded.read_now(lambda db: [training.room(db, found) for found in training.all_offered(db, NOW)])
    assert [found for found in room if found[1]] == [(0, 2)]


def test_openings_can_be_told_apart_by_employer(seeded: Database) -> None:
    employers = seeded.read_now(lambda db: sorted(db.scalars(select(openings.c.employer))))
    assert all(one != other for one, other in pairwise(employers))


def test_numbers_look_right(seeded: Database) -> None:
    dialled = seeded.read_now(lambda db: list(db.scalars(select(openings.c.phone))))
    kept = seeded.read_now(lambda db: list(db.scalars(select(person_rows.c.phone))))
    assert all(re.fullmatch(r"0935-\d{7}|1\d{10}", number) for number in dialled)
    for number in (*dialled, *kept):
        assert number is not None
        assert phonenumbers.is_valid_number(phonenumbers.parse(number, "CN")), number


@pytest.mark.parametrize("hour", ["08:30", "12:00", "17:59"])
def test_somebody_is_on_duty_on_working_days_and_saturdays(seeded: Database, hour: str) -> None:
    monday = datetime.fromisoformat(f"2026-03-02T{hour}+08:00")
    for day in range(6):
        assert seeded.read_now(lambda db, day=day: people.on_duty(db, monday + timedelta(days=day)))  # type: ignore[misc]


def test_sunday_morning_has_one_counselor_and_the_evening_none(seeded: Database) -> None:
    sunday = datetime.fromisoformat("2026-03-08T09:00+08:00")
    on_duty = seeded.read_now(lambda db: people.on_duty(db, sunday))
    assert on_duty is not None
    assert on_duty.name == "卓玛"
    assert seeded.read_now(lambda db: people.on_duty(db, sunday + timedelta(hours=10))) is None
