from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from outreach.store import people
from outreach.store.database import Database
from outreach.store.schema import consents, counselors, duty_hours, metadata, recordings, sessions
from outreach.store.schema import people as rows

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Monday, nine in the morning in Wuwei."""
NUMBER = "+8619900000001"


def person(database: Database, number: str | None = NUMBER, now: datetime = NOW) -> people.Person:
    return database.write_now(lambda db: people.create(db, number, now, "zh-CN"))


def found(database: Database) -> int | None:
    result = database.read_now(lambda db: people.find_by_phone(db, NUMBER))
    return result.id if result else None


def test_a_new_person_has_the_usual_settings(database: Database) -> None:
    new = person(database)
    assert (new.phone, new.language, new.speed, new.wordiness, new.patience) == (NUMBER, "zh-CN", 3, 2, 2)
    assert (new.created_at, new.last_call_at, new.name, new.county) == (NOW, None, None, None)
    assert database.read_now(lambda db: people.get(db, new.id)) == new


def test_nobody_is_found_by_a_number_nobody_has(database: Database) -> None:
    person(database, None)
    assert found(database) is None


def test_of_several_who_share_a_telephone_the_last_in_contact_is_found(database: Database) -> None:
    mother, son, daughter = (person(database, now=NOW + timedelta(days=day)) for day in range(3))
    assert found(database) == daughter.id

    def son_calls(db: Connection) -> None:
        called = NOW + timedelta(days=4)
        db.execute(update(rows).where(rows.c.id == son.id).values(last_call_at=called))

    database.write_now(son_calls)
    assert found(database) == son.id

    def mother_texts(db: Connection) -> None:
        texted = NOW + timedelta(days=5)
        db.execute(
            insert(sessions).values(id="s", person_id=mother.id, state="{}", turn=1, updated_at=texted)
        )

    database.write_now(mother_texts)
    assert found(database) == mother.id


def test_settings_change_one_by_one(database: Database) -> None:
    new = person(database)

    def change(db: Connection) -> people.Person | None:
        people.change(db, new.id, speed=5)
        people.change(db, new.id, county="minqin", patience=3)
        people.change(db, new.id)
        return people.get(db, new.id)

    changed = database.write_now(change)
    assert changed is not None
    assert (changed.speed, changed.patience, changed.wordiness, changed.county) == (5, 3, 2, "minqin")


def test_settings_out_of_range_are_refused(database: Database) -> None:
    new = person(database)
    with pytest.raises(IntegrityError):
        database.write_now(lambda db: people.change(db, new.id, speed=7))
    with pytest.raises(IntegrityError):
        database.write_now(lambda db: people.change(db, new.id, county="beijing"))
    with pytest.raises(LookupError):
        database.write_now(lambda db: people.change(db, new.id + 1, speed=3))


def test_consent_is_given_once_withdrawn_once_and_never_forgotten(database: Database) -> None:
    new = person(database)

    def give(db: Connection, day: int = 0) -> bool:
        now = NOW + timedelta(days=day)
        return people.give_consent(db, new.id, "service", "home.welcome/1", "voice", "call-1", now)

    def withdraw(db: Connection) -> bool:
        return people.withdraw(db, new.id, "service", NOW + timedelta(days=1))

    def in_force(db: Connection) -> frozenset[people.Scope]:
        return people.consents(db, new.id)

    assert database.read_now(in_force) == set()
    assert database.write_now(give)
    assert not database.write_now(lambda db: give(db, 1))
    assert database.read_now(in_force) == {"service"}
    assert database.write_now(withdraw)
    assert not database.write_now(withdraw)
    assert database.read_now(in_force) == set()
    assert database.write_now(lambda db: give(db, 2))
    assert database.read_now(in_force) == {"service"}
    record = select(consents.c.given_at, consents.c.withdrawn_at).order_by(consents.c.id)
    history = database.read_now(lambda db: [tuple(row) for row in db.execute(record)])
    assert history == [(NOW, NOW + timedelta(days=1)), (NOW + timedelta(days=2), None)]


def test_an_unknown_scope_is_an_error_not_a_silence(database: Database) -> None:
    """What is ignored is a double, never a broken CHECK."""
    new = person(database)
    with pytest.raises(IntegrityError):
        database.write_now(lambda db: people.give_consent(db, new.id, "all", "x", "voice", None, NOW))  # type: ignore[arg-type]
    assert database.read_now(lambda db: db.scalar(select(func.count()).select_from(consents))) == 0


@pytest.fixture
def duty(database: Database) -> Database:
    """马 Monday 8:30-12:00, 何 Monday 9:00-18:00, 王 (not active) always."""

    def fill(db: Connection) -> None:
        three = [
            ("马", True, "08:30", "12:00"),
            ("何", True, "09:00", "18:00"),
            ("王", False, "00:00", "24:00"),
        ]
        for number, (name, active, starts, ends) in enumerate(three, 1):
            db.execute(insert(counselors).values(id=number, name=name, phone=f"tel {number}", active=active))
            db.execute(insert(duty_hours).values(counselor_id=number, weekday=1, starts=starts, ends=ends))

    database.write_now(fill)
    return database


@pytest.mark.parametrize(
    ("clock", "name"),
    [
        ("00:29", None),
        ("00:30", "马"),
        ("01:00", "马"),
        ("03:59", "马"),
        ("04:00", "何"),
        ("09:59", "何"),
        ("10:00", None),
    ],
)
def test_who_is_on_duty(duty: Database, clock: str, name: str | None) -> None:
    """By Gansu's clock, eight hours ahead of UTC."""
    now = datetime.fromisoformat(f"2026-03-02T{clock}+00:00")
    counselor = duty.read_now(lambda db: people.on_duty(db, now))
    assert (counselor.name if counselor else None) == name


def test_sunday_evening_in_utc_is_monday_in_gansu(duty: Database) -> None:
    duty.write_now(lambda db: db.execute(update(duty_hours).values(starts="00:00")).rowcount)
    counselor = duty.read_now(lambda db: people.on_duty(db, datetime(2026, 3, 1, 16, 0, tzinfo=UTC)))
    assert counselor == people.OnDuty(1, "马", "tel 1")


def test_ones_own_counselor_comes_first(duty: Database) -> None:
    mine = person(duty)
    duty.write_now(lambda db: db.execute(update(rows).values(counselor_id=2)).rowcount)
    at_nine = duty.read_now(lambda db: people.on_duty(db, NOW, mine.id))
    assert at_nine == people.OnDuty(2, "何", "tel 2")
    before_nine = duty.read_now(lambda db: people.on_duty(db, NOW - timedelta(minutes=1), mine.id))
    assert before_nine == people.OnDuty(1, "马", "tel 1")


def test_nothing_that_hangs_on_a_person_keeps_them_from_being_erased() -> None:
    """Every table that names a person says what becomes of its rows: they go, or stay without."""
    keys = (key for table in metadata.tables.values() for key in table.foreign_keys)
    ours = [key for key in keys if key.column is rows.c.id]
    assert len(ours) > 10
    assert {key.ondelete for key in ours} == {"CASCADE", "SET NULL"}


def test_who_is_erased_leaves_nothing_but_recordings_that_expire(database: Database) -> None:
    gone, other = person(database), person(database, "+8619900000002")

    def work(db: Connection) -> None:
        for one in (gone, other):
            people.give_consent(db, one.id, "service", "home.welcome/1", "voice", None, NOW)
            values = {"person_id": one.id, "purpose": "message", "file": f"{one.id}.wav", "seconds": 3}
            db.execute(
                insert(recordings).values(**values, created_at=NOW, expires_at=NOW + timedelta(days=30))
            )
        people.erase(db, gone.id, NOW)
        assert people.get(db, gone.id) is None
        assert db.scalars(select(consents.c.person_id)).all() == [other.id]
        left = db.execute(select(recordings.c.person_id, recordings.c.expires_at).order_by(recordings.c.id))
        assert [tuple(row) for row in left] == [(None, NOW), (other.id, NOW + timedelta(days=30))]

    database.write_now(work)
