"""Recordings of prompts: uploaded, heard at once, replaced, removed; what cannot be used is refused in words."""

import asyncio
import io
import os
import wave
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from outreach.dialogue.page import Phrase
from outreach.dialogue.prompts import load_all
from outreach.ivr import playlist
from outreach.speech.clips import ClipStore
from outreach.speech.mulaw import duration_seconds
from outreach.speech.recorded import Recorded
from outreach.store.database import Database
from outreach.store.tables.console import audit
from tests.console.house import Browser, House
from tests.console.test_keep import Tone
from tests.scenario import PROMPTS

KEY = "person.call"
PATH = f"/console/keep/prompts/zh-CN/{KEY}"


def wav(seconds: float, rate: int = 16_000, width: int = 2) -> bytes:
    """A tone."""
    samples = np.sin(np.arange(int(seconds * rate)) / rate * 2 * np.pi * 300) * 12_000
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(samples.astype("<i2").tobytes() if width == 2 else bytes(int(seconds * rate)))
    return file.getvalue()


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path / "recordings", ["zh-CN", "en"])


@pytest.fixture
def house(database: Database, tmp_path: Path, recorded: Recorded) -> House:
    clips = ClipStore(tmp_path / "clips", Tone(), recorded.folder, 2**20)
    return House(database, more={"languages": load_all(PROMPTS), "clips": clips, "recorded": recorded})


def send(browser: Browser, sound: bytes, path: str = PATH) -> object:
    browser.get(path)
    return browser.post(path, files={"file": ("sound.wav", sound, "audio/wav")})


def heard_seconds(browser: Browser, path: str = PATH) -> float:
    with wave.open(io.BytesIO(browser.get(f"{path}/listen").content)) as file:
        return float(file.getnframes()) / float(file.getframerate())


def test_every_prompt_is_listed_with_what_is_spoken(house: House) -> None:
    browser = house.signed_in("viewer")
    page = browser.get("/console/keep/prompts").text
    assert "后面的" in page
    found = browser.get(f"/console/keep/prompts?q={KEY}").text
    assert f'href="{PATH.removesuffix(KEY)}{KEY}"' in found
    assert "没有这样的记录" in browser.get("/console/keep/prompts?state=recorded").text
    assert browser.get("/console/keep/prompts?language=en").status_code == 200
    assert browser.get("/console/keep/prompts?language=xx").status_code == 404
    assert browser.get("/console/keep/prompts/zh-CN/no.such.prompt").status_code == 404
    assert browser.get("/console/keep/prompts/zh-CN/jobs.apply.ask").text.count('type="file"') == 0
    assert "提示音" in browser.get("/console/keep").text


def test_a_recording_wins_is_replaced_and_removed(house: House, recorded: Recorded) -> None:
    browser = house.signed_in()
    spoken = heard_seconds(browser)
    page = browser.follow(send(browser, wav(2)))  # type: ignore[arg-type]
    assert "来电听到的是录音" in page.text
    assert recorded["zh-CN"] == {KEY}
    assert heard_seconds(browser) == pytest.approx(spoken - 0.1 + 2, abs=0.2)
    browser.follow(send(browser, wav(4)))  # type: ignore[arg-type]
    assert heard_seconds(browser) == pytest.approx(spoken - 0.1 + 4, abs=0.2)
    assert "没有这样的记录" not in browser.get("/console/keep/prompts?state=recorded").text
    browser.get(PATH)
    page = browser.follow(browser.post(f"{PATH}/remove"))
    assert "由机器来念" in page.text
    assert heard_seconds(browser) == spoken
    assert recorded["zh-CN"] == frozenset()
    assert list(recorded.folder.rglob("*.*")) == []
    actions = select(audit.c.action).where(audit.c.entity == "prompts").order_by(audit.c.id)
    assert house.database.read_now(lambda db: list(db.scalars(actions))) == ["record", "record", "remove"]
    browser.get(PATH)
    assert browser.post(f"{PATH}/remove").status_code == 404


@pytest.mark.parametrize(
    "sound", [b"", b"ID3 no wave", wav(0.05), wav(1, width=1), wav(121, rate=8_000), b"\0" * (11 << 20)]
)
def test_what_cannot_be_used_is_refused_in_words(house: House, recorded: Recorded, sound: bytes) -> None:
    answer = send(house.signed_in(), sound)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert 'href="#file"' in answer.text  # type: ignore[attr-defined]
    assert list(recorded.folder.rglob("*.*")) == []


def test_what_changes_cannot_be_recorded(house: House) -> None:
    browser = house.signed_in()
    answer = send(browser, wav(1), "/console/keep/prompts/zh-CN/jobs.apply.ask")
    assert answer.status_code == 404  # type: ignore[attr-defined]
    browser.get("/console/account")
    refused = house.signed_in("viewer")
    refused.get("/console/account")
    assert refused.post(PATH, files={"file": ("a.wav", wav(1), "audio/wav")}).status_code == 403


def test_another_node_hears_it_within_a_minute(tmp_path: Path) -> None:
    """It looks at the folder again, and forgets what it had in memory of a recording that is another now."""
    folder = tmp_path / "recordings"
    here, there = Recorded(folder, ["zh-CN"]), Recorded(folder, ["zh-CN"])
    clips = ClipStore(tmp_path / "clips", Tone(), folder, 2**20)
    prompts = load_all(PROMPTS)["zh-CN"]

    def heard() -> float:
        phrase = Phrase(KEY, prompts[KEY].say)
        (clip,) = playlist.clips((phrase,), prompts, 3, there["zh-CN"])
        return duration_seconds(asyncio.run(clips.fetch(clip)))

    for turn, seconds in enumerate((2, 4), 1):
        part, _ = here.try_out("zh-CN", KEY, wav(seconds))
        os.replace(part, here.path("zh-CN", KEY))
        os.utime(here.path("zh-CN", KEY), ns=(turn, turn))
        assert there.look() == {("zh-CN", KEY)}
        clips.forget_recordings({("zh-CN", KEY)})
        assert heard() == pytest.approx(seconds, abs=0.2)
    assert there.look() == frozenset()
