"""Twilio's webhook for text messages: the signed form -> ``wire.TextIn``; whoever takes it in decides.

The answer is an empty document: what we reply leaves through the outbox, once, whatever becomes of this request.
A failure inside is status 500: Twilio then asks the fallback URL, which should be this one (docs/operate.md), and
the second delivery acts only if the first did not.
Source: www.twilio.com/docs/messaging/guides/webhook-request; docs/messaging/tutorials/advanced-opt-out.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, Literal

import structlog
from fastapi import APIRouter, Depends, HTTPException, Response

from outreach.carriers.twilio import table
from outreach.carriers.twilio.signature import Fields, verified_form
from outreach.carriers.twilio.twiml import CONTENT_TYPE
from outreach.config import Config
from outreach.wire import TextIn

log = structlog.get_logger()

SMS: Final = "/twilio/sms"
ANSWER_WITHIN_SECONDS: Final = 10.0
"""Twilio gives up after 15 s in all."""
NO_REPLY: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
OPT_OUT_TYPES: Final[dict[str, Literal["out", "in", "help"]]] = {"STOP": "out", "START": "in", "HELP": "help"}

Receive = Callable[[TextIn], Awaitable[object]]


def router(config: Config, receive: Receive) -> APIRouter:
    """The path that Twilio's number, or messaging service, is to ask when a message comes in."""
    routes = APIRouter(include_in_schema=False)
    form = verified_form(config)  # among the spellings it accepts are SMS's, which keep the port

    @routes.post(SMS)
    async def arrive(fields: Annotated[Fields, Depends(form)]) -> Response:
        text = text_in(fields)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
                await receive(text)
        except Exception:
            log.exception("text_failed", message=text.carrier_message_id)
            return Response(status_code=500)
        return Response(NO_REPLY, media_type=CONTENT_TYPE)

    return routes


def text_in(fields: Fields) -> TextIn:
    """The message in a form. Raises HTTPException 400 when it does not say which one it is."""
    message = next((fields[name] for name in ("MessageSid", "SmsSid") if fields.get(name)), None)
    if message is None:
        raise HTTPException(400, "MessageSid is missing: a message webhook must name its message")
    sender = table.e164(fields.get("From", ""))
    media = fields.get("NumMedia", "")
    return TextIn(
        carrier="twilio",
        carrier_message_id=message,
        # what comes from our own number is our own echo
        sender=None if sender == table.e164(fields.get("To", "")) else sender,
        body=fields.get("Body", ""),
        media=int(media) if media.isdecimal() and len(media) < 4 else 0,
        answered=OPT_OUT_TYPES.get(fields.get("OptOutType", "").upper()),
    )
