"""Courses, sessions, events and employers: who is told of a change, who was there, what the figures count."""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from outreach.evaluation.figures import FIGURES
from outreach.evaluation.periods import year
from outreach.services.events import store as event_store
from outreach.services.training import store
from outreach.store import people
from outreach.store.database import Database
from outreach.store.tables.community import events
from outreach.store.tables.console import audit
from outreach.store.tables.timers import timers
from outreach.store.tables.training import training_registrations, training_sessions
from tests.console.house import Browser, House
from tests.console.test_keep import house as house

SESSION = {
    "course_id": "1",
    "county": "gulang",
    "place": "县残联三楼",
    "starts_on": "2026-12-20",
    "ends_on": "2026-12-22",
    "begins": "09:00",
    "seats": "2",
    "waiting_places": "10",
    "deadline_on": "2026-12-15",
    "phone": "0935-5123456",
}
EVENT = {
    "kind": "job_fair",
    "name": "冬季招聘会",
    "county": "gulang",
    "place": "文化广场",
    "starts_on": "2026-12-20",
    "ends_on": "2026-12-20",
    "begins": "09:00",
    "phone": "0935-5123456",
}


@pytest.fixture
def course(house: House) -> House:
    """One course."""
    browser = house.signed_in()
    browser.get("/console/keep/courses/new")
    course = {"name": "手工编织", "field": "crafts", "fee": "免费", "certificate": "结业证书"}
    page = browser.follow(browser.post("/console/keep/courses/new", course))
    assert "/console/keep/sessions/new?course_id=1" in page.text
    return house


def with_session(house: House, registered: int, **more: str) -> Browser:
    """A session for which people have registered, one after the other; the counselor who published it."""
    browser = house.signed_in()
    page = browser.get("/console/keep/sessions/new?course_id=1")
    assert re.search(r'<option value="1" selected>手工编织', page.text)
    browser.follow(browser.post("/console/keep/sessions/new", {**SESSION, **more}))

    def register(db: Connection) -> None:
        for n in range(registered):
            person = people.create(db, f"+861389350000{n}", house.now)
            for scope in ("service", "reminders"):
                people.give_consent(db, person.id, scope, "test/1", "voice", None, house.now)
            store.wait(db, 1, person.id, house.now + timedelta(seconds=n))

    house.database.write_now(register)
    return browser


def saved(browser: Browser, path: str, fields: dict[str, str], **more: str) -> Any:
    """What comes of saving the record as it is shown now."""
    found = re.search(r'name="_mark" value="(\w+)"', browser.get(path).text)
    assert found
    return browser.post(path, {**fields, **more, "_mark": found.group(1)})


def states(database: Database) -> list[str]:
    own = training_registrations.c
    return database.read_now(lambda db: list(db.scalars(select(own.state).order_by(own.id))))


def reminded(database: Database, occasion: str) -> int:
    query = select(timers.c.occasion).where(timers.c.occasion.like(occasion))
    return len(set(database.read_now(lambda db: list(db.scalars(query)))))


def test_what_is_wrong_with_a_sessions_dates_is_said_by_field(course: House) -> None:
    browser = course.signed_in()
    browser.get("/console/keep/sessions/new")
    for wrong, field in (
        ({"ends_on": "2026-12-19"}, "ends_on"),
        ({"deadline_on": "2026-12-21"}, "deadline_on"),
        ({"begins": "9点"}, "begins"),
        ({"begins": "25:00"}, "begins"),
        ({"seats": "0"}, "seats"),
        ({"waiting_places": "-1"}, "waiting_places"),
        ({"course_id": "7"}, "course_id"),
    ):
        answer = browser.post("/console/keep/sessions/new", {**SESSION, **wrong})
        assert answer.status_code == 422, wrong
        assert f'href="#{field}"' in answer.text, wrong
    assert course.database.read_now(lambda db: db.execute(select(training_sessions)).first()) is None


def test_a_session_sounds_before_anybody_rings(course: House, tmp_path: Path) -> None:
    with_session(course, 0)
    page = course.signed_in().get("/console/keep/sessions/1")
    assert "<h1>手工编织" in page.text
    assert "县残联三楼" in page.text.split("来电听到的")[1]
    assert list((tmp_path / "clips").rglob("*.ulaw"))


def test_who_is_told_of_a_session_that_moves_is_shown_and_then_told(course: House) -> None:
    browser = with_session(course, 3)
    moved = {**SESSION, "starts_on": "2026-12-27", "ends_on": "2026-12-28"}
    page = saved(browser, "/console/keep/sessions/1/edit", moved)
    assert page.text.count("会通知 2 个人") == 1
    assert "会通知 1 个人" not in page.text
    assert "尾号 0000" in page.text
    assert "尾号 0002" not in page.text
    assert reminded(course.database, "%changed") == 0
    browser.follow(saved(browser, "/console/keep/sessions/1/edit", moved, _confirmed="1"))
    session = course.database.read_now(lambda db: store.get(db, 1))
    assert session is not None
    assert session.starts_on == date(2026, 12, 27)
    assert reminded(course.database, "%changed") == 2
    row = course.database.read_now(lambda db: db.execute(select(audit).order_by(audit.c.id.desc())).first())
    assert row is not None
    assert row.after == {"starts_on": "2026-12-27", "ends_on": "2026-12-28"}


def test_more_seats_go_down_the_waiting_list_and_fewer_than_are_taken_are_refused(course: House) -> None:
    browser = with_session(course, 3)
    page = saved(browser, "/console/keep/sessions/1/edit", {**SESSION, "seats": "1"})
    assert page.status_code == 422
    assert "已经有 2 个人占了名额" in page.text
    more = {**SESSION, "seats": "4"}
    page = saved(browser, "/console/keep/sessions/1/edit", more)
    assert "会通知 1 个人" in page.text
    assert "尾号 0002" in page.text
    browser.follow(saved(browser, "/console/keep/sessions/1/edit", more, _confirmed="1"))
    assert states(course.database) == ["registered", "registered", "offered"]


def test_a_change_that_concerns_nobody_asks_nothing(course: House) -> None:
    browser = with_session(course, 3)
    browser.follow(saved(browser, "/console/keep/sessions/1/edit", {**SESSION, "contact": "李老师"}))
    assert reminded(course.database, "%changed") == 0


def test_calling_a_session_off(course: House) -> None:
    browser = with_session(course, 3)
    browser.get("/console/keep/sessions/1")
    page = browser.post("/console/keep/sessions/1/retire", {"do": "retire"})
    assert "会通知 3 个人" in page.text
    assert "不能撤回" in page.text
    assert reminded(course.database, "%notice") == 0
    browser.follow(browser.post("/console/keep/sessions/1/retire", {"do": "retire", "_confirmed": "1"}))
    assert reminded(course.database, "%notice") == 3
    assert reminded(course.database, "%remind") == 0
    again = browser.post("/console/keep/sessions/1/retire", {"do": "retire", "_confirmed": "1"})
    assert again.status_code == 303
    assert reminded(course.database, "%notice") == 3
    assert browser.post("/console/keep/sessions/1/retire", {"do": "revive"}).status_code == 404


def test_who_registered_was_there_and_fetches_a_certificate(course: House) -> None:
    browser = with_session(course, 3)
    path = "/console/keep/sessions/1/registrations"
    assert course.signed_in("tester").get(path).status_code == 403
    assert "候补" in browser.get(path).text
    early = browser.follow(browser.post(f"{path}/attendance", {"p1": "attended"}))
    assert "开班以后才能记到场" in early.text
    course.later(days=30)
    browser = course.signed_in()
    browser.get(path)
    page = browser.follow(
        browser.post(f"{path}/attendance", {"p1": "attended", "p2": "absent", "p3": "attended"})
    )
    assert "记下了 2 个人的到场情况" in page.text
    assert states(course.database) == ["attended", "absent", "waiting"]
    assert 'name="w2" value="absent"' in page.text
    late = browser.follow(browser.post(f"{path}/attendance", {"p2": "attended", "w2": "registered"}))
    assert "别人刚刚改过" in late.text
    assert states(course.database) == ["attended", "absent", "waiting"]
    figure = FIGURES["training.rural"]
    period = year(2026)
    assert len(course.database.read_now(lambda db: db.execute(figure.records(period)).all())) == 1
    past = browser.post(f"{path}/certificates", {"place": "县残联", "until": "2026-12-01"})
    assert past.status_code == 422
    ready = {"place": "县残联", "until": "2027-03-01"}
    page = browser.post(f"{path}/certificates", ready)
    assert "会通知 1 个人" in page.text
    browser.follow(browser.post(f"{path}/certificates", {**ready, "_confirmed": "1"}))
    assert reminded(course.database, "%notice") == 1
    browser.get(path)
    assert "记下了" in browser.follow(browser.post(f"{path}/1/collected")).text
    assert "没有要领的证书" in browser.follow(browser.post(f"{path}/2/collected")).text
    assert reminded(course.database, "%notice") == 0


def test_an_event_moves_and_is_called_off(house: House) -> None:
    browser = house.signed_in()
    browser.get("/console/keep/events/new")
    page = browser.follow(browser.post("/console/keep/events/new", EVENT))
    assert "文化广场" in page.text.split("来电听到的")[1]

    def sign_up(db: Connection) -> None:
        person = people.create(db, "+8613893500001", house.now)
        people.give_consent(db, person.id, "reminders", "test/1", "voice", None, house.now)
        event_store.sign_up(db, 1, person.id, house.now)

    house.database.write_now(sign_up)
    assert "要来的" in browser.get("/console/keep/events/1").text
    moved = {**EVENT, "place": "体育馆"}
    assert "会通知 1 个人" in saved(browser, "/console/keep/events/1/edit", moved).text
    browser.follow(saved(browser, "/console/keep/events/1/edit", moved, _confirmed="1"))
    assert reminded(house.database, "%changed") == 1
    browser.get("/console/keep/events/1")
    page = browser.post("/console/keep/events/1/retire", {"do": "retire"})
    assert "会通知 1 个人" in page.text
    browser.follow(browser.post("/console/keep/events/1/retire", {"do": "retire", "_confirmed": "1"}))
    gone = house.database.read_now(lambda db: db.scalar(select(events.c.cancelled_at)))
    assert gone == house.now


def test_employers_are_visited_and_counted(house: House) -> None:
    browser = house.signed_in()
    employer = {
        "name": "红太阳按摩店",
        "kind": "massage",
        "county": "minqin",
        "has_room": "1",
        "phone": "0935-4123456",
    }
    browser.get("/console/keep/employers/new")
    wrong = browser.post("/console/keep/employers/new", {**employer, "staff": "3", "disabled_staff": "4"})
    assert 'href="#disabled_staff"' in wrong.text
    browser.follow(browser.post("/console/keep/employers/new", employer))
    browser.get("/console/keep/employers/new")
    assert "可能已经有了" in browser.post("/console/keep/employers/new", {**employer, "name": "太阳"}).text
    browser.get("/console/keep/visits/new?employer_id=1")
    visited = {"employer_id": "1", "visited_on": "2026-11-20", "openings_found": "2", "words": "缺两个按摩师"}
    browser.follow(browser.post("/console/keep/visits/new", visited))
    assert "缺两个按摩师" in browser.get("/console/keep/employers/1").text
    browser.get("/console/keep/milestones/new")
    reached = {
        "goal": "institution",
        "county": "minqin",
        "words": "民勤县辅助性就业中心",
        "reached_on": "2026-10-01",
    }
    browser.follow(browser.post("/console/keep/milestones/new", reached))
    browser.get("/console/keep/milestones/new")
    assert browser.post("/console/keep/milestones/new", reached).status_code == 422

    def counted(db: Connection) -> list[int]:
        keys = ("employers.visits", "employers.visited", "milestones.institution")
        return [len(db.execute(FIGURES[key].records(year(2026))).all()) for key in keys]

    assert house.database.read_now(counted) == [1, 1, 1]
