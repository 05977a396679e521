"""Cases: a new state is noted, heard and sent; what was said and written stays hidden until it is asked for."""

import pytest
from sqlalchemy import Connection, insert, select, update

from outreach.config import Config
from outreach.console import cases
from outreach.delivery import outbox
from outreach.dialogue.prompts import load_all
from outreach.services.rights import publish, store
from outreach.store import people, schema
from outreach.store.database import Database
from outreach.store.tables import community
from outreach.store.tables.console import audit
from tests.console.house import NOW, House

NUMBER = "+8613893501234"
PROMPTS = load_all(Config().prompts_dir)
LANGUAGES = {"zh-CN": PROMPTS["zh-CN"], **PROMPTS}


def open_case(db: Connection, number: str | None = NUMBER, kind: str = "wages") -> int:
    person = people.create(db, number, NOW)
    case = store.add(db, person.id, kind, NOW)
    store.add_message(db, case.id, file=None, words="老板三个月没有发工资", now=NOW)
    return case.id


@pytest.fixture
def house(database: Database) -> House:
    made = House(database, more={"languages": LANGUAGES})
    database.write_now(open_case)
    return made


def texts(house: House) -> list[str]:
    query = select(schema.deliveries.c.body).order_by(schema.deliveries.c.id)
    return list(house.database.read_now(lambda db: db.execute(query).scalars().all()))


def actions(house: House) -> list[str]:
    query = select(audit.c.action).where(audit.c.entity.in_(("cases", "case_messages")))
    return list(house.database.read_now(lambda db: db.execute(query.order_by(audit.c.id)).scalars()))


def test_a_new_state_is_noted_heard_and_sent(house: House) -> None:
    house.later(days=2)
    browser = house.signed_in()
    browser.get("/console/cases/1")
    sent = {"do": "state", "was": "received", "state": "passed_on", "words": "转给人社局了"}
    page = browser.follow(browser.post("/console/cases/1", sent))
    assert "已经发短信告诉对方" in page.text
    assert "转给人社局了" in page.text
    case = house.database.read_now(lambda db: store.get(db, 1))
    assert case is not None
    assert (case.state, case.updated_at) == ("passed_on", house.now)
    (text,) = texts(house)
    assert "11月24日反映的情况：11月26日转给了主管部门。" in text
    assert "工资" not in text
    assert actions(house) == ["case.state"]


def test_a_state_needs_a_note_and_must_be_another_one(house: House) -> None:
    browser = house.signed_in()
    browser.get("/console/cases/1")
    answer = browser.post("/console/cases/1", {"do": "state", "was": "received", "state": "working"})
    assert (answer.status_code, "请先写记录" in answer.text) == (422, True)
    for state in ("received", "lost", ""):
        sent = {"do": "state", "was": "received", "state": state, "words": "我写的"}
        answer = browser.post("/console/cases/1", sent)
        assert answer.status_code == 422
        assert "我写的" in answer.text
    assert (texts(house), actions(house)) == ([], [])


def test_the_second_to_change_it_sees_what_it_is_now(house: House) -> None:
    first, second = house.signed_in(), house.signed_in("admin")
    for browser in (first, second):
        browser.get("/console/cases/1")
    first.post("/console/cases/1", {"do": "state", "was": "received", "state": "working", "words": "一"})
    sent = {"do": "state", "was": "received", "state": "closed", "words": "我写的"}
    answer = second.post("/console/cases/1", sent)
    assert answer.status_code == 409
    assert "正在办理" in answer.text
    assert "我写的" in answer.text
    assert 'value="working"' in answer.text
    assert len(texts(house)) == 1


def test_whom_no_text_reaches_is_sent_none(database: Database) -> None:
    def happen(db: Connection) -> list[int]:
        landline, nobody = open_case(db, "+869352212345"), open_case(db, None)
        withdrawn = open_case(db)
        store.detach(db, 3)
        told = [
            publish.change_state(db, case_id, "working", LANGUAGES, NOW)
            for case_id in (landline, nobody, withdrawn)
        ]
        assert publish.change_state(db, landline, "working", LANGUAGES, NOW) == ()
        return [len(texts) for texts in told]

    assert database.write_now(happen) == [0, 0, 0]
    with pytest.raises(LookupError):
        database.write_now(lambda db: publish.change_state(db, 99, "working", LANGUAGES, NOW))


def test_every_state_is_told_in_every_language(database: Database) -> None:
    def happen(db: Connection) -> list[str]:
        case_id = open_case(db)
        said = []
        for language in LANGUAGES:
            db.execute(update(schema.people).values(language=language))
            for state in ("working", "passed_on", "settled", "closed", "received"):
                said += [text.body for text in publish.change_state(db, case_id, state, LANGUAGES, NOW)]
        return said

    assert len(set(database.write_now(happen))) == 5 * len(LANGUAGES)


def test_what_was_written_is_a_look(house: House) -> None:
    browser = house.signed_in()
    assert "老板" not in browser.get("/console/cases/1").text
    assert "老板三个月没有发工资" in browser.post("/console/cases/1/messages/1").text
    assert actions(house) == ["look"]
    assert browser.post("/console/cases/1/messages/9").status_code == 404
    viewer = house.signed_in("viewer")
    viewer.get("/console/cases/1")
    assert viewer.post("/console/cases/1/messages/1").status_code == 403
    assert viewer.post("/console/cases/1/number").status_code == 403
    page = browser.get("/console/cases/1").text
    assert NUMBER not in page
    assert "尾号 1234" in page
    assert NUMBER in browser.post("/console/cases/1/number").text
    assert actions(house) == ["look", "look"]


def test_a_recording_is_there_as_long_as_it_is_kept(house: House) -> None:
    def happen(db: Connection) -> None:
        store.add_message(db, 1, file="a.wav", words=None, now=NOW)
        row = {"file": "a.wav", "purpose": "case", "seconds": 7, "created_at": NOW, "expires_at": NOW}
        db.execute(insert(schema.recordings).values(row))
        store.add_message(db, 1, file="gone.wav", words=None, now=NOW)

    house.database.write_now(happen)
    page = house.signed_in().get("/console/cases/1").text
    assert "7 秒的录音" in page
    assert "录音已经到期删除" in page
    assert "看这个案件" in house.signed_in().get("/console/inbox/1").text


def test_the_urgent_first_then_what_has_waited_longest(house: House) -> None:
    def happen(db: Connection) -> None:
        for _ in range(3):
            open_case(db)
        row = community.cases
        db.execute(update(row).where(row.c.id == 3).values(urgent=True))
        db.execute(update(row).where(row.c.id == 2).values(state="closed"))
        outbox.queue_task(db, kind="urgent", purpose="u", person_id=1, now=NOW)

    house.database.write_now(happen)
    found = house.database.read_now(lambda db: cases.find(db, cases.Wanted()))
    assert [case.id for case in found] == [3, 1, 4]
    browser = house.signed_in()
    assert "有人身危险的求助" in browser.get("/console/cases").text
    assert "还打过紧急求助" in browser.get("/console/cases/1").text
    assert "还打过紧急求助" not in browser.get("/console/cases/4").text


def test_whose_it_is(house: House) -> None:
    browser = house.signed_in()
    browser.get("/console/cases/1")
    browser.post("/console/cases/1", {"do": "assign", "assignee_id": "1", "urgent": "y"})
    assert "/console/cases/1" in browser.get("/console/cases?whose=mine").text
    assert "/console/cases/1" not in browser.get("/console/cases?whose=nobody").text
    assert actions(house) == ["case.assign"]
    browser.get("/console/cases/1")
    assert browser.post("/console/cases/1", {"do": "note", "words": "等回音"}).status_code == 303
    assert browser.post("/console/cases/9", {"do": "note", "words": "等回音"}).status_code == 404
    assert browser.post("/console/cases/1", {"do": "else"}).status_code == 404
