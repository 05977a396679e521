"""Case numbers, PINs and tries, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from outreach.services.rights import rules, store
from outreach.store import chance, people
from outreach.store.database import Database
from outreach.store.tables.community import cases

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def test_one_pin_is_kept_differently_for_each_case() -> None:
    assert rules.hash_pin("12345678", "2468") != rules.hash_pin("12345679", "2468")
    assert len(rules.hash_pin("12345678", "2468")) == 64


def test_numbers_have_eight_digits_and_are_spread_out(database: Database) -> None:
    drawn = database.write_now(lambda db: [chance.digits(db, 8) for _ in range(200)])
    assert all(len(number) == 8 and number[0] != "0" for number in drawn)
    assert len(set(drawn)) == 200  # the odds of two alike: 1 in 4500
    assert {number[0] for number in drawn} == set("123456789")  # of one missing: 1 in 2 thousand million


def test_number_and_pin_open_a_case_only_together(database: Database) -> None:
    def work(db: Connection) -> None:
        case = store.add(db, None, "wages", NOW)
        other = store.add(db, None, "other", NOW)
        assert store.opened(db, case.number, "2468") is None  # no PIN yet
        store.set_pin(db, case, "2468", NOW)
        assert store.opened(db, case.number, "2468") == case.id
        assert store.opened(db, case.number, "2469") is None
        assert store.opened(db, other.number, "2468") is None

    database.write_now(work)


def test_a_message_is_spoken_or_written(database: Database) -> None:
    case = database.write_now(lambda db: store.add(db, None, "wages", NOW))
    for file, words in ((None, None), ("a.wav", "话")):
        with pytest.raises(IntegrityError):
            database.write_now(
                lambda db, file=file, words=words: store.add_message(  # type: ignore[misc]
                    db, case.id, file=file, words=words, now=NOW
                )
            )


def test_the_latest_case_comes_first_and_only_ones_own(database: Database) -> None:
    def work(db: Connection) -> None:
        mine, other = (people.create(db, None, NOW).id for _ in range(2))
        first = store.add(db, mine, "wages", NOW).id
        store.add(db, other, "wages", NOW)
        second = store.add(db, mine, "other", NOW + timedelta(hours=1)).id
        assert store.of_person(db, mine) == [second, first]

    database.write_now(work)


def test_kinds_are_those_of_the_menu(database: Database) -> None:
    values = {"created_at": NOW, "updated_at": NOW, "number": "12345678"}
    for kind in rules.KINDS:
        database.write_now(lambda db, kind=kind: store.add(db, None, kind, NOW))  # type: ignore[misc]
    with pytest.raises(IntegrityError):
        database.write_now(lambda db: db.execute(insert(cases).values(**values, kind="gossip")).rowcount)
