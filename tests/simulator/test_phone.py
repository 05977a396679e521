"""The telephone in the terminal: its steps on a line over the wire, its files, its exit codes."""

import asyncio
import json
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from outreach.config import Config
from outreach.simulator import caller, demo_account
from outreach.simulator.caller import make_call, sounds_for
from outreach.simulator.captions import Captions
from outreach.simulator.crowd import CrowdReport, crowd
from outreach.simulator.fake_twilio import FakeCall
from outreach.simulator.phone import line_for, phone
from outreach.simulator.script import Press, Until, parse
from outreach.simulator.transcript import entries, write
from outreach.simulator.voice import Voice
from outreach.speech.mulaw import decode, encode, wav_mulaw
from tests.simulator.reference_line import TOKEN, ReferenceLine, Talk, served

SPEED = 20.0
VOICE = Voice("m7", 170, 50, 1)
CALLER = "+8613800001234"
SOUND = encode((6000 * np.sin(np.arange(8000) / 3)).astype(np.int16))

app = typer.Typer()
app.command()(phone)


async def menu(talk: Talk) -> None:
    """A greeting, then an answer to each key; 9 is goodbye."""
    await talk.say(b"\x10" * 8000, "m1")
    while (key := (await talk.until("dtmf"))["dtmf"]["digit"]) != "9":
        await talk.clear()
        await talk.say(b"\x11" * 8000, f"key-{key}")
    await talk.socket.close()


def menu_line() -> ReferenceLine:
    line = ReferenceLine(menu)
    line.events = [
        {"mark": "m1", "key": "home.greeting", "text": "欢迎致电", "turn": 1},
        {"mark": "key-1", "key": "jobs.menu", "text": "招聘信息", "turn": 2},
        {"heard": {"key": "1"}},
    ]
    return line


def talk_to(line: ReferenceLine, *steps: str) -> tuple[FakeCall, Captions, str | None]:
    async def go() -> tuple[FakeCall, Captions, str | None]:
        async with served(line), asyncio.timeout(100):
            call = FakeCall(line.line(), CALLER, SPEED)
            script = [parse(step) for step in steps]
            captions, failure = await make_call(call, script, await sounds_for(script, VOICE))
            return call, captions, failure

    return asyncio.run(go())


def test_a_script_goes_through_and_hangs_up_when_all_is_quiet() -> None:
    call, _, failure = talk_to(menu_line(), "until:欢迎", "key:1", "until:招聘", "quiet")
    assert failure is None
    assert call.errors == []
    assert call.ended_by == "caller"
    assert [clip.mark for clip in call.clips] == ["m1", "key-1"]
    assert bytes(call.heard.line).rstrip(b"\xff").endswith(b"\x11" * 8000)


def test_keys_are_a_quarter_of_a_second_apart() -> None:
    call, _, _ = talk_to(menu_line(), "keys:123", "hangup")
    at = [note.at for note in call.notes if note.keys]
    assert [later - earlier for earlier, later in pairwise(at)] == pytest.approx([0.25, 0.25], abs=0.02)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for what will not come need not wait long for it."""
    monkeypatch.setattr(caller, "UNTIL_SECONDS", 6.0)


@pytest.mark.usefixtures("impatient")
def test_until_says_what_was_heard_instead() -> None:
    _, _, failure = talk_to(menu_line(), "key:1", "until:培训")
    assert failure == "until:培训: not within 6 s; heard: 招聘信息"


@pytest.mark.usefixtures("impatient")
def test_until_does_not_count_what_was_heard_before_the_last_action() -> None:
    _, _, failure = talk_to(menu_line(), "until:欢迎", "key:1", "until:欢迎")
    assert failure is not None
    assert failure.startswith("until:欢迎: not within 6 s")


def test_without_the_channel_until_says_why_it_cannot_know() -> None:
    line = menu_line()
    line.events = None
    call, captions, failure = talk_to(line, "quiet", "until:欢迎")
    assert failure is not None
    assert "answered 404" in failure
    assert "OUTREACH_DEMO=true" in failure
    assert {entry["text"] for entry in entries(call, captions) if entry["who"] == "line"} == {None}


def test_a_step_after_the_end_fails_and_waiting_does_not() -> None:
    _, _, failure = talk_to(menu_line(), "until:欢迎", "key:9", "quiet", "wait:1", "key:1")
    assert failure is not None
    assert failure.startswith("keys:1: the call was over; heard: 欢迎致电")
    assert talk_to(menu_line(), "key:9", "quiet")[2] is None


def test_drop_is_not_a_hang_up() -> None:
    call, _, failure = talk_to(menu_line(), "until:欢迎", "drop")
    assert failure is None
    assert call.ended_by == "dropped"


def test_a_file_is_played_into_the_telephone(tmp_path: Path) -> None:
    path = tmp_path / "words.wav"
    path.write_bytes(wav_mulaw(SOUND))
    call, _, failure = talk_to(menu_line(), f"wav:{path}", "hangup")
    assert failure is None
    assert SOUND in bytes(call.heard.caller)


def test_a_file_that_is_no_sound_is_named_before_the_call(tmp_path: Path) -> None:
    path = tmp_path / "words.wav"
    path.write_bytes(b"not a sound")
    with pytest.raises(Exception, match=r"words\.wav cannot be played: not a WAVE file"):
        talk_to(menu_line(), f"wav:{path}")


def test_the_transcript_has_all_that_happened_in_order(tmp_path: Path) -> None:
    call, captions, _ = talk_to(menu_line(), "quiet", "key:1")
    path = tmp_path / "call.jsonl"
    write(path, call, captions)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    said = [(line["key"], line["text"]) for line in lines if line["who"] == "line" and line["text"]]
    assert said == [("home.greeting", "欢迎致电"), ("jobs.menu", "招聘信息")]
    (pressed,) = (line for line in lines if line["who"] == "caller")
    assert pressed["keys"] == "1"
    assert [line["text"] for line in lines if line["who"] == "carrier"] == ["answered", "hung up"]
    assert lines.index(pressed) < next(
        number for number, line in enumerate(lines) if line["key"] == "jobs.menu"
    )
    answer = next(line for line in lines if line["key"] == "jobs.menu")
    assert answer["latency_ms"] > 0
    assert any(line.get("heard") == {"key": "1"} for line in lines)
    assert all({"at", "who", "key", "text", "keys", "latency_ms"} <= line.keys() for line in lines)


def test_a_crowd_is_timed() -> None:
    async def go() -> CrowdReport:
        async with served(menu_line()) as line, asyncio.timeout(100):
            return await crowd(line.line(), 4, [Until("欢迎"), Press("1")], speed=SPEED)

    report = asyncio.run(go())
    assert report.failures == ()
    assert report.errors == ()
    assert len(report.latencies_ms) == 8  # a greeting and an answer each
    assert list(report.latencies_ms) == sorted(report.latencies_ms)
    assert str(report).startswith("4 calls, 0 failed, 0 protocol errors; 8 answers: p50 ")


@pytest.mark.parametrize(("percent", "wait"), [(50, 2.0), (75, 3.0), (76, 4.0), (100, 4.0)])
def test_percentiles_are_by_nearest_rank(percent: float, wait: float) -> None:
    assert CrowdReport(1, (1.0, 2.0, 3.0, 4.0), (), ()).percentile(percent) == wait


def command(line: ReferenceLine, *arguments: str, typed: str | None = None) -> tuple[int, str]:
    """The command on a served line, in a thread, as in a process of its own. ``typed``: by hand."""

    async def go() -> tuple[int, str]:
        async with served(line), asyncio.timeout(100):
            fixed = ["--url", line.url, "--token", TOKEN, "--speed", str(SPEED)]
            result = await asyncio.to_thread(CliRunner().invoke, app, [*fixed, *arguments], input=typed)
            for talk in line.talks:
                await talk.over.wait()
            return result.exit_code, result.output

    return asyncio.run(go())


def test_the_command_writes_its_files_and_prints_the_prompts(tmp_path: Path) -> None:
    record, transcript = tmp_path / "call.wav", tmp_path / "call.jsonl"
    line = menu_line()
    line.documents["/twilio/voice/status"] = "<Response/>"
    code, output = command(
        line,
        "--record",
        str(record),
        "--transcript",
        str(transcript),
        "--from",
        "anonymous",
        "quiet",
        "key:1",
    )
    assert code == 0, output
    assert [text.split()[1] for text in output.splitlines()] == ["欢迎致电", "招聘信息"]
    assert line.asked[0].form["From"] == "anonymous"
    with wave.open(str(record)) as file:
        sides = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    assert not sides[:, 0].any()
    assert (sides[:, 1] == decode(b"\x10")[0]).sum() == 8000
    assert len(transcript.read_text(encoding="utf-8").splitlines()) >= 5


def test_by_hand_keys_are_pressed_and_the_end_of_input_hangs_up() -> None:
    line = menu_line()
    code, output = command(line, typed="\n12\n")
    assert code == 0, output
    keys = [message["dtmf"]["digit"] for message in line.talks[0].messages if message["event"] == "dtmf"]
    assert keys == ["1", "2"]
    assert line.talks[0].messages[-1]["event"] == "stop"
    assert output.startswith("keys are pressed, anything else is said; Ctrl-D hangs up")


@pytest.mark.usefixtures("impatient")
def test_a_failed_step_is_exit_code_1() -> None:
    code, output = command(menu_line(), "until:培训")
    assert code == 1
    assert "failed: until:培训: not within 6 s; heard: 欢迎致电" in output


def test_a_broken_protocol_is_exit_code_1() -> None:
    async def wrong(talk: Talk) -> None:
        await talk.raw({"event": "clear"})
        await talk.socket.close()

    code, output = command(ReferenceLine(wrong), "quiet")
    assert code == 1
    assert "protocol: 31951: clear lacks streamSid" in output


def test_a_wrong_step_is_exit_code_2() -> None:
    result = CliRunner().invoke(app, ["dance"])
    assert result.exit_code == 2
    assert "'dance' is no step" in result.output


def test_a_line_that_is_not_there_is_exit_code_2_and_says_what_to_do() -> None:
    result = CliRunner().invoke(app, ["--url", "http://127.0.0.1:1", "quiet"])
    assert result.exit_code == 2
    assert "nothing listens at http://127.0.0.1:1" in result.output
    assert "make demo" in result.output


def test_without_an_account_the_demo_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OUTREACH_TWILIO_AUTH_TOKEN", "OUTREACH_TWILIO_ACCOUNT_SID", "OUTREACH_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    line = line_for(Config(), "http://127.0.0.1:8123/")
    assert line.voice_url == "http://127.0.0.1:8123/twilio/voice"
    assert (line.auth_token, line.account_sid) == (demo_account.AUTH_TOKEN, demo_account.ACCOUNT_SID)
    assert demo_account.AUTH_TOKEN not in repr(line)


def test_a_line_behind_its_public_address_is_reached_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_PUBLIC_URL", "https://line.example")
    monkeypatch.setenv("OUTREACH_TWILIO_AUTH_TOKEN", "new,old")
    line = line_for(Config())
    assert line.auth_token == "new"
    assert line.voice_url == "https://line.example/twilio/voice"
    assert (
        line.reached("https://line.example/twilio/voice?x=1#rc=2") == "http://127.0.0.1:8000/twilio/voice?x=1"
    )
    assert line.reached("wss://line.example/twilio/media") == "ws://127.0.0.1:8000/twilio/media"
    assert line.reached("https://elsewhere.example/a") == "https://elsewhere.example/a"
    assert not line.on_this_machine
