"""Campaigns at the console: drafted, counted, worded, timed, run and asked about, by a browser without script."""

import asyncio
import io
import json
import re
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select, update

from outreach.campaigns import store
from outreach.campaigns.store import Campaign
from outreach.dialogue.prompts import load_all
from outreach.services.campaigns import store as in_calls
from outreach.speech.clips import ClipStore
from outreach.store.database import Database
from outreach.store.schema import people
from outreach.store.tables.campaigns import audiences
from outreach.store.tables.console import audit
from tests.asgi_stream import streaming
from tests.campaigns.office import Office
from tests.console.filled import fields
from tests.console.house import NOW, Browser, House
from tests.console.test_keep import Tone
from tests.scenario import PROMPTS

PATH = "/console/campaigns"
NEW = {"name": "培训通知", "subject": "培训", "channel": "sms", "text": "下月在民勤办培训班。"}


@pytest.fixture
def house(database: Database) -> House:
    return House(database, more={"languages": load_all(PROMPTS)})


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database, NOW)


def drafted(browser: Browser, **more: str) -> str:
    """A campaign's path."""
    browser.get(f"{PATH}/new")
    answer = browser.post(f"{PATH}/new", NEW | more)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).removesuffix("/audience")


def send(browser: Browser, path: str, changed: dict[str, Any]) -> Any:
    """A page's form, as it is but for what was changed; None: unticked."""
    sent = fields(browser.get(path).text, "version") | changed
    return browser.post(path, {name: value for name, value in sent.items() if value is not None})


def kept(house: House, path: str) -> Campaign:
    return house.database.read_now(lambda db: store.get(db, int(path.rpartition("/")[2])))


def actions(house: House) -> list[str]:
    return house.database.read_now(lambda db: list(db.scalars(select(audit.c.action).order_by(audit.c.id))))


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


# --- Draft and audience ---------------------------------------------------------------------------------------


def test_an_empty_house_says_so(house: House) -> None:
    assert "还没有群发活动。" in house.signed_in("viewer").get(PATH).text


def test_a_draft_is_made_listed_and_copied(house: House) -> None:
    browser = house.signed_in()
    path = drafted(browser)
    assert kept(house, path).draft.name == "培训通知"
    page = browser.get(PATH).text
    assert "草稿" in page
    copy = browser.post(f"{path}/clone").headers["location"]
    assert copy != path
    assert kept(house, copy).draft.name == "培训通知（副本）"
    assert [one for one in actions(house) if one.startswith("campaign.")] == [
        "campaign.create",
        "campaign.clone",
    ]


def test_words_that_carriers_refuse_make_the_text_a_neutral_notice_at_first(house: House) -> None:
    browser = house.signed_in()
    assert kept(house, drafted(browser)).draft.content.neutral is False
    browser.get(f"{PATH}/new")
    made = browser.post(f"{PATH}/new", NEW | {"text": "医院招聘按摩师。"})
    browser.follow(made)
    assert "有运营商不收的字眼" in (browser.page.text if browser.page else "")
    path = str(made.headers["location"]).removesuffix("/audience")
    assert kept(house, path).draft.content.neutral is True


def test_a_viewer_sees_and_may_not_change(house: House) -> None:
    path = drafted(house.signed_in())
    viewer = house.signed_in("viewer")
    assert viewer.get(path).status_code == 200
    assert f'action="{path}/clone"' not in viewer.get(path).text
    for step in ("audience", "message", "when"):
        assert viewer.get(f"{path}/{step}").status_code == 403


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", "请填写“要说的话”。"),
        ("您好{nobody}", "没有“nobody”这个变量。"),
        ("您好{name", "大括号没有配对。"),
    ],
)
def test_a_draft_that_cannot_be_sent_is_refused_in_words(house: House, text: str, flaw: str) -> None:
    browser = house.signed_in()
    browser.get(f"{PATH}/new")
    answer = browser.post(f"{PATH}/new", NEW | {"text": text})
    assert answer.status_code == 422
    assert flaw in text_of(answer.text)


def test_an_audience_is_a_sentence_a_count_a_sample_and_reasons(house: House, office: Office) -> None:
    office.people(3, county="minqin", name="张三")
    office.people(2, "reminders", first=10, county="minqin")
    office.people(4, first=20, county="gulang")
    browser = house.signed_in()
    path = drafted(browser)
    answer = send(browser, f"{path}/audience", {"do": "look", "counties": ["minqin"]})
    assert answer.status_code == 200
    words = text_of(answer.text)
    assert "住在民勤县的人：5 人，其中能联系 3 人。" in words
    assert "张＊ …0001" in words
    assert "13990" not in words
    assert "没有同意接收这类通知。 2" in words
    assert kept(house, path).draft.audience.counties == ()


def test_an_audience_is_saved_named_and_used_again(house: House, office: Office) -> None:
    office.people(2, county="minqin", birth_year=1980)
    browser = house.signed_in()
    path = drafted(browser)
    sent = {"do": "save", "counties": ["minqin"], "age_from": "40", "townships": "苏武镇，东湖镇"}
    sent |= {"growing": "y", "holdout_percent": "10", "keep_as": "民勤四十岁以上"}
    assert send(browser, f"{path}/audience", sent).status_code == 303
    draft = kept(house, path).draft
    assert (draft.audience.counties, draft.audience.age_from) == (("minqin",), 40)
    assert draft.audience.townships == ("苏武镇", "东湖镇")
    assert (draft.growing, draft.holdout_percent) == (True, 10)
    saved = house.database.read_now(lambda db: db.scalar(select(audiences.c.id)))
    other = drafted(browser, name="第二个")
    page = browser.get(f"{other}/audience?saved={saved}").text
    assert "拿来了，还没有存。" in page
    assert 'name="counties" value="minqin" checked' in re.sub(r"\s+", " ", page)
    assert 'value="苏武镇、东湖镇"' in page
    refused = send(browser, f"{other}/audience", sent)
    assert refused.status_code == 422
    assert "这个名字已经有了" in refused.text
    assert "民勤四十岁以上" in browser.get(f"{PATH}/lists").text
    assert browser.post(f"{PATH}/lists/{saved}/drop").status_code == 303
    assert "民勤四十岁以上" not in browser.get(f"{PATH}/lists").text
    assert "audience.drop" in actions(house)


@pytest.mark.parametrize(
    ("given", "flaw"),
    [
        ({"age_from": "50", "age_until": "40"}, "年龄的上限比下限小。"),
        ({"age_from": "abc"}, "先改正上面的地方，再数人数。"),
        ({"counties": ["atlantis"]}, "先改正上面的地方，再数人数。"),
    ],
)
def test_a_filter_that_makes_no_sense(house: House, given: dict[str, Any], flaw: str) -> None:
    browser = house.signed_in()
    path = drafted(browser)
    answer = send(browser, f"{path}/audience", {"do": "save", **given})
    assert answer.status_code == 422
    assert flaw in text_of(answer.text)


def test_an_audience_of_nobody_is_said_before_anything_starts(house: House, office: Office) -> None:
    office.people(1, county="gulang")
    browser = house.signed_in()
    path = drafted(browser)
    assert (
        "没有人符合条件。" in send(browser, f"{path}/audience", {"do": "look", "counties": ["minqin"]}).text
    )
    send(browser, f"{path}/audience", {"do": "save", "counties": ["minqin"]})
    assert "不能开始：" in browser.get(path).text


def test_a_number_of_many_is_said(house: House, office: Office) -> None:
    ids = office.people(8)

    def share(db: Any) -> None:
        db.execute(update(people).where(people.c.id.in_(ids)).values(phone="+8613900000000"))

    house.database.write_now(share)
    browser = house.signed_in()
    path = drafted(browser)
    assert "最多有8人用同一个号码" in send(browser, f"{path}/audience", {"do": "look"}).text


def test_a_pasted_list_names_the_lines_it_cannot_use(house: House, office: Office) -> None:
    office.people(2)
    browser = house.signed_in()
    browser.get(f"{PATH}/lists")
    pasted = "+8619900000001\n\n不是号码\n19900000002\n13800000000"
    answer = browser.post(f"{PATH}/lists", {"name": "村里的名单", "numbers": pasted})
    words = text_of(answer.text)
    assert "名单上有 2 人；没有用上的有 2 行。" in words
    assert "3 不是号码 不是电话号码" in words
    assert "5 …0000 没有登记过这个号码" in words
    again = browser.post(f"{PATH}/lists", {"name": "村里的名单", "numbers": pasted})
    assert "这个名字已经有了" in again.text
    listed = house.database.read_now(lambda db: db.scalar(select(audiences.c.id)))
    path = drafted(browser)
    looked = send(browser, f"{path}/audience", {"do": "save", "list_id": str(listed)})
    assert looked.status_code == 303
    assert kept(house, path).draft.audience.list_id == listed
    assert browser.post(f"{PATH}/lists/{listed}/drop").status_code == 409


def test_two_who_change_one_draft(house: House) -> None:
    browser = house.signed_in()
    path = drafted(browser)
    assert send(browser, f"{path}/audience", {"do": "save", "counties": ["minqin"]}).status_code == 303
    late = send(browser, f"{path}/audience", {"version": "1", "do": "save", "counties": ["gulang"]})
    assert late.status_code == 409
    assert kept(house, path).draft.audience.counties == ("minqin",)


# --- Message --------------------------------------------------------------------------------------------------


def message(**more: Any) -> dict[str, Any]:
    return {"subject_zhCN": "培训", "a_zhCN_sms": "下月办班。", "action": "none", "do": "save"} | more


def test_a_message_in_two_languages_two_channels_and_two_wordings(house: House) -> None:
    browser = house.signed_in()
    path = drafted(browser)
    sent = message(
        a_zhCN_voice="下个月在民勤办班，{name}您好。",
        a_en_sms="A course.",
        b_zhCN_sms="来学按摩吧。",
        first_percent="30",
    )
    assert send(browser, f"{path}/message", sent).status_code == 303
    said = kept(house, path).draft.content
    assert said.variants[0].words == {
        "zh-CN": {"sms": "下月办班。", "voice": "下个月在民勤办班，{name}您好。"},
        "en": {"sms": "A course."},
    }
    assert said.variants[1].words == {"zh-CN": {"sms": "来学按摩吧。"}}
    assert said.first_percent == 30
    page = browser.get(f"{path}/message").text
    assert "来学按摩吧。" in page
    assert 'value="30"' in page


def test_a_message_is_measured_heard_and_checked_while_it_is_written(house: House, office: Office) -> None:
    office.people(2, name="张三")
    office.people(1, first=10)
    browser = house.signed_in()
    path = drafted(browser)
    sent = message(do="look", a_zhCN_sms="{name}您好，招聘会在3月8日9:30。" + "请来" * 30)
    page = text_of(send(browser, f"{path}/message", sent).text)
    assert "【武威市残联】王小明您好" in page
    assert "退订回T" in page
    assert "最长的短信算 2 条。" in page
    assert "三月八日" in page
    assert "有1人缺“姓名”，不会发给他们。" in page
    assert "“招聘”是招聘用语" in page
    neutral = text_of(send(browser, f"{path}/message", sent | {"neutral": "y"}).text)
    assert "您有新的服务消息，请拨打0935-2212345收听。" in neutral
    assert "是招聘用语" not in neutral
    assert kept(house, path).draft.content.neutral is False


def test_what_a_text_costs_is_said_where_its_price_is_known(database: Database, office: Office) -> None:
    office.people(4)
    house = House(database, more={"languages": load_all(PROMPTS)}, settings={"text_price": 0.05})
    browser = house.signed_in()
    path = drafted(browser)
    assert "大约 0.20 元" in text_of(send(browser, f"{path}/message", message(do="look")).text)


def test_questions_are_asked_with_their_choices(house: House) -> None:
    browser = house.signed_in()
    path = drafted(browser)
    sent = message(
        action="questions", q_1_zhCN="您想参加吗？", q_1_zhCN_options="想\n\n不想\n", q_1_en="Will you come?"
    )
    assert send(browser, f"{path}/message", sent).status_code == 303
    (question,) = kept(house, path).draft.content.questions
    assert question.words == {"zh-CN": "您想参加吗？", "en": "Will you come?"}
    assert [option["zh-CN"] for option in question.options] == ["想", "不想"]
    assert "您想参加吗？" in browser.get(f"{path}/message").text


@pytest.mark.parametrize(
    ("given", "flaw"),
    [
        ({"a_zhCN_sms": ""}, "还没有写内容。"),
        ({"action": "questions"}, "选了提问，就要写问题。"),
        (
            {"action": "questions", "q_1_zhCN": "好吗？", "q_1_zhCN_options": "好"},
            "每个问题要有两到5个选项。",
        ),
        ({"action": "listen", "opening": "0"}, "要选好岗位、培训或者评审。"),
        ({"a_zhCN_sms": "长" * 501}, "太长了，最多500个字。"),
    ],
)
def test_messages_that_cannot_be_sent(house: House, given: dict[str, str], flaw: str) -> None:
    browser = house.signed_in()
    path = drafted(browser)
    answer = send(browser, f"{path}/message", message(**given))
    assert answer.status_code == 422
    assert flaw in text_of(answer.text)


# --- When -----------------------------------------------------------------------------------------------------


def test_when_is_told_as_a_sentence_and_kept(house: House) -> None:
    browser = house.signed_in()
    path = drafted(browser)
    sent = {
        "kind": "weekly",
        "weekday": "3",
        "clock": "15:00",
        "channel": "voice",
        "scope": "jobs",
        "hours": "5",
    }
    looked = send(browser, f"{path}/when", {"do": "look", **sent})
    assert "每星期三 15:00 开始，每次 5 小时以内结束。 下一次：2026 年 11 月 25 日 15:00。" in text_of(
        looked.text
    )
    more = {"do": "save", "per_minute": "12", "line": "0935-2200000", "fallback": "y"}
    assert send(browser, f"{path}/when", sent | more).status_code == 303
    draft = kept(house, path).draft
    assert (draft.schedule.kind, draft.schedule.weekday, draft.schedule.hours) == ("weekly", 3, 5)
    assert (draft.channel, draft.fallback, draft.scope) == ("voice", True, "jobs")
    assert (draft.per_minute, draft.line) == (12, "+869352200000")
    assert 'value="15:00"' in browser.get(f"{path}/when").text


@pytest.mark.parametrize(
    ("given", "flaw"),
    [
        ({"kind": "daily"}, "要写几点开始。"),
        ({"day": "2026-12-02", "until": "2026-12-01"}, "结束日期在开始日期前面。"),
        ({"day": "2026-11-01", "clock": "10:00"}, "时间已经过了，没有可以开始的日期。"),
        ({"day": "2026-12-01", "clock": "21:00", "hours": "3"}, "到结束为止，没有一个可以联系的时段。"),
        ({"kind": "relative", "clock": "10:00"}, "要写按什么日期算。"),
        ({"hours": "0"}, "一次至少要有一个小时。"),
        ({"line": "马老师的手机"}, "这不是电话号码。"),
        ({"day": "2026-02-30"}, "日期"),
    ],
)
def test_times_that_cannot_be(house: House, given: dict[str, str], flaw: str) -> None:
    browser = house.signed_in()
    path = drafted(browser)
    whole = {"kind": "once", "weekday": "1", "channel": "sms", "scope": "campaigns", "do": "save"} | given
    answer = send(browser, f"{path}/when", whole)
    assert answer.status_code == 422
    assert flaw in text_of(answer.text)
    assert kept(house, path).version == 1


# --- Run ------------------------------------------------------------------------------------------------------


def test_paused_resumed_cancelled_and_what_was_out_is_said(house: House, office: Office) -> None:
    office.people(60)
    path = f"{PATH}/{office.campaign()}"
    browser = house.signed_in()
    assert "等着开始" in browser.get(path).text
    office.tick()
    assert "进行中：60 人，已发出" in browser.get(path).text
    browser.follow(browser.post(f"{path}/pause"))
    assert "停下了，收回了还没有发出的" in (browser.page.text if browser.page else "")
    assert kept(house, path).state == "paused"
    assert browser.post(f"{path}/pause").status_code == 409
    browser.follow(browser.post(f"{path}/resume"))
    assert kept(house, path).state == "scheduled"
    asked = browser.post(f"{path}/cancel")
    assert "收不回来" in asked.text
    assert kept(house, path).state == "scheduled"
    out = office.progress(int(path.rpartition("/")[2])).out
    browser.follow(browser.post(f"{path}/cancel", {"sure": "1"}))
    assert f"取消了：已经发出 {out} 条，没有发的 {60 - out} 条不再发。" in (
        browser.page.text if browser.page else ""
    )
    assert {"campaign.pause", "campaign.resume", "campaign.cancel"} <= set(actions(house))
    assert browser.get(f"{path}/audience").status_code == 409


def test_why_somebody_was_not_contacted_is_one_sentence_and_the_look_is_audited(
    house: House, office: Office
) -> None:
    office.people(1, name="张三")
    office.people(1, "reminders", first=5, name="李四")
    path = f"{PATH}/{office.campaign()}"
    office.tick()
    browser = house.signed_in()
    browser.get(path)
    assert "没有同意接收这类通知。" in browser.post(f"{path}/why", {"who": "李四"}).text
    assert "联系到了。" in browser.post(f"{path}/why", {"who": "199 0000 0001"}).text
    assert actions(house).count("look") == 2
    assert "没有找到这个人。" in browser.post(f"{path}/why", {"who": "王五"}).text
    assert "没有找到这个人。" in browser.post(f"{path}/why", {"who": "%"}).text
    assert "没有找到这个人。" in browser.post(f"{path}/why", {"who": ""}).text


def test_the_progress_is_told_as_it_changes(house: House, office: Office) -> None:
    office.people(3)
    path = f"{PATH}/{office.campaign()}"
    browser = house.signed_in("viewer")
    cookie = "; ".join(f"{name}={value}" for name, value in browser.client.cookies.items())

    async def watch() -> tuple[bytes, bytes]:
        async with streaming(house.app, f"{path}/events", cookie) as answer:
            first = await answer.piece()
            await asyncio.to_thread(office.tick, 2)
            last = first
            while "送到 3".encode() not in last:
                last = await answer.piece()
            return first, last

    first, last = asyncio.run(watch())
    assert "等着开始：0 人" in json.loads(first.removeprefix(b"data: "))["summary"]
    assert "进展：100%" in json.loads(last.removeprefix(b"data: "))["tables"]


def test_what_is_not_there_is_not_found(house: House) -> None:
    browser = house.signed_in()
    for page in ("", "/audience", "/message", "/when", "/events"):
        assert browser.get(f"{PATH}/99{page}").status_code == 404
    browser.get(PATH)
    for step in ("clone", "approve", "schedule", "pause", "resume", "cancel", "why"):
        assert browser.post(f"{PATH}/99/{step}").status_code == 404


# --- Recordings -------------------------------------------------------------------------------------------------


def tone(seconds: float = 2.0, width: int = 2) -> bytes:
    """A WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(width)
        out.setframerate(16000)
        samples = (9000 * np.sin(np.arange(int(16000 * seconds)) / 8)).astype("<i2")
        out.writeframes(samples.tobytes() if width == 2 else bytes(len(samples)))
    return file.getvalue()


def upload(browser: Browser, path: str, wav: bytes) -> Any:
    browser.get(path.rpartition("/recording")[0] + "/message")
    return browser.post(path, files={"file": ("recording.wav", wav, "audio/wav")})


def test_a_recording_is_played_by_telephone_instead_of_the_words(
    database: Database, office: Office, tmp_path: Path
) -> None:
    clips = ClipStore(tmp_path / "clips", Tone(), tmp_path, 2**20, callers=tmp_path / "recordings")
    more = {"languages": load_all(PROMPTS), "clips": clips}
    house = House(database, more=more, settings={"data_dir": tmp_path})
    browser = house.signed_in()
    path = drafted(browser, channel="voice")
    assert browser.get(f"{path}/recording/a").status_code == 404
    assert upload(browser, f"{path}/recording/a", tone()).status_code == 303
    assert f'src="{path}/recording/a' in browser.get(f"{path}/message").text
    heard = browser.get(f"{path}/recording/a?speed=3")
    assert heard.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(heard.content)) as sound:
        normal = sound.getnframes() / sound.getframerate()
    assert 1.5 < normal < 3
    with wave.open(io.BytesIO(browser.get(f"{path}/recording/a?speed=6").content)) as sound:
        assert sound.getnframes() / sound.getframerate() < normal
    recording = kept(house, path).draft.content.variants[0].recording
    assert recording
    file = database.read_now(lambda db: in_calls.sound(db, recording))
    assert file
    assert (tmp_path / "recordings" / file).is_file()
    assert not list((tmp_path / "recordings").glob("*.upload"))
    assert send(browser, f"{path}/message", {"do": "save", "subject_zhCN": "别的"}).status_code == 303
    assert kept(house, path).draft.content.variants[0].recording == recording
    assert browser.post(f"{path}/recording/a/drop").status_code == 303
    assert kept(house, path).draft.content.variants[0].recording is None


@pytest.mark.parametrize("wav", [b"", b"no sound", tone(width=1), tone(0.5)])
def test_what_cannot_be_played_is_refused_in_words(database: Database, tmp_path: Path, wav: bytes) -> None:
    house = House(database, more={"languages": load_all(PROMPTS)}, settings={"data_dir": tmp_path})
    browser = house.signed_in()
    path = drafted(browser)
    answer = upload(browser, f"{path}/recording/a", wav)
    assert answer.status_code == 409
    assert "这个文件放不出来" in answer.text
    assert list(tmp_path.glob("recordings/*")) == []
    assert "先写第二种说法" in upload(browser, f"{path}/recording/b", tone()).text
