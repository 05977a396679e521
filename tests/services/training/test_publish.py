"""What a counselor changes, and who is told of it, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from outreach.dialogue.page import Effect, Forget, Later, Phrase, Profile, Remind, Turn
from outreach.services.training import notices, own, publish, store
from outreach.services.training.publish import Affected, TooFewSeatsError
from outreach.services.training.rules import Registration
from outreach.store import people
from outreach.store.database import Database
from outreach.store.tables.training import training_registrations as rows
from tests.scenario import LANGUAGES
from tests.services.training.rows import NOW, TODAY, add_people, add_session

DAY = timedelta(days=1)
SAY = LANGUAGES["zh-CN"].bound[2, "voice"]


def told(effects: list[Effect], page: str) -> list[int | None]:
    return [effect.person_id for effect in effects if isinstance(effect, Remind) and effect.page == page]


def full(db: Connection, **given: object) -> tuple[int, list[int]]:
    """Two seats taken, one of them confirmed, and two who wait."""
    session_id, everybody = add_session(db, **given), add_people(db, 4)
    for person_id in everybody:
        store.wait(db, session_id, person_id, NOW)
    assert store.confirm(db, session_id, everybody[0], NOW)
    return session_id, everybody


def test_who_has_a_seat_is_told_of_another_day_and_asked_anew(database: Database) -> None:
    def work(db: Connection) -> None:
        session_id, (one, two, *_) = full(db)
        later = {"starts_on": TODAY + 40 * DAY, "ends_on": TODAY + 40 * DAY}
        effects = publish.change(db, session_id, later, NOW)
        assert told(effects, "training.changed") == [one, two]
        moved = [
            effect for effect in effects if isinstance(effect, Remind) and effect.page == "training.remind"
        ]
        assert [(effect.at[0] - NOW).days for effect in moved] == [33, 33]
        assert list(db.scalars(select(rows.c.confirmed_at).distinct())) == [None]

    database.write_now(work)


def test_a_fee_or_a_contact_is_nothing_to_ring_people_for(database: Database) -> None:
    def work(db: Connection) -> None:
        session_id, _ = full(db)
        assert publish.change(db, session_id, {"contact": "孙老师", "board": "管午饭"}, NOW) == []

    database.write_now(work)


def test_new_seats_go_down_the_waiting_list(database: Database) -> None:
    def work(db: Connection) -> None:
        session_id, (_, _, three, four) = full(db)
        assert told(publish.change(db, session_id, {"seats": 3}, NOW), "training.offer") == [three]
        assert told(publish.change(db, session_id, {"seats": 9}, NOW), "training.offer") == [four]

    database.write_now(work)


def test_an_offer_nobody_would_hear_of_goes_to_the_next_at_once(database: Database) -> None:
    def work(db: Connection) -> None:
        session_id, (_, _, three, four) = full(db)
        people.withdraw(db, three, "reminders", NOW)
        assert told(publish.change(db, session_id, {"seats": 3}, NOW), "training.offer") == [four]
        assert [own.state for own in seats(db, session_id, (three, four))] == ["lapsed", "offered"]

    database.write_now(work)


def test_who_wants_no_reminders_any_more_before_the_morning_holds_no_seat(database: Database) -> None:
    def work(db: Connection) -> None:
        session_id, (_, _, three, four) = full(db)
        night = NOW + timedelta(hours=12)
        (look,) = (
            effect
            for effect in publish.change(db, session_id, {"seats": 3}, night)
            if isinstance(effect, Later) and effect.handler == "training.offer_told"
        )
        assert notices.offer_told(db, look.at, look.data) == [], (
            "whoever still agrees is told, and has their time"
        )
        people.withdraw(db, three, "reminders", night)
        effects = notices.offer_told(db, look.at, look.data)
        assert told(effects, "training.offer") == [four]
        assert Forget(notices.occasion(session_id, three, "offer_end")) in effects
        assert [own.state for own in seats(db, session_id, (three, four))] == ["lapsed", "offered"]
        assert notices.offer_told(db, look.at, look.data) == []

    database.write_now(work)


def seats(db: Connection, session_id: int, everybody: tuple[int, ...]) -> list[Registration]:
    found = (store.registration(db, session_id, person_id) for person_id in everybody)
    return [own for own in found if own is not None]


def test_there_are_never_fewer_seats_than_are_taken(database: Database) -> None:
    def work(db: Connection) -> None:
        session_id, everybody = add_session(db, seats=5), add_people(db, 4)
        for person_id in everybody:
            store.register(db, session_id, person_id, NOW)
        for person_id in everybody[:2]:
            store.leave(db, session_id, person_id, NOW)
        publish.change(db, session_id, {"seats": 2}, NOW)
        assert sorted(db.scalars(select(rows.c.seat).where(rows.c.seat.is_not(None)))) == [1, 2]
        with pytest.raises(TooFewSeatsError, match="2 seats are taken"):
            publish.change(db, session_id, {"seats": 1}, NOW)

    database.write_now(work)


def test_called_off_everybody_is_told_once_and_reminded_no_more(database: Database) -> None:
    def work(db: Connection) -> None:
        session_id, everybody = full(db)
        effects = publish.call_off(db, session_id, NOW)
        assert told(effects, "training.notice") == everybody
        forgotten = {effect.occasion for effect in effects if isinstance(effect, Forget)}
        assert {notices.occasion(session_id, person, "remind") for person in everybody} <= forgotten
        assert publish.call_off(db, session_id, NOW) == []
        assert store.register(db, session_id, everybody[0], NOW) == "closed"

    database.write_now(work)


def test_a_correction_after_it_has_begun_rings_nobody(database: Database) -> None:
    def work(db: Connection) -> None:
        session_id, _ = full(db)
        assert publish.change(db, session_id, {"place": "别处"}, NOW + 21 * DAY) == []
        assert publish.call_off(db, session_id, NOW + 21 * DAY) == []

    database.write_now(work)


def test_who_was_there_is_told_where_certificates_lie(database: Database) -> None:
    def work(db: Connection) -> None:
        session_id, (one, two, three, _) = full(db)
        after = NOW + 25 * DAY
        assert publish.attendance(db, session_id, one, True, after)
        assert publish.attendance(db, session_id, two, False, after)
        assert not publish.attendance(db, session_id, three, True, after), "waited, and had no seat"
        effects = publish.certificates(db, session_id, "县残联", TODAY + 40 * DAY, after)
        assert told(effects, "training.notice") == [one]
        assert publish.collected(db, session_id, one, after)
        assert publish.certificates(db, session_id, "县残联", TODAY + 50 * DAY, after) == []

    database.write_now(work)


def test_affected_are_those_with_seats_then_the_line(database: Database) -> None:
    def work(db: Connection) -> None:
        session_id, (one, two, three, four) = full(db)
        store.leave(db, session_id, one, NOW)
        store.offer_next(db, session_id, NOW)
        expected = [(two, "registered"), (three, "offered"), (four, "waiting")]
        assert publish.affected(db, session_id) == [Affected(*pair) for pair in expected]  # type: ignore[arg-type]

    database.write_now(work)


def test_a_session_is_added_or_refused_in_one_piece(database: Database) -> None:
    values = {"county": "minqin", "place": "三雷镇", "begins": "09:00", "seats": 9, "phone": "0935-4000024"}
    values |= {"starts_on": TODAY + 9 * DAY, "ends_on": TODAY + 9 * DAY, "deadline_on": TODAY + 3 * DAY}

    def work(db: Connection) -> int:
        course_id = publish.add_course(db, {"name": "蜜瓜栽培班", "field": "farming"})
        return publish.add(db, course_id, values, NOW)

    session_id = database.write_now(work)
    assert database.read_now(lambda db: store.find(db, "minqin", NOW, None, None)) == ([session_id], 0)
    with pytest.raises(IntegrityError):
        database.write_now(lambda db: publish.add(db, 1, values | {"deadline_on": TODAY + 10 * DAY}, NOW))
    with pytest.raises(LookupError):
        database.write_now(lambda db: publish.change(db, 99, {"seats": 1}, NOW))


def test_what_is_offered_can_be_rendered_ahead(database: Database) -> None:
    database.write_now(lambda db: add_session(db))
    said = database.read_now(lambda db: list(publish.phrases(db, LANGUAGES["zh-CN"], NOW)))
    assert "盲人按摩基础班。" in [phrase.text for phrase in said]
    assert all(isinstance(phrase, Phrase) and not phrase.personal for phrase in said)


def test_ones_own_is_what_still_matters_and_is_given_up_in_one_go(database: Database) -> None:
    def work(db: Connection) -> None:
        session_id, (one, two, three, four) = full(db)
        store.leave(db, session_id, one, NOW)

        def own_of(person_id: int | None) -> list[str]:
            found = own.own(Turn(db, NOW, SAY, Profile(person_id), {}))
            assert all(
                (thing.page, thing.data) == ("training.change", {"session": session_id}) for thing in found
            )
            return ["".join(phrase.text for phrase in thing.phrases) for thing in found]

        assert own_of(None) == own_of(one) == []
        assert "您已经报上了" in own_of(two)[0]
        assert "您是候补第2位" in own_of(four)[0]
        assert told(own.leave(db, two, NOW), "training.offer") == [three, four]
        assert own.leave(db, two, NOW) == []
        assert own_of(two) == []
        assert "有名额留给您" in own_of(three)[0]

    database.write_now(work)
