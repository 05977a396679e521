"""The titles tables on both databases: what they refuse, and who is found."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from outreach.services.titles import publish, store
from outreach.store import people
from outreach.store.database import Database
from outreach.store.schema import deliveries
from tests.scenario import LANGUAGES

NOW = datetime(2026, 4, 1, 4, 0, tzinfo=UTC)
TODAY = NOW.date()


def values(**given: Any) -> dict[str, Any]:
    return {
        "level": "initial",
        "body": "省",
        "year": 2026,
        "notice_on": TODAY,
        "unit_by": TODAY + timedelta(days=10),
        "phone": "0931-8800000",
        "source": "通知",
        **given,
    }


def add(db: Connection, **given: Any) -> int:
    return store.add_round(db, values(**given), ["一"], [("身份证", ""), ("照片", "两张")])


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit_by": None},
        {"unit_by": TODAY - timedelta(days=1)},
        {"county_by": TODAY + timedelta(days=9)},
        {"county_by": TODAY + timedelta(days=20), "city_by": TODAY + timedelta(days=19)},
        {"review_from": TODAY + timedelta(days=9)},
        {"review_from": TODAY + timedelta(days=20), "review_until": TODAY + timedelta(days=19)},
        {"publicity_from": TODAY + timedelta(days=20), "publicity_until": TODAY + timedelta(days=19)},
        {"level": "senior"},
    ],
)
def test_dates_out_of_order_are_refused(database: Database, wrong: dict[str, date | None]) -> None:
    with pytest.raises(IntegrityError):
        database.write_now(lambda db: add(db, **wrong))


def test_the_open_round_comes_before_the_next_and_that_before_the_one_under_way(database: Database) -> None:
    def work(db: Connection) -> None:
        closed = {"notice_on": TODAY - timedelta(days=40), "unit_by": TODAY - timedelta(days=1)}
        under_way = add(db, body="甲", **closed, review_from=TODAY + timedelta(days=30))
        coming = add(db, body="乙", notice_on=TODAY + timedelta(days=2), unit_by=TODAY + timedelta(days=12))
        opened = add(db, body="丙", unit_by=TODAY + timedelta(days=1))
        found = [store.current(db, "initial", TODAY + timedelta(days=days)) for days in (0, 2, 13, 31)]
        assert [this.id if this else None for this in found] == [opened, coming, under_way, None]
        assert store.current(db, "middle", TODAY) is None

    database.write_now(work)


def test_entering_twice_is_entering_once_and_who_left_may_come_back(database: Database) -> None:
    def work(db: Connection) -> None:
        person = people.create(db, "+8613893500001", NOW).id
        round_id = add(db)
        entry = store.enter(db, person, round_id, NOW)
        assert entry is not None
        assert store.enter(db, person, round_id, NOW) is None
        assert [found.id for found in store.taking_part(db, round_id)] == [entry]
        assert store.leave(db, entry, NOW)
        assert not store.leave(db, entry, NOW)
        assert store.taking_part(db, round_id) == []
        assert store.enter(db, person, round_id, NOW) == entry

    database.write_now(work)


def test_the_latest_tick_counts(database: Database) -> None:
    def work(db: Connection) -> None:
        entry = store.enter(db, people.create(db, None, NOW).id, add(db), NOW)
        assert entry is not None
        first, second = store.checklist(db, entry)
        assert (first.ready, second.ready) == (None, None)
        store.tick(db, entry, first.id, True, NOW)
        store.tick(db, entry, first.id, False, NOW)
        assert [paper.ready for paper in store.checklist(db, entry)] == [False, None]

    database.write_now(work)


def test_a_round_is_announced_once_to_those_who_asked_and_still_agree(database: Database) -> None:
    def work(db: Connection) -> None:
        asked = people.create(db, "+8613893500001", NOW).id
        left = people.create(db, "+8613893500002", NOW).id
        for person in (asked, left):
            people.give_consent(db, person, "service", "test/1", "console", None, NOW)
            assert store.wish(db, person, "initial", NOW)
        assert not store.wish(db, asked, "initial", NOW)
        people.withdraw(db, left, "service", NOW)
        round_id = add(db)
        told = [publish.announce(db, round_id, LANGUAGES, "武威市残联", NOW) for _ in range(2)]
        assert told == [1, 0]
        bodies = db.execute(select(deliveries.c.body)).scalars().all()
        assert bodies == ["【武威市残联】您关注的评审有了新通知，4月11日截止。请拨打热线收听。退订回T"]

    database.write_now(work)


def test_after_a_change_of_dates_everybody_is_reminded_anew(database: Database) -> None:
    def work(db: Connection) -> None:
        round_id = add(db)
        entry = store.enter(db, people.create(db, None, NOW).id, round_id, NOW)
        (found,) = publish.reminders(db, round_id, NOW)
        assert (found.occasion, found.page, found.data) == (
            f"titles:{entry}",
            "titles.remind",
            {"entry": entry},
        )
        assert len(found.at) == 3  # 7, 3 and 1 days before

    database.write_now(work)
