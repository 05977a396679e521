"""Media Streams messages: those of the line are read strictly, whatever they are; those of the carrier are exact."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.simulator.stream_messages import Clear, Mark, Order, ProtocolError, Sound, Writer, read

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("message", "order"),
    [
        ({"event": "media", "streamSid": "MZ1", "media": {"payload": "AQI="}}, Sound(b"\x01\x02")),
        ({"event": "mark", "streamSid": "MZ1", "mark": {"name": "m"}}, Mark("m")),
        ({"event": "clear", "streamSid": "MZ1"}, Clear()),
    ],
)
def test_right_messages_are_read(message: dict[str, object], order: Order) -> None:
    assert read(json.dumps(message), "MZ1") == order
    with pytest.raises(ProtocolError, match=r"31951: .* has extra surplus"):
        read(json.dumps(message | {"surplus": 1}), "MZ1")
    with pytest.raises(ProtocolError, match=r"31951: .* not this stream's"):
        read(json.dumps(message), "MZ2")


@given(st.sampled_from(["media", "mark", "clear", "start"]), JSON, JSON)
def test_anything_else_is_a_protocol_error_and_nothing_worse(event: str, body: object, sid: object) -> None:
    with pytest.raises(ProtocolError):
        read(json.dumps({"event": event, "streamSid": sid, event: body}), "MZ-never-this")


def test_numbers_are_texts_and_run_on_over_all_messages() -> None:
    writer = Writer("AC1", "CA1", "MZ1")
    connected = json.loads(writer.connected())
    written = [
        writer.start({"token": "t"}),
        writer.media(b"\xff", 0),
        writer.dtmf("#"),
        writer.mark("m"),
        writer.stop(),
    ]
    messages = [json.loads(message) for message in written]
    assert "sequenceNumber" not in connected
    assert "streamSid" not in connected
    assert [message["sequenceNumber"] for message in messages] == ["1", "2", "3", "4", "5"]
    assert {message["streamSid"] for message in messages} == {"MZ1"}
    assert messages[1]["media"] == {"track": "inbound", "chunk": "1", "timestamp": "0", "payload": "/w=="}
    assert messages[2]["dtmf"] == {"track": "inbound_track", "digit": "#"}
    assert messages[3]["mark"] == {"name": "m"}
    assert messages[4]["stop"] == {"accountSid": "AC1", "callSid": "CA1"}
