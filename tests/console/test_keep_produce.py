"""Offers of produce: what a seller left is put into words, heard, matched and sold."""

import re

from sqlalchemy import Connection, select

from outreach.services.produce import store
from outreach.store import people
from outreach.store.tables.community import produce_offers
from tests.console.house import House
from tests.console.test_keep import house as house

WORDS = {
    "words": "土鸡蛋，每斤十二元，有一百斤。",
    "kind": "livestock",
    "county": "gulang",
    "state": "offered",
}


def left(house: House) -> None:
    def leave(db: Connection) -> None:
        seller = people.create(db, "+8613893500001", house.now)
        people.give_consent(db, seller.id, "service", "test/1", "sms", None, house.now)
        written = "我有鸡蛋卖"
        store.add(
            db,
            seller.id,
            kind="other",
            county="gulang",
            share_phone=True,
            file=None,
            written=written,
            now=house.now,
        )
        store.wish(db, people.create(db, "+8613893500002", house.now).id, 1, house.now)

    house.database.write_now(leave)


def test_an_offer_is_put_into_words_and_read_out(house: House) -> None:
    left(house)
    browser = house.signed_in()
    assert "刚收到" in browser.get("/console/keep/produce").text
    assert "我有鸡蛋卖" not in browser.get("/console/keep/produce/1").text
    seller = browser.get("/console/keep/produce/1/seller").text
    for words in ("我有鸡蛋卖", "尾号 0001", "尾号 0002"):
        assert words in seller
    assert house.signed_in("tester").get("/console/keep/produce/1/seller").status_code == 403
    found = re.search(r'name="_mark" value="(\w+)"', browser.get("/console/keep/produce/1/edit").text)
    assert found
    wrong = browser.post("/console/keep/produce/1/edit", {**WORDS, "_mark": found.group(1)})
    assert 'href="#expires_on"' in wrong.text
    right = {**WORDS, "expires_on": "2027-01-20", "_mark": found.group(1)}
    page = browser.follow(browser.post("/console/keep/produce/1/edit", right))
    heard = page.text.split("来电听到的")[1].split("内容")[0]
    assert "土鸡蛋" in heard
    assert "13893500001" not in page.text
    offer = house.database.read_now(lambda db: store.get(db, 1, house.now.date()))
    assert offer is not None
    assert offer.words == WORDS["words"]
    browser.get("/console/keep/produce/1")
    browser.follow(browser.post("/console/keep/produce/1/retire", {"do": "retire"}))
    state = select(produce_offers.c.state)
    assert house.database.read_now(lambda db: db.scalar(state)) == "withdrawn"
