"""The bookings tables on both databases: nobody's time is given away twice, whatever happens in whatever order."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from outreach.dialogue.page import Forget, Remind
from outreach.services.bookings import pages, publish, rules, store
from outreach.services.bookings.rules import Slot
from outreach.services.places import LOCAL
from outreach.store import people
from outreach.store.database import Database
from outreach.store.schema import people as people_rows
from outreach.store.tables.bookings import booking_cells, booking_providers, bookings

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=LOCAL)
TEN = NOW.replace(hour=10)
WEEK = [(day, "09:00", "12:00") for day in range(1, 8)]


def shop(db: Connection, name: str = "甲店", practitioners: int = 2) -> tuple[store.Service, list[int]]:
    """A provider with a service of half an hour, and its practitioners' ids."""
    values = {"kind": "massage", "name": name, "county": "gulang", "phone": "0935-2212345"}
    provider = publish.add_provider(db, values)
    publish.set_hours(db, provider, WEEK)
    service = store.service(db, publish.add_service(db, provider, "足疗", 30))
    assert service is not None
    return service, [publish.add_practitioner(db, provider, f"{n}师傅") for n in range(practitioners)]


def somebody(db: Connection) -> int:
    return people.create(db, None, NOW).id


def test_one_time_goes_to_one_of_many_who_want_it_at_once(database: Database) -> None:
    service, (who, _) = database.write_now(shop)
    callers = [database.write_now(somebody) for _ in range(8)]

    def book(person: int) -> int | None:
        return database.write_now(lambda db: store.book(db, person, service, Slot(who, TEN), NOW))

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(book, callers))
    assert sum(booking is not None for booking in made) == 1
    assert len(database.read_now(lambda db: db.execute(select(bookings)).all())) == 1


def test_one_person_is_not_in_two_places_at_once(database: Database) -> None:
    shops = [database.write_now(lambda db, n=n: shop(db, f"{n}店", 1)) for n in range(4)]  # type: ignore[misc]
    person = database.write_now(somebody)

    def book(place: tuple[store.Service, list[int]]) -> int | None:
        service, (who,) = place
        return database.write_now(lambda db: store.book(db, person, service, Slot(who, TEN), NOW))

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(book, shops))
    assert sum(booking is not None for booking in made) == 1


def test_two_who_exchange_their_times_do_not_wait_for_each_other_for_ever(database: Database) -> None:
    service, (one, other) = database.write_now(shop)

    def begin(db: Connection) -> list[tuple[int, Slot]]:
        first = store.book(db, somebody(db), service, Slot(one, TEN), NOW)
        second = store.book(db, somebody(db), service, Slot(other, TEN), NOW)
        assert first is not None
        assert second is not None
        return [(first, Slot(other, TEN)), (second, Slot(one, TEN))]

    def move(wish: tuple[int, Slot]) -> bool:
        def work(db: Connection) -> bool:
            booking = store.get(db, wish[0])
            assert booking is not None
            return store.move(db, booking, wish[1], NOW)

        return database.write_now(work)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(move, database.write_now(begin))) == [False, False]
    assert len(database.read_now(lambda db: db.execute(select(booking_cells)).all())) == 4


def test_the_database_itself_refuses_a_second_booking(database: Database) -> None:
    def twice(db: Connection) -> None:
        service, (who, _) = shop(db)
        assert store.book(db, somebody(db), service, Slot(who, TEN), NOW)
        other, booking = somebody(db), db.execute(select(bookings.c.id)).scalar_one()
        values = {"practitioner_id": who, "cell": TEN, "booking_id": booking, "person_id": other}
        db.execute(insert(booking_cells).values(values))

    with pytest.raises(IntegrityError):
        database.write_now(twice)


def test_what_was_called_off_cannot_be_moved_back_to_life(database: Database) -> None:
    def work(db: Connection) -> None:
        service, (who, _) = shop(db)
        made = store.book(db, somebody(db), service, Slot(who, TEN), NOW)
        assert made is not None
        heard = store.get(db, made)
        assert heard is not None
        assert publish.call_off(db, [made], NOW)
        assert not store.move(db, heard, Slot(who, TEN + timedelta(hours=1)), NOW)
        again = store.get(db, made)
        assert again is not None
        assert again.state == "called_off"
        assert publish.call_off(db, [made], NOW) == []
        assert db.execute(select(booking_cells)).all() == []

    database.write_now(work)


def test_who_is_away_calls_off_the_day_and_tells_everybody(database: Database) -> None:
    def work(db: Connection) -> None:
        service, (who, other) = shop(db)
        persons = [somebody(db) for _ in range(3)]
        later = (TEN, TEN + timedelta(hours=1), TEN + timedelta(days=1))
        made = [
            store.book(db, person, service, Slot(who, at), NOW)
            for person, at in zip(persons, later, strict=True)
        ]
        told = publish.away(db, who, TEN.date(), NOW)
        reminds = [effect for effect in told if isinstance(effect, Remind)]
        assert [(effect.person_id, effect.page) for effect in reminds] == [
            (person, "bookings.called_off") for person in persons[:2]
        ]
        assert [effect.occasion for effect in told if isinstance(effect, Forget)] == [
            f"booking:{booking}:remind" for booking in made[:2]
        ]
        assert store.book(db, persons[0], service, Slot(who, TEN), NOW) is None
        assert store.book(db, persons[0], service, Slot(other, TEN), NOW) is not None
        publish.back(db, who, TEN.date())
        assert store.book(db, persons[1], service, Slot(who, TEN), NOW) is not None

    database.write_now(work)


def test_other_hours_show_whom_they_concern(database: Database) -> None:
    def work(db: Connection) -> None:
        service, (who, other) = shop(db)
        first = store.book(db, somebody(db), service, Slot(who, TEN), NOW)
        second = store.book(db, somebody(db), service, Slot(other, TEN + timedelta(days=1)), NOW)
        provider = service.provider_id

        def concerned() -> list[int]:
            return [booking.id for booking in publish.affected(db, provider, NOW)]

        assert concerned() == []
        publish.close_day(db, provider, TEN.date())
        assert concerned() == [first]
        publish.open_day(db, provider, TEN.date())
        publish.set_hours(db, provider, [(day, "10:30", "12:00") for day in range(1, 8)])
        assert concerned() == [first, second]
        publish.set_hours(db, provider, WEEK)
        publish.set_breaks(db, who, [(TEN.isoweekday(), "10:15", "10:45")])
        assert concerned() == [first]
        publish.change_practitioner(db, other, {"active": False})
        assert concerned() == [first, second]
        publish.set_breaks(db, who, [])
        assert concerned() == [second]
        publish.change_provider(db, provider, {"active": False})
        assert concerned() == [first, second]

    database.write_now(work)


def test_whoever_is_erased_gives_their_time_back(database: Database) -> None:
    def work(db: Connection) -> None:
        service, (who, _) = shop(db)
        person = somebody(db)
        made = store.book(db, person, service, Slot(who, TEN), NOW)
        assert pages.leave(db, person, NOW) == [Forget(f"booking:{made}:remind")]
        assert store.book(db, somebody(db), service, Slot(who, TEN), NOW) is not None

    database.write_now(work)


# --- Whatever the sequence ------------------------------------------------------------------------------------

ACTIONS = st.tuples(
    st.sampled_from(["book", "move", "cancel", "close", "reopen", "away", "back", "call_off"]),
    st.integers(0, 2),  # a person, or which of the bookings
    st.integers(0, 1),  # a practitioner
    st.integers(0, 5),  # half hours from nine
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(ACTIONS, min_size=3, max_size=25))
def test_no_two_live_bookings_ever_overlap(
    database: Database, actions: list[tuple[str, int, int, int]]
) -> None:
    database.write_now(lambda db: _sequence(db, actions))


def _sequence(db: Connection, actions: list[tuple[str, int, int, int]]) -> None:
    for table in (booking_cells, bookings, booking_providers, people_rows):
        db.execute(delete(table))
    places = [shop(db, "甲店", 1), shop(db, "乙店", 1)]
    persons = [somebody(db) for _ in range(3)]
    for action, which, place, half_hours in actions:
        service, (who,) = places[place]
        slot = Slot(who, TEN.replace(hour=9) + timedelta(minutes=30 * half_hours))
        made = list(db.scalars(select(bookings.c.id).order_by(bookings.c.id)))
        picked = made[which % len(made)] if made else 0
        booking = store.get(db, picked)
        match action:
            case "book":
                store.book(db, persons[which], service, slot, NOW)
            case "move" if booking is not None:
                own = [theirs for what, (theirs,) in places if what.id == booking.service.id]
                store.move(db, booking, Slot(own[0], slot.starts_at), NOW)
            case "cancel":
                store.end(db, picked, "cancelled", NOW)
            case "call_off":
                publish.call_off(db, [picked], NOW)
            case "close":
                store.close(db, slot, 30)
            case "reopen":
                store.reopen(db, slot, 30)
            case "away":
                publish.away(db, who, TEN.date(), NOW)
            case "back":
                publish.back(db, who, TEN.date())
        _consistent(db)


def _consistent(db: Connection) -> None:
    live = db.execute(select(bookings).where(bookings.c.state.in_(store.LIVE))).all()
    wanted = {
        (row.practitioner_id, cell, row.id, row.person_id)
        for row in live
        for cell in rules.cells(row.starts_at, row.minutes)
    }
    kept = db.execute(select(booking_cells).where(booking_cells.c.booking_id.is_not(None))).all()
    assert {(row.practitioner_id, row.cell, row.booking_id, row.person_id) for row in kept} == wanted
    for one in live:
        for other in live:
            apart = one.starts_at + timedelta(minutes=one.minutes) <= other.starts_at
            apart |= other.starts_at + timedelta(minutes=other.minutes) <= one.starts_at
            same = one.practitioner_id == other.practitioner_id or one.person_id == other.person_id
            assert one.id == other.id or apart or not same, "two live bookings overlap"
