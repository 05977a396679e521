"""Calling back by one button, and the PIN for ringing in."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, select, update

from outreach.console import calling_back
from outreach.delivery import outbox
from outreach.store import bridges, staff
from outreach.store.audit import Audit
from outreach.store.database import Database
from outreach.store.schema import counselors, deliveries, tasks
from outreach.store.tables.call_items import call_items
from outreach.store.tables.console import audit
from tests.console.house import NOW, PASSWORD, Browser, House

NUMBER, OWN = "+8613893501234", "+8613893500001"
PRESSED = "/console/tasks/1/call"


@pytest.fixture
def house(database: Database) -> House:
    def happen(db: Connection) -> None:
        outbox.queue_task(db, kind="call_back", purpose="c", phone=NUMBER, now=NOW)
        db.execute(insert(counselors).values(name="马老师", phone=OWN))

    database.write_now(happen)
    made = House(database)
    made.user("ma", "counselor", counselor_id=1)
    return made


def ma(house: House) -> Browser:
    browser = house.browser()
    browser.sign_in("ma")
    browser.get("/console/tasks/1")
    return browser


def test_the_button_rings_the_counselor_and_shows_no_number(house: House) -> None:
    browser = ma(house)
    page = browser.follow(browser.post(PRESSED))
    assert "正在给您的电话打过去" in page.text
    assert "ma: 正在给工作人员的电话打过去" in page.text
    assert NUMBER not in page.text

    def look(db: Connection) -> tuple[object, ...]:
        delivery = db.execute(select(deliveries)).one()
        item = db.execute(select(call_items)).one()
        task = db.execute(select(tasks)).one()
        actions = db.scalars(select(audit.c.action).where(audit.c.entity == "tasks")).all()
        return (
            (delivery.address, delivery.channel, delivery.person_id, delivery.fallback),
            (item.page, item.data),
            task.assignee_id,
            list(actions),
        )

    assert house.database.read_now(look) == (
        (OWN, "voice", None, False),
        ("staff.bridge", {"bridge": 1}),
        1,
        ["task.take", "task.call"],
    )


@pytest.mark.parametrize(
    ("state", "later", "words"),
    [
        ("sent", 60, "正在给工作人员的电话打过去"),
        ("sent", 200, "工作人员的电话没有接通"),
        ("failed", 60, "工作人员的电话没有接通"),
    ],
)
def test_a_telephone_that_is_not_answered(house: House, state: str, later: int, words: str) -> None:
    browser = ma(house)
    browser.post(PRESSED)
    house.database.write_now(lambda db: db.execute(update(deliveries).values(state=state)).rowcount)
    house.later(seconds=later)
    assert words in browser.get("/console/tasks/1").text


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("answered", "接通了"), ("busy", "对方正在通话"), ("no_answer", "对方没有接"), ("failed", "没有打通")],
)
def test_the_outcome_is_written_to_the_task_once(house: House, outcome: str, words: str) -> None:
    browser = ma(house)
    browser.post(PRESSED)
    house.database.write_now(lambda db: bridges.dialled(db, 1, "call1", NOW))
    assert "拨了对方，结果还不知道" in browser.get("/console/tasks/1").text
    assert house.database.read_now(lambda db: bridges.whom(db, 1)) is None
    assert house.database.write_now(lambda db: bridges.settle(db, "call1", outcome, NOW))
    assert not house.database.write_now(lambda db: bridges.settle(db, "call1", "failed", NOW))
    assert words in browser.get("/console/tasks/1").text


def test_who_cannot_be_rung_is_told_why_and_nothing_is_done(house: House) -> None:
    other = house.signed_in()
    other.get("/console/tasks/1")
    answer = other.post(PRESSED)
    assert (answer.status_code, "值班表" in answer.text) == (409, True)
    browser = ma(house)
    house.database.write_now(lambda db: db.execute(update(tasks).values(phone="+12025550123")).rowcount)
    answer = browser.post(PRESSED)
    assert (answer.status_code, "没有能拨的号码" in answer.text) == (409, True)
    taken = house.database.read_now(lambda db: db.scalar(select(tasks.c.assignee_id)))
    assert taken is None
    house.database.write_now(lambda db: db.execute(update(tasks).values(done=True)).rowcount)
    assert browser.post(PRESSED).status_code == 409
    assert browser.post("/console/tasks/9/call").status_code == 404
    assert house.database.read_now(lambda db: db.scalars(select(deliveries.c.id)).all()) == []


def test_only_who_acts_on_tasks_may_press_it(house: House) -> None:
    viewer = house.signed_in("viewer")
    assert PRESSED not in viewer.get("/console/tasks/1").text
    assert viewer.post(PRESSED).status_code == 403


def test_two_buttons_are_two_calls_and_each_is_dialled_once(database: Database, house: House) -> None:
    def happen(db: Connection) -> list[int]:
        record = Audit(db, 1, NOW)
        first, second = calling_back.ask(record, 1), calling_back.ask(record, 1)
        bridges.dialled(db, first, "call1", NOW)
        whom = bridges.whom(db, second)
        assert whom is not None
        assert (whom.number, whom.user_id, whom.kind) == (NUMBER, 1, "call_back")
        return [first, second]

    assert database.write_now(happen) == [1, 2]
    assert len(database.read_now(lambda db: bridges.of_task(db, 1, NOW + timedelta(hours=1)))) == 2


def pin_of(house: House) -> staff.Staff | None:
    return house.database.read_now(lambda db: staff.at(db, OWN))


def test_a_pin_is_set_by_who_knows_the_password_and_is_hard_to_guess(house: House) -> None:
    browser = ma(house)
    assert "设电话密码" in browser.get("/console/account").text
    path = "/console/account/pin"
    browser.get(path)
    for old, pin, why in (
        ("wrong password", "482915", "现在的密码不对"),
        (PASSWORD, "4829", "要六位数字"),
        (PASSWORD, "４８２９１５", "要六位数字"),
        (PASSWORD, "111111", "太好猜了"),
        (PASSWORD, "123456", "太好猜了"),
        (PASSWORD, "987654", "太好猜了"),
    ):
        answer = browser.post(path, {"old": old, "pin": pin})
        assert (answer.status_code, why in answer.text) == (422, True), pin
    assert pin_of(house) is None
    assert browser.post(path, {"old": PASSWORD, "pin": "482915"}).status_code == 303
    who = pin_of(house)
    assert who is not None
    assert staff.right(who, "482915")
    assert not staff.right(who, "482916")
    rows = house.database.read_now(lambda db: db.scalars(select(audit.c.after)).all())
    assert "482915" not in str(rows)
    assert str(who.pin_hash) not in str(rows)
    browser.get("/console/account")
    browser.post("/console/account/no-pin")
    assert pin_of(house) is None


def test_whoever_may_sign_in_no_more_rings_in_no_more(house: House) -> None:
    house.database.write_now(lambda db: staff.set_pin(Audit(db, None, NOW, "terminal"), 1, "482915"))
    assert pin_of(house) is not None
    house.database.write_now(lambda db: db.execute(update(counselors).values(active=False)).rowcount)
    assert pin_of(house) is None
    with pytest.raises(LookupError):
        house.database.write_now(lambda db: staff.set_pin(Audit(db, None, NOW), 9, "482915"))
