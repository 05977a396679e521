"""Wrong PINs: nobody guesses for long, and no stranger locks an owner out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, func, select

from outreach.store import people, pins, tries
from outreach.store.database import Database
from outreach.store.tables.tries import tries as rows
from outreach.store.tries import Asker

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
OWN = "+8613893500001"
STRANGER = tries.telephone("+8613893500009", "call1")
HIDDEN = tries.telephone(None, "call1")


@pytest.mark.parametrize(
    ("own", "pooled", "who", "stopped"),
    [
        (0, 0, STRANGER, False),
        (4, 99, STRANGER, False),
        (5, 0, STRANGER, True),
        (0, 19, HIDDEN, False),
        (0, 20, HIDDEN, True),
        (5, 0, HIDDEN, True),
    ],
)
def test_who_is_sent_to_a_person(own: int, pooled: int, who: Asker, stopped: bool) -> None:
    assert tries.too_many(own, pooled, who) is stopped


def test_a_telephone_is_no_longer_readable_and_a_hidden_one_is_its_call() -> None:
    assert "3893500009" not in STRANGER.name
    assert tries.telephone("+8613893500009", "call2") == STRANGER
    assert tries.telephone(None, "call2") != HIDDEN


def test_tries_count_for_a_day_and_for_the_asker(database: Database) -> None:
    def work(db: Connection) -> None:
        for _ in range(tries.EACH):
            assert not tries.limited(db, STRANGER, "case:12345678", NOW)
            tries.failed(db, STRANGER, "case:12345678", NOW)
        assert tries.limited(db, STRANGER, "case:87654321", NOW)
        assert not tries.limited(db, tries.telephone(OWN, None), "case:12345678", NOW)
        assert not tries.limited(db, HIDDEN, "case:12345678", NOW)
        tomorrow = NOW + tries.WITHIN
        assert not tries.limited(db, STRANGER, "case:12345678", tomorrow)
        tries.failed(db, STRANGER, "case:12345678", tomorrow)
        assert db.execute(select(func.count()).select_from(rows)).scalar_one() == 1

    database.write_now(work)


def test_hidden_calls_share_a_limit_for_one_number_and_nobody_else_feels_it(database: Database) -> None:
    def work(db: Connection) -> None:
        for call in range(tries.POOLED):
            tries.failed(db, tries.telephone(None, f"call{call}"), "case:12345678", NOW)
        assert tries.limited(db, tries.telephone(None, "another"), "case:12345678", NOW)
        assert not tries.limited(db, tries.telephone(None, "another"), "case:87654321", NOW)
        assert not tries.limited(db, STRANGER, "case:12345678", NOW)

    database.write_now(work)


STRANGERS = st.lists(
    st.tuples(
        st.sampled_from([None, *(f"+86138935001{n:02}" for n in range(12))]),  # never the owner's own
        st.integers(0, 40),  # the call
        st.integers(0, 60 * 24 * 2),  # minutes
    ),
    max_size=120,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(attack=STRANGERS)
def test_no_stranger_locks_an_owner_out_or_guesses_much(
    database: Database, attack: list[tuple[str | None, int, int]]
) -> None:
    """Whatever is tried from other telephones, the owner may try on their own; strangers get 20 tries a day in all."""

    def work(db: Connection) -> None:
        db.execute(delete(rows))
        last, let_in = NOW, []
        for number, call, minutes in sorted(attack, key=lambda one: one[2]):
            last = NOW + timedelta(minutes=minutes)
            who = tries.person(7, OWN, number, f"call{call}")
            if not tries.limited(db, who, "person:7", last):
                tries.failed(db, who, "person:7", last)
                let_in.append(last)
            assert not tries.limited(db, tries.person(7, OWN, OWN, "home"), "person:7", last)
        assert all(sum(t - tries.WITHIN < at <= t for at in let_in) <= tries.POOLED for t in let_in)

    database.write_now(work)


def test_on_the_own_telephone_each_person_has_their_own_tries(database: Database) -> None:
    """Who guesses at a sister's PIN does not shut the others out of the telephone they share."""

    def work(db: Connection) -> None:
        mine, sister = (tries.person(person, OWN, OWN, "call") for person in (1, 2))
        for _ in range(tries.EACH):
            tries.failed(db, sister, "person:2", NOW)
        assert tries.limited(db, sister, "person:2", NOW)
        assert not tries.limited(db, mine, "person:1", NOW)
        tries.forgive(db, 2)
        assert not tries.limited(db, sister, "person:2", NOW)

    database.write_now(work)


def test_a_pin_is_right_or_wrong_and_cannot_be_read(database: Database) -> None:
    def work(db: Connection) -> None:
        person = people.create(db, OWN, NOW)
        assert not pins.has(db, person.id)
        assert not pins.right(db, person.id, "2468")
        pins.set_pin(db, person.id, "2468")
        assert pins.has(db, person.id)
        assert pins.right(db, person.id, "2468")
        assert not pins.right(db, person.id, "2469")
        kept = db.exec_driver_sql("SELECT pin_hash FROM people").scalar_one()
        assert "2468" not in kept
        assert kept.startswith("$argon2id$")
        assert pins.clear(db, person.id)
        assert not pins.clear(db, person.id)
        assert not pins.right(db, person.id, "2468")

    database.write_now(work)
