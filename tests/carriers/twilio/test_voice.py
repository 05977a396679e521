"""Webhooks and sounds: what reaches the reception, and what Twilio gets when the house fails."""

import asyncio
from xml.etree import ElementTree

import pytest
import structlog.testing

from outreach.carriers.twilio.twiml import APOLOGY as APOLOGISE
from outreach.carriers.twilio.twiml import render
from outreach.wire import CallIn, Connect, Instruction
from tests.carriers.cases import INSTRUCTIONS, FakeReception, HouseFailure
from tests.carriers.twilio.twilio_side import APOLOGY, CALL, CALL_FIELDS, CONFIG, app, request, webhook

VOICE = "/twilio/voice"
Fields = dict[str, str]

QUESTIONS: list[tuple[str, Fields, tuple[object, ...]]] = [
    ("", {}, ("arrive", CallIn("twilio", CALL, "+8613893512345", "+15005550006"))),
    ("", {"From": "anonymous"}, ("arrive", CallIn("twilio", CALL, None, "+15005550006"))),
    ("", {"From": "+86282452253"}, ("arrive", CallIn("twilio", CALL, None, "+15005550006"))),
    ("", {"From": "", "To": "client:desk"}, ("arrive", CallIn("twilio", CALL, None, None))),
    ("/next", {}, ("next_step", CALL)),
    ("/keys?turn=7", {"Digits": "12*"}, ("keys", CALL, 7, "12*")),
    ("/keys?turn=7", {"Digits": ""}, ("keys", CALL, 7, "")),
    ("/keys?turn=7", {}, ("keys", CALL, 7, "")),
    (
        "/message?turn=8",
        {"RecordingUrl": "https://api.twilio.com/RE1", "RecordingDuration": "14", "Digits": "hangup"},
        ("message_left", CALL, 8, "https://api.twilio.com/RE1", 14),
    ),
    ("/message?turn=8", {}, ("message_left", CALL, 8, "", 0)),  # the redirect after an empty recording
    ("/message?turn=8", {"RecordingDuration": "soon"}, ("message_left", CALL, 8, "", 0)),
    ("/dialled", {"DialCallStatus": "completed", "DialCallDuration": "61"}, ("dialled", CALL, "answered")),
    ("/dialled", {"DialCallStatus": "busy"}, ("dialled", CALL, "busy")),
    ("/dialled", {"DialCallStatus": "no-answer"}, ("dialled", CALL, "no_answer")),
    ("/dialled", {"DialCallStatus": "canceled"}, ("dialled", CALL, "no_answer")),
    ("/dialled", {"DialCallStatus": "failed"}, ("dialled", CALL, "failed")),
    ("/dialled", {"DialCallStatus": "something-new"}, ("dialled", CALL, "failed")),
    ("/dialled", {}, ("dialled", CALL, "failed")),
]


@pytest.mark.parametrize(("path", "fields", "asked"), QUESTIONS)
def test_questions(path: str, fields: Fields, asked: tuple[object, ...]) -> None:
    reception = FakeReception()
    response = webhook(app(reception), VOICE + path, CALL_FIELDS | fields)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    assert reception.asked == [asked]


@pytest.mark.parametrize("instruction", INSTRUCTIONS.values(), ids=list(INSTRUCTIONS))
def test_the_receptions_answer_is_what_twilio_gets(instruction: Instruction) -> None:
    response = webhook(app(FakeReception(instruction)), VOICE, CALL_FIELDS)
    assert response.text == render(CONFIG, instruction)


def test_the_same_webhook_twice_asks_the_same_twice() -> None:
    reception = FakeReception()
    application = app(reception)
    first, second = (webhook(application, VOICE, CALL_FIELDS) for _ in range(2))
    assert first.content == second.content
    assert reception.asked[0] == reception.asked[1]


@pytest.mark.parametrize(
    "path", ["", "/next", "/keys?turn=1", "/message?turn=1", "/dialled", "/status", "/stream"]
)
def test_a_webhook_must_name_its_call(path: str) -> None:
    reception = FakeReception()
    fields = {name: value for name, value in CALL_FIELDS.items() if name != "CallSid"}
    for nameless in (fields, fields | {"CallSid": ""}):
        response = webhook(app(reception), VOICE + path, nameless)
        assert response.status_code == 400
        assert "CallSid is missing" in response.json()["detail"]
    assert reception.asked == []


@pytest.mark.parametrize("target", ["/keys", "/keys?turn=", "/keys?turn=one", "/message"])
def test_an_answer_must_name_its_turn(target: str) -> None:
    reception = FakeReception()
    assert webhook(app(reception), VOICE + target, CALL_FIELDS).status_code == 422
    assert reception.asked == []


# --- the house fails ----------------------------------------------------------------------------------------


async def breaks() -> None:
    raise HouseFailure("database gone")


async def hangs() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("path", ["", "/next", "/keys?turn=1", "/message?turn=1", "/dialled"])
def test_a_failure_is_apologised_for_and_logged_by_the_calls_id(path: str) -> None:
    reception = FakeReception()
    reception.before_answering = breaks
    with structlog.testing.capture_logs() as logged:
        response = webhook(app(reception), VOICE + path, CALL_FIELDS | {"DialCallStatus": "busy"})
    assert response.status_code == 200
    assert response.text == render(CONFIG, APOLOGISE)
    assert [(entry["event"], entry["call"]) for entry in logged] == [("reception_failed", CALL)]
    assert "13893512345" not in repr(logged)


def test_an_apology_comes_before_twilio_gives_up() -> None:
    reception = FakeReception()
    reception.before_answering = hangs
    response = webhook(app(reception, answer_within_seconds=0), VOICE, CALL_FIELDS)
    assert [element.tag for element in ElementTree.fromstring(response.text)] == ["Play", "Hangup"]


def test_an_instruction_that_cannot_be_said_is_a_failure_too() -> None:
    response = webhook(app(FakeReception(Connect("call-1", "x" * 600))), VOICE, CALL_FIELDS)
    assert response.text == render(CONFIG, APOLOGISE)


# --- status callbacks ---------------------------------------------------------------------------------------

STATUSES: list[tuple[Fields, tuple[object, ...] | None]] = [
    ({"CallStatus": "initiated", "SequenceNumber": "0"}, ("status", CALL, "ringing", 0, None)),
    ({"CallStatus": "ringing", "SequenceNumber": "1"}, ("status", CALL, "ringing", 1, None)),
    ({"CallStatus": "in-progress", "SequenceNumber": "2"}, ("status", CALL, "live", 2, None)),
    ({"CallStatus": "completed", "SequenceNumber": "3"}, ("status", CALL, "ended", 3, "completed")),
    ({"CallStatus": "completed", "SequenceNumber": "0"}, ("status", CALL, "ended", 0, "completed")),
    ({"CallStatus": "busy", "SequenceNumber": "2"}, ("status", CALL, "ended", 2, "busy")),
    ({"CallStatus": "no-answer"}, ("status", CALL, "ended", 3, "no_answer")),
    ({"CallStatus": "failed", "SequenceNumber": "x"}, ("status", CALL, "ended", 3, "failed")),
    ({"CallStatus": "canceled", "SequenceNumber": ""}, ("status", CALL, "ended", 3, "cancelled")),
    ({"CallStatus": "parked"}, None),
    ({"CallStatus": ""}, None),
]


@pytest.mark.parametrize(("fields", "asked"), STATUSES)
def test_statuses(fields: Fields, asked: tuple[object, ...] | None) -> None:
    reception = FakeReception()
    response = webhook(app(reception), VOICE + "/status", CALL_FIELDS | fields)
    assert (response.status_code, response.content) == (204, b"")
    assert reception.asked == ([] if asked is None else [asked])


def test_a_status_that_could_not_be_kept_is_not_acknowledged() -> None:
    reception = FakeReception()
    reception.before_answering = breaks
    assert webhook(app(reception), VOICE + "/status", CALL_FIELDS).status_code == 500


def test_stream_events_are_only_logged() -> None:
    reception = FakeReception()
    fields = CALL_FIELDS | {"StreamEvent": "stream-error", "StreamError": "31920 handshake"}
    with structlog.testing.capture_logs() as logged:
        response = webhook(app(reception), VOICE + "/stream", fields)
    assert (response.status_code, reception.asked) == (204, [])
    assert [(e["event"], e["call"], e["stream_event"]) for e in logged] == [
        ("stream_status", CALL, "stream-error")
    ]


# --- sounds -------------------------------------------------------------------------------------------------


def test_a_sound_is_served_by_its_name() -> None:
    reception = FakeReception()
    reception.sounds["k3y"] = b"RIFF...."
    reception.descriptions = {"X-Prompt-Text": "你好，请按一\r\n"}
    response = request(app(reception), "GET", "/twilio/audio/k3y.wav")
    assert (response.status_code, response.content) == (200, b"RIFF....")
    assert response.headers["content-type"] == "audio/wav"
    assert response.headers["cache-control"].startswith("private")
    assert "x-prompt-text" not in response.headers


def test_testers_are_told_what_a_sound_says() -> None:
    reception = FakeReception()
    reception.sounds["k3y"] = b"RIFF...."
    reception.descriptions = {"X-Prompt-Text": "请按 1\r\n"}
    response = request(
        app(reception, CONFIG.model_copy(update={"demo": True})), "GET", "/twilio/audio/k3y.wav"
    )
    assert response.headers["x-prompt-text"] == "%E8%AF%B7%E6%8C%89 1%0D%0A"


@pytest.mark.parametrize("name", ["other", "..", "%2e%2e", "a%00", "a.wav"])
def test_unknown_sounds_are_not_found(name: str) -> None:
    reception = FakeReception()
    reception.sounds["k3y"] = b"RIFF...."
    assert request(app(reception), "GET", f"/twilio/audio/{name}.wav").status_code == 404


def test_the_apology_needs_no_reception() -> None:
    response = request(app(FakeReception()), "GET", "/twilio/audio/apology.wav")
    assert (response.content, response.headers["content-type"]) == (APOLOGY, "audio/wav")
