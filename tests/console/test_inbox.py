"""Messages: who may hear them, that it is written down, what the machine makes of them, how long they are kept."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection, insert, select, update

from outreach.console import inbox
from outreach.delivery import outbox
from outreach.speech.mulaw import encode, wav_mulaw
from outreach.speech.recognizer import Hypothesis, Word
from outreach.store import people, schema
from outreach.store.database import Database
from outreach.store.tables.console import audit
from tests.console.house import NOW, House

NUMBER = "+8613893501234"
SOUND = encode((8000 * np.sin(np.arange(16_000) / 8)).astype(np.int16))
HEARD = Hypothesis("工资没有发", (Word("工资", 0.92), Word("没有", 0.41), Word("发", 0.77)))


class Ear:
    """A recogniser that counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, mulaw: bytes) -> Hypothesis:
        assert mulaw == SOUND
        self.asked += 1
        return HEARD


def leave(
    db: Connection,
    file: str,
    purpose: str = "message",
    minutes: int = 0,
    county: str | None = None,
    counselor_id: int | None = None,
) -> int:
    """A recording with its task; its id."""
    person = people.create(db, NUMBER, NOW)
    values = {"county": county, "counselor_id": counselor_id}
    db.execute(update(schema.people).where(schema.people.c.id == person.id).values(values))
    at = NOW + timedelta(minutes=minutes)
    row = {
        "person_id": person.id,
        "purpose": purpose,
        "file": file,
        "seconds": 2,
        "created_at": at,
        "expires_at": NOW + timedelta(days=30),
    }
    recording = schema.recordings
    recording_id: int = db.execute(insert(recording).values(row).returning(recording.c.id)).scalar_one()
    outbox.queue_task(
        db, kind="message", purpose=file, person_id=person.id, recording_id=recording_id, now=at
    )
    return recording_id


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def house(database: Database, tmp_path: Path, ear: Ear) -> House:
    made = House(database, settings={"data_dir": tmp_path}, more={"transcribe": ear})
    path = tmp_path / "recordings" / "202611" / "one.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(wav_mulaw(SOUND))
    database.write_now(lambda db: leave(db, "202611/one.wav"))
    return made


def looks(house: House) -> list[tuple[str, str]]:
    query = select(audit).where(audit.c.entity == "recordings").order_by(audit.c.id)
    rows = house.database.read_now(lambda db: db.execute(query).all())
    return [(row.action, (row.after or {}).get("fields", [""])[0]) for row in rows]


def test_what_nobody_has_heard_comes_first_and_then_the_newest(database: Database) -> None:
    def happen(db: Connection) -> None:
        for minute in range(4):
            leave(db, f"m{minute}", minutes=minute)
        heard = schema.recordings.c.file.in_(("m3", "m1"))
        db.execute(update(schema.recordings).where(heard).values(heard_at=NOW))
        leave(db, "name", "name", 9)

    database.write_now(happen)
    found = database.read_now(lambda db: inbox.find(db, inbox.Wanted()))
    assert [one.file for one in found] == ["m2", "m0", "m3", "m1"]
    named = database.read_now(lambda db: inbox.find(db, inbox.Wanted(purpose="name")))
    assert [one.file for one in named] == ["name"]


def test_by_county_counselor_kind_and_unheard(database: Database) -> None:
    def happen(db: Connection) -> None:
        counselor = insert(schema.counselors).values(name="兰", phone=NUMBER)
        counselor_id = db.execute(counselor.returning(schema.counselors.c.id)).scalar_one()
        leave(db, "a", "message", county="minqin")
        leave(db, "b", "case", county="gulang", counselor_id=counselor_id)
        db.execute(update(schema.recordings).where(schema.recordings.c.file == "a").values(heard_at=NOW))

    database.write_now(happen)

    def files(**wanted: object) -> list[str]:
        asked = inbox.Wanted(**wanted)  # type: ignore[arg-type]
        return [one.file for one in database.read_now(lambda db: inbox.find(db, asked))]

    assert files(county="minqin") == ["a"]
    assert files(counselor_id=1) == ["b"]
    assert files(purpose="case") == ["b"]
    assert files(unheard=True) == ["b"]
    assert files(purpose="produce") == []


def test_the_list_shows_no_number_and_leads_to_what_there_is_to_do(house: House) -> None:
    page = house.signed_in("viewer").get("/console/inbox").text
    assert NUMBER[3:] not in page
    assert "尾号 1234" in page
    assert "/console/tasks/1" in page
    assert "没有人听过" in page
    assert "/console/inbox/1" in house.signed_in().get("/console/tasks/1").text


def test_listening_is_written_down_once_a_listening_however_many_pieces(house: House) -> None:
    browser = house.signed_in()
    answer = browser.get("/console/inbox/1/sound")
    assert answer.content == wav_mulaw(SOUND)
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["cache-control"] == "no-store"
    piece = browser.client.get("/console/inbox/1/sound", headers={"range": "bytes=100-199"})
    assert (piece.status_code, piece.content) == (206, wav_mulaw(SOUND)[100:200])
    assert looks(house) == [("look", "sound")]
    house.later(minutes=20)
    browser.client.get("/console/inbox/1/sound", headers={"range": "bytes=100-"})
    assert looks(house) == [("look", "sound")] * 2
    browser.get("/console/inbox/1")
    browser.post("/console/inbox/1/transcript")
    house.later(minutes=14)
    browser.get("/console/inbox/1/sound")
    house.later(minutes=2)
    browser.get("/console/inbox/1/sound")
    assert looks(house)[2:] == [("message.transcribe", ""), ("look", "transcript"), ("look", "sound")]
    assert "counselor-" in browser.get("/console/inbox").text
    assert "没有人听过" not in browser.get("/console/inbox/1").text


def test_who_may_not_act_hears_and_reads_nothing(house: House, ear: Ear) -> None:
    viewer = house.signed_in("viewer")
    page = viewer.get("/console/inbox/1").text
    assert "<audio" not in page
    assert viewer.get("/console/inbox/1/sound").status_code == 403
    viewer.get("/console/inbox/1")
    assert viewer.post("/console/inbox/1/transcript").status_code == 403
    assert viewer.post("/console/inbox/1/keep", {"until": "2027-01-01", "because": "x"}).status_code == 403
    assert house.signed_in("tester").get("/console/inbox").status_code == 403
    assert (ear.asked, looks(house)) == (0, [])


def test_a_transcript_is_made_once_marked_as_the_machines_and_hidden_until_asked_for(
    house: House, ear: Ear
) -> None:
    browser = house.signed_in()
    assert "工资" not in browser.get("/console/inbox/1").text
    page = browser.post("/console/inbox/1/transcript")
    assert "机器转写，可能有错" in page.text
    assert "工资〔没有？〕发" in page.text
    assert "70% 的把握" in page.text
    assert "工资" not in browser.get("/console/inbox/1").text
    browser.post("/console/inbox/1/transcript")
    assert ear.asked == 1
    assert [action for action, _ in looks(house)] == ["message.transcribe", "look", "look"]
    rows = house.database.read_now(lambda db: db.execute(select(audit.c.after)).scalars().all())
    assert "工资" not in str(rows)


def test_without_recognition_it_says_so(house: House) -> None:
    house.more = {}
    house.__post_init__()
    browser = house.signed_in()
    browser.get("/console/inbox/1")
    answer = browser.post("/console/inbox/1/transcript")
    assert answer.status_code == 409
    assert "没有开语音识别" in answer.text


def test_a_file_that_is_not_here(house: House, tmp_path: Path, ear: Ear) -> None:
    (tmp_path / "recordings" / "202611" / "one.wav").unlink()
    browser = house.signed_in()
    assert "不在这台服务器上" in browser.get("/console/inbox/1/sound").text
    browser.get("/console/inbox/1")
    assert browser.post("/console/inbox/1/transcript").status_code == 404
    assert (ear.asked, looks(house)) == (0, [])
    assert browser.get("/console/inbox/77").status_code == 404


def test_kept_longer_with_a_reason_and_not_for_ever(house: House) -> None:
    browser, path = house.signed_in(), "/console/inbox/1/keep"
    browser.get("/console/inbox/1")
    assert "请填写" in browser.post(path, {"until": "2027-06-30", "because": " "}).text
    for until in ("2026-11-25", "2031-01-01", "三月"):
        assert browser.post(path, {"until": until, "because": "仲裁"}).status_code == 422
    assert browser.post(path, {"until": "2027-06-30", "because": "仲裁没有结束"}).status_code == 303
    kept = house.database.read_now(lambda db: inbox.get(db, 1))
    assert kept is not None
    assert kept.expires_at.astimezone(people.GANSU).date() == date(2027, 7, 1)
    assert "仲裁没有结束" in browser.get("/console/inbox/1").text
