"""Each instruction as the TwiML that Twilio is to get, compared as XML."""

from typing import cast
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.carriers.twilio.twiml import APOLOGY, render
from outreach.wire import Collect, Connect, Dial, HangUp, Instruction, TakeMessage
from tests.carriers.cases import INSTRUCTIONS
from tests.carriers.twilio.twilio_side import CONFIG, config

L = "https://line.example/twilio"
GOLDEN = {
    "connect": f"""<Response>
        <Connect action="{L}/voice/next" method="POST">
            <Stream url="wss://line.example/twilio/media" statusCallback="{L}/voice/stream"
                    statusCallbackMethod="POST"><Parameter name="token" value="one-time"/></Stream>
        </Connect>
        <Redirect method="POST">{L}/voice/next</Redirect></Response>""",
    "collect one key": f"""<Response>
        <Gather input="dtmf" action="{L}/voice/keys?turn=3" method="POST" timeout="8" numDigits="1"
                finishOnKey="" actionOnEmptyResult="true">
        <Play>{L}/audio/clip-a.wav</Play></Gather></Response>""",
    "collect a number": f"""<Response>
        <Gather input="dtmf" action="{L}/voice/keys?turn=4" method="POST" timeout="5"
                finishOnKey="#" actionOnEmptyResult="true">
        <Play>{L}/audio/clip-b.wav</Play></Gather></Response>""",
    "take a message": f"""<Response><Play>{L}/audio/clip-c.wav</Play>
        <Record action="{L}/voice/message?turn=5" method="POST" timeout="8" finishOnKey="1234567890*#"
                maxLength="120" playBeep="true" trim="trim-silence"/>
        <Redirect method="POST">{L}/voice/message?turn=5</Redirect></Response>""",
    "dial": f"""<Response><Dial action="{L}/voice/dialled" method="POST" timeout="25" callerId="+15005550006"
        answerOnBridge="true"><Number>+8609352212345</Number></Dial></Response>""",
    "dial after a word": f"""<Response><Play>{L}/audio/clip-d.wav</Play>
        <Dial action="{L}/voice/dialled" method="POST" timeout="25" callerId="+15005550006"
        answerOnBridge="true"><Number>+8609352212345</Number></Dial></Response>""",
    "decline": '<Response><Reject reason="busy"/></Response>',
    "hang up": "<Response><Hangup/></Response>",
    "hang up after a word": f"<Response><Play>{L}/audio/clip-e.wav</Play><Hangup/></Response>",
}


def same(one: str, other: str) -> bool:
    return ElementTree.canonicalize(one, strip_text=True) == ElementTree.canonicalize(other, strip_text=True)


def test_every_shared_case_has_its_golden_text() -> None:
    assert set(GOLDEN) == set(INSTRUCTIONS)


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name: str) -> None:
    document = render(CONFIG, INSTRUCTIONS[name])
    assert same(document, GOLDEN[name]), document


def test_the_apology_is_the_file_in_memory() -> None:
    expected = f"<Response><Play>{L}/audio/apology.wav</Play><Hangup/></Response>"
    assert same(render(CONFIG, APOLOGY), expected)


def test_a_local_simulation_gets_a_plain_socket() -> None:
    document = render(config(host="127.0.0.1", port=8123, public_url=""), INSTRUCTIONS["connect"])
    assert 'url="ws://127.0.0.1:8123/twilio/media"' in document


def test_without_our_number_twilio_keeps_the_callers() -> None:
    assert "callerId" not in render(config(twilio_from=""), Dial("+8609352212345", 20))


NAMES = {"../secret": "..%2Fsecret", "a b&c": "a%20b%26c", "你好": "%E4%BD%A0%E5%A5%BD", 'x"><Hangup/>': None}


@pytest.mark.parametrize(("name", "quoted"), NAMES.items())
def test_a_sounds_name_cannot_leave_its_place(name: str, quoted: str | None) -> None:
    root = ElementTree.fromstring(render(CONFIG, HangUp(name)))
    assert [element.tag for element in root] == ["Play", "Hangup"]
    if quoted is not None:
        assert root.findtext("Play") == f"{L}/audio/{quoted}.wav"


def test_control_characters_go_and_markup_is_escaped() -> None:
    root = ElementTree.fromstring(render(CONFIG, Dial("\x00+86\x1b935\ufffe<&>\ud800", 20)))
    assert root.findtext("Dial/Number") == "+86935<&>"
    stream = ElementTree.fromstring(render(CONFIG, Connect("c", "a\x07\"<&>'")))
    parameter = stream.find("Connect/Stream/Parameter")
    assert parameter is not None
    assert parameter.get("value") == "a\"<&>'"


REFUSED: list[Instruction] = [
    Connect("c", "x" * 500),
    Dial(cast("str", ["+869352212345"]), 20),
    Dial("+869352212345", cast("int", [20])),
    Dial("+869352212345", cast("int", 2.5)),
]


@pytest.mark.parametrize("instruction", REFUSED)
def test_what_twiml_cannot_carry_is_an_error_here_not_at_twilio(instruction: Instruction) -> None:
    with pytest.raises(ValueError, match=r"TwiML takes|parameter must stay"):
        render(CONFIG, instruction)


@pytest.mark.parametrize(("seconds", "written"), [(0, "1"), (0.2, "1"), (4, "4"), (4.01, "5")])
def test_gather_waits_at_least_as_long_as_asked(seconds: float, written: str) -> None:
    root = ElementTree.fromstring(render(CONFIG, Collect("a", 1, 1, seconds, False)))
    gather = root.find("Gather")
    assert gather is not None
    assert gather.get("timeout") == written


texts = st.text(max_size=40)
instructions = st.one_of(
    st.builds(Connect, texts, texts),
    st.builds(Collect, texts, st.integers(), st.integers(0, 20), st.floats(0, 600), st.booleans()),
    st.builds(TakeMessage, texts, st.integers(), st.integers(1, 600)),
    st.builds(Dial, texts, st.integers(5, 600), st.none() | texts),
    st.builds(HangUp, st.none() | texts),
)


@given(instructions)
def test_always_xml_always_absolute_and_nothing_reachable_after_a_question(instruction: Instruction) -> None:
    root = ElementTree.fromstring(render(CONFIG, instruction))
    for element in root.iter():
        for attribute in ("action", "url", "statusCallback"):
            assert element.get(attribute, L).startswith((L, "wss://line.example/twilio"))
        if element.tag in ("Play", "Redirect"):
            assert (element.text or "").startswith(L)
    assert root[-1].tag in ("Redirect", "Gather", "Dial", "Hangup")
