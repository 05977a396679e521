"""The form fields of a call's webhooks, as they come: blanks, copies, and fields nobody has told us of.

Source: www.twilio.com/docs/voice/twiml, "TwiML request parameters"; docs/voice/api/call-resource for the
callback.
"""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

from outreach.simulator.line import Line

ANONYMOUS: Final = "anonymous"
BLANK: Final = tuple(
    side + place
    for side in ("From", "To", "Caller", "Called")
    for place in ("City", "State", "Zip", "Country")
)
UNANNOUNCED: Final = {"VenueHint": "甘肃 & 武威=1+1 %", "CarrierRemark": ""}
"""Twilio adds parameters without notice; these stand for the next ones.

Blanks and any characters are signed.
"""


def call_params(
    line: Line, call_sid: str, caller: str | None, status: str, *, ours: bool = False
) -> dict[str, str]:
    """The fields of every voice webhook. ``caller`` None: the number is withheld. ``ours``: the line rings them."""
    number, called = caller or ANONYMOUS, line.called
    if ours:
        number, called = called, number
    return {
        **dict.fromkeys(BLANK, ""),
        "FromCountry": "CN" if caller else "",
        "CallerCountry": "CN" if caller else "",
        "AccountSid": line.account_sid,
        "ApiVersion": "2010-04-01",
        "CallSid": call_sid,
        "CallStatus": status,
        "CallToken": '{"parentCallInfoToken":"eyJhbGciOiJFUzI1NiJ9","identityHeaderTokens":[]}',
        "Direction": "outbound-api" if ours else "inbound",
        "From": number,
        "Caller": number,
        "To": called,
        "Called": called,
        **UNANNOUNCED,
    }


def ending_params(seconds: float) -> dict[str, str]:
    """What the status callback of an ended call has besides. ``seconds``: since it was answered."""
    return {
        "CallDuration": str(round(seconds)),
        "Duration": str(max(1, -(-round(seconds) // 60))),
        "SipResponseCode": "200",
        "SequenceNumber": "0",
        "CallbackSource": "call-progress-events",
        "Timestamp": format_datetime(datetime.now(UTC)),
    }


def stream_params(
    line: Line, call_sid: str, stream_sid: str, name: str | None, event: str, error: str | None
) -> dict[str, str]:
    """The fields of a stream's status callback. Source: www.twilio.com/docs/voice/twiml/stream."""
    return {
        "AccountSid": line.account_sid,
        "CallSid": call_sid,
        "StreamSid": stream_sid,
        "StreamName": name or stream_sid,
        "StreamEvent": event,
        "Timestamp": datetime.now(UTC).isoformat(),
        **({} if error is None else {"StreamError": error}),
    }
