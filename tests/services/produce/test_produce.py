"""Offers on both databases: who may hear of them, and of whose telephone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from outreach.services.produce import publish, rules, store
from outreach.services.produce.rules import Wanted
from outreach.store import people
from outreach.store.database import Database
from outreach.store.tables.community import produce_offers
from tests.scenario import LANGUAGES

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
TODAY = NOW.date()


def seller(db: Connection) -> int:
    person_id = people.create(db, "+8613893500077", NOW).id
    people.give_consent(db, person_id, "service", "test/1", "console", None, NOW)
    return person_id


def add(db: Connection, person_id: int, **given: Any) -> int:
    values = {
        "kind": "grain",
        "county": "minqin",
        "share_phone": True,
        "file": None,
        "written": "面粉",
        "now": NOW,
    }
    return store.add(db, person_id, **{**values, **given})


def published(db: Connection, person_id: int, **given: Any) -> int:
    offer_id = add(db, person_id, **given)
    assert store.publish(db, offer_id, "面粉五百斤", TODAY, NOW)
    return offer_id


@pytest.mark.parametrize(
    ("number", "dialled"),
    [("+8613893500077", "13893500077"), ("+869352212345", "09352212345"), ("+861012345678", "01012345678")],
)
def test_a_number_as_it_is_dialled(number: str, dialled: str) -> None:
    assert rules.local(number) == dialled


def test_an_offer_is_heard_once_a_counselor_wrote_it_until_its_last_day(database: Database) -> None:
    def work(db: Connection) -> None:
        offer_id = add(db, seller(db))
        assert store.find(db, Wanted(), TODAY) == []
        assert store.get(db, offer_id, TODAY) is None
        assert store.publish(db, offer_id, "面粉五百斤", TODAY, NOW)
        last = TODAY + timedelta(days=rules.OFFERED_DAYS)
        for day, heard in ((TODAY, [offer_id]), (last, [offer_id]), (last + timedelta(days=1), [])):
            assert store.find(db, Wanted(), day) == heard
            assert (store.get(db, offer_id, day) is not None) == bool(heard)

    database.write_now(work)


@pytest.mark.parametrize("share", [True, False])
def test_the_number_is_told_only_by_consent(database: Database, share: bool) -> None:
    def work(db: Connection) -> None:
        person_id = seller(db)
        offer = store.get(db, published(db, person_id, share_phone=share), TODAY)
        assert offer is not None
        assert offer.phone == ("+8613893500077" if share else None)
        said = [phrase.text for phrase in publish.phrases(db, LANGUAGES["zh-CN"], TODAY)]
        assert said == ["民勤县，粮食。", "面粉五百斤。"]
        people.withdraw(db, person_id, "service", NOW)
        assert store.get(db, offer.id, TODAY) is None
        own = store.own(db, offer.id, person_id)
        assert own is not None
        assert own.phone is None

    database.write_now(work)


def test_county_and_kind_narrow_the_list_and_the_newest_comes_first(database: Database) -> None:
    def work(db: Connection) -> None:
        person_id = seller(db)
        old = published(db, person_id, now=NOW - timedelta(days=2))
        new = published(db, person_id, kind="handicraft")
        away = published(db, person_id, county="gulang", now=NOW - timedelta(days=1))
        assert store.find(db, Wanted(), TODAY) == [new, away, old]
        assert store.find(db, Wanted("minqin"), TODAY) == [new, old]
        assert store.find(db, Wanted("", "grain"), TODAY) == [away, old]
        assert store.find(db, Wanted("gulang", "handicraft"), TODAY) == []

    database.write_now(work)


def test_nobody_takes_back_what_is_somebody_elses(database: Database) -> None:
    def work(db: Connection) -> None:
        owner, other = seller(db), people.create(db, None, NOW).id
        offer_id = published(db, owner)
        assert store.own(db, offer_id, other) is None
        assert not store.withdraw(db, offer_id, other, NOW)
        assert store.withdraw(db, offer_id, owner, NOW)
        assert not store.withdraw(db, offer_id, owner, NOW)
        assert not store.publish(db, offer_id, "面粉", TODAY, NOW)

    database.write_now(work)


@pytest.mark.parametrize(
    "wrong", [{"words": ""}, {"expires_on": None}, {"kind": "gold"}, {"county": "lanzhou"}]
)
def test_nothing_half_written_is_offered(database: Database, wrong: dict[str, Any]) -> None:
    def work(db: Connection) -> None:
        values = {
            "person_id": seller(db),
            "kind": "grain",
            "county": "minqin",
            "share_phone": False,
            "words": "面粉",
            "state": "offered",
            "expires_on": TODAY,
            "created_at": NOW,
            "updated_at": NOW,
        }
        db.execute(insert(produce_offers).values({**values, **wrong}))

    with pytest.raises(IntegrityError):
        database.write_now(work)


def test_a_wish_is_kept_once(database: Database) -> None:
    def work(db: Connection) -> None:
        offer_id, buyer = published(db, seller(db)), people.create(db, None, NOW).id
        assert store.wish(db, buyer, offer_id, NOW)
        assert not store.wish(db, buyer, offer_id, NOW)

    database.write_now(work)
