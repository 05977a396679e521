"""Twilio's reports on text messages: signed, in Twilio's words, taken in ours."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from outreach.carriers.twilio.deliveries import STATES, router
from outreach.wire import Report
from tests.carriers.twilio.twilio_side import CONFIG, PUBLIC, sign, webhook

SID = "SM" + "1" * 32
TARGET = "/twilio/sms/status?delivery=7&attempt=2"


def post(
    fields: dict[str, str], target: str = TARGET, error: Exception | None = None, **more: Any
) -> tuple[httpx.Response, list[Report]]:
    taken: list[Report] = []

    async def take(report: Report) -> None:
        if error:
            raise error
        taken.append(report)

    application = FastAPI()
    application.include_router(router(CONFIG, take))
    return webhook(application, target, {"MessageSid": SID, "To": "+8613893512345"} | fields, **more), taken


@pytest.mark.parametrize("status", STATES)
def test_every_status(status: str) -> None:
    answer, (report,) = post({"MessageStatus": status})
    assert answer.status_code == 204
    failed = STATES[status] == "failed"
    assert report == Report(7, 2, SID, STATES[status], "carrier_refused" if failed else None)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("30003", "unreachable"),
        ("30006", "landline"),
        ("30007", "content_refused"),
        ("21610", "opted_out"),
        ("99999", "carrier_refused"),
        ("", "carrier_refused"),
        ("x", "carrier_refused"),
    ],
)
def test_why_it_was_not_handed_over(code: str, reason: str) -> None:
    _, (report,) = post({"MessageStatus": "undelivered", "ErrorCode": code, "Surprise": "1"})
    assert (report.state, report.reason, report.code) == ("failed", reason, code or None)


def test_an_unknown_status_is_no_error_of_theirs() -> None:
    answer, taken = post({"MessageStatus": "teleported"})
    assert (answer.status_code, taken) == (204, [])


def test_what_names_no_message_is_refused() -> None:
    answer, taken = post({"MessageStatus": "sent", "MessageSid": ""})
    assert (answer.status_code, taken) == (400, [])


@pytest.mark.parametrize(
    "target",
    [
        "/twilio/sms/status",
        "/twilio/sms/status?delivery=x&attempt=1",
        f"/twilio/sms/status?delivery={10**30}&attempt=1",  # no database holds it
        f"/twilio/sms/status?delivery=1&attempt={2**63}",
    ],
)
def test_what_names_no_delivery_is_refused(target: str) -> None:
    answer, taken = post({"MessageStatus": "sent"}, target)
    assert (answer.status_code, taken) == (422, [])


def test_a_stranger_cannot_report() -> None:
    answer, taken = post({"MessageStatus": "delivered"}, signature="wrong")
    assert (answer.status_code, taken) == (403, [])


def test_the_delivery_is_part_of_what_is_signed() -> None:
    fields = {"MessageSid": SID, "To": "+8613893512345", "MessageStatus": "delivered"}
    good = sign(PUBLIC + TARGET, list(fields.items()))
    answer, taken = post({"MessageStatus": "delivered"}, TARGET.replace("7", "8"), signature=good)
    assert (answer.status_code, taken) == (403, [])


def test_a_report_that_could_not_be_written_down_is_asked_for_again() -> None:
    answer, _ = post({"MessageStatus": "sent"}, error=RuntimeError("disk"))
    assert answer.status_code == 500
