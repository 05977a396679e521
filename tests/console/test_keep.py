"""The engine of what is kept: lists by key, saving what nobody else changed, who will be told, how it is heard."""

import io
import re
import wave
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from outreach.console import navigation
from outreach.console.keep.entities import ENTITIES
from outreach.console.keep.entities.hours import all_of, hours_of, lines
from outreach.console.views import audit as audit_view
from outreach.dialogue.prompts import load_all
from outreach.speech.clips import ClipStore
from outreach.speech.synthesizer import Utterance
from outreach.store import people, schema
from outreach.store.database import Database
from outreach.store.tables.community import policies, policy_paragraphs
from tests.console.house import NOW, House
from tests.scenario import PROMPTS

ALL = audit_view.Wanted(None, "", "", "", None, None)
OPENING = {
    "title": "按摩师",
    "employer": "红太阳按摩店",
    "kind": "massage",
    "county": "minqin",
    "places": "2",
    "pay": "保底3000元",
    "phone": "0935-2212345",
    "expires_on": "2027-01-31",
}


class Tone:
    """A synthesiser that takes no time: a tenth of a second for every sentence."""

    identity = "tone"

    async def synthesize(self, utterance: Utterance) -> bytes:
        return b"\x10" * 800

    async def close(self) -> None:
        pass


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    clips = ClipStore(tmp_path / "clips", Tone(), tmp_path, 2**20)
    return House(database, more={"languages": load_all(PROMPTS), "clips": clips})


def add_opening(db: Connection, **more: Any) -> None:
    values = {
        **OPENING,
        "places": 2,
        "expires_on": date(2027, 1, 31),
        "published_at": NOW,
        **more,
    }
    db.execute(insert(schema.openings).values(values))


def wait_for_massage(db: Connection) -> None:
    for number in ("+8613893500001", "+8613893500002"):
        person = people.create(db, number, NOW)
        for scope in ("service", "jobs"):
            people.give_consent(db, person.id, scope, "test/1", "voice", None, NOW)
        db.execute(insert(schema.job_alerts).values(person_id=person.id, created_at=NOW))


@pytest.mark.parametrize("name", ENTITIES)
def test_every_declaration_is_whole(name: str) -> None:
    entity = ENTITIES[name]
    columns, fields = entity.table.c, {one.name: one for one in entity.fields}
    assert entity.head in fields
    assert set(fields) <= {*columns.keys(), *entity.parts}
    assert {*entity.columns} <= {*fields, *entity.extra}
    assert {*entity.filters} <= {one for one, field in fields.items() if field.kind in ("choice", "tick")}
    assert {*entity.search} <= set(columns.keys())
    assert not any(columns[one].nullable for one in entity.sorts)
    needed = {
        one.name for one in columns if not one.nullable and one.server_default is None and not one.primary_key
    }
    assert not entity.adds or needed <= {*(one for one, field in fields.items()), *entity.new(NOW)}
    assert (entity.retire is None) == (not entity.retire_words)


@pytest.mark.parametrize("name", ENTITIES)
def test_every_entity_has_its_pages(house: House, name: str) -> None:
    browser = house.signed_in()
    assert f"/console/keep/{name}" in browser.get("/console/keep").text
    assert "没有这样的记录" in browser.get(f"/console/keep/{name}").text
    page = browser.get(f"/console/keep/{name}/new")
    if not ENTITIES[name].adds:
        assert page.status_code == 404
        assert browser.post(f"/console/keep/{name}/new").status_code == 404
        return
    empty = browser.post(f"/console/keep/{name}/new")
    assert empty.status_code == 422
    assert "请填写" in empty.text
    assert page.text.count("<h1") == 1
    assert browser.get(f"/console/keep/{name}/99").status_code == 404
    assert browser.get("/console/keep/secrets").status_code == 404


def test_an_opening_is_added_heard_changed_and_retired(house: House) -> None:
    browser = house.signed_in()
    browser.get("/console/keep/openings/new")
    page = browser.follow(browser.post("/console/keep/openings/new", OPENING))
    assert "已经保存" in page.text
    assert "念作：保底三千元" in page.text
    assert "短信 1 条。" in page.text
    assert "红太阳按摩店" in page.text.split("来电听到的")[1].split("短信里的")[0]
    browser.get("/console/keep/openings/1/edit")
    mark = re.search(r'name="_mark" value="(\w+)"', browser.page.text)  # type: ignore[union-attr]
    assert mark
    browser.post("/console/keep/openings/1/edit", {**OPENING, "pay": "面议", "_mark": mark.group(1)})
    row = house.database.read_now(lambda db: db.execute(select(schema.openings)).one())
    assert (row.pay, row.version, row.places) == ("面议", 2, 2)
    newest = house.database.read_now(lambda db: audit_view.find(db, ALL))[0]
    assert newest.fields == [("pay", "保底3000元", "面议"), ("version", "1", "2")] or newest.fields == [
        ("version", "1", "2"),
        ("pay", "保底3000元", "面议"),
    ]
    browser.get("/console/keep/openings/1")
    page = browser.follow(browser.post("/console/keep/openings/1/retire"))
    assert "已经停用" in page.text
    browser.post("/console/keep/openings/1/retire", {"do": "revive"})
    assert house.database.read_now(lambda db: db.scalar(select(schema.openings.c.filled_at))) is None


def test_what_is_wrong_is_said_by_field(house: House) -> None:
    browser = house.signed_in()
    browser.get("/console/keep/openings/new")
    wrong = {**OPENING, "phone": "call me", "places": "0", "expires_on": "31.1.2027", "kind": "king"}
    page = browser.post("/console/keep/openings/new", wrong)
    assert page.status_code == 422
    for field in ("phone", "places", "expires_on", "kind"):
        assert f'href="#{field}"' in page.text, field
    assert 'value="call me"' in page.text
    assert house.database.read_now(lambda db: db.execute(select(schema.openings)).first()) is None


def test_the_second_of_two_sees_what_changed_and_chooses(house: House) -> None:
    house.database.write_now(add_opening)
    first, second = house.signed_in(), house.signed_in("admin")
    marks = []
    for browser in (first, second):
        found = re.search(r'name="_mark" value="(\w+)"', browser.get("/console/keep/openings/1/edit").text)
        assert found
        marks.append(found.group(1))
    first.post("/console/keep/openings/1/edit", {**OPENING, "pay": "一千", "_mark": marks[0]})
    answer = second.post("/console/keep/openings/1/edit", {**OPENING, "pay": "两千", "_mark": marks[1]})
    assert answer.status_code == 409
    assert "一千" in answer.text
    assert "两千" in answer.text
    pay = select(schema.openings.c.pay)
    assert house.database.read_now(lambda db: db.scalar(pay)) == "一千"
    second.page = answer
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.text))
    second.post("/console/keep/openings/1/edit", fields)
    assert house.database.read_now(lambda db: db.scalar(pay)) == "两千"


def test_who_will_be_told_is_shown_before_it_is_saved(house: House) -> None:
    house.database.write_now(wait_for_massage)
    browser = house.signed_in()
    browser.get("/console/keep/openings/new")
    page = browser.post("/console/keep/openings/new", OPENING)
    assert "会通知 2 个人" in page.text
    assert "尾号 0001" in page.text
    count = select(schema.deliveries.c.id)
    assert house.database.read_now(lambda db: list(db.scalars(count))) == []
    browser.post("/console/keep/openings/new", {**OPENING, "_confirmed": "1"})
    assert len(house.database.read_now(lambda db: list(db.scalars(count)))) == 2


def test_a_copy_is_pointed_out(house: House) -> None:
    house.database.write_now(add_opening)
    browser = house.signed_in()
    browser.get("/console/keep/openings/new")
    page = browser.post("/console/keep/openings/new", OPENING)
    assert "可能已经有了" in page.text
    assert "/console/keep/openings/1" in page.text


def test_listening(house: House) -> None:
    house.database.write_now(add_opening)
    browser = house.signed_in("viewer")
    page = browser.get("/console/keep/openings/1?speed=6").text
    (whole,) = re.findall(r'src="(/console/keep/openings/1/listen[^"]*)"', page)
    assert whole.endswith("speed=6")
    for address in (whole, re.findall(r'src="(/console/listen[^"]*)"', page)[0].replace("&amp;", "&")):
        answer = browser.get(address)
        assert answer.headers["content-type"] == "audio/wav"
        with wave.open(io.BytesIO(answer.content)) as file:
            assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1)
            assert file.getnframes() > 800
    assert browser.get("/console/listen?text=好&language=xx").status_code == 404


def test_a_text_is_heard_before_it_is_saved(house: House) -> None:
    browser = house.signed_in()
    browser.get("/console/keep/openings/new")
    page = browser.post("/console/keep/openings/new", {**OPENING, "do": "listen", "speed": "5"})
    assert page.status_code == 200
    assert "念作：保底三千元" in page.text
    assert "speed=5" in page.text
    assert house.database.read_now(lambda db: db.execute(select(schema.openings)).first()) is None


def test_a_list_page_by_page_searched_filtered_and_sorted(house: House) -> None:
    def fill(db: Connection) -> None:
        for n in range(120):
            county = "gulang" if n % 3 else "tianzhu"
            day = date(2027, 1, 1) + timedelta(days=n % 7)
            add_opening(db, title=f"第{n}号岗位", county=county, expires_on=day)

    house.database.write_now(fill)
    browser = house.signed_in("viewer")

    def names(path: str) -> list[int]:
        seen: list[int] = []
        while path:
            page = browser.get(path).text
            seen += [int(found) for found in re.findall(r">第(\d+)号岗位</a>", page)]
            more = re.findall(r'href="(/console/keep/openings\?[^"]*after=[^"]*)"', page)
            path = more[0].replace("&amp;", "&") if more else ""
        return seen

    assert names("/console/keep/openings") == list(reversed(range(120)))
    assert names("/console/keep/openings?county=tianzhu") == [n for n in reversed(range(120)) if n % 3 == 0]
    assert names("/console/keep/openings?q=第11") == [*range(119, 109, -1), 11]
    assert names("/console/keep/openings?q=%25") == []
    by_day = names("/console/keep/openings?sort=expires_on")
    assert by_day == sorted(range(120), key=lambda n: (n % 7, n))
    assert len(names("/console/keep/openings?after=nonsense&sort=nonsense&county=nonsense")) == 0


def test_a_policys_paragraphs(house: House) -> None:
    browser = house.signed_in()
    browser.get("/console/keep/policies/new")
    policy = {
        "topic": "rural",
        "title": "怎么贷款",
        "paragraphs": "先找残联。\n\n再找银行。",
        "source": "武政办发〔2025〕56号",
        "source_on": "2025-06-01",
        "position": "1",
    }
    page = browser.follow(browser.post("/console/keep/policies/new", policy))
    assert "怎么贷款" in page.text
    words = select(policy_paragraphs.c.words).order_by(policy_paragraphs.c.position)
    assert house.database.read_now(lambda db: list(db.scalars(words))) == ["先找残联。", "再找银行。"]
    browser.get("/console/keep/policies/new")
    again = browser.post("/console/keep/policies/new", policy)
    assert again.status_code == 422
    assert "已经有一条这样的记录" in again.text
    assert len(house.database.read_now(lambda db: db.execute(select(policies)).all())) == 1


def test_the_duty_roster(house: House) -> None:
    browser = house.signed_in()
    browser.get("/console/keep/counselors/new")
    fields = {"name": "卓玛", "phone": "+8613893501234", "duty": "周一至周二 8:30-12:00\n周日 9:00-10:00"}
    page = browser.follow(browser.post("/console/keep/counselors/new", fields))
    assert "周一至周二 08:30-12:00" in page.text
    monday = NOW  # Tuesday 9:30 in Gansu
    duty = house.database.read_now(lambda db: people.on_duty(db, monday))
    assert duty is not None
    assert duty.phone == "+8613893501234"
    assert house.signed_in("viewer").get("/console/keep/counselors/1/edit").status_code == 403


@pytest.mark.parametrize(
    ("line", "hours"),
    [
        ("周一 8:30-12:00", [(1, "08:30", "12:00")]),
        ("周六至周日 09:00-17:30", [(6, "09:00", "17:30"), (7, "09:00", "17:30")]),
        ("1-2 8：30-9：00", [(1, "08:30", "09:00"), (2, "08:30", "09:00")]),
        ("周五至周一 8:00-9:00", None),
        ("周一 12:00-8:00", None),
        ("周一 8:61-9:00", None),
        ("每天", None),
    ],
)
def test_hours_as_they_are_written(line: str, hours: list[tuple[int, str, str]] | None) -> None:
    assert hours_of(line) == hours


def test_hours_are_read_as_they_are_written() -> None:
    written = ["周一至周五 08:30-12:00", "周一至周三 14:30-18:00", "周五 14:30-18:00", "周日 09:00-10:00"]
    assert lines(reversed(all_of(written))) == written


def test_keep_is_in_the_navigation() -> None:
    assert "/console/keep" in [section.path for section in navigation.SECTIONS]
