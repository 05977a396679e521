"""Seats and the line for them: two at once, in turn, in order, and whatever people do."""

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from outreach.dialogue.page import Effect, Remind
from outreach.services.training import notices, store
from outreach.store.database import Database
from outreach.store.tables.training import training_registrations as rows
from outreach.store.tables.training import training_sessions
from tests.dialogue.test_turn import house
from tests.services.training.rows import NOW, TODAY, add_people, add_session

DAY = timedelta(days=1)


def states(db: Connection) -> list[str]:
    return list(db.scalars(select(rows.c.state).order_by(rows.c.id)))


def test_two_want_the_last_seat_at_the_same_time(database: Database) -> None:
    session_id, everybody = database.write_now(
        lambda db: (add_session(db, seats=3), add_people(db, 6)),
    )
    together = threading.Barrier(len(everybody), timeout=20)
    begun: set[int] = set()

    def registers(db: Connection, person_id: int) -> str:
        # SQLite has one writer: there, they queue; on PostgreSQL all six are in mid-transaction
        if database.dialect == "postgresql" and person_id not in begun:
            begun.add(person_id)
            together.wait()
        return store.register(db, session_id, person_id, NOW)

    async def all_at_once() -> list[str]:
        works = [database.write(lambda db, who=who: registers(db, who)) for who in everybody]  # type: ignore[misc]
        return await asyncio.gather(*works)

    outcomes = asyncio.run(all_at_once())
    assert sorted(outcomes) == ["full"] * 3 + ["registered"] * 3
    seats = database.read_now(lambda db: sorted(db.scalars(select(rows.c.seat))))
    assert seats == [1, 2, 3]


def test_the_database_itself_gives_no_seat_twice_and_none_that_is_not_there(database: Database) -> None:
    session_id, (one, two) = database.write_now(lambda db: (add_session(db, seats=1), add_people(db, 2)))
    held = {"session_id": session_id, "session_seats": 1, "state": "registered"}
    when = {"queued_at": NOW, "created_at": NOW, "updated_at": NOW}
    database.write_now(
        lambda db: db.execute(insert(rows).values(**held, **when, seat=1, person_id=one)).rowcount
    )
    for wrong in ({"seat": 1}, {"seat": 2}, {"seat": 2, "session_seats": 9}, {"seat": None}):
        with pytest.raises(IntegrityError):
            database.write_now(
                lambda db, wrong=wrong: (
                    db.execute(  # type: ignore[misc]
                        insert(rows).values(**(held | when | {"person_id": two} | wrong))
                    ).rowcount
                )
            )


def test_a_freed_seat_goes_down_the_line_one_after_the_other(database: Database) -> None:
    def work(db: Connection) -> None:
        session_id, (holder, first, second, late) = add_session(db, seats=1), add_people(db, 4)
        assert store.register(db, session_id, holder, NOW) == "registered"
        assert store.wait(db, session_id, first, NOW) == "waiting"
        assert store.wait(db, session_id, second, NOW) == "waiting"
        assert store.register(db, session_id, second, NOW) == "already"
        assert store.leave(db, session_id, holder, NOW)
        assert store.register(db, session_id, late, NOW) == "full", "others wait for it"
        assert store.offer_next(db, session_id, NOW) == (first, NOW + DAY)
        assert store.offer_next(db, session_id, NOW) is None, "it is held"
        assert not store.lapse(db, session_id, first, NOW + DAY - timedelta(seconds=1))
        assert not store.accept(db, session_id, first, NOW + DAY)
        assert store.lapse(db, session_id, first, NOW + DAY)
        assert store.offer_next(db, session_id, NOW + DAY) == (second, NOW + 2 * DAY)
        assert store.accept(db, session_id, second, NOW + DAY)
        assert not store.lapse(db, session_id, second, NOW + 3 * DAY)
        assert states(db) == ["cancelled", "lapsed", "registered"]
        assert store.wait(db, session_id, first, NOW + DAY) == "waiting", "they may line up again"

    database.write_now(work)


def test_nothing_is_given_up_or_confirmed_once_it_has_begun(database: Database) -> None:
    def work(db: Connection) -> None:
        session_id, (who, other) = add_session(db), add_people(db, 2)
        assert store.register(db, session_id, who, NOW) == "registered"
        begun = NOW + 20 * DAY
        assert not store.leave(db, session_id, who, begun)
        assert not store.confirm(db, session_id, who, begun)
        assert not store.confirm(db, session_id, other, NOW)
        assert store.confirm(db, session_id, who, NOW)
        assert store.register(db, session_id, other, NOW + 11 * DAY) == "closed"

    database.write_now(work)


def test_what_is_listed_is_what_may_be_taken(database: Database) -> None:
    """New since the last call first, then one's own county, then the soonest; past, begun and called off not."""

    def work(db: Connection) -> None:
        soon = add_session(db, starts_on=TODAY + 12 * DAY, published_at=NOW - 9 * DAY)
        home = add_session(db, county="gulang", published_at=NOW - 9 * DAY)
        new = add_session(db, starts_on=TODAY + 30 * DAY, ends_on=TODAY + 30 * DAY)
        add_session(db, deadline_on=TODAY - DAY)
        add_session(db, starts_on=TODAY, ends_on=TODAY, deadline_on=TODAY)  # begun at 8:30, it is ten
        add_session(db, cancelled_at=NOW)
        assert store.find(db, "", NOW, NOW - DAY, "gulang") == ([new, home, soon], 1)
        assert store.find(db, "", NOW, None, None) == ([soon, home, new], 0)
        assert store.find(db, "gulang", NOW, None, None) == ([home], 0)
        assert [found.id for found in store.all_offered(db, NOW)] == [soon, home, new]

    database.write_now(work)


# --- Whatever people do -----------------------------------------------------------------------------------------

PEOPLE, SEATS, PLACES = 5, 2, 3
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["register", "wait", "wait", "leave", "accept", "confirm", "hours"]),
        st.integers(0, PEOPLE - 1),
    ),
    max_size=40,
)


@dataclass(slots=True)
class Course:
    """One session, and what ``notices`` has set off: offers, each with its end."""

    db: Connection
    session_id: int
    everybody: list[int]
    now: datetime = NOW
    ends: dict[int, datetime] = field(default_factory=dict)

    def do(self, act: str, who: int) -> None:
        person_id = self.everybody[who]
        before = self.line()
        match act:
            case "register" | "wait":
                outcome = getattr(store, act)(self.db, self.session_id, person_id, self.now)
                assert not (outcome == "registered" and before), "somebody was passed over"
            case "leave" if store.leave(self.db, self.session_id, person_id, self.now):
                self.offers(notices.given_up(self.db, self.session_id, person_id, self.now), before)
            case "accept":
                store.accept(self.db, self.session_id, person_id, self.now)
            case "confirm":
                store.confirm(self.db, self.session_id, person_id, self.now)
            case "hours":
                self.now += timedelta(hours=7 * (who + 1))
                for late, until in sorted(self.ends.items(), key=lambda end: end[1]):
                    if until <= self.now:
                        before, data = self.line(), {"session": self.session_id, "person": late}
                        self.offers(notices.offer_expired(self.db, self.now, data), before)

    def offers(self, effects: list[Effect], before: list[int]) -> None:
        """Those who are offered a seat are the first of those who waited, in their order."""
        offered = [effect for effect in effects if isinstance(effect, Remind)]
        told = [effect.person_id for effect in offered if effect.page == "training.offer"]
        waiting = [person for person in before if person not in self.gone(before)]
        assert told == waiting[: len(told)], (told, before)
        self.ends |= {effect.person_id: effect.until for effect in offered if effect.person_id}

    def gone(self, before: list[int]) -> set[int]:
        """Of those who waited, who has left the line of their own accord."""
        own = {who: store.registration(self.db, self.session_id, who) for who in before}
        return {who for who, found in own.items() if found is None or found.state == "cancelled"}

    def line(self) -> list[int]:
        query = select(rows.c.person_id).where(rows.c.state == "waiting")
        return list(self.db.scalars(query.order_by(rows.c.queued_at, rows.c.id)))

    def check(self) -> None:
        held = list(self.db.scalars(select(rows.c.seat).where(rows.c.seat.is_not(None))))
        assert len(held) == len(set(held)) <= SEATS
        assert set(held) <= set(range(1, SEATS + 1))
        assert len(self.line()) <= PLACES
        session = store.get(self.db, self.session_id)
        assert session is not None
        free, waiting = store.room(self.db, session)
        assert free == (0 if waiting else SEATS - len(held))


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTS)
def test_never_more_seats_than_there_are_and_nobody_is_passed_over(acts: list[tuple[str, int]]) -> None:
    memory, content = house()
    memory.put_back(content)

    def work(db: Connection) -> None:
        course = Course(db, add_session(db, seats=SEATS, waiting_places=PLACES), add_people(db, PEOPLE))
        for act, who in acts:
            course.do(act, who)
            course.check()

    memory.write(work)


def test_a_session_can_be_made_smaller_while_its_last_seats_are_free(database: Database) -> None:
    def work(db: Connection) -> None:
        session_id, (first, second) = add_session(db, seats=3), add_people(db, 2)
        store.register(db, session_id, first, NOW)
        store.register(db, session_id, second, NOW)
        store.leave(db, session_id, first, NOW)
        store.register(db, session_id, first, NOW)
        change = update(training_sessions).where(training_sessions.c.id == session_id)
        db.execute(change.values(seats=2))
        assert set(db.scalars(select(rows.c.session_seats))) == {2}

    database.write_now(work)
