"""Campaigns at the console: rehearsed beside the server, approved by a second one, scheduled, reported, masked."""

import asyncio
import csv
import io
import re
from typing import Any

import pytest
from sqlalchemy import Connection, select

from outreach.campaigns import rehearsals, store
from outreach.dialogue.prompts import load_all
from outreach.rehearsal import job
from outreach.rehearsal.job import Job, JobFailed
from outreach.store.database import Database
from outreach.store.tables.console import audit, users
from tests.campaigns.office import ASKING, HELLO, Office, draft
from tests.console.filled import fields
from tests.console.house import NOW, Browser, House
from tests.scenario import PROMPTS

PATH = "/console/campaigns"


@pytest.fixture
def house(database: Database, database_url: str) -> House:
    settings = {"database_url": database_url, "second_approval": True, "text_price": 0.05}
    return House(database, more={"languages": load_all(PROMPTS)}, settings=settings)


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database, NOW)


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def drafted(office: Office, by: str, **more: Any) -> int:
    return office.database.write_now(lambda db: store.create(db, draft(**more), by, NOW))


def rehearse(browser: Browser, path: str, **changed: str) -> str:
    """Begin one; the test's browser comes back when it is over."""
    sent = fields(browser.get(f"{path}/rehearsal").text, "seed") | changed
    return text_of(browser.follow(browser.post(f"{path}/rehearsal", sent)).text)


# --- Rehearsal, approval ----------------------------------------------------------------------------------------


def test_the_child_rehearses_on_a_copy_and_tells_how_far_it_is(database_url: str, office: Office) -> None:
    office.people(30)
    made = drafted(office, "马丽")
    one = Job(
        database_url, made, str(PROMPTS), "zh-CN", "武威市残联", "0935-2212345", NOW.isoformat(), 200, 1
    )
    told: list[int] = []

    async def tell(percent: int) -> None:
        told.append(percent)

    result = asyncio.run(job.run(one, tell))
    assert result["progress"]["people"] == 200
    assert result["texts"] == sum(result["hours"].values()) > 0
    assert told == sorted(set(told))
    assert told[-1] > 50
    assert office.items() == []
    assert asyncio.run(job.run(one, tell)) == result
    with pytest.raises(JobFailed):
        asyncio.run(
            job.run(
                Job("sqlite:////nowhere/none.db", made, str(PROMPTS), "zh-CN", "", "", NOW.isoformat()), tell
            )
        )


def test_a_draft_is_rehearsed_approved_by_a_second_one_and_scheduled(house: House, office: Office) -> None:
    office.people(12)
    office.people(3, "reminders", first=20)
    maker = house.signed_in()
    path = f"{PATH}/{drafted(office, 'somebody else', said=ASKING)}"
    assert "还没有预演过。" in maker.get(f"{path}/rehearsal").text
    assert maker.post(f"{path}/approve").status_code == 409
    page = rehearse(maker, path, people="")
    assert "预演了 15 个模拟的人，没有真的联系" in page
    assert "没有同意接收这类通知。 3" in page
    assert "大约" in page
    assert "您想参加吗？" in page
    assert office.items() == []
    assert office.queued() == 0
    state = house.database.read_now(lambda db: store.get(db, int(path.rpartition("/")[2]))).state
    assert state == "rehearsed"
    maker.follow(maker.post(f"{path}/approve"))
    assert "批准了。" in (maker.page.text if maker.page else "")
    maker.follow(maker.post(f"{path}/schedule"))
    assert "等着开始" in maker.get(path).text
    done = house.database.read_now(lambda db: list(db.scalars(select(audit.c.action).order_by(audit.c.id))))
    verbs = ["rehearsal.begin", "campaign.rehearse", "campaign.approve", "campaign.schedule"]
    assert [one for one in done if one in verbs] == verbs
    assert maker.get(f"{path}/rehearsal").status_code == 200
    assert maker.post(f"{path}/rehearsal", {"seed": "1"}).status_code == 409


def test_nobody_approves_their_own_where_a_second_is_asked_for(house: House, office: Office) -> None:
    office.people(1)
    browser = house.signed_in()
    by = house.database.read_now(lambda db: db.scalar(select(users.c.login)))
    made = drafted(office, str(by))
    house.database.write_now(lambda db: store.move(db, made, "rehearse", str(by), NOW))
    page = browser.get(f"{PATH}/{made}").text
    assert "要由另一位同事批准" in page
    assert "/approve" not in page
    assert "要由另一位同事批准。" in browser.post(f"{PATH}/{made}/approve").text
    other = house.signed_in("admin")
    other.get(f"{PATH}/{made}")
    assert other.post(f"{PATH}/{made}/approve").status_code == 303


def test_what_cannot_begin_is_said_by_the_rehearsal_and_not_approved(house: House, office: Office) -> None:
    browser = house.signed_in()
    path = f"{PATH}/{drafted(office, 'somebody else')}"
    page = rehearse(browser, path)
    assert "这样不能开始，要改正下面的地方。" in page
    assert "没有人符合条件。" in page
    assert "草稿" in browser.get(path).text


def test_an_audience_that_is_empty_by_now_is_not_scheduled(house: House, office: Office) -> None:
    browser = house.signed_in()
    made = drafted(office, "somebody else")
    for verb in ("rehearse", "approve"):
        house.database.write_now(lambda db, verb=verb: store.move(db, made, verb, "x", NOW))  # type: ignore[misc]
    browser.get(f"{PATH}/{made}")
    answer = browser.post(f"{PATH}/{made}/schedule")
    assert answer.status_code == 409
    assert "没有人符合条件。" in answer.text


def test_what_was_changed_after_its_rehearsal_is_rehearsed_again(house: House, office: Office) -> None:
    office.people(2)
    made = drafted(office, "somebody else")

    def change(db: Connection) -> None:
        campaign = store.get(db, made)
        begun = rehearsals.begin(db, campaign, None, 1, "x", NOW)
        store.edit(db, made, draft(name="另一个"), "x", NOW)
        rehearsals.end(db, begun, {"fatal": False}, NOW)

    house.database.write_now(change)
    assert house.database.read_now(lambda db: store.get(db, made)).state == "draft"


def test_two_rehearsals_at_once_and_one_that_was_lost(house: House, office: Office) -> None:
    office.people(2)
    made = drafted(office, "somebody else")
    house.database.write_now(lambda db: rehearsals.begin(db, store.get(db, made), None, 1, "x", NOW))
    browser = house.signed_in()
    assert "正在预演，做了 0%。" in browser.get(f"{PATH}/{made}/rehearsal").text
    assert browser.post(f"{PATH}/{made}/rehearsal", {"seed": "1"}).status_code == 409
    house.later(minutes=21)
    assert "预演没有做成" in browser.get(f"{PATH}/{made}/rehearsal").text


def test_a_million_people_are_not_refused_and_more_are(house: House, office: Office) -> None:
    browser = house.signed_in()
    made = drafted(office, "somebody else")
    browser.get(f"{PATH}/{made}/rehearsal")
    answer = browser.post(f"{PATH}/{made}/rehearsal", {"people": "1000001", "seed": "1"})
    assert answer.status_code == 422


# --- Report -----------------------------------------------------------------------------------------------------


def test_the_report_masks_small_groups_and_opens_to_its_records(house: House, office: Office) -> None:
    office.people(7, county="minqin", name="张三")
    office.people(2, first=20, county="gulang")
    office.people(6, first=30, county="tianzhu")
    office.people(5, "reminders", first=40, county="liangzhou")
    made = office.campaign(draft(ASKING))
    office.tick(2)
    office.write("+8619900000001", "1")
    office.write("+8619900000001", "1")
    office.tick()
    browser = house.signed_in()
    page = browser.get(f"{PATH}/{made}/report").text
    words = text_of(page)
    assert "20 人里，联系到 15 人" in words
    assert "您想参加吗？" in words
    assert "想 1 不想 0" in words
    reached = re.search(
        r"<th scope=\"row\">联系到</th>\s*((<td.*?</td>\s*)+)", page.split('id="counties"')[1], re.S
    )
    assert reached
    assert text_of(reached.group(1)).split() == ["0", "7", "少于", "5", "少于", "5", "0"]
    listed = browser.get(f"{PATH}/{made}/records?figure=reached&county=minqin").text
    assert listed.count("张＊") == 7
    assert "1990000" not in listed
    assert browser.get(f"{PATH}/{made}/records?figure=reached&county=gulang").status_code == 403
    assert browser.get(f"{PATH}/{made}/records?figure=reached&county=atlantis").status_code == 404
    assert browser.get(f"{PATH}/{made}/records?figure=nothing").status_code == 404
    chose = browser.get(f"{PATH}/{made}/records?figure=answered&answer=0.0").text
    assert chose.count("张＊") == 1
    assert "张＊" not in browser.get(f"{PATH}/{made}/records?figure=answered&answer=0.1").text
    assert "records?figure=answered&amp;answer=0.0" in page
    because = browser.get(f"{PATH}/{made}/records?figure=people&reason=no_consent").text
    assert because.count("没有同意接收这类通知。") == 5


def test_the_report_as_a_file_names_nobody_and_is_audited(house: House, office: Office) -> None:
    office.people(3, name="张三")
    made = office.campaign()
    office.tick(2)
    browser = house.signed_in()
    browser.get(f"{PATH}/{made}/report")
    answer = browser.post(f"{PATH}/{made}/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [row["state"] for row in rows] == ["reached"] * 3
    assert "张三" not in answer.text
    assert "1990000" not in answer.text
    done = house.database.read_now(lambda db: list(db.scalars(select(audit.c.action))))
    assert "campaign.export" in done
    viewer = house.signed_in("viewer")
    viewer.get(f"{PATH}/{made}/report")
    assert viewer.post(f"{PATH}/{made}/csv").status_code == 403


def test_two_wordings_are_compared_and_open_to_their_people(house: House, office: Office) -> None:
    office.people(40)
    said = HELLO | {"variants": [*HELLO["variants"], *HELLO["variants"]], "first_percent": 25}
    made = office.campaign(draft(said))
    office.tick(5)
    browser = house.signed_in("viewer")
    page = browser.get(f"{PATH}/{made}/report").text
    assert "哪种说法更好" in page
    found = [
        browser.get(f"{PATH}/{made}/records?figure=reached&variant={number}").text.count('<th scope="row">')
        for number in (0, 1)
    ]
    assert sum(found) == 40
    assert 0 < found[0] < found[1]


def test_many_records_come_page_by_page(house: House, office: Office) -> None:
    office.people(51)
    made = office.campaign()
    office.tick(3)
    browser = house.signed_in("viewer")
    page = browser.get(f"{PATH}/{made}/records?figure=people").text
    assert page.count('<th scope="row">') == 50
    more = re.search(r'href="([^"]+beyond=\d+)"', page)
    assert more
    assert browser.get(more.group(1).replace("&amp;", "&")).text.count('<th scope="row">') == 1


def test_a_report_before_the_start_says_so(house: House, office: Office) -> None:
    made = drafted(office, "somebody else")
    assert "还没有开始，没有结果。" in house.signed_in("viewer").get(f"{PATH}/{made}/report").text
