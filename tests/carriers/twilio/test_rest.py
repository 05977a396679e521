"""The client for text messages: what it asks, judged by Twilio's own description, and what it makes of the answers."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from outreach.carriers.twilio.errors import REASONS
from outreach.carriers.twilio.rest import PAGES, TwilioTexts, retry_after_seconds
from outreach.wire import CarrierError, Outcome, Refused, Taken, TextOut, Unknown
from tests.carriers.twilio.openapi import faults_of_request, needs_file
from tests.delivery.post import ACCOUNT, FROM, HANDSET, TOKEN, config

TEXT = TextOut(7, 2, HANDSET, "【武威市残联】您好 & 谢谢＋1", 3600)
SINCE = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SID = "SM" + "1" * 32

Answer = Callable[[httpx.Request], httpx.Response]


def ask(answer: Answer, what: str = "send", **settings: Any) -> Any:
    async def go() -> Any:
        carrier = TwilioTexts(config(**settings), httpx.MockTransport(answer))
        try:
            return await (carrier.send(TEXT) if what == "send" else carrier.find(TEXT, SINCE))
        finally:
            await carrier.close()

    return asyncio.run(go())


def answers(status: int, body: Any = None, **headers: str) -> Answer:
    return lambda _: httpx.Response(status, json=body if body is not None else {}, headers=headers)


def raises(error: Exception) -> Answer:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return answer


def requests_of(what: str) -> Sequence[httpx.Request]:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        page: dict[str, Any] = {"messages": [], "next_page_uri": None}
        return httpx.Response(200, json=page if request.method == "GET" else {"sid": SID})

    ask(answer, what)
    return seen


def test_a_message_is_asked_for_once_with_all_it_needs() -> None:
    (request,) = requests_of("send")
    assert str(request.url) == f"http://carrier.test/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert request.headers["authorization"] == httpx.BasicAuth(ACCOUNT, TOKEN)._auth_header
    assert dict(parse_qsl(request.content.decode(), strict_parsing=True)) == {
        "To": HANDSET,
        "From": FROM,
        "Body": TEXT.body,
        "StatusCallback": "https://line.example/twilio/sms/status?delivery=7&attempt=2",
        "ValidityPeriod": "3600",
    }


def test_while_tokens_are_rotated_the_first_one_is_the_password() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(201, json={"sid": SID})

    ask(answer, twilio_auth_token="new,old")
    assert seen == [httpx.BasicAuth(ACCOUNT, "new")._auth_header]


@needs_file
@pytest.mark.parametrize("what", ["send", "find"])
def test_every_request_is_as_twilio_describes_it(what: str) -> None:
    for request in requests_of(what):
        assert faults_of_request(request) == []


@needs_file
def test_the_judge_sees_what_is_wrong() -> None:
    (request,) = requests_of("send")
    form = dict(parse_qsl(request.content.decode()))
    for change, fault in (
        ({"Bdoy": "x"}, "Bdoy is not known"),
        ({"ValidityPeriod": "soon"}, "ValidityPeriod is no number"),
        ({"StatusCallback": "line.example"}, "StatusCallback is no address"),
        ({"ScheduleType": "now"}, "ScheduleType is none of"),
    ):
        wrong = httpx.Request("POST", request.url, data=form | change, headers={"authorization": "Basic x"})
        assert any(found.startswith(fault) for found in faults_of_request(wrong)), fault


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (answers(201, {"sid": SID, "status": "queued"}), Taken(SID)),
        (answers(200, {"sid": SID}), Taken(SID)),
        (answers(201, {}), Unknown("an answer without a sid")),
        (answers(201, ["sid"]), Unknown("an answer without a sid")),
        (lambda _: httpx.Response(201, text="<html>"), Unknown("an answer without a sid")),
        (answers(429, {"code": 20429}), Refused("throttled", "20429")),
        (answers(429, {"code": 20429}, **{"Retry-After": "7"}), Refused("throttled", "20429", 7.0)),
        (answers(429), Refused("throttled", "429")),
        (answers(401, {"code": 20003}), Refused("account", "20003")),
        (answers(403), Refused("account", "403")),
        (answers(404, {"code": 20404}), Refused("account", "20404")),
        (answers(400, {"code": 99999}), Refused("carrier_refused", "99999")),
        (answers(400), Refused("carrier_refused", "400")),
        (answers(400, {"code": "21610"}), Refused("carrier_refused", "400")),
        (answers(500, {"code": 20500}), Unknown("answered 20500")),
        (answers(503, {"code": 20503}, **{"Retry-After": "9"}), Unknown("answered 20503", 9.0)),
        (lambda _: httpx.Response(502, text="Bad gateway"), Unknown("answered 502")),
        (answers(302, None, Location="http://elsewhere.test/"), Unknown("answered 302")),
        (raises(httpx.ConnectError("x")), Refused("carrier_down", "ConnectError")),
        (raises(httpx.ConnectTimeout("x")), Refused("carrier_down", "ConnectTimeout")),
        (raises(httpx.PoolTimeout("x")), Refused("carrier_down", "PoolTimeout")),
        (raises(httpx.ReadTimeout("x")), Unknown("ReadTimeout")),
        (raises(httpx.ReadError("x")), Unknown("ReadError")),
        (raises(httpx.WriteError("x")), Unknown("WriteError")),
        (raises(httpx.RemoteProtocolError("x")), Unknown("RemoteProtocolError")),
        (raises(TimeoutError()), Unknown("TimeoutError")),
    ],
)
def test_what_an_answer_means(answer: Answer, outcome: Outcome) -> None:
    assert ask(answer) == outcome


@pytest.mark.parametrize(
    ("reason", "code"), [(reason, code) for reason in REASONS for code in REASONS[reason]]
)
def test_every_code_of_the_table(reason: str, code: int) -> None:
    assert ask(answers(400, {"code": code})) == Refused(reason, str(code))  # type: ignore[arg-type]


def test_no_code_means_two_things() -> None:
    codes = [code for codes in REASONS.values() for code in codes]
    assert len(codes) == len(set(codes))


DATE = "Mon, 02 Mar 2026 02:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": " 120 "}, 120),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "9" * 30}, None),
        ({"Retry-After": "Mon, 02 Mar 2026 02:01:30 GMT", "Date": DATE}, 90),
        ({"Retry-After": "Mon, 02 Mar 2026 01:00:00 GMT", "Date": DATE}, 0),
        ({"Retry-After": "Mon, 02 Mar 2026 02:01:30 GMT"}, None),
        ({"Retry-After": "Mon, 02 Mar 2026 02:01:30 -0000", "Date": DATE}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(httpx.Headers(headers)) == seconds


# --- Looking up ---


def listed(**changes: Any) -> dict[str, Any]:
    made = {
        "sid": SID,
        "body": TEXT.body,
        "status": "sent",
        "date_created": "Mon, 02 Mar 2026 02:00:05 +0000",
    }
    return made | changes


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (listed(), True),
        (listed(status="queued"), True),
        (listed(status="accepted"), True),
        (listed(status="delivered"), True),
        (listed(status="failed"), False),
        (listed(status="undelivered"), False),
        (listed(status="canceled"), False),
        (listed(body="another"), False),
        (listed(body=None), False),
        (listed(body=TEXT.body + " "), True),
        (listed(date_created="Mon, 02 Mar 2026 01:59:59 +0000"), False),
        (listed(date_created="Mon, 02 Mar 2026 02:00:00 +0000"), True),
    ],
)
def test_what_on_the_list_may_be_ours(message: dict[str, Any], found: bool) -> None:
    page = {"messages": [message], "next_page_uri": None}
    assert ask(answers(200, page), "find") == ([SID] if found else [])


def test_the_list_is_read_to_its_end() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("Page", "0"))
        more = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?Page={page + 1}" if page < 2 else None
        return httpx.Response(200, json={"messages": [listed(sid=f"SM{page}")], "next_page_uri": more})

    assert ask(answer, "find") == ["SM0", "SM1", "SM2"]


def test_a_list_without_end_is_an_error_not_a_no() -> None:
    endless = {"messages": [], "next_page_uri": "/2010-04-01/more"}
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=endless)

    with pytest.raises(CarrierError) as failure:
        ask(answer, "find")
    assert not failure.value.retry
    assert len(asked) == PAGES


@pytest.mark.parametrize(
    "answer",
    [
        answers(500),
        answers(429),
        answers(401),
        lambda _: httpx.Response(200, text="<html>"),
        raises(httpx.ConnectError("x")),
        raises(httpx.ReadTimeout("x")),
    ],
)
def test_a_list_that_cannot_be_had_is_an_error_not_a_no(answer: Answer) -> None:
    with pytest.raises(CarrierError) as failure:
        ask(answer, "find")
    assert failure.value.retry


def test_no_number_is_in_what_goes_to_the_log() -> None:
    with pytest.raises(CarrierError) as failure:
        ask(answers(500), "find")
    assert HANDSET not in str(failure.value)
    outcome = ask(raises(httpx.ReadTimeout(f"to {HANDSET}")))
    assert HANDSET not in str(outcome)
