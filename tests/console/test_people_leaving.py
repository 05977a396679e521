"""A whole record for its person to take along; erasing, read back, at once or with days to think better of it."""

import json
import re
from typing import Any

import pytest
from sqlalchemy import Connection, String, cast, func, insert, select, update

from outreach.config import PROJECT
from outreach.console.people.hanging import counts, tables_of_people
from outreach.console.people.leaving import TABLES
from outreach.dialogue.prompts import load_all
from outreach.services.registry import HANDLERS
from outreach.store import people, pins, schema
from outreach.store.database import Database
from outreach.store.tables.bookings import bookings
from outreach.store.tables.community import case_messages, cases
from outreach.store.tables.console import audit
from outreach.store.tables.plans import needs
from outreach.store.tables.timers import timers
from outreach.store.tables.training import training_registrations, training_sessions
from tests.console.house import NOW, House
from tests.console.test_people import NUMBER, hang_everything_on, newest, person

PROMPTS = load_all(PROJECT / "prompts")
REASON = {"reason": "本人当面要求"}


@pytest.fixture
def house(database: Database) -> House:
    def fill(db: Connection) -> None:
        person(db, name="张国栋", phone=NUMBER, county="minqin", language="zh-CN")
        person(db, name="李桂英")
        hang_everything_on(db, 1)
        hang_everything_on(db, 2, 2)
        db.execute(insert(case_messages).values(case_id=1, words="老板三个月没给钱", created_at=NOW))
        pins.set_pin(db, 1, "2468")

    database.write_now(fill)
    return House(database, more={"languages": PROMPTS})


def read(house: House, query: Any) -> list[Any]:
    return house.database.read_now(lambda db: [tuple(row) for row in db.execute(query)])


def test_every_table_has_words() -> None:
    assert {table.name for table, _ in tables_of_people()} <= set(TABLES)


def test_the_record_holds_everything_of_theirs_and_nothing_of_others(house: House) -> None:
    lan = house.signed_in()
    lan.get("/console/people/1")
    answer = lan.post("/console/people/1/record.json")
    assert answer.headers["content-disposition"] == 'attachment; filename="person-1.json"'
    tables = json.loads(answer.text)["tables"]
    amounts = house.database.read_now(lambda db: counts(db, 1))
    assert {name: len(rows) for name, rows in tables.items()} == dict(amounts)
    assert tables["people"][0]["phone"] == NUMBER
    assert tables["case_messages"][0]["words"] == "老板三个月没给钱"
    assert "argon2" not in answer.text
    assert "李桂英" not in answer.text
    assert (newest(house).action, newest(house).fields) == ("look", [("fields", "", "record.json")])


def test_on_paper_it_is_in_words(house: House) -> None:
    lan, viewer = house.signed_in(), house.signed_in("viewer")
    lan.get("/console/people/1")
    page = lan.post("/console/people/1/record").text
    for words in (NUMBER, "老板三个月没给钱", "您好", "肩颈按摩", "就业"):
        assert words in page
    assert newest(house).fields == [("fields", "", "record")]
    viewer.get("/console/people/1")
    assert viewer.post("/console/people/1/record").status_code == 403
    assert viewer.post("/console/people/1/record.json").status_code == 403
    assert lan.post("/console/people/99/record.json").status_code == 404


def test_what_would_be_erased_is_read_back(house: House) -> None:
    page = house.signed_in().get("/console/people/1/erase").text
    for name, count in house.database.read_now(lambda db: counts(db, 1)).items():
        assert f"{TABLES[name]}: {count}" in page


def test_with_days_of_grace_they_are_told_and_may_stay(house: House) -> None:
    lan = house.signed_in()
    lan.get("/console/people/1/erase")
    assert lan.post("/console/people/1/erase", {"when": "grace"}).status_code == 422
    page = lan.follow(lan.post("/console/people/1/erase", {"when": "grace", **REASON})).text
    assert "本人要求删除，2026 年 12 月 1 日 23:59 会删掉全部信息" in page
    body = select(schema.deliveries.c.body).where(schema.deliveries.c.purpose.like("erase:%"))
    assert "您要求删掉您的全部信息" in read(house, body)[0][0]
    handlers = select(timers.c.handler).where(timers.c.occasion == "erase:1").order_by(timers.c.due_at)
    assert read(house, handlers) == [("mine.erase_soon",), ("mine.erase",)]
    assert (newest(house).action, newest(house).fields[1]) == ("erase.ask", ("reason", "", "本人当面要求"))
    assert "不删了" in lan.follow(lan.post("/console/people/1/stay")).text
    assert "本来就没有要求删" in lan.follow(lan.post("/console/people/1/stay")).text


def test_the_wish_from_the_console_comes_true_as_one_on_the_line(house: House) -> None:
    lan = house.signed_in()
    lan.get("/console/people/1/erase")
    lan.post("/console/people/1/erase", {"when": "grace", **REASON})
    due = select(timers.c.due_at, timers.c.data).where(timers.c.handler == "mine.erase")
    ((at, data),) = read(house, due)
    house.database.write_now(lambda db: HANDLERS["mine.erase"](db, at, data))
    assert house.database.read_now(lambda db: people.get(db, 1)) is None


def test_at_once_only_when_it_was_said_twice(house: House) -> None:
    lan = house.signed_in()
    lan.get("/console/people/1/erase")
    asked = lan.post("/console/people/1/erase", {"when": "now", **REASON})
    assert asked.status_code == 200
    assert "再也找不回来" in asked.text
    assert house.database.read_now(lambda db: people.get(db, 1)) is not None
    done = lan.follow(lan.post("/console/people/1/erase", {"when": "now", "_sure": "1", **REASON}))
    assert done.url.path == "/console/people"
    for table, column in tables_of_people():
        assert read(house, select(func.count()).select_from(table).where(column == 1)) == [(0,)], table.name
    assert read(house, select(cases.c.person_id).where(cases.c.id == 1)) == [(None,)]  # evidence stays
    assert read(house, select(func.count()).select_from(bookings)) == [(1,)]  # the other's
    told = select(schema.deliveries.c.body).where(schema.deliveries.c.purpose == "reply:erased:1")
    assert "已经删掉了" in read(house, told)[0][0]
    assert lan.get("/console/people/1").status_code == 404
    assert lan.post("/console/people/1/erase", {"when": "now", "_sure": "1", **REASON}).status_code == 404


def test_a_seat_they_held_goes_to_the_next_in_line(house: House) -> None:
    own = training_registrations
    values = {"session_id": 1, "state": "waiting", "seat": None}

    def fill(db: Connection) -> None:
        db.execute(update(training_sessions).where(training_sessions.c.id == 1).values(seats=1))
        db.execute(update(own).where(own.c.person_id == 2).values(**values, session_seats=1))
        people.give_consent(
            db, 2, "reminders", "test/1", "console", None, NOW
        )  # else nobody tells them of it

    house.database.write_now(fill)
    lan = house.signed_in()
    lan.get("/console/people/1/erase")
    lan.post("/console/people/1/erase", {"when": "now", "_sure": "1", **REASON})
    assert read(house, select(own.c.person_id, own.c.state)) == [(2, "offered")]


def test_the_audit_keeps_who_and_when_and_not_what_was_in_the_file(house: House) -> None:
    lan = house.signed_in()
    lan.get("/console/people/1/edit")
    mark = re.search(r'name="_mark" value="(\w+)"', lan.page.text if lan.page else "")
    assert mark
    form = {"name": "张改名", "speed": "3", "wordiness": "2", "patience": "2", "county": "", "language": ""}
    lan.post(
        "/console/people/1/edit",
        {**form, "counselor_id": "", "contact_by": "", "category": "", "_mark": mark.group(1)},
    )
    need = {"kind": "job", "state": "open", "words": "想去中医院", "counselor_id": ""}
    lan.post("/console/people/1/needs/new", need)
    kept = select(audit.c.action, cast(audit.c.before, String), cast(audit.c.after, String))
    before = read(house, kept.where(audit.c.entity.in_(("people", "needs"))).order_by(audit.c.id))
    assert "change" in {row[0] for row in before}
    assert read(house, select(needs.c.words).where(needs.c.words != "")) == [("想去中医院",)]
    lan.post("/console/people/1/erase", {"when": "now", "_sure": "1", **REASON})
    after = read(house, kept.where(audit.c.entity.in_(("people", "needs"))).order_by(audit.c.id))
    assert [row[0] for row in after] == [*(row[0] for row in before), "erase"]
    assert {row[1:] for row in after[:-1]} == {(None, None)}


def test_nobody_is_erased_in_the_middle_of_a_call(house: House) -> None:
    call = update(schema.calls).where(schema.calls.c.person_id == 1)
    house.database.write_now(lambda db: db.execute(call.values(state="live")).rowcount)
    lan = house.signed_in()
    lan.get("/console/people/1/erase")
    answer = lan.post("/console/people/1/erase", {"when": "now", "_sure": "1", **REASON})
    assert answer.status_code == 409
    assert "正在通话" in answer.text
    assert house.database.read_now(lambda db: people.get(db, 1)) is not None
