"""Rounds of title assessment: a chain of dates, papers that keep their ticks, how people stand."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from outreach.console.keep.entities.titles import paper_of
from outreach.services.titles import store
from outreach.store import people, schema
from outreach.store.tables.timers import timers
from outreach.store.tables.titles import title_entries
from tests.console.house import Browser, House
from tests.console.test_keep import house as house

ROUND = {
    "level": "initial",
    "year": "2026",
    "body": "甘肃省盲人医疗按摩初级评审委员会",
    "source": "甘残联函〔2026〕11号",
    "notice_on": "2026-11-20",
    "unit_by": "2026-12-10",
    "county_by": "2026-12-20",
    "review_from": "2027-02-01",
    "rules": "从事盲人医疗按摩工作满一年。",
    "papers": "学历证书复印件：两份\n工作证明",
    "phone": "0935-2212345",
}


def saved(browser: Browser, fields: dict[str, str], **more: str) -> Any:
    """What comes of saving the round as it is shown now."""
    path = "/console/keep/rounds/1/edit"
    found = re.search(r'name="_mark" value="(\w+)"', browser.get(path).text)
    assert found
    return browser.post(path, {**fields, **more, "_mark": found.group(1)})


def published(house: House) -> Browser:
    browser = house.signed_in()
    browser.get("/console/keep/rounds/new")
    page = browser.follow(browser.post("/console/keep/rounds/new", {**ROUND, "_confirmed": "1"}))
    assert "学历证书复印件" in page.text.split("来电听到的")[1]
    return browser


def entered(house: House) -> None:
    """Somebody takes part and has ticked both papers."""

    def enter(db: Connection) -> None:
        person = people.create(db, "+8613893500001", house.now)
        for scope in ("service", "reminders"):
            people.give_consent(db, person.id, scope, "test/1", "voice", None, house.now)
        entry_id = store.enter(db, person.id, 1, house.now)
        assert entry_id is not None
        for paper in store.papers_of(db, 1):
            store.tick(db, entry_id, paper.id, True, house.now)

    house.database.write_now(enter)


def due(house: House) -> list[str]:
    query = select(timers.c.due_at).where(timers.c.page == "titles.remind").order_by(timers.c.due_at)
    found = house.database.read_now(lambda db: list(db.scalars(query)))
    return [f"{at:%m-%d}" for at in found]


def test_dates_out_of_order_are_said_by_field(house: House) -> None:
    browser = house.signed_in()
    browser.get("/console/keep/rounds/new")
    for wrong, field in (
        ({"county_by": "2026-12-09"}, "county_by"),
        ({"unit_by": "2026-11-19"}, "unit_by"),
        ({"unit_by": "", "county_by": ""}, "unit_by"),
        ({"review_from": "", "review_until": "2027-02-02"}, "review_from"),
        ({"papers": "身份证\n身份证"}, "papers"),
        ({"papers": "：两份"}, "papers"),
        ({"year": "26"}, "year"),
    ):
        answer = browser.post("/console/keep/rounds/new", {**ROUND, **wrong})
        assert answer.status_code == 422, wrong
        assert f'href="#{field}"' in answer.text, wrong


def test_whoever_asked_is_told_of_a_new_round(house: House) -> None:
    def wish(db: Connection) -> None:
        for n, agrees in enumerate((True, False)):
            person = people.create(db, f"+861389350000{n}", house.now)
            if agrees:
                people.give_consent(db, person.id, "service", "test/1", "voice", None, house.now)
            store.wish(db, person.id, "initial", house.now)

    house.database.write_now(wish)
    browser = house.signed_in()
    browser.get("/console/keep/rounds/new")
    assert "会通知 1 个人" in browser.post("/console/keep/rounds/new", ROUND).text
    browser.follow(browser.post("/console/keep/rounds/new", {**ROUND, "_confirmed": "1"}))
    queued = select(schema.deliveries.c.purpose)
    assert len(house.database.read_now(lambda db: list(db.scalars(queued)))) == 1


def test_reminders_move_with_the_dates(house: House) -> None:
    browser = published(house)
    entered(house)
    moved = {**ROUND, "unit_by": "2026-12-15"}
    page = saved(browser, moved)
    assert "会通知 1 个人" in page.text
    assert due(house) == []
    browser.follow(saved(browser, moved, _confirmed="1"))
    assert "12-14" in due(house)
    assert "12-09" not in due(house)


def test_papers_that_are_renamed_moved_or_added_keep_what_is_ticked(house: House) -> None:
    browser = published(house)
    entered(house)
    papers = "身份证\n工作证明：单位盖章\n毕业证书复印件：两份"
    browser.follow(saved(browser, {**ROUND, "papers": papers}))
    found = house.database.read_now(lambda db: store.checklist(db, 1))
    assert [(it.name, it.hint) for it in found] == [
        ("身份证", ""),
        ("工作证明", "单位盖章"),
        ("毕业证书复印件", "两份"),
    ]
    ready = {it.name: it.ready for it in found}
    assert ready["工作证明"]
    assert sum(bool(it.ready) for it in found) == 2
    browser.follow(saved(browser, {**ROUND, "papers": "工作证明"}))
    assert [it.ready for it in house.database.read_now(lambda db: store.checklist(db, 1))] == [True]


def test_how_people_stand(house: House, tmp_path: Path) -> None:
    browser = published(house)
    entered(house)
    path = "/console/keep/rounds/1/entries"
    assert house.signed_in("tester").get(path).status_code == 403
    assert "2 样，一共 2 样" in browser.get(path).text
    for state, left in (("handed_in", True), ("passed", False)):
        browser.get(path)
        page = browser.follow(browser.post(path, {"e1": state, "e99": "failed", "e2": "king"}))
        assert "改了 1 个人的情况" in page.text
        assert bool(due(house)) is left
    own = select(title_entries.c.state)
    assert house.database.read_now(lambda db: list(db.scalars(own))) == ["passed"]
    browser.get(path)
    assert "改了 0 个人的情况" in browser.follow(browser.post(path, {"e1": "passed"})).text


def test_what_somebody_else_has_changed_is_left_alone(house: House) -> None:
    browser = published(house)
    entered(house)
    path = "/console/keep/rounds/1/entries"
    assert 'name="w1" value="preparing"' in browser.get(path).text
    browser.post(path, {"e1": "handed_in", "w1": "preparing"})
    page = browser.follow(browser.post(path, {"e1": "passed", "w1": "preparing"}))
    assert "别人刚刚改过" in page.text
    untouched = browser.follow(browser.post(path, {"e1": "preparing", "w1": "preparing"}))
    assert "改了 0 个人的情况" in untouched.text
    own = select(title_entries.c.state)
    assert house.database.read_now(lambda db: list(db.scalars(own))) == ["handed_in"]


@pytest.mark.parametrize(
    ("line", "paper"),
    [
        ("学历证书复印件：两份", ("学历证书复印件", "两份")),
        ("身份证: 原件", ("身份证", "原件")),
        ("工作证明", ("工作证明", "")),
        ("照片：两寸：两张", ("照片", "两寸：两张")),
    ],
)
def test_a_paper_as_it_is_written(line: str, paper: tuple[str, str]) -> None:
    assert paper_of(line) == paper
