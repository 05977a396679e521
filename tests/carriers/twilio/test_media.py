"""One media stream: what the line hears of it, and exactly what Twilio is sent."""

import asyncio
import base64
from collections.abc import Sequence
from typing import Any

import pytest
import structlog.testing

from outreach.carriers.twilio.media import CHUNK_BYTES, LOG_EVERY, MESSAGE_LIMIT, TwilioMedia
from outreach.wire import (
    MediaAudio,
    MediaIn,
    MediaKey,
    MediaMark,
    MediaSocket,
    MediaStarted,
    MediaStopped,
)
from tests.carriers.twilio.twilio_side import (
    CALL,
    STREAM,
    Frame,
    Wire,
    connected,
    dtmf,
    mark,
    media,
    start,
    stop,
)

STARTED = MediaStarted(CALL, "one-time")


async def listen(socket: MediaSocket) -> list[MediaIn]:
    heard = [await socket.receive()]
    while not isinstance(heard[-1], MediaStopped):
        heard.append(await socket.receive())
    return heard


def hear(frames: Sequence[Frame]) -> tuple[list[MediaIn], TwilioMedia]:
    async def go() -> tuple[list[MediaIn], TwilioMedia]:
        socket = TwilioMedia(await Wire(frames).accept())
        return await listen(socket), socket

    return asyncio.run(go())


def test_a_call_from_start_to_stop() -> None:
    frames = [
        connected(),
        start(),
        media(2, b"\x7f" * 160, 20),
        media(3, b"\x01", 1040),
        dtmf(4, "5"),
        mark(5, "prompt-1"),
        stop(6),
    ]
    heard, socket = hear(frames)
    assert heard == [
        STARTED,
        MediaAudio(b"\x7f" * 160, 0.02),
        MediaAudio(b"\x01", 1.04),
        MediaKey("5"),
        MediaMark("prompt-1"),
        MediaStopped(hung_up=True),
    ]
    assert (socket.call_id, socket.counts.frames, socket.counts.gaps, socket.counts.skipped) == (
        CALL,
        2,
        0,
        0,
    )


def test_a_broken_socket_is_not_a_hang_up() -> None:
    heard, _ = hear([connected(), start(), media(2)])
    assert heard[-1] == MediaStopped(hung_up=False)


def test_after_the_end_the_end_again() -> None:
    async def go() -> list[MediaIn]:
        socket = TwilioMedia(await Wire([connected(), start(), stop(2), dtmf(3, "1")]).accept())
        await listen(socket)
        return [await socket.receive() for _ in range(2)]

    assert asyncio.run(go()) == [MediaStopped(hung_up=True)] * 2


@pytest.mark.parametrize("digit", "0123456789*#ABCD")
def test_every_key(digit: str) -> None:
    assert hear([start(), dtmf(2, digit)])[0][1] == MediaKey(digit)


# --- the start ----------------------------------------------------------------------------------------------

REFUSED: dict[str, list[Frame]] = {
    "no such stream": [connected(), start(streamSid="MZother")],
    "another codec": [
        connected(),
        start(mediaFormat={"encoding": "audio/l16", "sampleRate": 8000, "channels": 1}),
    ],
    "another rate": [
        connected(),
        start(mediaFormat={"encoding": "audio/x-mulaw", "sampleRate": 16000, "channels": 1}),
    ],
    "stereo": [
        connected(),
        start(mediaFormat={"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 2}),
    ],
    "no format": [connected(), start(mediaFormat=None)],
}


@pytest.mark.parametrize("frames", REFUSED.values(), ids=list(REFUSED))
def test_a_stream_we_cannot_serve_is_closed_with_a_reason(frames: list[Frame]) -> None:
    async def go() -> tuple[MediaIn, Wire]:
        wire = Wire([*frames, media(2)])
        return await TwilioMedia(await wire.accept()).receive(), wire

    with structlog.testing.capture_logs() as logged:
        heard, wire = asyncio.run(go())
    assert heard == MediaStopped(hung_up=False)
    assert wire.sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]
    assert ("stream_refused", CALL) in [(entry["event"], entry["call"]) for entry in logged]


@pytest.mark.parametrize("frames", [[], [connected()], [connected(), {"event": "start"}]])
def test_a_start_that_does_not_come_ends_the_stream(frames: list[Frame]) -> None:
    async def go() -> tuple[MediaIn, Wire]:
        wire = Wire(frames, silent=True)
        return await TwilioMedia(await wire.accept(), start_within_seconds=0.01).receive(), wire

    with structlog.testing.capture_logs() as logged:
        heard, wire = asyncio.run(go())
    assert heard == MediaStopped(hung_up=False)
    assert [message["type"] for message in wire.sent] == ["websocket.close"]
    assert [entry["why"] for entry in logged if entry["event"] == "stream_refused"] == ["no start in time"]


def test_a_socket_that_breaks_before_start_ends_the_stream() -> None:
    assert hear([connected()])[0] == [MediaStopped(hung_up=False)]


@pytest.mark.parametrize("parameters", [None, {}, {"token": 5}, {"other": "x"}, "token"])
def test_a_missing_token_is_an_empty_one(parameters: object) -> None:
    assert hear([start(customParameters=parameters)])[0][0] == MediaStarted(CALL, "")


def test_numbers_of_the_format_may_come_as_text() -> None:
    text = {"encoding": "audio/x-mulaw", "sampleRate": "8000", "channels": "1"}
    assert hear([start(mediaFormat=text)])[0][0] == STARTED


# --- what makes no sense ------------------------------------------------------------------------------------


def changed(message: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return message | changes


SKIPPED: dict[str, Frame] = {
    "not JSON": "{",
    "empty": "",
    "an array": "[]",
    "null": "null",
    "a number": "1e999",
    "deeply nested": "[" * 5000,
    "binary": b"\x00\x01",
    "oversized": media(2, b"\x7f" * MESSAGE_LIMIT),
    "no event": {"streamSid": STREAM},
    "event is no text": {"event": 7, "streamSid": STREAM},
    "another stream's media": changed(media(2), streamSid="MZother"),
    "another stream's stop": changed(stop(2), streamSid="MZother"),
    "stop of no stream": {"event": "stop"},
    "media without body": {"event": "media", "streamSid": STREAM},
    "media is a list": changed(media(2), media=[]),
    "payload is a number": changed(media(2), media={"payload": 5, "timestamp": "0"}),
    "payload is empty": media(2, b""),
    "payload is not base64": changed(media(2), media={"payload": "a*bc", "timestamp": "0"}),
    "payload has blanks": changed(media(2), media={"payload": "AA AA", "timestamp": "0"}),
    "payload is cut": changed(media(2), media={"payload": "AAA", "timestamp": "0"}),
    "payload goes on": changed(media(2), media={"payload": "AA==AA==", "timestamp": "0"}),
    "payload is Chinese": changed(media(2), media={"payload": "你好你好", "timestamp": "0"}),
    "no timestamp": changed(media(2), media={"payload": "AAAA"}),
    "timestamp is a word": changed(media(2), media={"payload": "AAAA", "timestamp": "soon"}),
    "timestamp is endless": changed(media(2), media={"payload": "AAAA", "timestamp": "9" * 5000}),
    "timestamp is huge": changed(media(2), media={"payload": "AAAA", "timestamp": "9" * 400}),
    "two digits": dtmf(2, "12"),
    "no digit": dtmf(2, ""),
    "a letter": dtmf(2, "E"),
    "mark without name": changed(mark(2, ""), mark={}),
    "a second start": start(),
    "a late greeting": connected(),
}


@pytest.mark.parametrize("frame", SKIPPED.values(), ids=list(SKIPPED))
def test_nonsense_is_skipped_and_counted_and_the_call_goes_on(frame: Frame) -> None:
    heard, socket = hear([connected(), start(), frame, dtmf(9, "3"), stop(10)])
    assert heard == [STARTED, MediaKey("3"), MediaStopped(hung_up=True)]
    assert socket.counts.skipped == 1


def test_events_of_the_future_are_counted_apart() -> None:
    heard, socket = hear([start(), {"event": "weather", "streamSid": STREAM}, dtmf(3, "1")])
    assert heard[1] == MediaKey("1")
    assert (socket.counts.unknown, socket.counts.skipped) == (1, 0)


def test_a_flood_of_nonsense_is_logged_once_in_a_while() -> None:
    with structlog.testing.capture_logs() as logged:
        _, socket = hear([start(), *["{"] * (2 * LOG_EVERY)])
    skips = [entry for entry in logged if entry["event"] == "media_message_skipped"]
    assert socket.counts.skipped == 2 * LOG_EVERY
    assert [(entry["call"], entry["before"]) for entry in skips] == [(CALL, 0), (CALL, LOG_EVERY)]


@pytest.mark.parametrize(
    ("sequences", "gaps"),
    [([2, 3, 4], 0), ([2, 4, 5], 1), ([3, 2, 4], 3), ([2, 2], 1), ([10**20], 0)],
)
def test_gaps_are_counted_and_nothing_is_held_back(sequences: list[int], gaps: int) -> None:
    heard, socket = hear([start(), *(media(sequence, bytes([7])) for sequence in sequences)])
    assert [type(event) for event in heard[1:-1]] == [MediaAudio] * len(sequences)
    assert socket.counts.gaps == gaps


# --- what we send -------------------------------------------------------------------------------------------


def say(*audio: bytes) -> list[dict[str, Any]]:
    async def go() -> list[dict[str, Any]]:
        wire = Wire([start()], silent=True)
        socket = TwilioMedia(await wire.accept())
        await socket.receive()
        for piece in audio:
            await socket.play(piece)
        await socket.mark("prompt-1")
        await socket.clear()
        await socket.close()
        assert wire.sent[-1] == {"type": "websocket.close", "code": 1000, "reason": ""}
        assert all(isinstance(message.get("text"), str) for message in wire.sent[:-1])
        return wire.sent_json()

    return asyncio.run(go())


def test_exactly_the_keys_that_twilio_allows() -> None:
    assert say(b"\xff\x00") == [
        {"event": "media", "streamSid": STREAM, "media": {"payload": "/wA="}},
        {"event": "mark", "streamSid": STREAM, "mark": {"name": "prompt-1"}},
        {"event": "clear", "streamSid": STREAM},
    ]


@pytest.mark.parametrize(
    ("length", "chunks"),
    [(0, []), (1, [1]), (CHUNK_BYTES, [CHUNK_BYTES]), (2 * CHUNK_BYTES + 1, [CHUNK_BYTES, CHUNK_BYTES, 1])],
)
def test_audio_goes_out_in_seconds(length: int, chunks: list[int]) -> None:
    audio = bytes(index % 251 for index in range(length))
    pieces = [base64.b64decode(message["media"]["payload"]) for message in say(audio)[:-2]]
    assert [len(piece) for piece in pieces] == chunks
    assert b"".join(pieces) == audio


def test_sending_into_a_dead_socket_raises_nothing_and_receive_tells() -> None:
    async def go() -> tuple[list[MediaIn], Wire]:
        wire = Wire([start()])
        socket = TwilioMedia(await wire.accept())
        await socket.receive()
        wire.broken = True
        await socket.play(b"\xff" * 20_000)
        await socket.mark("m")
        await socket.clear()
        heard = await listen(socket)
        await socket.close()
        return heard, wire

    heard, wire = asyncio.run(go())
    assert heard == [MediaStopped(hung_up=False)]
    assert wire.sent == []


def test_a_stop_that_waits_behind_a_dead_socket_still_counts_as_hanging_up() -> None:
    async def go() -> list[MediaIn]:
        wire = Wire([start(), stop(2)])
        socket = TwilioMedia(await wire.accept())
        await socket.receive()
        wire.broken = True
        await socket.play(b"\xff")
        return await listen(socket)

    assert asyncio.run(go()) == [MediaStopped(hung_up=True)]


def test_after_our_own_close_nothing_is_sent_and_nothing_heard() -> None:
    async def go() -> tuple[MediaIn, Wire]:
        wire = Wire([start(), dtmf(2, "1")])
        socket = TwilioMedia(await wire.accept())
        await socket.receive()
        await socket.close()
        await socket.close()
        await socket.play(b"\xff")
        return await socket.receive(), wire

    heard, wire = asyncio.run(go())
    assert heard == MediaStopped(hung_up=False)
    assert [message["type"] for message in wire.sent] == ["websocket.close"]


def test_the_end_is_logged_with_its_counts() -> None:
    with structlog.testing.capture_logs() as logged:
        hear([connected(), start(), media(2), "{", media(4), stop(5)])
    [ended] = [entry for entry in logged if entry["event"] == "stream_ended"]
    assert (ended["call"], ended["frames"], ended["skipped"], ended["gaps"]) == (CALL, 2, 1, 1)
