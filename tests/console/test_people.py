"""People at the console: found, their file kept by two at once, what is hidden shown and written down."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from outreach.console.people import file, search, timeline
from outreach.console.people.hanging import tables_of_people
from outreach.console.people.timeline import SOURCES
from outreach.console.views import audit as audit_view
from outreach.delivery import outbox, timers
from outreach.store import people, schema
from outreach.store.database import Database
from outreach.store.tables.bookings import booking_providers, booking_services, bookings, practitioners
from outreach.store.tables.campaigns import campaign_items, campaign_runs, campaigns
from outreach.store.tables.community import case_messages, cases, event_sign_ups, events, produce_offers
from outreach.store.tables.messages import inbound_messages
from outreach.store.tables.plans import needs, services_given
from outreach.store.tables.titles import title_entries, title_rounds
from outreach.store.tables.training import training_courses, training_registrations, training_sessions
from tests.console.house import NOW, House

NUMBER = "+8613893501234"
ALL = audit_view.Wanted(None, "", "", "", None, None)
EDIT = {
    "name": "张国栋",
    "county": "minqin",
    "language": "",
    "speed": "3",
    "wordiness": "2",
    "patience": "2",
    "counselor_id": "",
    "contact_by": "",
    "category": "",
}
NEW = {
    **EDIT,
    "phone": "138 9350 1234",
    "agreed": "y",
    "evidence": "当面签字",
}


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def person(db: Connection, **values: Any) -> int:
    kept = {"created_at": NOW, **values}
    return int(db.execute(insert(schema.people).values(kept).returning(schema.people.c.id)).scalar_one())


def newest(house: House) -> audit_view.Entry:
    return house.database.read_now(lambda db: audit_view.find(db, ALL))[0]


def mark(page: str) -> str:
    found = re.search(r'name="_mark" value="(\w+)"', page)
    assert found
    return found.group(1)


# --- Finding ------------------------------------------------------------------------------------------------


@pytest.fixture
def found(house: House) -> House:
    def fill(db: Connection) -> None:
        person(db, name="张国栋", phone=NUMBER, county="minqin")
        person(db, name="国栋梁", phone="+8613893505678", county="gulang")
        person(db, name="李桂英", phone="+869352212345", county="minqin")
        person(db, name=None, phone=None)
        person(db, name="John 100% Smith", phone="+447700900123")

    house.database.write_now(fill)
    return house


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("", [5, 4, 3, 2, 1]),
        ("国栋", [2, 1]),
        ("栋", [2, 1]),
        ("张国栋", [1]),
        (" 张 ", [1]),
        ("100%", [5]),
        ("%", [5]),
        ("王", []),
        ("1389350", [1, 2]),
        ("3501", [1]),
        ("1234", [1, 3]),
        ("１２３４", [1, 3]),
        ("13893501234", [1]),
        ("+86 138-9350-1234", [1]),
        ("0935-2212345", [3]),
        ("09352212345", [3]),
        ("0935 2212", [3]),
        ("9999", []),
        ("3", [3]),
        ("#4", [4]),
        ("2号", [2]),
        ("999999999999999999999", []),
        ("'; DROP TABLE people; --", []),
    ],
)
def test_who_is_found(found: House, words: str, ids: list[int]) -> None:
    rows, more = found.database.read_now(lambda db: search.find(db, search.Wanted(words)))
    assert sorted(one.id for one in rows) == sorted(ids)
    assert more is None


def test_by_county_and_name_together(found: House) -> None:
    wanted = search.Wanted("国栋", "gulang")
    rows, _ = found.database.read_now(lambda db: search.find(db, wanted))
    assert [one.name for one in rows] == ["国栋梁"]
    everywhere = search.Wanted("", "minqin")
    assert [one.id for one in found.database.read_now(lambda db: search.find(db, everywhere))[0]] == [3, 1]


@pytest.mark.parametrize("words", ["", "王", "1390000"])
def test_pages_miss_nobody_and_show_nobody_twice(house: House, words: str) -> None:
    def fill(db: Connection) -> None:
        for number in range(search.PAGE * 2 + 7):
            person(db, name=f"王{number % 3}", phone=f"+861390000{number // 2:04d}")

    house.database.write_now(fill)
    seen: list[int] = []
    after = None
    while True:
        wanted = search.Wanted(words, "", after)
        rows, after = house.database.read_now(partial(search.find, wanted=wanted))
        seen += [one.id for one in rows]
        if after is None:
            break
    assert sorted(seen) == list(range(1, search.PAGE * 2 + 8))
    assert len(seen) == len(set(seen))


def test_the_list_shows_last_digits_and_its_links_hold_no_number(found: House) -> None:
    lan = found.signed_in()
    page = lan.get("/console/people?q=%E5%9B%BD%E6%A0%8B").text
    assert "尾号 1234" in page
    assert "13893501234" not in page
    assert "国栋梁" in page
    assert "李桂英" not in page
    assert "没有找到这样的人" in lan.get("/console/people?q=nobody").text
    assert lan.get("/console/people?after=%E4%B8%89&county=mars").status_code == 200


# --- The file -------------------------------------------------------------------------------------------------


def test_somebody_new_must_have_agreed(house: House) -> None:
    lan = house.signed_in()
    lan.get("/console/people/new")
    refused = lan.post("/console/people/new", {**NEW, "agreed": ""})
    assert refused.status_code == 422
    assert "请填写“本人同意建档" in refused.text
    assert lan.post("/console/people/new", {**NEW, "phone": "12"}).status_code == 422
    nobody = lan.post("/console/people/new", {**NEW, "phone": "", "name": ""})
    assert "姓名和号码至少填一样" in nobody.text
    page = lan.follow(lan.post("/console/people/new", NEW))
    assert page.url.path == "/console/people/1"
    assert "当面签字" in page.text
    kept = house.database.read_now(lambda db: people.find_by_phone(db, NUMBER))
    assert kept is not None
    assert house.database.read_now(lambda db: people.consents(db, kept.id)) == {"service"}


def test_two_counselors_change_the_same_file(house: House) -> None:
    house.database.write_now(lambda db: person(db, name="张国栋", phone=NUMBER, county="minqin"))
    first, second = house.signed_in(), house.signed_in("admin")
    form = {**EDIT, "speed": "5"}
    one, other = (
        mark(first.get("/console/people/1/edit").text),
        mark(second.get("/console/people/1/edit").text),
    )
    assert first.post("/console/people/1/edit", {**form, "_mark": one}).status_code == 303
    mine = {**form, "county": "gulang", "speed": "2"}
    answer = second.post("/console/people/1/edit", {**mine, "_mark": other})
    assert answer.status_code == 409
    assert "古浪县" in answer.text
    assert "民勤县" in answer.text
    assert house.database.read_now(lambda db: people.get(db, 1)).county == "minqin"  # type: ignore[union-attr]
    again = second.post("/console/people/1/edit", {**mine, "_mark": mark(answer.text)})
    assert again.status_code == 303
    kept = house.database.read_now(lambda db: people.get(db, 1))
    assert kept is not None
    assert (kept.county, kept.speed, kept.phone) == ("gulang", 2, NUMBER)  # the number was left as it was
    changes = {name: (before, after) for name, before, after in newest(house).fields}
    assert changes == {"county": ("minqin", "gulang"), "speed": ("5", "2")}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"contact_from": "8"}, "时间要写成 08:30 这样"),
        ({"contact_from": "08:30"}, "两个时间要都填"),
        ({"contact_from": "18:00", "contact_until": "08:30"}, "到几点要比从几点晚"),
        ({"contact_from": "24:00", "contact_until": "25:00"}, "时间要写成 08:30 这样"),
        ({"phone": "一二三"}, "这个号码打不通"),
        ({"counselor_id": "77"}, "请改正下面的地方"),
        ({"name": "王" * 81}, "请改正下面的地方"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(house: House, fields: dict[str, str], why: str) -> None:
    house.database.write_now(lambda db: person(db, name="张国栋"))
    lan = house.signed_in()
    sent = {**EDIT, "_mark": mark(lan.get("/console/people/1/edit").text), **fields}
    answer = lan.post("/console/people/1/edit", sent)
    assert answer.status_code == 422
    assert why in answer.text


def test_the_kind_of_disability_needs_its_consent_and_goes_with_it(house: House) -> None:
    house.database.write_now(lambda db: person(db, name="张国栋"))
    lan = house.signed_in()
    form = {**EDIT, "category": "sight", "_mark": mark(lan.get("/console/people/1/edit").text)}
    refused = lan.post("/console/people/1/edit", form)
    assert refused.status_code == 422
    assert "本人没有同意记录残疾类别" in refused.text
    lan.post("/console/people/1/agree", {"scope": "disability", "evidence": "签字"})
    assert lan.post("/console/people/1/edit", form).status_code == 303
    page = lan.get("/console/people/1").text
    assert "视力" not in page
    assert "视力" in lan.post("/console/people/1/reveal", {"what": "category"}).text
    assert newest(house).fields == [("fields", "", "category")]
    kept = select(schema.people.c.category)
    form = {**EDIT, "_mark": mark(lan.get("/console/people/1/edit").text)}
    lan.post("/console/people/1/edit", form)  # left as it is
    assert house.database.read_now(lambda db: db.scalar(kept)) == "sight"
    lan.post("/console/people/1/withdraw", {"scope": "disability"})
    assert house.database.read_now(lambda db: db.scalar(kept)) is None


def test_what_they_can_do_is_ticked_and_the_second_of_two_is_told(house: House) -> None:
    house.database.write_now(lambda db: person(db, name="张国栋"))
    lan = house.signed_in()
    lan.get("/console/people/1")
    lan.post("/console/people/1/skills", {"skill": ["massage", "farming", "flying"]})
    assert house.database.read_now(lambda db: file.skills(db, 1)) == ("farming", "massage")
    assert "别人刚刚改过" in lan.follow(lan.post("/console/people/1/skills", {"skill": ["crafts"]})).text
    assert lan.get("/console/people/1").text.count(" checked>") == 2
    lan.post("/console/people/1/skills", {"_was": ["massage", "farming"]})
    assert house.database.read_now(lambda db: file.skills(db, 1)) == ()
    assert lan.post("/console/people/9/skills", {}).status_code == 404


def test_needs_with_their_next_step(house: House) -> None:
    house.database.write_now(lambda db: person(db, name="张国栋"))
    lan, mei = house.signed_in(), house.signed_in("admin")
    lan.get("/console/people/1/needs/new")
    need = {
        "kind": "job",
        "state": "open",
        "words": "想去医院",
        "next_step": "问中医院",
        "next_on": "2026-12-01",
        "counselor_id": "",
    }
    page = lan.follow(lan.post("/console/people/1/needs/new", need))
    assert "问中医院" in page.text
    assert "2026 年 12 月 1 日" in page.text
    path = "/console/people/1/needs/1"
    one, other = mark(lan.get(path).text), mark(mei.get(path).text)
    assert lan.post(path, {**need, "state": "met", "_mark": one}).status_code == 303
    answer = mei.post(path, {**need, "next_step": "再问", "_mark": other})
    assert answer.status_code == 409
    assert "已经满足" in answer.text
    assert lan.get("/console/people/1/needs/9").status_code == 404
    assert lan.get("/console/people/2/needs/1").status_code == 404


def test_services_are_of_days_that_have_been(house: House) -> None:
    house.database.write_now(lambda db: person(db, name="张国栋"))
    lan = house.signed_in()
    lan.get("/console/people/1/services/new")
    given = {"counselor_id": "", "kind": "guidance", "words": "谈了简历", "given_on": "2026-11-25"}
    assert "这一天还没到" in lan.post("/console/people/1/services/new", given).text
    page = lan.follow(lan.post("/console/people/1/services/new", {**given, "given_on": "2026-11-24"}))
    assert page.text.count("谈了简历") == 1
    assert newest(house).entity == "services_given"


def test_consents_are_given_and_withdrawn(house: House) -> None:
    house.database.write_now(lambda db: person(db, name="张国栋"))
    lan = house.signed_in()
    lan.get("/console/people/1")
    assert lan.post("/console/people/1/agree", {"scope": "jobs"}).status_code == 422
    lan.post("/console/people/1/agree", {"scope": "jobs", "evidence": "签字"})
    assert house.database.read_now(lambda db: people.consents(db, 1)) == {"jobs"}
    assert (
        "还是原来的那条"
        in lan.follow(lan.post("/console/people/1/agree", {"scope": "jobs", "evidence": "x"})).text
    )
    page = lan.follow(lan.post("/console/people/1/withdraw", {"scope": "jobs"}))
    assert "撤回了" in page.text
    assert house.database.read_now(lambda db: people.consents(db, 1)) == frozenset()
    assert "本来就没有同意" in lan.follow(lan.post("/console/people/1/withdraw", {"scope": "jobs"})).text
    assert lan.post("/console/people/1/withdraw", {"scope": "all"}).status_code == 404


def test_what_is_hidden_is_shown_to_whoever_may_and_that_is_written_down(house: House) -> None:
    def fill(db: Connection) -> None:
        person(db, name="张国栋", phone=NUMBER)
        case = {"number": "12345678", "person_id": 1, "kind": "wages", "created_at": NOW, "updated_at": NOW}
        db.execute(insert(cases).values(case))
        db.execute(insert(case_messages).values(case_id=1, words="老板三个月没给钱", created_at=NOW))
        text = {"purpose": "t", "person_id": 1, "address": NUMBER, "body": "面试在周五", "scope": "jobs"}
        outbox.queue_text(db, **text, now=NOW, expires_at=NOW + timedelta(days=1))  # type: ignore[arg-type]

    house.database.write_now(fill)
    lan, viewer = house.signed_in(), house.signed_in("viewer")
    hidden = {"phone": NUMBER, "cases": "老板三个月没给钱", "texts": "面试在周五"}
    for browser in (lan, viewer):
        page = browser.get("/console/people/1").text
        assert not [words for words in hidden.values() if words in page]
    for what, words in hidden.items():
        assert words in lan.post("/console/people/1/reveal", {"what": what}).text
        entry = newest(house)
        assert (entry.action, entry.entity, entry.entity_id) == ("look", "people", "1")
        assert entry.fields == [("fields", "", what)]
        assert viewer.post("/console/people/1/reveal", {"what": what}).status_code == 403
    assert lan.post("/console/people/1/reveal", {"what": "pin_hash"}).status_code == 404
    assert lan.post("/console/people/9/reveal", {"what": "phone"}).status_code == 404
    assert "显示号码" not in viewer.get("/console/people/1").text


# --- The timeline ---------------------------------------------------------------------------------------------

UNSEEN = {
    "audience_members", "booking_cells", "consents", "job_alerts", "line_visits", "needs", "person_skills",
    "produce_wishes", "recordings", "saved_openings", "sessions", "speakers", "title_wishes",
}  # fmt: skip
"""Tables of people that are no events: shown elsewhere on the page, or what a conversation or a wish stands at."""


def test_every_table_of_people_is_in_the_timeline_or_has_a_reason_not_to_be() -> None:
    shown = {source.id.table.name for source in SOURCES}
    assert {table.name for table, _ in tables_of_people()} == shown | UNSEEN


def hang_everything_on(db: Connection, person_id: int, index: int = 1) -> None:
    """A row of every sort; ``index``: other rows than those of another person."""
    at = NOW - timedelta(hours=index)
    times = {"created_at": at, "updated_at": at}
    if index == 1:
        opening = {
            "employer": "红太阳", "title": "按摩师", "kind": "massage", "county": "minqin", "pay": "面议",
            "phone": "0935-2212345", "published_at": NOW, "expires_on": date(2027, 1, 1),
        }  # fmt: skip
        provider = {"name": "店", "county": "minqin", "kind": "massage", "phone": "0935-2212345"}
        session = {
            "county": "minqin", "place": "县残联", "starts_on": date(2026, 12, 7), "ends_on": date(2026, 12, 9),
            "begins": "09:00", "seats": 9, "deadline_on": date(2026, 12, 1), "phone": "0935-2212345",
            "published_at": NOW,
        }  # fmt: skip
        fair = {
            "kind": "job_fair", "name": "招聘会", "county": "minqin", "place": "县残联",
            "starts_on": date(2026, 12, 7), "ends_on": date(2026, 12, 7), "begins": "09:00",
            "phone": "0935-2212345", "published_at": NOW,
        }  # fmt: skip
        review = {"level": "initial", "body": "评审委员会", "year": 2026, "notice_on": date(2026, 9, 1)}
        for number in (1, 2):
            db.execute(insert(schema.openings).values(opening))
            db.execute(insert(training_courses).values(name="盲人按摩", field="massage"))
            db.execute(insert(training_sessions).values(**session, course_id=number))
            round_ = {**review, "year": 2025 + number, "city_by": date(2026, 10, 1), "phone": "0935-2212345"}
            db.execute(insert(title_rounds).values(**round_, source="x"))
            db.execute(insert(events).values(fair))
            campaign = {"name": "通知", "audience": {}, "content": {}, "schedule": {}, "made_by": "x"}
            db.execute(insert(campaigns).values(**campaign, created_at=NOW, updated_at=NOW))
            run = {"campaign_id": number, "starts_at": NOW, "ends_at": NOW + timedelta(days=1), "fed_at": NOW}
            db.execute(insert(campaign_runs).values(run))
        db.execute(insert(booking_providers).values(provider))
        db.execute(insert(booking_services).values(provider_id=1, position=1, name="肩颈按摩", minutes=30))
        db.execute(insert(practitioners).values(provider_id=1, name="王师傅"))
    call = {
        "id": f"c{index}",
        "carrier": "t",
        "carrier_call_id": f"c{index}",
        "session_id": f"person:{person_id}",
    }
    db.execute(insert(schema.calls).values(**call, person_id=person_id, state="ended", started_at=at))
    inbound = {
        "carrier": "t",
        "carrier_message_id": f"m{index}",
        "session_id": f"person:{person_id}",
        "kind": "turn",
    }
    db.execute(insert(inbound_messages).values(**inbound, person_id=person_id, received_at=at))
    text = {
        "purpose": f"t{index}",
        "person_id": person_id,
        "address": NUMBER,
        "body": "您好",
        "scope": "campaigns",
    }
    outbox.queue_text(db, **text, now=at, expires_at=NOW + timedelta(days=1))  # type: ignore[arg-type]
    mine = {"person_id": person_id, **times}
    booking = {"service_id": 1, "practitioner_id": 1, "starts_at": NOW + timedelta(days=index), "minutes": 30}
    db.execute(insert(bookings).values(**booking, **mine))
    moments = [NOW + timedelta(hours=hours) for hours in (9, 10)]  # of which the next is shown
    ends = NOW + timedelta(hours=20)
    timers.remind(db, f"o{index}", "bookings.remind", {}, moments, ends, person_id, at, escalate=False)
    registration = {
        "session_id": index,
        "session_seats": 9,
        "state": "registered",
        "seat": 1,
        "queued_at": at,
    }
    db.execute(insert(training_registrations).values(**registration, **mine))
    db.execute(insert(schema.applications).values(opening_id=index, **mine))
    db.execute(insert(title_entries).values(round_id=index, **mine))
    db.execute(insert(event_sign_ups).values(event_id=index, coming=True, place=1, **mine))
    item = {"run_id": index, "person_id": person_id, "channel": "sms", "state": "skipped", "due_at": at}
    db.execute(insert(campaign_items).values(**item, reason="opted_out", updated_at=at))
    db.execute(insert(cases).values(number=f"1234567{index}", kind="wages", **mine))
    db.execute(insert(produce_offers).values(kind="grain", county="minqin", share_phone=False, **mine))
    outbox.queue_task(db, kind="call_back", purpose=f"k{index}", person_id=person_id, now=at)
    given = {"kind": "job", "given_on": date(2026, 11, 20), "person_id": person_id, "created_at": at}
    db.execute(insert(services_given).values(given))
    db.execute(insert(needs).values(kind="job", **mine))


def read_in_pages(house: House, person_id: int, limit: int) -> Iterator[timeline.Event]:
    after = ""
    while True:
        found, after = house.database.read_now(
            partial(timeline.page, person_id=person_id, after=after, limit=limit)
        )
        yield from found
        if not after:
            return


def test_the_timeline_has_everything_newest_first_whatever_the_page(house: House) -> None:
    def fill(db: Connection) -> None:
        person(db, name="张国栋", phone=NUMBER)
        person(db, name="李桂英")
        hang_everything_on(db, 1)
        hang_everything_on(db, 2, 2)
        for number in range(5):  # five at one moment
            outbox.queue_task(db, kind="call_back", purpose=f"same{number}", person_id=1, now=NOW)

    house.database.write_now(fill)
    whole = list(read_in_pages(house, 1, 100))
    assert len(whole) == len(SOURCES) + 5
    assert [one.at for one in whole] == sorted((one.at for one in whole), reverse=True)
    for limit in (1, 2, 3, 7):
        assert list(read_in_pages(house, 1, limit)) == whole
    page = house.signed_in().get("/console/people/1").text
    assert "群发" in page
    assert "肩颈按摩" in page
    assert "还没到" in page
    assert 'href="/console/tasks/1"' in page
    english = timeline.page
    assert house.database.read_now(lambda db: english(db, 1, "2026 nonsense"))[0] == whole[: timeline.PAGE]


def test_figures_lead_to_the_file(house: House) -> None:
    house.database.write_now(lambda db: person(db, name="张国栋"))
    lan = house.signed_in()
    page = lan.get("/console/reports/records?figure=people.new&period=2026").text
    assert 'href="/console/people/1"' in page
    assert lan.get("/console/people/1").status_code == 200
    assert lan.get("/console/people/99").status_code == 404


def test_in_english_nothing_is_left_in_chinese_but_what_was_written(house: House) -> None:
    def fill(db: Connection) -> None:
        person(db, name="Zhang", phone=NUMBER, county="minqin")
        person(db, name="Zhang", phone=NUMBER, county="minqin")
        hang_everything_on(db, 1)
        db.execute(update(schema.openings).values(title="masseur"))
        db.execute(update(training_courses).values(name="massage"))
        db.execute(update(booking_services).values(name="neck"))
        db.execute(update(title_rounds).values(body="board"))
        db.execute(update(events).values(name="fair"))
        db.execute(update(campaigns).values(name="news"))
        people.give_consent(db, 1, "jobs", "x/1", "voice", None, NOW)

    house.database.write_now(fill)
    lan = house.signed_in("admin")
    lan.get("/console")
    lan.post("/console/language", {"language": "en", "next": "/console"})
    for path in (
        "",
        "/1",
        "/new",
        "/1/edit",
        "/1/needs/1",
        "/1/services/new",
        "/1/merge",
        "/1/merge?with=2",
        "/1/erase",
    ):
        page = lan.get(f"/console/people{path}").text
        body = page[page.index("<main") : page.index("</main>")]
        assert re.findall(r"[\u4e00-\u9fff]+", body) == [], path
    lan.get("/console/people/1")
    for path in ("record", "reveal"):
        page = lan.post(f"/console/people/1/{path}", {"what": "recordings"}).text
        body = page[page.index("<main") : page.index("</main>")]
        assert set(re.findall(r"[\u4e00-\u9fff]+", body)) <= {"您好"}, path
