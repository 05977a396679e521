"""A whole call over the wire: the order of things, the messages, the ways a call ends."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped, unused-ignore]

from outreach.simulator.fake_twilio import FakeCall
from outreach.simulator.line import Limits, Quirks
from outreach.simulator.signing import sign
from tests.simulator.reference_line import ACCOUNT, TOKEN, ReferenceLine, Talk, served

SPEED = 25.0
CALLER = "+8613800001234"


def ring(
    line: ReferenceLine,
    act: Callable[[FakeCall], Awaitable[None]] | None = None,
    *,
    caller: str | None = CALLER,
    quirks: Quirks | None = None,
    limits: Limits | None = None,
    fallback: str | None = None,
) -> FakeCall:
    """One call to ``line``, over when this returns. ``act`` is what the caller does meanwhile."""

    async def call() -> FakeCall:
        async with served(line), asyncio.timeout(100):
            at = line.line(fallback_url=None if fallback is None else line.url + fallback)
            made = FakeCall(at, caller, SPEED, quirks=quirks, limits=limits)
            async with asyncio.TaskGroup() as group:
                group.create_task(made.run())
                if act is not None:
                    await act(made)
            return made

    return asyncio.run(call())


async def listening(call: FakeCall) -> None:
    await call.phone.wait(lambda: call.listening, 100)


async def wait_for_end(talk: Talk) -> None:
    while True:
        await talk.receive()


def test_greeting_is_heard_and_the_verb_after_connect_runs() -> None:
    line = ReferenceLine()
    call = ring(line)
    assert call.errors == []
    assert call.state == "completed"
    assert call.ended_by == "line"
    assert bytes(call.heard.line).strip(b"\xff") == b"\x10" * 4000
    assert [path for path in line.paths() if path != "/stream"] == ["/twilio/voice", "/next", "/status"]
    assert [asked.form["StreamEvent"] for asked in line.asked if asked.path == "/stream"] == [
        "stream-started",
        "stream-stopped",
    ]
    assert all(asked.signed for asked in line.asked)


def test_voice_webhook_has_blanks_unknown_fields_and_the_carriers_headers() -> None:
    line = ReferenceLine()
    call = ring(line)
    first, status = line.asked[0], line.last("/status")
    assert first.form["CallStatus"] == "ringing"
    assert first.form["FromCity"] == ""
    assert first.form["VenueHint"] == "甘肃 & 武威=1+1 %"
    assert first.form["From"] == first.form["Caller"] == CALLER
    assert first.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert first.headers["i-twilio-idempotency-token"]
    assert line.last("/next")["CallStatus"] == "in-progress"
    assert status["CallStatus"] == "completed"
    assert status["SequenceNumber"] == "0"
    assert status["CallSid"] == call.sid


def test_withheld_number_is_a_word() -> None:
    line = ReferenceLine()
    ring(line, caller=None)
    assert line.asked[0].form["From"] == "anonymous"
    assert line.asked[0].form["FromCountry"] == ""


def test_upgrade_has_exactly_the_headers_of_a_real_call() -> None:
    line = ReferenceLine()
    ring(line)
    headers = line.upgrades[0]
    assert set(headers) == {
        "host",
        "upgrade",
        "connection",
        "sec-websocket-key",
        "sec-websocket-version",
        "user-agent",
        "accept-encoding",
        "x-twilio-signature",
    }
    assert headers["user-agent"] == "Twilio.TmeWs/1.0"
    assert headers["accept-encoding"] == "gzip"
    url = f"ws://{headers['host']}/media"
    assert headers["x-twilio-signature"] == RequestValidator(TOKEN).compute_signature(url, {})


def test_upgrade_may_be_signed_with_a_slash() -> None:
    line = ReferenceLine()
    ring(line, quirks=Quirks(upgrade_slash=True))
    headers = line.upgrades[0]
    assert headers["x-twilio-signature"] == sign(f"ws://{headers['host']}/media/", {}, TOKEN)


def test_messages_come_in_order_with_numbers_as_texts_and_frames_without_gaps() -> None:
    line = ReferenceLine()
    call = ring(line)
    messages = line.talks[0].messages
    assert messages[0] == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    start = messages[1]
    assert start["start"] == {
        "accountSid": ACCOUNT,
        "streamSid": start["streamSid"],
        "callSid": call.sid,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": "t-1"},
    }
    assert [message["sequenceNumber"] for message in messages[1:]] == [
        str(number) for number in range(1, len(messages))
    ]
    frames = [message["media"] for message in messages if message["event"] == "media"]
    assert [frame["chunk"] for frame in frames] == [str(number) for number in range(1, len(frames) + 1)]
    assert [frame["timestamp"] for frame in frames] == [str(20 * number) for number in range(len(frames))]
    assert {base64.b64decode(frame["payload"]) for frame in frames} == {b"\xff" * 160}


def test_mark_comes_back_when_the_sound_before_it_has_been_played() -> None:
    async def two_prompts(talk: Talk) -> None:
        await talk.say(b"\x10" * 8000, "one")
        await talk.say(b"\x11" * 4000, "two")
        await talk.until("mark")
        await talk.until("mark")
        await talk.socket.close()

    reached: list[tuple[str, float]] = []

    async def note(call: FakeCall) -> None:
        call.on_mark.append(lambda name, at: reached.append((name, at)))

    call = ring(ReferenceLine(two_prompts), note)
    first, second = call.clips
    assert call.errors == []
    assert first.began_at is not None
    assert [name for name, _ in reached] == ["one", "two"]
    assert reached[1][1] - reached[0][1] == pytest.approx(0.5)
    assert first.ended_at == pytest.approx(first.began_at + 1.0)
    assert second.began_at == pytest.approx(first.ended_at)


def test_key_reaches_the_stream_and_clear_gives_all_marks_back_at_once() -> None:
    async def interrupted(talk: Talk) -> None:
        await talk.say(b"\x10" * 80_000, "long")
        await talk.say(b"\x10" * 80_000, "longer")
        key = await talk.until("dtmf")
        assert key["dtmf"] == {"track": "inbound_track", "digit": "5"}
        await talk.clear()
        assert [(await talk.until("mark"))["mark"]["name"] for _ in range(2)] == ["long", "longer"]
        await talk.socket.close()

    async def press(call: FakeCall) -> None:
        await call.phone.wait(lambda: any(clip.began_at is not None for clip in call.clips), 100)
        await call.press("5")

    call = ring(ReferenceLine(interrupted), press)
    assert call.errors == []
    assert call.ended_by == "line"
    assert [clip.cleared for clip in call.clips] == [True, True]
    assert call.heard.seconds < 10


def test_answer_to_a_key_is_timed() -> None:
    async def echo(talk: Talk) -> None:
        await talk.say(b"\x10" * 800, "greeting")
        await talk.until("dtmf")
        await talk.say(b"\x11" * 800, "answer")
        await talk.until("mark")
        await talk.socket.close()

    async def press(call: FakeCall) -> None:
        await call.phone.wait(lambda: bool(call.clips) and call.clips[0].over, 100)
        await call.press("1")

    greeting, answer = ring(ReferenceLine(echo), press).clips
    assert greeting.latency_ms is not None
    assert answer.latency_ms is not None
    assert 0 < answer.latency_ms < 5000


def test_what_is_said_is_sent_frame_by_frame() -> None:
    words = bytes(range(1, 201)) * 4

    async def say(call: FakeCall) -> None:
        await listening(call)
        await call.speak(words)
        await call.hang_up()

    line = ReferenceLine(wait_for_end)
    call = ring(line, say)
    sent = b"".join(
        base64.b64decode(message["media"]["payload"])
        for message in line.talks[0].messages
        if message["event"] == "media"
    )
    assert words in sent
    assert words in bytes(call.heard.caller)


def test_live_microphone_is_passed_on() -> None:
    async def bridge(call: FakeCall) -> None:
        await listening(call)
        call.push_audio(b"\x22" * 1600)
        await call.phone.sleep(1)
        await call.hang_up()

    call = ring(ReferenceLine(wait_for_end), bridge)
    assert bytes(call.heard.caller).strip(b"\xff") == b"\x22" * 1600


def test_hanging_up_sends_stop_then_closes_and_asks_nothing_more() -> None:
    async def hang_up(call: FakeCall) -> None:
        await listening(call)
        await call.hang_up()

    line = ReferenceLine(wait_for_end)
    call = ring(line, hang_up)
    last = line.talks[0].messages[-1]
    assert last["event"] == "stop"
    assert last["stop"] == {"accountSid": ACCOUNT, "callSid": call.sid}
    assert call.errors == []
    assert call.ended_by == "caller"
    assert "/next" not in line.paths()
    assert line.last("/status")["CallStatus"] == "completed"


def test_a_dropped_call_breaks_the_socket_without_stop() -> None:
    async def drop(call: FakeCall) -> None:
        await listening(call)
        await call.drop()

    line = ReferenceLine(wait_for_end)
    call = ring(line, drop)
    assert "stop" not in [message["event"] for message in line.talks[0].messages]
    assert call.errors == []
    assert call.ended_by == "dropped"
    assert "/next" not in line.paths()


def test_a_broken_stream_leaves_the_caller_on_the_line() -> None:
    async def break_it(call: FakeCall) -> None:
        await listening(call)
        await call.break_stream()

    line = ReferenceLine(wait_for_end)
    call = ring(line, break_it)
    assert call.ended_by == "line"
    assert "/next" in line.paths()


def test_a_stream_that_cannot_open_goes_on_with_the_next_verb() -> None:
    line = ReferenceLine()
    call = ring(line, quirks=Quirks(broken_streams=1))
    assert line.talks == []
    assert call.errors == []
    assert "/next" in line.paths()
    assert line.last("/stream")["StreamEvent"] == "stream-error"


def test_start_may_come_late_and_nothing_before_it() -> None:
    line = ReferenceLine()
    ring(line, quirks=Quirks(start_delay_seconds=2.0))
    assert [message["event"] for message in line.talks[0].messages[:3]] == ["connected", "start", "media"]
    assert line.talks[0].messages[2]["media"]["timestamp"] == "0"


def test_a_duplicated_webhook_has_the_same_token_and_its_second_answer_counts() -> None:
    line = ReferenceLine()
    call = ring(line, quirks=Quirks(duplicate_webhooks=True))
    first, second = (asked for asked in line.asked if asked.path == "/twilio/voice")
    assert first.headers["i-twilio-idempotency-token"] == second.headers["i-twilio-idempotency-token"]
    assert first.form == second.form
    assert call.errors == []


def test_action_of_connect_is_asked_only_when_told_so() -> None:
    line = ReferenceLine()
    line.documents["/twilio/voice"] = lambda form: line.connect(form).replace(
        'action="/next"', 'action="/acted"'
    )
    line.documents["/acted"] = "<Response/>"
    ring(line, quirks=Quirks(connect_action=True))
    assert "/acted" in line.paths()
    assert "/next" not in line.paths()


def test_fallback_is_asked_when_the_document_cannot_be_had() -> None:
    line = ReferenceLine()
    line.documents["/twilio/voice"] = "<Response><Dance/></Response>"
    line.documents["/fallback"] = "<Response><Pause/></Response>"
    call = ring(line, fallback="/fallback")
    assert [error[:5] for error in call.errors] == ["12200"]
    assert line.last("/fallback")["ErrorCode"] == "12200"
    assert urlsplit(line.last("/fallback")["ErrorUrl"]).path == "/twilio/voice"


def test_an_answer_that_takes_too_long_is_given_up() -> None:
    async def never(_form: dict[str, str]) -> str:
        await asyncio.Event().wait()
        return "<Response/>"

    line = ReferenceLine()
    line.documents["/twilio/voice"] = never
    call = ring(line, limits=Limits(total_seconds=0.1))
    assert call.errors == ["11200: /twilio/voice did not answer in time"]
    assert call.state == "completed"


def test_nobody_listening_is_told_apart() -> None:
    line = ReferenceLine()
    line.url = "http://127.0.0.1:1"
    call = FakeCall(line.line(), CALLER, SPEED)
    asyncio.run(call.run())
    assert not call.reached
    assert call.errors[0].startswith("11205: nothing listens at http://127.0.0.1:1")


def test_a_status_callback_that_fails_is_told() -> None:
    line = ReferenceLine()
    line.status_code = 500
    call = ring(line)
    assert {error[:5] for error in call.errors} == {"15003"}


def test_more_than_ten_redirects_with_nothing_between_end_the_call() -> None:
    line = ReferenceLine()
    line.documents["/twilio/voice"] = "<Response><Redirect>/twilio/voice</Redirect></Response>"
    call = ring(line)
    assert [error[:5] for error in call.errors] == ["11215"]
    assert line.paths().count("/twilio/voice") == 11


def test_a_rejected_call_is_never_answered() -> None:
    line = ReferenceLine()
    line.documents["/twilio/voice"] = '<Response><Reject reason="busy"/></Response>'
    call = ring(line)
    assert call.errors == []
    assert line.last("/status")["CallStatus"] == "busy"
    assert line.last("/status")["CallDuration"] == "0"
