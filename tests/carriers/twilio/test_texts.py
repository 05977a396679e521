"""Text-message webhooks: what is taken in, and what Twilio gets for an answer."""

from collections.abc import Mapping

import httpx
import pytest
from fastapi import FastAPI

from outreach.carriers.twilio.texts import NO_REPLY, router
from outreach.config import Config
from outreach.wire import TextIn
from tests.carriers.twilio.twilio_side import CONFIG, PUBLIC, config, request, sign, webhook

SMS = "/twilio/sms"
MESSAGE = "SM" + "4" * 32
FIELDS = {
    "MessageSid": MESSAGE,
    "SmsSid": MESSAGE,
    "SmsMessageSid": MESSAGE,
    "AccountSid": "AC" + "3" * 32,
    "From": "+8613893512345",
    "To": "+15005550006",
    "Body": " 招聘 & <b>\n１",
    "NumMedia": "0",
    "NumSegments": "1",
    "FromCity": "",
    "FromZip": "",
    "SomethingNew": "1",
}
TEXT = TextIn("twilio", MESSAGE, "+8613893512345", " 招聘 & <b>\n１")


class Receiver:
    """Remembers what came in."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.texts: list[TextIn] = []
        self.failure = failure

    async def receive(self, text: TextIn) -> None:
        self.texts.append(text)
        if self.failure:
            raise self.failure


def app(receiver: Receiver, settings: Config = CONFIG) -> FastAPI:
    application = FastAPI()
    application.include_router(router(settings, receiver.receive))
    return application


def taken(fields: Mapping[str, str]) -> TextIn:
    receiver = Receiver()
    assert webhook(app(receiver), SMS, fields).status_code == 200
    (text,) = receiver.texts
    return text


def test_a_message_is_taken_in_and_not_answered_here() -> None:
    receiver = Receiver()
    response = webhook(app(receiver), SMS, FIELDS)
    assert receiver.texts == [TEXT]
    assert response.text == NO_REPLY
    assert response.headers["content-type"] == "text/xml; charset=utf-8"


CASES = [
    ({"OptOutType": "STOP"}, "answered", "out"),
    ({"OptOutType": "START"}, "answered", "in"),
    ({"OptOutType": "help"}, "answered", "help"),
    ({"OptOutType": "SOMETHING"}, "answered", None),
    ({"OptOutType": ""}, "answered", None),
    ({"NumMedia": "3"}, "media", 3),
    ({"NumMedia": "many"}, "media", 0),
    ({"NumMedia": "9" * 50}, "media", 0),
    ({"NumMedia": ""}, "media", 0),
    ({"Body": ""}, "body", ""),
    ({"Body": "😀" * 1600}, "body", "😀" * 1600),
    ({"From": "13893512345"}, "sender", "+8613893512345"),
    ({"From": "10086"}, "sender", None),
    ({"From": "BANK"}, "sender", None),
    ({"From": ""}, "sender", None),
    ({"From": "+266696687"}, "sender", None),
    ({"From": "+15005550006"}, "sender", None),  # ourselves
    ({"MessageSid": ""}, "carrier_message_id", MESSAGE),
]


@pytest.mark.parametrize(("fields", "name", "value"), CASES)
def test_fields(fields: dict[str, str], name: str, value: object) -> None:
    assert getattr(taken(FIELDS | fields), name) == value


def test_a_message_without_a_body_field_is_an_empty_one() -> None:
    assert taken({name: value for name, value in FIELDS.items() if name != "Body"}).body == ""


def test_a_webhook_must_name_its_message() -> None:
    receiver = Receiver()
    nameless = {name: value for name, value in FIELDS.items() if not name.endswith("Sid")}
    response = webhook(app(receiver), SMS, nameless)
    assert response.status_code == 400
    assert receiver.texts == []


@pytest.mark.parametrize("signature", ["", "forged", sign(PUBLIC + SMS, [("Body", "other")])])
def test_nobody_else_is_heard(signature: str) -> None:
    receiver = Receiver()
    assert webhook(app(receiver), SMS, FIELDS, signature).status_code == 403
    assert receiver.texts == []


def test_a_message_url_is_signed_with_its_port() -> None:
    settings = config(public_url="https://line.example:8443", twilio_auth_token="12345")
    url = "https://line.example:8443" + SMS
    receiver = Receiver()
    response = webhook(app(receiver, settings), SMS, FIELDS, sign(url, list(FIELDS.items())))
    assert response.status_code == 200
    assert receiver.texts == [TEXT]


def test_json_is_refused() -> None:
    assert refused({"content": b"{}", "headers": {"Content-Type": "application/json"}}).status_code == 415


def test_a_body_without_end_is_refused() -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert refused({"content": b"Body=" + b"7" * 1_000_000, "headers": form}).status_code == 413


def refused(parts: dict[str, object]) -> httpx.Response:
    receiver = Receiver()
    response = request(app(receiver), "POST", SMS, **parts)
    assert receiver.texts == []
    return response


def test_a_failure_inside_sends_twilio_to_its_fallback() -> None:
    response = webhook(app(Receiver(RuntimeError("no database"))), SMS, FIELDS)
    assert response.status_code == 500
    assert response.text == ""
