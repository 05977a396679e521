"""TwiML: what is read, and all that is refused."""

import pytest

from outreach.simulator.twiml import (
    Connect,
    Dial,
    Gather,
    Hangup,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
    Stream,
    Verb,
)
from outreach.simulator.twiml_reader import TwimlError, read_twiml

STREAM = '<Connect><Stream url="wss://h.example/media"/></Connect>'


def response(inner: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Response>{inner}</Response>'.encode()


@pytest.mark.parametrize(
    ("inner", "verb"),
    [
        ("<Play> /a.wav </Play>", Play("/a.wav")),
        ('<Play loop="0">/a.wav</Play>', Play("/a.wav", 0)),
        ("<Say>你好</Say>", Say("你好")),
        ('<Pause length="3"/>', Pause(3)),
        ("<Hangup/>", Hangup()),
        ('<Reject reason="busy"/>', Reject("busy")),
        ('<Redirect method="GET">/n</Redirect>', Redirect("/n", "GET")),
        (
            '<Gather input="dtmf" action="/k?turn=1&amp;x=2" timeout="9" numDigits="1" finishOnKey="" '
            'actionOnEmptyResult="true" bargeIn="false"><Play>/a.wav</Play><Pause/></Gather>',
            Gather((Play("/a.wav"), Pause()), "/k?turn=1&x=2", "POST", 9, "", 1, True, False),
        ),
        (
            '<Record action="/r" timeout="8" maxLength="60" finishOnKey="#" playBeep="false" trim="trim-silence"/>',
            Record("/r", "POST", 8, "#", 60, False),
        ),
        (
            '<Dial action="/d" timeout="25" callerId="+869352200000" answerOnBridge="true">'
            "<Number>+869352212345</Number></Dial>",
            Dial("+869352212345", "/d", "POST", 25),
        ),
        ("<Dial>+869352212345</Dial>", Dial("+869352212345")),
        (
            '<Connect action="/n"><Stream url="wss://h.example/m" name="s" statusCallback="https://h.example/s">'
            '<Parameter name="token" value="t"/></Stream></Connect>',
            Connect(Stream("wss://h.example/m", "s", {"token": "t"}, "https://h.example/s"), "/n"),
        ),
    ],
)
def test_read(inner: str, verb: Verb) -> None:
    assert read_twiml(response(inner)) == (verb,)


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        (b"<Response>", "12100: not XML"),
        (b"", "12100: not XML"),
        (b"<Answer/>", "12100: the document is a <Answer>"),
        (b"<Response version='2'/>", "12200: <Response> has unknown attribute version"),
        (response("<play>/a.wav</play>"), "12200: <play> cannot stand in <Response>"),
        (response("<Enqueue>q</Enqueue>"), "12200: <Enqueue> is not simulated"),
        (response('<Hangup reason="x"/>'), "12200: <Hangup> has unknown attribute reason"),
        (response('<Gather numdigits="1"/>'), "12200: <Gather> has unknown attribute numdigits"),
        (response("hello"), "12200: <Response> takes no text"),
        (response("<Pause/>hello"), "12200: <Response> has text between its verbs"),
        (response("<Gather><Gather/></Gather>"), "12200: <Gather> cannot stand in <Gather>"),
        (response("<Play><Pause/></Play>"), "12200: <Pause> cannot stand in <Play>"),
        (response("<Play/>"), "12200: <Play> is empty"),
        (response('<Play loop="-1">/a.wav</Play>'), "12200: <Play> loop='-1'"),
        (response('<Gather input="dtmf speech"/>'), "12200: <Gather> of speech"),
        (response('<Gather timeout="soon"/>'), "12200: <Gather> timeout='soon'"),
        (response('<Gather timeout="0"/>'), "12200: <Gather> timeout='0'"),
        (response('<Gather finishOnKey="##"/>'), "12200: <Gather> finishOnKey"),
        (response('<Gather actionOnEmptyResult="True"/>'), "12200: <Gather> actionOnEmptyResult='True'"),
        (response('<Gather method="PUT"/>'), "12200: <Gather> method='PUT'"),
        (response('<Record trim="yes"/>'), "12200: <Record> trim='yes'"),
        (response('<Record finishOnKey="a"/>'), "12200: <Record> finishOnKey"),
        (response("<Pause/><Reject/>"), "12200: <Reject> must be the first verb"),
        (response("<Dial/>"), "13200: <Dial> of 0 numbers"),
        (response("<Dial>0935-2212345</Dial>"), "13223: <Dial>"),
        (response('<Dial callerId="anonymous">+869352212345</Dial>'), "13223: <Dial>"),
        (response("<Connect/>"), "12200: <Connect> holds 0 streams"),
        (response(STREAM.replace("wss:", "ws:")), "31922: "),
        (response(STREAM.replace("/media", "/media?token=t")), "31923: "),
        (response(STREAM.replace("h.example", "")), "31923: "),
        (response(STREAM.replace(" url", ' track="both_tracks" url')), "31941: "),
        (response(STREAM.replace(" url", ' statusCallback="/s" url')), "12200: <Stream> statusCallback"),
        (response(STREAM.replace(" url", ' audioFormat="pcm" url')), "12200: <Stream> has unknown attribute"),
    ],
)
def test_refused(document: bytes, complaint: str) -> None:
    with pytest.raises(TwimlError) as refusal:
        read_twiml(document)
    assert str(refusal.value).startswith(complaint)


@pytest.mark.parametrize(
    "parameters",
    [
        '<Parameter name="t"/>',
        '<Parameter value="t"/>',
        '<Parameter name="t" value="1"/><Parameter name="t" value="2"/>',
        f'<Parameter name="t" value="{"x" * 499}"/>',
    ],
)
def test_stream_parameters_refused(parameters: str) -> None:
    with pytest.raises(TwimlError, match="<Parameter>"):
        read_twiml(response(f'<Connect><Stream url="wss://h.example/m">{parameters}</Stream></Connect>'))


def test_a_stream_without_tls_will_do_on_this_machine_only() -> None:
    plain = response('<Connect><Stream url="ws://127.0.0.1:8000/m"/></Connect>')
    assert read_twiml(plain, plain_stream=True) == (Connect(Stream("ws://127.0.0.1:8000/m")),)
