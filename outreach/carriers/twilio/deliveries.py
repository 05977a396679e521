"""Twilio's reports on text messages: one webhook. What a report changes is the ledger's to say.

Source: www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks. They come in any order and
more than once, sometimes before the answer to the request they are about.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final, Literal

import structlog
from fastapi import APIRouter, Depends, HTTPException, Query, Response

from outreach.carriers.twilio import table
from outreach.carriers.twilio.errors import reason_of
from outreach.carriers.twilio.signature import Fields, verified_form
from outreach.config import Config
from outreach.wire import Report

log = structlog.get_logger()

STATES: Final[dict[str, Literal["sent", "delivered", "failed"]]] = {
    "accepted": "sent",  # in our words: Twilio has it
    "scheduled": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "partially_delivered": "delivered",
    "read": "delivered",
    "failed": "failed",
    "undelivered": "failed",
    "canceled": "failed",
}


Stored = Annotated[int, Query(ge=0, le=2**31 - 1)]
"""A number that a column of ours can hold: what we wrote into the address ourselves."""


def router(config: Config, take: Callable[[Report], Awaitable[object]]) -> APIRouter:
    """The path that ``rest.py`` names in every request. ``take`` writes a report into the ledger."""
    routes = APIRouter(include_in_schema=False)

    @routes.post(table.TEXT_STATUS)
    async def status(
        fields: Annotated[Fields, Depends(verified_form(config))], delivery: Stored, attempt: Stored
    ) -> Response:
        report = _report(fields, delivery, attempt)
        if report is None:
            log.warning("text_status_unknown", delivery=delivery, status=fields.get("MessageStatus"))
            return Response(status_code=204)
        try:
            await take(report)
        except Exception:
            log.exception("report_not_taken", delivery=delivery)
            return Response(status_code=500)  # Twilio may be told to send it again
        return Response(status_code=204)

    return routes


def _report(fields: Fields, delivery: int, attempt: int) -> Report | None:
    state = STATES.get(fields.get("MessageStatus", ""))
    sid = fields.get("MessageSid", "")
    if not sid:
        raise HTTPException(400, "MessageSid is missing: a report must name its message")
    if state is None:
        return None
    code = fields.get("ErrorCode", "")
    known = int(code) if code.isdecimal() and len(code) <= 6 else None
    return Report(
        delivery, attempt, sid, state, reason_of(known) if state == "failed" else None, code or None
    )
