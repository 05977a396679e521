"""Whatever a media stream throws, the caller's keys come through; only stop or a lost socket ends it."""

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from outreach.carriers.twilio.media import TwilioMedia
from outreach.wire import MediaIn, MediaKey, MediaStarted, MediaStopped
from tests.carriers.twilio.twilio_side import (
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

words = st.sampled_from(
    [
        "event",
        "media",
        "dtmf",
        "mark",
        "stop",
        "start",
        "streamSid",
        "payload",
        "timestamp",
        "digit",
        "name",
        STREAM,
    ]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | st.text(), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn, *originals: dict[str, Any]) -> dict[str, Any]:
    """A real message with one value, at any depth, replaced, added or taken away."""
    message: dict[str, Any] = draw(st.sampled_from(originals))
    if draw(st.booleans()):
        inner = draw(
            st.sampled_from([name for name, value in message.items() if isinstance(value, dict)] or [""])
        )
        if inner:
            return message | {inner: _with_damage(draw, message[inner])}
    return _with_damage(draw, message)


def _with_damage(draw: st.DrawFn, body: dict[str, Any]) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(body)) | st.text())
    if draw(st.booleans()):
        return {other: value for other, value in body.items() if other != name}
    return body | {name: draw(values)}


def ends_it(frame: Frame) -> bool:
    return isinstance(frame, dict) and frame.get("event") == "stop" and frame.get("streamSid") == STREAM


noise = st.one_of(
    st.text(),
    st.binary(),
    st.dictionaries(words | st.text(), values, max_size=5),
    damaged(media(2), mark(3, "m"), start(), connected(), stop(4)),
).filter(lambda frame: not ends_it(frame))


async def listen(frames: list[Frame]) -> list[MediaIn]:
    socket = TwilioMedia(await Wire(frames).accept())
    heard = [await socket.receive()]
    while not isinstance(heard[-1], MediaStopped):
        heard.append(await socket.receive())
    return heard


@given(st.lists(noise, max_size=12), st.booleans())
def test_keys_come_through_noise(frames: list[Frame], hung_up: bool) -> None:
    between: list[Frame] = [start()]
    for number, frame in enumerate(frames):
        between += [frame, dtmf(number + 2, str(number % 10))]
    heard = asyncio.run(listen([*between, stop(99)] if hung_up else between))
    keys = [event.key for event in heard if isinstance(event, MediaKey)]
    assert isinstance(heard[0], MediaStarted)
    assert keys == [str(number % 10) for number in range(len(frames))]
    assert heard[-1] == MediaStopped(hung_up)


@given(damaged(start()))
def test_a_damaged_start_either_starts_or_ends(frame: dict[str, Any]) -> None:
    heard = asyncio.run(listen([connected(), frame]))
    assert isinstance(heard[0], MediaStarted | MediaStopped)
    assert heard[-1] == MediaStopped(hung_up=False)
