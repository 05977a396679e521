"""Calls out at Twilio: what is asked, judged by Twilio's own description; what the answers and callbacks mean."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from fastapi import FastAPI

from outreach.carriers.twilio import table
from outreach.carriers.twilio.calls import TwilioCalls
from outreach.simulator.line import Line
from outreach.simulator.outgoing import FakeCalls, Folk
from outreach.wire import CallIn, CallOut, CallReport, CallStands, CarrierError, Refused, Taken, Unknown
from tests.carriers.cases import FakeReception
from tests.carriers.twilio.openapi import faults_of_answer, faults_of_request, needs_file
from tests.carriers.twilio.twilio_side import CALL, CALL_FIELDS, app, webhook
from tests.delivery.post import ACCOUNT, FROM, HANDSET, TOKEN, config

OUT = CallOut(7, 2, HANDSET, None, 30)
SINCE = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SID = "CA" + "1" * 32
Answer = Callable[[httpx.Request], httpx.Response]


def ask(answer: Answer, what: str = "send", call: CallOut = OUT) -> Any:
    async def go() -> Any:
        carrier = TwilioCalls(config(), httpx.MockTransport(answer))
        try:
            match what:
                case "send":
                    return await carrier.send(call)
                case "find":
                    return await carrier.find(call, SINCE)
                case "stands":
                    return await carrier.stands(SID)
                case _:
                    return await carrier.leave_message(SID, "zh-CN")
        finally:
            await carrier.close()

    return asyncio.run(go())


def requests_of(what: str, call: CallOut = OUT) -> Sequence[httpx.Request]:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        page: dict[str, Any] = {"calls": [], "next_page_uri": None, "sid": SID, "status": "ringing"}
        return httpx.Response(200, json=page)

    ask(answer, what, call)
    return seen


def test_a_call_is_asked_for_once_with_all_it_needs() -> None:
    (request,) = requests_of("send")
    assert str(request.url) == f"http://carrier.test/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    assert request.headers["authorization"] == httpx.BasicAuth(ACCOUNT, TOKEN)._auth_header
    ours = "https://line.example/twilio/voice/out"
    assert parse_qsl(request.content.decode(), strict_parsing=True) == [
        ("To", HANDSET),
        ("From", FROM),
        ("Url", f"{ours}?delivery=7&attempt=2"),
        ("StatusCallback", f"{ours}/status?delivery=7&attempt=2"),
        ("StatusCallbackEvent", "initiated"),
        ("StatusCallbackEvent", "ringing"),
        ("StatusCallbackEvent", "answered"),
        ("StatusCallbackEvent", "completed"),
        ("Timeout", "30"),
        ("MachineDetection", "DetectMessageEnd"),
        ("AsyncAmd", "true"),
        ("MachineDetectionTimeout", "30"),
        ("AsyncAmdStatusCallback", f"{ours}/answerer?delivery=7&attempt=2"),
    ]


def test_it_comes_from_the_line_that_the_delivery_names() -> None:
    (request,) = requests_of("send", CallOut(7, 2, HANDSET, "+869352200001", 30))
    assert ("From", "+869352200001") in parse_qsl(request.content.decode())


@needs_file
@pytest.mark.parametrize("what", ["send", "find", "stands", "leave"])
def test_every_request_is_as_twilio_describes_it(what: str) -> None:
    for request in requests_of(what):
        assert faults_of_request(request) == []


@pytest.mark.parametrize(
    ("status", "body", "headers", "outcome"),
    [
        (201, {"sid": SID}, {}, Taken(SID)),
        (201, {}, {}, Unknown("an answer without a sid")),
        (400, {"code": 21217}, {}, Refused("invalid_number", "21217")),
        (400, {"code": 21214}, {}, Refused("invalid_number", "21214")),
        (400, {"code": 21215}, {}, Refused("carrier_refused", "21215")),
        (429, {"code": 20429}, {"Retry-After": "9"}, Refused("throttled", "20429", 9.0)),
        (400, {"code": 10004}, {}, Refused("backlog", "10004")),
        (401, {"code": 20003}, {}, Refused("account", "20003")),
        (503, {"code": 20503}, {}, Unknown("answered 20503")),
    ],
)
def test_what_an_answer_means(
    status: int, body: Mapping[str, Any], headers: Mapping[str, str], outcome: object
) -> None:
    assert ask(lambda _: httpx.Response(status, json=body, headers=headers)) == outcome


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (httpx.ConnectError("no"), Refused("carrier_down", "ConnectError")),
        (httpx.ReadTimeout("late"), Unknown("ReadTimeout")),
    ],
)
def test_what_silence_means(error: Exception, outcome: object) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    assert ask(answer) == outcome


def test_the_list_gives_calls_made_since_over_or_not() -> None:
    made = {"CA1": "Mon, 02 Mar 2026 02:00:00 +0000", "CA2": "Mon, 02 Mar 2026 01:59:59 +0000"}
    found = [{"sid": sid, "date_created": at, "status": "busy"} for sid, at in made.items()]
    assert ask(lambda _: httpx.Response(200, json={"calls": found, "next_page_uri": None}), "find") == ["CA1"]


@pytest.mark.parametrize(
    ("status", "duration", "stands"),
    [
        ("queued", None, CallStands(None)),
        ("in-progress", None, CallStands(None)),
        ("completed", "17", CallStands("completed", 17)),
        ("busy", "0", CallStands("busy", 0)),
        ("something new", None, CallStands(None)),
    ],
)
def test_how_a_call_stands(status: str, duration: str | None, stands: CallStands) -> None:
    body = {"sid": SID, "status": status, "duration": duration}
    assert ask(lambda _: httpx.Response(200, json=body), "stands") == stands


def test_a_call_that_is_over_needs_no_message() -> None:
    assert ask(lambda _: httpx.Response(404, json={"code": 20404}), "leave") is None
    with pytest.raises(CarrierError):
        ask(lambda _: httpx.Response(500, json={}), "leave")


# --- What it tells us ---

ABOUT = "?delivery=7&attempt=2"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"CallStatus": "ringing"}, CallReport(7, 2, CALL)),
        ({"CallStatus": "in-progress"}, CallReport(7, 2, CALL)),
        ({"CallStatus": "completed", "CallDuration": "12"}, CallReport(7, 2, CALL, "completed", 12)),
        ({"CallStatus": "busy", "SipResponseCode": "486"}, CallReport(7, 2, CALL, "busy", None, "486")),
        ({"CallStatus": "no-answer"}, CallReport(7, 2, CALL, "no_answer")),
        ({"CallStatus": "canceled"}, CallReport(7, 2, CALL, "cancelled")),
        ({"CallStatus": "failed"}, CallReport(7, 2, CALL, "carrier_refused")),
        *(
            ({"CallStatus": "failed", "SipResponseCode": sip}, CallReport(7, 2, CALL, ending, None, sip))
            for sip, ending in table.SIP_ENDINGS.items()
        ),
    ],
)
def test_what_a_callback_means(fields: Mapping[str, str], told: CallReport) -> None:
    reception = FakeReception()
    answer = webhook(app(reception), table.OUT_STATUS + ABOUT, {**CALL_FIELDS, **fields})
    assert answer.status_code == 204
    assert reception.asked[-1] == ("told", told)
    assert reception.asked[0][:2] == ("status", CALL)


def test_whoever_answers_is_the_one_that_was_rung() -> None:
    reception = FakeReception()
    fields = {**CALL_FIELDS, "From": FROM, "To": HANDSET, "Direction": "outbound-api"}
    assert webhook(app(reception), table.OUT + ABOUT, fields).status_code == 200
    assert reception.asked == [("answered", CallIn("twilio", CALL, HANDSET, FROM), 7, 2)]


@pytest.mark.parametrize(("word", "who"), [*table.ANSWERERS.items(), ("something new", "unknown")])
def test_who_answered(word: str, who: str) -> None:
    reception = FakeReception()
    fields = {"CallSid": CALL, "AnsweredBy": word}
    assert webhook(app(reception), table.OUT_ANSWERER + ABOUT, fields).status_code == 204
    assert reception.asked == [("answerer", CALL, 7, 2, who)]


@pytest.mark.parametrize("path", [table.OUT, table.OUT_STATUS, table.OUT_ANSWERER])
def test_forged_and_maimed_webhooks_are_refused(path: str) -> None:
    reception = FakeReception()
    fields = {"CallSid": CALL, "CallStatus": "busy"}
    assert webhook(app(reception), path + ABOUT, fields, "bm90IHRoZSByaWdodCBvbmU=").status_code == 403
    assert webhook(app(reception), path, fields).status_code == 422
    assert webhook(app(reception), path + ABOUT, {"CallStatus": "busy"}).status_code == 400
    assert reception.asked == []


# --- The fake is no kinder than Twilio ---


@needs_file
def test_the_fakes_answers_are_as_twilio_describes_them() -> None:
    async def go() -> None:
        line = Line("http://127.0.0.1:9/twilio/voice", TOKEN, ACCOUNT, FROM)
        fake = FakeCalls(line, lambda _: Folk("busy"))
        world = FastAPI()
        world.include_router(fake.routes)
        transport = httpx.ASGITransport(world)
        address = f"/2010-04-01/Accounts/{ACCOUNT}/Calls"
        async with httpx.AsyncClient(
            transport=transport, base_url="http://carrier.test", auth=(ACCOUNT, TOKEN)
        ) as client:
            form = {"To": HANDSET, "From": FROM, "Url": "http://127.0.0.1:9/x"}
            made = await client.post(f"{address}.json", data=form)
            assert faults_of_answer("POST", f"{address}.json", 201, made.json()) == []
            listed = await client.get(f"{address}.json")
            assert faults_of_answer("GET", f"{address}.json", 200, listed.json()) == []
            for wrong, code in (
                ({"To": "banana"}, 21217),
                ({"Timeout": "601"}, 20001),
                ({"AsyncAmd": "true"}, 21262),
                ({"Tiemout": "1"}, 20001),
            ):
                refused = await client.post(f"{address}.json", data=form | wrong)
                assert (refused.status_code, refused.json()["code"]) == (400, code)
            stranger = await client.get(f"{address}.json", auth=(ACCOUNT, "wrong"))
            assert stranger.status_code == 401
        await fake.close()

    asyncio.run(go())
