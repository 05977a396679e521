"""Gather, Play, Record and Dial over the wire: what the caller does and what the line is asked then."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest
from fastapi import Response

from outreach.simulator.fake_twilio import FakeCall
from outreach.simulator.line import Quirks
from outreach.simulator.telephone import HungUp
from outreach.speech.mulaw import wav_mulaw
from tests.simulator.reference_line import ReferenceLine
from tests.simulator.test_call import ring

PROMPT = b"\x10" * 16_000  # two seconds
LOUD = b"\x10\x90" * 8000


def offering(document: str) -> ReferenceLine:
    line = ReferenceLine()
    line.documents["/twilio/voice"] = f"<Response>{document}</Response>"
    line.documents["/keys"] = "<Response/>"
    line.documents["/none"] = "<Response/>"
    headers = {"X-Prompt-Keys": "menu", "X-Prompt-Text": "%E6%8B%9B%E8%81%98"}
    line.sounds["menu.wav"] = Response(wav_mulaw(PROMPT), media_type="audio/wav", headers=headers)
    return line


def gathering(attributes: str = "") -> ReferenceLine:
    return offering(
        f'<Gather action="/keys" {attributes}><Play>/sound/menu.wav</Play></Gather><Redirect>/none</Redirect>'
    )


def keys(
    text: str, after_seconds: float = 0.5, gap_seconds: float = 0.1
) -> Callable[[FakeCall], Awaitable[None]]:
    async def press(call: FakeCall) -> None:
        await call.phone.wait(lambda: bool(call.clips) and call.clips[0].began_at is not None, 100)
        with contextlib.suppress(HungUp):  # the line may have enough before the last key
            await call.phone.sleep(after_seconds)
            for key in text:
                await call.press(key)
                await call.phone.sleep(gap_seconds)

    return press


@pytest.mark.parametrize(
    ("attributes", "pressed", "path", "digits"),
    [
        ("", "12#", "/keys", "12"),
        ("", "12", "/keys", "12"),  # by timeout
        ("", "#", "/none", None),  # a lone finish key is no input
        ("", "", "/none", None),
        ('actionOnEmptyResult="true"', "", "/keys", ""),
        ('actionOnEmptyResult="true"', "#", "/keys", ""),
        ('numDigits="1"', "3", "/keys", "3"),
        ('numDigits="1"', "345", "/keys", "3"),
        ('numDigits="1"', "#", "/none", None),
        ('numDigits="1" finishOnKey=""', "#", "/keys", "#"),
        ('finishOnKey=""', "1#", "/keys", "1#"),
        ('finishOnKey="*"', "1#*", "/keys", "1#"),
    ],
)
def test_gather(attributes: str, pressed: str, path: str, digits: str | None) -> None:
    line = gathering(attributes)
    call = ring(line, keys(pressed))
    assert call.errors == []
    asked = [asked for asked in line.asked if asked.path in ("/keys", "/none")]
    assert [one.path for one in asked] == [path]
    assert asked[0].form.get("Digits") == digits
    assert asked[0].signed


def test_a_key_stops_the_prompt() -> None:
    call = ring(gathering('numDigits="1"'), keys("1"))
    assert call.clips[0].cleared
    assert len(bytes(call.heard.line).strip(b"\xff")) == pytest.approx(4000, abs=800)


def test_without_barge_in_the_prompt_is_heard_to_its_end() -> None:
    line = gathering('numDigits="1" bargeIn="false"')
    call = ring(line, keys("1"))
    assert bytes(call.heard.line).strip(b"\xff") == PROMPT
    assert line.last("/keys")["Digits"] == "1"


def test_time_for_keys_counts_from_the_end_of_the_prompt_and_again_from_each_key() -> None:
    line = gathering('timeout="3"')
    call = ring(line, keys("12", after_seconds=4.0, gap_seconds=2.0))
    clip = call.clips[0]
    assert line.last("/keys")["Digits"] == "12"
    assert clip.ended_at is not None
    assert call.phone.now - clip.ended_at > 7  # 2 s to the first key, 2 s to the second, 3 s of silence


def test_keys_pressed_before_the_gather_do_not_count() -> None:
    line = offering(
        '<Play>/sound/menu.wav</Play><Gather action="/keys" timeout="1"/><Redirect>/none</Redirect>'
    )
    ring(line, keys("7"))
    assert "/keys" not in line.paths()


def test_gather_without_an_action_asks_the_same_document() -> None:
    line = ReferenceLine()
    answers = iter(['<Response><Gather numDigits="1" timeout="60"/></Response>', "<Response/>"])
    line.documents["/twilio/voice"] = lambda _form: next(answers)

    async def press(call: FakeCall) -> None:
        await call.phone.wait(lambda: call.listening, 100)
        await call.press("9")

    ring(line, press)
    assert line.last("/twilio/voice")["Digits"] == "9"


def test_the_words_of_a_played_sound_come_with_it() -> None:
    (clip,) = ring(offering("<Play>/sound/menu.wav</Play>")).clips
    assert clip.caption is not None
    assert (clip.caption.key, clip.caption.text) == ("menu", "招聘")


def test_play_loops_and_pause_waits() -> None:
    call = ring(
        offering('<Play loop="2">/sound/menu.wav</Play><Pause length="2"/><Play>/sound/menu.wav</Play>')
    )
    first, second, third = (clip.began_at for clip in call.clips)
    assert first is not None
    assert second == pytest.approx(first + 2.0, abs=0.2)
    assert third is not None
    assert third >= first + 6.0


def test_a_message_is_kept_and_told() -> None:
    line = offering('<Record action="/keys" timeout="2" playBeep="false"/><Redirect>/none</Redirect>')

    async def leave(call: FakeCall) -> None:
        await call.phone.wait(lambda: call.listening, 100)
        await call.speak(LOUD)

    call = ring(line, leave)
    form = line.last("/keys")
    assert LOUD in call.recordings[form["RecordingUrl"]]
    assert 3 <= int(form["RecordingDuration"]) <= 5
    assert form["Digits"] == ""
    assert "/none" not in line.paths()


def test_a_key_ends_a_message_and_the_beep_is_heard() -> None:
    line = offering('<Record action="/keys"/>')

    async def leave(call: FakeCall) -> None:
        await call.phone.wait(lambda: len(bytes(call.heard.line).rstrip(b"\xff")) > 2000, 100)
        await call.phone.sleep(0.5)
        await call.speak(LOUD)
        await call.press("#")

    ring(line, leave)
    assert line.last("/keys")["Digits"] == "#"


def test_silence_is_no_message() -> None:
    line = offering('<Record action="/keys" timeout="1"/><Redirect>/none</Redirect>')
    call = ring(line)
    assert call.recordings == {}
    assert "/keys" not in line.paths()
    assert "/none" in line.paths()


def test_a_message_of_a_caller_who_hangs_up_is_told_all_the_same() -> None:
    line = offering('<Record action="/keys" playBeep="false"/>')
    line.documents["/keys"] = "<Response><Redirect>/none</Redirect></Response>"

    async def leave(call: FakeCall) -> None:
        await call.phone.wait(lambda: call.listening, 100)
        await call.speak(LOUD)
        await call.hang_up()

    call = ring(line, leave)
    assert call.errors == []
    assert line.last("/keys")["Digits"] == "hangup"
    assert "/none" not in line.paths()


@pytest.mark.parametrize(
    ("quirks", "status", "duration"),
    [
        (Quirks(talk_seconds=3), "completed", "3"),
        (Quirks(dial_outcome="busy"), "busy", None),
        (Quirks(dialled={"+869352212345": "no-answer"}), "no-answer", None),
        (Quirks(dial_outcome="failed"), "failed", None),
    ],
)
def test_what_became_of_a_transfer_is_told(quirks: Quirks, status: str, duration: str | None) -> None:
    line = offering(
        '<Dial action="/keys" timeout="2"><Number>+869352212345</Number></Dial><Redirect>/none</Redirect>'
    )
    call = ring(line, quirks=quirks)
    assert call.errors == []
    assert call.transfers == ["+869352212345"]
    assert line.last("/keys")["DialCallStatus"] == status
    assert line.last("/keys").get("DialCallDuration") == duration
    assert "/none" not in line.paths()


def test_after_a_transfer_without_an_action_the_next_verb_runs() -> None:
    line = offering("<Dial>+869352212345</Dial><Redirect>/none</Redirect>")
    ring(line, quirks=Quirks(dial_outcome="busy"))
    assert "/none" in line.paths()


def test_verbs_are_told_as_they_come() -> None:
    verbs: list[str] = []

    async def note(call: FakeCall) -> None:
        call.on_verb.append(lambda verb, _at: verbs.append(verb))
        await asyncio.sleep(0)

    ring(offering('<Say>hello</Say><Pause length="1"/><Hangup/>'), note)
    assert verbs == ["Say", "Pause", "Hangup"]
