"""Who comes to what, on both databases: the last place, what is listed, and what a change sets off."""

import asyncio
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from outreach.dialogue.page import Effect, Forget, Profile, Remind, Turn
from outreach.services.events import notices, own, publish, store
from outreach.store.database import Database
from outreach.store.tables.community import event_sign_ups as rows
from tests.scenario import LANGUAGES
from tests.services.training.rows import add_people

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""A Monday, ten in the morning in Wuwei."""
TODAY = date(2026, 3, 2)
DAY = timedelta(days=1)
SAY = LANGUAGES["zh-CN"].bound[2, "voice"]


def add(db: Connection, now: datetime = NOW, **given: Any) -> int:
    values: dict[str, Any] = {
        "kind": "job_fair",
        "name": "专场招聘会",
        "county": "liangzhou",
        "place": "体育馆",
        "begins": "09:00",
    }
    values |= {"phone": "0935-2212345", "starts_on": TODAY + 9 * DAY, "ends_on": TODAY + 9 * DAY}
    return publish.add(db, values | given, now)


def told(effects: list[Effect], page: str) -> list[int | None]:
    return [effect.person_id for effect in effects if isinstance(effect, Remind) and effect.page == page]


def test_the_last_places_are_taken_at_the_same_time(database: Database) -> None:
    event_id, everybody = database.write_now(lambda db: (add(db, places=2), add_people(db, 5)))
    together, begun = threading.Barrier(5, timeout=20), set[int]()

    def signs_up(db: Connection, person_id: int) -> str:
        # SQLite has one writer: there, they queue
        if database.dialect == "postgresql" and person_id not in begun:
            begun.add(person_id)
            together.wait()
        return store.sign_up(db, event_id, person_id, NOW)

    async def all_at_once() -> list[str]:
        works = [database.write(lambda db, who=who: signs_up(db, who)) for who in everybody]  # type: ignore[misc]
        return await asyncio.gather(*works)

    assert sorted(asyncio.run(all_at_once())) == ["coming"] * 2 + ["full"] * 3
    assert sorted(database.read_now(lambda db: list(db.scalars(select(rows.c.place))))) == [1, 2]


def test_the_database_gives_no_place_twice(database: Database) -> None:
    event_id, (one, two) = database.write_now(lambda db: (add(db, places=1), add_people(db, 2)))
    database.write_now(lambda db: store.sign_up(db, event_id, one, NOW))
    when = {"created_at": NOW, "updated_at": NOW}
    with pytest.raises(IntegrityError):
        database.write_now(
            lambda db: (
                db.execute(
                    insert(rows).values(event_id=event_id, person_id=two, coming=True, place=1, **when)
                ).rowcount
            )
        )


def test_everybody_may_come_where_places_are_not_limited(database: Database) -> None:
    def work(db: Connection) -> None:
        event_id, everybody = add(db), add_people(db, 9)
        assert {store.sign_up(db, event_id, who, NOW) for who in everybody} == {"coming"}
        assert store.sign_up(db, event_id, everybody[0], NOW) == "already"
        assert store.withdraw(db, event_id, everybody[0], NOW)
        assert not store.withdraw(db, event_id, everybody[0], NOW)
        assert store.coming(db, event_id) == everybody[1:]
        assert store.sign_up(db, event_id, everybody[0], NOW + 10 * DAY) == "closed"
        assert not store.withdraw(db, event_id, everybody[1], NOW + 10 * DAY)

    database.write_now(work)


def test_what_is_listed_is_to_come_the_new_first_then_the_soonest(database: Database) -> None:
    def work(db: Connection) -> None:
        before = NOW - 9 * DAY
        later = add(db, before, starts_on=TODAY + 20 * DAY, ends_on=TODAY + 20 * DAY, county="gulang")
        soon = add(db, before)
        new = add(db, starts_on=TODAY + 30 * DAY, ends_on=TODAY + 31 * DAY)
        add(db, starts_on=TODAY, ends_on=TODAY)  # begun at nine, it is ten
        add(db, starts_on=TODAY + DAY, cancelled_at=NOW)
        assert store.find(db, "", NOW, NOW - DAY) == ([new, soon, later], 1)
        assert store.find(db, "", NOW, None) == ([soon, later, new], 0)
        assert store.find(db, "gulang", NOW, None) == ([later], 0)

    database.write_now(work)


def test_who_comes_is_told_of_another_day_and_of_nothing_less(database: Database) -> None:
    def work(db: Connection) -> None:
        event_id, (one, two) = add(db), add_people(db, 2)
        for person_id in (one, two):
            store.sign_up(db, event_id, person_id, NOW)
            store.confirm(db, event_id, person_id, NOW)
        assert publish.change(db, event_id, {"contact": "孙老师", "places": 1}, NOW) == []
        effects = publish.change(db, event_id, {"begins": "14:30"}, NOW)
        assert told(effects, "events.changed") == told(effects, "events.remind") == [one, two]
        assert set(db.scalars(select(rows.c.confirmed_at))) == {None}
        assert publish.change(db, event_id, {"begins": "10:00"}, NOW + 20 * DAY) == []
        with pytest.raises(LookupError):
            publish.change(db, 99, {}, NOW)

    database.write_now(work)


def test_called_off_everybody_who_comes_is_told_once(database: Database) -> None:
    def work(db: Connection) -> None:
        event_id, (one, two) = add(db), add_people(db, 2)
        for person_id in (one, two):
            store.sign_up(db, event_id, person_id, NOW)
        store.withdraw(db, event_id, two, NOW)
        effects = publish.call_off(db, event_id, NOW)
        assert told(effects, "events.notice") == [one]
        assert Forget(notices.occasion(event_id, one, "remind")) in effects
        assert publish.call_off(db, event_id, NOW) == []

    database.write_now(work)


def test_ones_own_is_what_is_to_come(database: Database) -> None:
    def work(db: Connection) -> None:
        event_id, (one, two) = add(db), add_people(db, 2)
        store.sign_up(db, event_id, one, NOW)
        (found,) = own.own(Turn(db, NOW, SAY, Profile(one), {}))
        assert (found.page, found.data) == ("events.withdraw", {"event": event_id})
        assert "您已经报上了。" in [phrase.text for phrase in found.phrases]
        assert (
            own.own(Turn(db, NOW, SAY, Profile(two), {})) == own.own(Turn(db, NOW, SAY, Profile(), {})) == ()
        )
        assert own.own(Turn(db, NOW + 10 * DAY, SAY, Profile(one), {})) == ()
        assert own.leave(db, one, NOW) == notices.forgotten(event_id, one)
        assert store.coming(db, event_id) == []

    database.write_now(work)


def test_what_takes_place_can_be_rendered_ahead(database: Database) -> None:
    database.write_now(add)
    said = database.read_now(lambda db: list(publish.phrases(db, LANGUAGES["zh-CN"], NOW)))
    assert "招聘会：专场招聘会。" in [phrase.text for phrase in said]
