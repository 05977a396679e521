"""Today's work: a task is taken, handed over and done, by one person; what failed or is unanswered becomes one."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, insert, select, update

from outreach.console import day, tasks
from outreach.console.views import audit as audit_view
from outreach.delivery import outbox
from outreach.store import people, schema
from outreach.store.database import Database
from outreach.store.tables.bookings import booking_providers, booking_services, bookings, practitioners
from tests.console.house import NOW, Browser, House

NUMBER = "+8613893501234"
ALL = audit_view.Wanted(None, "", "", "", None, None)


@pytest.fixture
def house(database: Database) -> House:
    made = House(database)
    database.write_now(lambda db: outbox.queue_task(db, kind="call_back", purpose="c", phone=NUMBER, now=NOW))
    return made


def two(house: House) -> tuple[Browser, Browser]:
    for login in ("lan", "mei"):
        house.user(login, "counselor")
    first, second = house.browser(), house.browser()
    first.sign_in("lan")
    second.sign_in("mei")
    first.get("/console/tasks/1")
    second.get("/console/tasks/1")
    return first, second


def test_a_task_is_taken_noted_and_done(house: House) -> None:
    lan, _ = two(house)
    assert "这件事由您来办" in lan.follow(lan.post("/console/tasks/1", {"do": "take"})).text
    lan.post("/console/tasks/1", {"do": "note", "words": "没有人接"})
    page = lan.follow(lan.post("/console/tasks/1", {"do": "done", "words": "约好明天来"}))
    assert page.url.path == "/console"
    assert "/console/tasks/1" not in page.text
    page = lan.get("/console/tasks/1")
    assert "没有人接" in page.text
    assert "约好明天来" in page.text
    actions = [entry.action for entry in house.database.read_now(lambda db: audit_view.find(db, ALL))]
    assert actions[:4] == ["task.done", "task.note", "task.note", "task.take"]
    lan.post("/console/tasks/1", {"do": "reopen"})
    assert "/console/tasks/1" in lan.get("/console").text


def test_the_second_to_take_it_is_told_and_loses_nothing(house: House) -> None:
    lan, mei = two(house)
    lan.post("/console/tasks/1", {"do": "take"})
    answer = mei.post("/console/tasks/1", {"do": "take", "words": "我写的"})
    assert answer.status_code == 409
    assert "lan已经在办" in answer.text
    assert "我写的" in answer.text
    lan.post("/console/tasks/1", {"do": "done"})
    assert mei.post("/console/tasks/1", {"do": "done"}).status_code == 409


def test_a_task_is_handed_over(house: House) -> None:
    lan, mei = two(house)
    lan.post("/console/tasks/1", {"do": "take"})
    lan.post("/console/tasks/1", {"do": "assign", "assignee_id": "2"})
    assert "mei" in lan.get("/console").text.split("谁来办")[1]
    assert mei.post("/console/tasks/1", {"do": "done"}).status_code == 303


def test_an_empty_note_is_asked_for_and_an_unknown_task_is_not_there(house: House) -> None:
    lan, _ = two(house)
    answer = lan.post("/console/tasks/1", {"do": "note"})
    assert answer.status_code == 422
    assert "请先写记录" in answer.text
    assert lan.get("/console/tasks/99").status_code == 404
    assert lan.post("/console/tasks/99", {"do": "done"}).status_code == 404


def test_the_number_is_shown_when_asked_for_and_that_is_written_down(house: House) -> None:
    lan, _ = two(house)
    assert NUMBER not in lan.get("/console/tasks/1").text
    assert NUMBER in lan.post("/console/tasks/1/number").text
    newest = house.database.read_now(lambda db: audit_view.find(db, ALL))[0]
    assert (newest.action, newest.entity, newest.entity_id) == ("look", "tasks", "1")
    viewer = house.signed_in("viewer")
    viewer.get("/console")
    assert "显示号码" not in viewer.get("/console/tasks/1").text
    assert viewer.post("/console/tasks/1/number").status_code == 403


def test_a_text_that_did_not_arrive_says_why_and_becomes_a_task(house: House) -> None:
    def happen(db: Connection) -> None:
        outbox.queue_text(
            db,
            purpose="t",
            person_id=None,
            address=NUMBER,
            body="您好",
            scope="service",
            now=NOW,
            expires_at=NOW + timedelta(days=1),
        )
        db.execute(update(schema.deliveries).values(state="failed", reason="landline", updated_at=NOW))

    house.database.write_now(happen)
    lan, _ = two(house)
    assert "是座机，收不到短信" in lan.get("/console").text
    page = lan.follow(lan.post("/console/failed/1"))
    assert page.text.count("尾号 1234") == 3  # the task there was, the new one, and the text
    lan.post("/console/failed/1")
    assert house.database.read_now(tasks.count) == 2  # once
    assert lan.post("/console/failed/99").status_code == 404
    house.later(days=8)
    assert house.database.read_now(lambda db: day.look(db, house.now)).failed == ()


def test_an_opening_nobody_checked_for_a_month(house: House) -> None:
    def happen(db: Connection) -> None:
        values = {
            "employer": "红太阳按摩店",
            "title": "按摩师",
            "kind": "massage",
            "county": "minqin",
            "pay": "面议",
            "phone": "0935-2212345",
            "published_at": NOW,
            "expires_on": date(2027, 1, 1),
        }
        db.execute(insert(schema.openings).values(**values, checked_on=date(2026, 10, 1)))
        db.execute(insert(schema.openings).values(**values, checked_on=date(2026, 11, 20)))
        db.execute(insert(schema.openings).values(**{**values, "expires_on": date(2026, 11, 1)}))

    house.database.write_now(happen)
    (one,) = house.database.read_now(lambda db: day.look(db, NOW)).unchecked
    assert one.id == 1
    lan, _ = two(house)
    assert "红太阳按摩店" in lan.get("/console").text
    assert "今天核实过" in lan.follow(lan.post("/console/openings/1/checked")).text
    assert house.database.read_now(lambda db: day.look(db, NOW)).unchecked == ()
    assert lan.post("/console/openings/99/checked").status_code == 404


def test_somebody_who_has_not_said_whether_they_come(house: House) -> None:
    def happen(db: Connection) -> None:
        person = people.create(db, NUMBER, NOW)
        provider = {"name": "店", "county": "minqin", "kind": "massage", "phone": "0935-2212345"}
        db.execute(insert(booking_providers).values(provider))
        service = {"provider_id": 1, "position": 1, "name": "肩颈按摩", "minutes": 30}
        db.execute(insert(booking_services).values(service))
        db.execute(insert(practitioners).values(provider_id=1, name="王师傅"))
        for hours, state in ((5, "booked"), (6, "confirmed"), (80, "booked"), (-1, "booked")):
            values = {
                "person_id": person.id,
                "service_id": 1,
                "practitioner_id": 1,
                "starts_at": NOW + timedelta(hours=hours),
                "minutes": 30,
                "state": state,
                "created_at": NOW,
                "updated_at": NOW,
            }
            db.execute(insert(bookings).values(values))

    house.database.write_now(happen)
    (one,) = house.database.read_now(lambda db: day.look(db, NOW)).unanswered
    assert (one.about, one.what, one.tail) == ("booking", "肩颈按摩", "1234")
    lan, _ = two(house)
    assert "肩颈按摩" in lan.get("/console").text
    lan.post("/console/unanswered/booking/1")
    kept = select(schema.tasks.c.purpose, schema.tasks.c.person_id).where(schema.tasks.c.id == 2)
    assert house.database.read_now(lambda db: tuple(db.execute(kept).one())) == ("unanswered:booking:1", 1)
    assert lan.post("/console/unanswered/booking/99").status_code == 404
    assert lan.post("/console/unanswered/people/1").status_code == 404
