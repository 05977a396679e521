"""The fake carrier's REST side, held against Twilio's own description and its documentation."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from outreach.simulator.rest import LONGEST_BODY, FakeTexts, Fault
from tests.carriers.twilio.openapi import faults_of_answer, needs_file
from tests.carriers.twilio.twilio_side import sign

ACCOUNT, TOKEN = "AC" + "5" * 32, "12345"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
FORM = {"To": "+8619900000001", "From": "+8619900000000", "Body": "您好"}
CALLBACK = "https://line.example:8443/status?delivery=1#rc=3"
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@dataclass
class Side:
    """The fake, a client that knows the password, and all reports that came."""

    fake: FakeTexts
    client: httpx.AsyncClient
    reports: list[httpx.Request] = field(default_factory=list)

    async def send(self, **changes: str) -> httpx.Response:
        return await self.client.post(PATH, data=FORM | changes)

    def statuses(self) -> list[str]:
        return [dict(parse_qsl(report.content.decode()))["MessageStatus"] for report in self.reports]


def play(scene: Callable[[Side], Awaitable[None]], token: str = TOKEN, answer: int = 204) -> None:
    async def go() -> None:
        reports: list[httpx.Request] = []

        def line(request: httpx.Request) -> httpx.Response:
            reports.append(request)
            return httpx.Response(answer)

        fake = FakeTexts(ACCOUNT, TOKEN, lambda: NOW, httpx.MockTransport(line))
        transport = httpx.ASGITransport(fake.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://carrier.test", auth=(ACCOUNT, token)
        ) as client:
            await scene(Side(fake, client, reports))
        await fake.close()

    asyncio.run(go())


def test_a_message_is_taken_and_listed() -> None:
    async def scene(side: Side) -> None:
        made = await side.send()
        assert made.status_code == 201
        sid = made.json()["sid"]
        listed = (await side.client.get(PATH, params={"To": FORM["To"]})).json()
        assert [message["sid"] for message in listed["messages"]] == [sid]
        one = await side.client.get(PATH.replace(".json", f"/{sid}.json"))
        assert one.json()["body"] == "您好"
        assert side.fake.sent_to(FORM["To"])[0].sid == sid
        assert (await side.client.get(PATH, params={"To": "+8619900000002"})).json()["messages"] == []
        assert (await side.client.get(PATH.replace(".json", "/SM0.json"))).status_code == 404

    play(scene)


@needs_file
def test_every_answer_is_as_twilio_describes_it() -> None:
    async def scene(side: Side) -> None:
        made = (await side.send()).json()
        assert faults_of_answer("POST", PATH, 201, made) == []
        listed = (await side.client.get(PATH)).json()
        assert faults_of_answer("GET", PATH, 200, listed) == []
        path = PATH.replace(".json", f"/{made['sid']}.json")
        assert faults_of_answer("GET", path, 200, (await side.client.get(path)).json()) == []
        assert faults_of_answer("POST", PATH, 201, made | {"sid": "SM1", "extra": 1}) != []

    play(scene)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": ""}, 21604),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"Body": "字" * (LONGEST_BODY + 1)}, 21617),
        ({"To": "banana"}, 21211),
        ({"To": "13893500001"}, 21211),
        ({"StatusCallback": "line.example/status"}, 21609),
        ({"ValidityPeriod": "0"}, 20001),
        ({"ValidityPeriod": "36001"}, 20001),
        ({"ValidityPeriod": "soon"}, 20001),
        ({"Bdoy": "x"}, 20001),
        ({"From": "+15005550001"}, 21212),
        ({"From": "+15005550007"}, 21606),
        ({"From": "+15005550008"}, 21611),
        ({"To": "+15005550001"}, 21211),
        ({"To": "+15005550002"}, 21612),
        ({"To": "+15005550003"}, 21408),
        ({"To": "+15005550004"}, 21610),
        ({"To": "+15005550009"}, 21614),
    ],
)
def test_what_is_refused(change: dict[str, str], code: int) -> None:
    async def scene(side: Side) -> None:
        answer = await side.send(**change)
        assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (400, code, 400)
        assert not side.fake.messages

    play(scene)


def test_magic_numbers_that_work_and_the_longest_body() -> None:
    async def scene(side: Side) -> None:
        assert (await side.send(From="+15005550006")).status_code == 201
        assert (await side.send(Body="字" * LONGEST_BODY)).status_code == 201

    play(scene)


def test_a_wrong_password_opens_nothing() -> None:
    async def scene(side: Side) -> None:
        for answer in (await side.send(), await side.client.get(PATH)):
            assert (answer.status_code, answer.json()["code"]) == (401, 20003)

    play(scene, token="guess")


def test_another_account_is_not_here() -> None:
    async def scene(side: Side) -> None:
        assert (await side.client.get(PATH.replace("5", "6"))).status_code == 404

    play(scene)


def test_reports_are_signed_as_text_messages_are() -> None:
    """The port stays, the fragment goes, the query is signed."""

    async def scene(side: Side) -> None:
        await side.send(StatusCallback=CALLBACK)
        assert side.statuses() == ["sent", "delivered"]
        for report in side.reports:
            url = CALLBACK.partition("#")[0]
            assert str(report.url) == url
            pairs = parse_qsl(report.content.decode(), keep_blank_values=True)
            assert report.headers["X-Twilio-Signature"] == sign(url, pairs, TOKEN)
            assert urlsplit(url).port == 8443

    play(scene)


def test_what_cannot_be_handed_over_is_reported_with_its_code() -> None:
    async def scene(side: Side) -> None:
        side.fake.fates[FORM["To"]] = 30003
        await side.send(StatusCallback=CALLBACK)
        assert side.statuses() == ["sent", "undelivered"]
        assert b"ErrorCode=30003" in side.reports[-1].content
        listed = (await side.client.get(PATH)).json()["messages"][0]
        assert (listed["status"], listed["error_code"]) == ("undelivered", 30003)

    play(scene)


def test_reports_in_another_order() -> None:
    async def scene(side: Side) -> None:
        side.fake.in_order = lambda states: [*reversed(states), "sent"]
        await side.send(StatusCallback=CALLBACK)
        assert side.statuses() == ["delivered", "sent", "sent"]

    play(scene)


def test_a_report_that_nobody_took_is_counted_and_not_repeated() -> None:
    async def scene(side: Side) -> None:
        await side.send(StatusCallback=CALLBACK)
        assert (side.fake.reports_lost, len(side.reports)) == (2, 2)

    play(scene, answer=500)


@pytest.mark.parametrize("taken", [False, True])
def test_a_fault_is_for_one_request(taken: bool) -> None:
    async def scene(side: Side) -> None:
        side.fake.faults.append(Fault(429, 20429, taken, {"Retry-After": "9"}))
        first, second = await side.send(), await side.send()
        assert (first.status_code, first.json()["code"], first.headers["Retry-After"]) == (429, 20429, "9")
        assert second.status_code == 201
        assert len(side.fake.messages) == 1 + taken

    play(scene)


def test_the_list_has_pages_the_newest_first() -> None:
    async def scene(side: Side) -> None:
        for number in range(5):
            await side.send(Body=f"n{number}")
        address: str | None = f"{PATH}?PageSize=2"
        bodies: list[str] = []
        while address:
            page: dict[str, Any] = (await side.client.get(address)).json()
            bodies += [message["body"] for message in page["messages"]]
            address = page["next_page_uri"]
        assert bodies == ["n4", "n3", "n2", "n1", "n0"]

    play(scene)
