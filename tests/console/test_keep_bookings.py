"""Providers, hours, practitioners: whose booking no longer fits is shown before, and called off by hand."""

import re
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from outreach.console.keep.entities.times import day_of
from outreach.services.bookings import rules, store
from outreach.services.bookings.rules import Slot
from outreach.services.places import LOCAL
from outreach.store import people
from outreach.store.tables.bookings import bookings, practitioners
from outreach.store.tables.console import audit
from outreach.store.tables.timers import timers
from tests.console.house import Browser, House
from tests.console.test_keep import house as house

PROVIDER = {
    "kind": "massage",
    "name": "金手指按摩店",
    "county": "liangzhou",
    "place": "东大街",
    "phone": "0935-2212345",
    "step_minutes": "30",
    "lead_minutes": "60",
    "horizon_days": "14",
    "hours": "周一至周五 9:00-12:00\n周一至周五 14:30-18:00",
    "closed": "2026-12-01",
}
WORKER = {"provider_id": "1", "name": "王师傅", "breaks": "周三 9:00-10:00"}
THURSDAY = date(2026, 11, 26)


def saved(browser: Browser, path: str, fields: dict[str, str], **more: str) -> Any:
    """What comes of saving the record as it is shown now."""
    found = re.search(r'name="_mark" value="(\w+)"', browser.get(path).text)
    assert found
    return browser.post(path, {**fields, **more, "_mark": found.group(1)})


@pytest.fixture
def shop(house: House) -> House:
    """A shop with one service and one practitioner, booked for Thursday at nine and at three."""
    browser = house.signed_in()
    for name, fields in (
        ("providers", PROVIDER),
        (
            "services",
            {"provider_id": "1", "position": "1", "name": "全身推拿", "minutes": "60", "price": "八十元"},
        ),
        ("practitioners", WORKER),
    ):
        browser.get(f"/console/keep/{name}/new")
        browser.follow(browser.post(f"/console/keep/{name}/new", fields))

    def book(db: Connection) -> None:
        what = store.service(db, 1)
        assert what is not None
        for n, minute in enumerate((9 * 60, 15 * 60)):
            person = people.create(db, f"+861389350000{n}", house.now)
            people.give_consent(db, person.id, "reminders", "test/1", "voice", None, house.now)
            assert store.book(db, person.id, what, Slot(1, rules.at_minute(THURSDAY, minute)), house.now)

    house.database.write_now(book)
    return house


def states(house: House) -> list[str]:
    return house.database.read_now(
        lambda db: list(db.scalars(select(bookings.c.state).order_by(bookings.c.id)))
    )


def told(house: House) -> int:
    query = select(timers.c.occasion).distinct().where(timers.c.page == "bookings.called_off")
    return len(house.database.read_now(lambda db: list(db.scalars(query))))


def test_a_shop_as_it_is_read(shop: House) -> None:
    page = shop.signed_in().get("/console/keep/providers/1").text
    heard = page.split("来电听到的")[1]
    assert "全身推拿" in heard
    week = page.split("一周的时间")[-1]
    assert re.search(r"周三</th><td>09:00–12:00，14:30–18:00</td><td>王师傅 09:00–10:00</td>", week)
    assert re.search(r"周日</th><td>不营业</td><td>–</td>", week)
    assert shop.database.read_now(lambda db: db.scalar(select(practitioners.c.phone))) is None


def test_hours_that_leave_a_booking_outside_are_shown_before_and_called_off_by_hand(shop: House) -> None:
    browser = shop.signed_in()
    shorter = {**PROVIDER, "hours": "周一至周五 14:30-18:00"}
    page = saved(browser, "/console/keep/providers/1/edit", shorter)
    assert "1 个人的预约对不上了" in page.text
    assert "尾号 0000" in page.text
    assert "照样保存" in page.text
    browser.follow(saved(browser, "/console/keep/providers/1/edit", shorter, _confirmed="1"))
    assert states(shop) == ["booked", "booked"]
    path = "/console/keep/providers/1/bookings"
    page = browser.get(path)
    assert page.text.count("checked") == 1
    assert "没有选" in browser.follow(browser.post(path, {})).text
    browser.get(path)
    asked = browser.post(path, {"booking": "1"})
    assert "会通知 1 个人" in asked.text
    assert told(shop) == 0
    browser.follow(browser.post(path, {"booking": "1", "_confirmed": "1"}))
    assert states(shop) == ["called_off", "booked"]
    assert told(shop) == 1
    rows = shop.database.read_now(lambda db: list(db.scalars(select(audit.c.entity).order_by(audit.c.id))))
    assert rows[-1] == "bookings"
    assert shop.signed_in("tester").get(path).status_code == 403


@pytest.mark.parametrize(
    ("path", "fields", "hit"),
    [
        ("providers/1", {**PROVIDER, "closed": "2026-11-26"}, 2),
        ("providers/1", {**PROVIDER, "place": "西大街"}, 0),
        ("practitioners/1", {**WORKER, "breaks": "周四 9:30-10:30"}, 1),
    ],
)
def test_who_no_longer_fits(shop: House, path: str, fields: dict[str, str], hit: int) -> None:
    answer = saved(shop.signed_in(), f"/console/keep/{path}/edit", fields)
    if hit:
        assert f"{hit} 个人的预约对不上了" in answer.text
    else:
        assert answer.status_code == 303


@pytest.mark.parametrize("path", ["providers/1", "practitioners/1"])
def test_who_is_gone_leaves_bookings_behind(shop: House, path: str) -> None:
    browser = shop.signed_in()
    browser.get(f"/console/keep/{path}")
    page = browser.post(f"/console/keep/{path}/retire", {"do": "retire"})
    assert "2 个人的预约对不上了" in page.text
    browser.follow(browser.post(f"/console/keep/{path}/retire", {"do": "retire", "_confirmed": "1"}))
    page = browser.get("/console/keep/providers/1/bookings")
    assert page.text.count("checked") == 2


def test_a_day_away_and_back(shop: House) -> None:
    browser = shop.signed_in()
    path = "/console/keep/practitioners/1/away"
    assert "没有请假" in browser.get(path).text
    assert browser.post(path, {"day": "2026-11-01"}).status_code == 422
    assert browser.post(path, {"day": ""}).status_code == 422
    page = browser.post(path, {"day": "2026-11-26"})
    assert "会通知 2 个人" in page.text
    assert states(shop) == ["booked", "booked"]
    page = browser.follow(browser.post(path, {"day": "2026-11-26", "_confirmed": "1"}))
    assert states(shop) == ["called_off", "called_off"]
    assert told(shop) == 2
    assert "09:00–12:00" in page.text
    browser.get(path)
    assert "没有请假" in browser.follow(browser.post(f"{path}/back", {"day": "2026-11-26"})).text
    nine = datetime(2026, 11, 26, 9, tzinfo=LOCAL)
    what = shop.database.read_now(lambda db: store.service(db, 1))
    assert what is not None
    assert shop.database.write_now(lambda db: store.book(db, 1, what, Slot(1, nine), shop.now))


def test_a_service_that_is_no_longer_offered_leaves_its_key_to_another(shop: House) -> None:
    browser = shop.signed_in()
    browser.get("/console/keep/services/1")
    page = browser.follow(browser.post("/console/keep/services/1/retire", {"do": "retire"}))
    assert "已经停用" in page.text
    assert states(shop) == ["booked", "booked"]

    def look(db: Connection) -> tuple[Any, ...]:
        booked = store.get(db, 1)
        return (
            store.services(db, 1),
            store.service(db, 1),
            booked and booked.service.name,
            store.find(db, ["massage"], None, None),
        )

    assert shop.database.read_now(look) == ([], None, "全身推拿", [])
    browser.get("/console/keep/services/new")
    other = {"provider_id": "1", "position": "1", "name": "足疗", "minutes": "45"}
    browser.follow(browser.post("/console/keep/services/new", other))
    back = {"provider_id": "1", "position": "1", "name": "全身推拿", "minutes": "60", "price": ""}
    assert saved(browser, "/console/keep/services/1/edit", back).status_code == 422
    browser.follow(saved(browser, "/console/keep/services/1/edit", {**back, "position": "2"}))
    names = shop.database.read_now(lambda db: [what.name for what in store.services(db, 1)])
    assert names == ["足疗", "全身推拿"]


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("2026-10-01", date(2026, 10, 1)),
        ("2026/3/5", date(2026, 3, 5)),
        ("十月一日", None),
        ("2026-13-01", None),
    ],
)
def test_days_as_they_are_written(line: str, day: date | None) -> None:
    assert day_of(line) == day
