"""Each way a line can break the carrier's protocol is noticed on the wire, by the carrier's number."""

import asyncio
import base64
import json
from typing import Any

import pytest
from fastapi import Response

from outreach.simulator.line import Limits
from tests.simulator.reference_line import ReferenceLine, Talk
from tests.simulator.test_call import ring

PAYLOAD = base64.b64encode(b"\x10" * 160).decode()
MISSING = object()


def media(sid: str, **changes: Any) -> dict[str, Any]:
    message = {"event": "media", "streamSid": sid, "media": {"payload": PAYLOAD}, **changes}
    return {key: value for key, value in message.items() if value is not MISSING}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"sequenceNumber": "1"}, "31951: media has extra sequenceNumber"),
        ({"media": {"payload": PAYLOAD, "track": "outbound"}}, "31951: media.media has extra track"),
        ({"media": {}}, "31951: media.media lacks payload"),
        ({"media": PAYLOAD}, "31951: media is not an object"),
        ({"media": {"payload": "%%%%"}}, "31951: media.payload is not base64"),
        ({"media": {"payload": ""}}, "31951: media.payload must be a text that is not empty"),
        ({"streamSid": MISSING}, "31951: media lacks streamSid"),
        ({"streamSid": "MZ0"}, "31951: media with a streamSid that is not this stream's"),
        ({"event": "dtmf"}, "31951: unknown event 'dtmf'"),
        ({"event": ["media"]}, "31951: unknown event ['media']"),
    ],
)
def test_a_wrong_message_is_named_and_not_played(changes: dict[str, Any], complaint: str) -> None:
    async def wrong(talk: Talk) -> None:
        await talk.raw(media(talk.sid, **changes))
        await talk.say(b"\x11" * 160, "after")
        await talk.until("mark")
        await talk.socket.close()

    call = ring(ReferenceLine(wrong))
    assert call.errors == [complaint]
    assert bytes(call.heard.line).strip(b"\xff") == b"\x11" * 160


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "31951: not JSON"),
        ("[]", "31951: not a JSON object"),
        (json.dumps({"event": "clear"}), "31951: clear lacks streamSid"),
    ],
)
def test_a_wrong_text_is_named(text: str, complaint: str) -> None:
    async def wrong(talk: Talk) -> None:
        await talk.socket.send_text(text)
        await talk.socket.close()

    assert ring(ReferenceLine(wrong)).errors == [complaint]


def test_a_binary_frame_is_named() -> None:
    async def wrong(talk: Talk) -> None:
        await talk.socket.send_bytes(json.dumps(media(talk.sid)).encode())
        await talk.socket.close()

    assert [error[:5] for error in ring(ReferenceLine(wrong)).errors] == ["31950"]


def test_more_than_ten_minutes_ahead_is_named_and_the_rest_discarded() -> None:
    async def wrong(talk: Talk) -> None:
        await talk.say(b"\x10" * (601 * 8000), "too much")
        await talk.clear()
        await talk.until("mark")
        await talk.socket.close()

    (error,) = ring(ReferenceLine(wrong)).errors
    assert error.startswith("31931")


def test_a_close_with_an_error_code_is_named_and_the_next_verb_runs() -> None:
    async def wrong(talk: Talk) -> None:
        await talk.socket.close(1011)

    line = ReferenceLine(wrong)
    call = ring(line)
    assert [error[:11] for error in call.errors] == ["31921: the "]
    assert line.last("/stream")["StreamEvent"] == "stream-error"
    assert "/next" in line.paths()


def test_a_refused_handshake_is_named_and_the_next_verb_runs() -> None:
    line = ReferenceLine()
    line.refuse_streams = True
    call = ring(line)
    assert [error[:5] for error in call.errors] == ["31920"]
    assert "/next" in line.paths()


def test_a_subprotocol_nobody_asked_for_is_named() -> None:
    line = ReferenceLine()
    line.subprotocol = "audio.twilio.com"
    (error,) = ring(line).errors
    assert error.startswith("31920")
    assert "subprotocol" in error


def test_a_handshake_that_is_never_answered_is_given_up() -> None:
    line = ReferenceLine()

    async def deaf(_socket: object) -> None:
        await asyncio.Event().wait()

    line.app.router.routes.clear()
    line.app.websocket("/media")(deaf)
    line.app.post("/{path:path}")(line.answer)
    (error,) = ring(line, limits=Limits(total_seconds=0.2)).errors
    assert error.startswith("31920")


@pytest.mark.parametrize(
    ("document", "number"),
    [
        ('<Response><Hangup why="done"/></Response>', "12200"),
        ("<Response><Enqueue>q</Enqueue></Response>", "12200"),
        ("<Response>", "12100"),
        (Response("<Response/>", media_type="application/json"), "12300"),
        (Response("<Response/>"), "12300"),
        (Response("gone", status_code=404), "11200"),
        (Response("<Response>" + " " * 65_536 + "</Response>", media_type="text/xml"), "11750"),
        ("<Response><Play>/sound/none.wav</Play></Response>", "11200"),
        ("<Response><Play>/sound/text.wav</Play></Response>", "12300"),
        ("<Response><Play>/sound/lie.wav</Play></Response>", "11200"),
    ],
)
def test_a_wrong_document_or_sound_ends_the_call(document: str | Response, number: str) -> None:
    line = ReferenceLine()
    line.documents["/twilio/voice"] = document
    line.sounds["text.wav"] = Response("hello", media_type="text/plain")
    line.sounds["lie.wav"] = Response(b"ID3 not a WAVE file", media_type="audio/wav")
    call = ring(line)
    assert [error[:5] for error in call.errors] == [number]
    assert call.state == "completed"
