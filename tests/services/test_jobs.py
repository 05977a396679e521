"""The jobs line's rules and SQL that no conversation reaches by itself."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from outreach.services.jobs import publish, rules, store
from outreach.services.jobs.rules import Filter
from outreach.store import people
from outreach.store.database import Database
from outreach.store.schema import applications, deliveries, openings
from tests.scenario import LANGUAGES

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
OPENING: dict[str, Any] = {
    "title": "按摩师",
    "employer": "康复按摩店",
    "kind": "massage",
    "county": "minqin",
    "pay": "月薪3000元",
    "phone": "0935-4000001",
    "published_at": NOW,
    "expires_on": date(2026, 12, 24),
}


def person(db: Connection, number: str, agreed: bool = True) -> int:
    made = people.create(db, number, NOW, "zh-CN")
    if agreed:
        people.give_consent(db, made.id, "service", "test/1", "console", None, NOW)
    return made.id


def opening(db: Connection, **values: Any) -> int:
    (new_id,) = store.add(db, [{**OPENING, **values}])
    return new_id


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (Filter(), True),
        (Filter("minqin"), True),
        (Filter("gulang"), False),
        (Filter("", "massage"), True),
        (Filter("minqin", "massage"), True),
        (Filter("minqin", "hospital"), False),
        (Filter("", "other"), False),
    ],
)
def test_who_is_told_of_what(database: Database, wanted: Filter, fits: bool) -> None:
    def work(db: Connection) -> tuple[int, int]:
        someone = person(db, "+8613900000001")
        assert store.subscribe(db, someone, wanted, NOW)
        assert not store.subscribe(db, someone, wanted, NOW)
        new = opening(db)
        found = store.get(db, new)
        assert found is not None
        assert rules.fits(wanted, found) is fits
        told = publish.announce(db, new, LANGUAGES, "武威市残联", NOW)
        return told, publish.announce(db, new, LANGUAGES, "武威市残联", NOW)

    assert database.write_now(work) == (int(fits), 0)


def test_an_announcement_carries_signature_and_the_way_out_and_needs_consent(database: Database) -> None:
    def work(db: Connection) -> list[Any]:
        for number, agreed in (("+8613900000001", True), ("+8613900000002", False)):
            someone = person(db, number, agreed)
            store.subscribe(db, someone, Filter(), NOW)
            store.subscribe(db, someone, Filter("minqin"), NOW)
        publish.announce(db, opening(db), LANGUAGES, "武威市残联", NOW)
        return list(db.execute(select(deliveries.c.address, deliveries.c.body, deliveries.c.scope)).all())

    ((address, body, scope),) = database.write_now(work)
    assert address == "+8613900000001"
    assert body.startswith("【武威市残联】")
    assert body.endswith("退订回T")
    assert scope == "jobs"


def test_announcing_what_is_not_there_is_an_error(database: Database) -> None:
    with pytest.raises(LookupError):
        database.write_now(lambda db: publish.announce(db, 99, LANGUAGES, "x", NOW))


@pytest.mark.parametrize("state", ["received", "passed_on", "interview", "hired", "refused", "withdrawn"])
def test_only_what_is_undecided_can_be_taken_back(database: Database, state: str) -> None:
    def work(db: Connection) -> bool:
        made = store.apply(db, person(db, "+8613900000001"), opening(db), NOW)
        assert made is not None
        db.execute(update(applications).values(state=state))
        return store.withdraw(db, made, NOW)

    assert database.write_now(work) is (state in ("received", "passed_on", "interview"))


def test_an_application_is_made_once_and_taken_up_again_after_it_was_withdrawn(database: Database) -> None:
    def work(db: Connection) -> None:
        someone, new = person(db, "+8613900000001"), opening(db)
        made = store.apply(db, someone, new, NOW)
        assert made is not None
        assert store.apply(db, someone, new, NOW) is None
        assert store.applied(db, someone, new)
        assert store.withdraw(db, made, NOW)
        assert not store.applied(db, someone, new)
        assert store.apply(db, someone, new, NOW) == made

    database.write_now(work)


def test_the_order_of_a_list(database: Database) -> None:
    """New since the last call first, then the own county, then the newest; never what is filled or over."""

    def work(db: Connection) -> tuple[list[int], int, list[int]]:
        old_elsewhere = opening(db, county="gulang", published_at=NOW - timedelta(days=9))
        old_here = opening(db, published_at=NOW - timedelta(days=20))
        new_elsewhere = opening(db, county="tianzhu", published_at=NOW - timedelta(days=1))
        opening(db, expires_on=date(2026, 11, 23))
        filled = opening(db)
        db.execute(update(openings).where(openings.c.id == filled).values(filled_at=NOW))
        items, new = store.find(db, Filter(), date(2026, 11, 24), NOW - timedelta(days=3), "minqin")
        return items, new, [new_elsewhere, old_here, old_elsewhere]

    items, new, wanted = database.write_now(work)
    assert items == wanted
    assert new == 1


def test_everything_a_caller_can_hear_of_an_opening_is_rendered_ahead(database: Database) -> None:
    def work(db: Connection) -> set[str]:
        db.execute(insert(openings).values({**OPENING, "lodging": "包吃住", "access": "有盲道"}))
        phrases = publish.phrases(db, LANGUAGES["zh-CN"], date(2026, 11, 24))
        return {phrase.text for phrase in phrases}

    heard = database.write_now(work)
    assert {"康复按摩店，招按摩师1名。", "包吃住。", "有盲道。"} <= heard
