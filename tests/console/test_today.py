"""The page of what goes on: true, in words, and without a number in full or a name."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, update

from outreach.console.language import catalogue
from outreach.console.views import today
from outreach.delivery import outbox
from outreach.store import calls, people, schema
from outreach.store.database import Database
from outreach.wire import CallIn
from tests.asgi_stream import streaming
from tests.console.house import House

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
NUMBER = "+8613893501234"


def ring(db: Connection, call_id: str, number: str | None, at: datetime, page: str | None = None) -> None:
    calls.open_call(db, CallIn("twilio", f"CA-{call_id}", number, None), call_id, at)
    if page:
        calls.where(db, call_id, page)


def put_by(
    db: Connection, kind: outbox.TaskKind, purpose: str, at: datetime, phone: str | None = NUMBER
) -> None:
    outbox.queue_task(db, kind=kind, purpose=purpose, now=at, phone=phone)


def text(db: Connection, purpose: str) -> None:
    outbox.queue_text(
        db,
        purpose=purpose,
        person_id=None,
        address=NUMBER,
        body="您好",
        scope="service",
        now=NOW,
        expires_at=NOW + timedelta(days=1),
    )


SAY = catalogue("zh-CN")


def test_an_empty_house_says_so_in_words(database: Database) -> None:
    page = House(database).signed_in("viewer").get("/console").text
    assert "0 个电话正在通话，0 件事待办，0 条短信待发。" in page
    assert "现在没有人打电话。" in page
    assert page.count("没有。") == 6
    assert page.count("<h1") == 1
    assert "<table" not in page


def test_a_call_in_words(database: Database) -> None:
    def happen(db: Connection) -> None:
        ring(db, "1", NUMBER, NOW - timedelta(minutes=3, seconds=50), "选地区")
        calls.issue_token(db, "1", "hash")
        calls.claim_stream(db, "twilio", "CA-1", "hash", "node-a")
        ring(db, "2", None, NOW - timedelta(seconds=59))
        calls.keys_only(db, "2")
        db.execute(update(schema.calls).where(schema.calls.c.id == "2").values(language="en"))
        ring(db, "3", NUMBER, NOW - timedelta(hours=1))
        calls.end(db, "3", "completed", NOW)

    database.write_now(happen)
    view = database.read_now(lambda db: today.look(db, NOW))
    assert SAY(view.summary) == "2 个电话正在通话，0 件事待办，0 条短信待发。"
    since = NOW - timedelta(minutes=3, seconds=50)
    assert view.calls[0] == today.ShownCall(since, 3, "1234", "选地区", "通话中", "语音", "没有选", "node-a")
    second = view.calls[1]
    assert (second.minutes, second.number, second.place) == (0, None, None)
    assert (second.state, second.mode, second.language, second.node) == ("响铃", "按键", "英语", None)


def test_open_tasks_the_urgent_and_the_oldest_first_and_what_waits(database: Database) -> None:
    def happen(db: Connection) -> None:
        for minute in range(today.TASKS_SHOWN + 5):
            put_by(db, "call_back", f"c{minute}", NOW + timedelta(minutes=minute))
        put_by(db, "urgent", "help", NOW + timedelta(hours=8))
        put_by(db, "message", "done", NOW + timedelta(hours=9))
        db.execute(update(schema.tasks).where(schema.tasks.c.purpose == "done").values(done=True))
        person = people.create(db, "+8613900005678", NOW)
        outbox.queue_task(
            db, kind="application", purpose="a", now=NOW + timedelta(hours=2), person_id=person.id
        )
        text(db, "one")
        text(db, "two")
        outbox.cancel(db, "two", NOW)

    database.write_now(happen)
    view = database.read_now(lambda db: today.look(db, NOW))
    assert SAY(view.summary) == "0 个电话正在通话，27 件事待办，1 条短信待发。"
    calls_back = view.tasks["要回的电话"]
    assert len(calls_back) == today.TASKS_SHOWN
    assert calls_back[0].kind == "紧急求助"
    assert [task.at for task in calls_back[1:]] == sorted(task.at for task in calls_back[1:])
    assert view.tasks["要听的留言"] == ()
    (other,) = view.tasks["维权案件和其他"]
    assert (other.kind, other.at, other.number) == ("转报名", NOW + timedelta(hours=2), "5678")


def test_neither_number_nor_name_is_in_the_page_and_words_stay_text(database: Database) -> None:
    def happen(db: Connection) -> None:
        person = people.create(db, NUMBER, NOW)
        db.execute(
            update(schema.people)
            .where(schema.people.c.id == person.id)
            .values(name="张三丰", county="minqin")
        )
        people.give_consent(db, person.id, "service", "test/1", "voice", None, NOW)
        ring(db, "1", NUMBER, NOW, "<b>招聘</b>")
        outbox.queue_task(db, kind="call_back", purpose="c", now=NOW, person_id=person.id)

    database.write_now(happen)
    page = House(database).signed_in("viewer").get("/console").text
    assert "尾号 1234" in page
    assert "13893501234" not in page
    assert "张三丰" not in page
    assert "&lt;b&gt;招聘&lt;/b&gt;" in page
    assert "<b>" not in page


def test_the_page_is_sent_again_when_something_has_changed(database: Database) -> None:
    house = House(database)
    browser = house.signed_in("tester")
    cookie = f"outreach-session={browser.client.cookies['outreach-session']}"

    def parts(piece: bytes) -> dict[str, str]:
        assert piece.startswith(b"data: ")
        assert piece.endswith(b"\n\n")
        shown: dict[str, str] = json.loads(piece.removeprefix(b"data: "))
        return shown

    async def watch() -> tuple[dict[str, str], bytes, dict[str, str]]:
        async with streaming(house.app, "/console/live/events", cookie) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            first = parts(await answer.piece())
            idle = await answer.piece()
            await database.write(lambda db: ring(db, "1", NUMBER, NOW, "主菜单"))
            while (piece := await answer.piece()) == idle:
                pass
            return first, idle, parts(piece)

    first, idle, second = asyncio.run(watch())
    assert first["summary"].startswith("0 个电话")
    assert idle == b":\n\n"
    assert second["summary"].startswith("1 个电话")
    assert "主菜单" in second["tables"]
    assert "尾号 1234" in second["tables"]


def test_the_stream_ends_with_the_session(database: Database) -> None:
    house = House(database)
    browser = house.signed_in("viewer")
    cookie = f"outreach-session={browser.client.cookies['outreach-session']}"

    async def watch() -> bytes:
        async with streaming(house.app, "/console/live/events", cookie) as answer:
            await answer.piece()
            house.later(hours=2)
            while not (piece := await answer.piece()).startswith(b"event:"):
                pass
            return piece

    assert asyncio.run(watch()) == b"event: ended\ndata: -\n\n"


def test_nobody_else_gets_the_stream(database: Database) -> None:
    answer = House(database).browser().get("/console/live/events")
    assert answer.headers["location"].startswith("/console/sign-in")
