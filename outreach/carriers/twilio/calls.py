"""Twilio's REST side for calls: make one, list some, ask after one, take one over. Each request is made once.

Sources: www.twilio.com/docs/voice/api/call-resource (create, list, fetch, update), docs/voice/answering-machine-
detection (asynchronous: the call is answered at once, and who answered is told later). There is no idempotency key:
our own id and the attempt ride in every address that we give, so that whatever is asked or told about the call names
its delivery. What is beyond one call a second Twilio would queue; our pace keeps it here, where it can be cancelled.
"""

from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from outreach.carriers.twilio import table
from outreach.carriers.twilio.rest import Rest
from outreach.config import Config
from outreach.wire import CallOut, CallStands, CarrierError, Outcome, Refused, Taken

EVENTS: Final = ("initiated", "ringing", "answered", "completed")
DETECTION: Final[dict[str, str]] = {
    "MachineDetection": "DetectMessageEnd",  # tells when the tone is over and somebody may speak
    "AsyncAmd": "true",  # a person does not wait in silence for the verdict
    "MachineDetectionTimeout": "30",
}
OVER: Final = frozenset({"20404", "21220"})
"""A call that has ended already cannot be taken over, and need not be."""


class TwilioCalls:
    """``wire.CallCarrier`` over one HTTP client."""

    def __init__(self, config: Config, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """``transport``: for tests. The client is closed by ``close``."""
        self._rest = Rest(config, transport)
        self._public = config.public
        self._line = config.twilio_from
        account = f"/2010-04-01/Accounts/{config.twilio_account_sid}"
        self._calls = f"{account}/Calls.json"
        self._one = account + "/Calls/{}.json"

    async def close(self) -> None:
        """Close the connections."""
        await self._rest.close()

    async def send(self, call: CallOut) -> Outcome:
        """Ask Twilio to make a call; an answer within 20 seconds, whatever happens."""
        about = f"?delivery={call.delivery_id}&attempt={call.attempt}"
        form: list[tuple[str, str]] = [
            ("To", call.to),
            ("From", call.line or self._line),
            ("Url", self._public + table.OUT + about),
            ("StatusCallback", self._public + table.OUT_STATUS + about),
            *(("StatusCallbackEvent", event) for event in EVENTS),
            ("Timeout", str(call.ring_seconds)),
            *DETECTION.items(),
            ("AsyncAmdStatusCallback", self._public + table.OUT_ANSWERER + about),
        ]
        return await self._rest.ask(self._calls, form)

    async def find(self, call: CallOut, since: datetime) -> Sequence[str]:
        """Ids of the calls on Twilio's list to this number, made at ``since`` or later, over or not.

        The list does not show the addresses that were given. Raises CarrierError.
        """
        query = {"To": call.to, "From": call.line or self._line}
        return [
            str(found["sid"])
            async for found in self._rest.listed(self._calls, query, "calls")
            if _made(found) >= since
        ]

    async def stands(self, carrier_id: str) -> CallStands:
        """How a call stands there. Raises CarrierError."""
        found = await self._rest.get(self._one.format(carrier_id))
        status = table.CALL_STATUSES.get(str(found.get("status")))
        if status is None or status.reason is None:
            return CallStands(None)
        duration = str(found.get("duration") or "")
        return CallStands(table.CALL_ENDINGS[status.reason], int(duration) if duration.isdecimal() else None)

    async def leave_message(self, carrier_id: str, language: str) -> None:
        """Take the call over: speak the short message, and hang up. Raises CarrierError."""
        form = [("Url", f"{self._public}{table.OUT_VOICEMAIL}?language={language}"), ("Method", "POST")]
        outcome = await self._rest.ask(self._one.format(carrier_id), form)
        if isinstance(outcome, Taken) or (isinstance(outcome, Refused) and outcome.code in OVER):
            return
        raise CarrierError("the call could not be taken over", retry=False)


def _made(found: dict[str, Any]) -> datetime:
    return parsedate_to_datetime(found["date_created"])
