"""What Twilio calls things: its paths at our door, its words for states, its ways of saying "no number".

Sources: TwiML for Programmable Voice, request parameters (www.twilio.com/docs/voice/twiml); Call resource,
status values (docs/voice/api/call-resource); Media Streams WebSocket messages (docs/voice/media-streams).
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    parse,
)

from outreach.carriers.reception import DialOutcome
from outreach.wire import Answerer, CallEnding, CallState, EndReason

VOICE: Final = "/twilio/voice"
NEXT: Final = "/twilio/voice/next"
KEYS: Final = "/twilio/voice/keys"
MESSAGE: Final = "/twilio/voice/message"
DIALLED: Final = "/twilio/voice/dialled"
STATUS: Final = "/twilio/voice/status"
STREAM: Final = "/twilio/voice/stream"
MEDIA: Final = "/twilio/media"
AUDIO: Final = "/twilio/audio"
TEXT_STATUS: Final = "/twilio/sms/status"
OUT: Final = "/twilio/voice/out"
OUT_STATUS: Final = "/twilio/voice/out/status"
OUT_ANSWERER: Final = "/twilio/voice/out/answerer"
OUT_VOICEMAIL: Final = "/twilio/voice/out/voicemail"

TOKEN: Final = "token"  # noqa: S105  (the name of our parameter on a stream, not a secret)


class Status(NamedTuple):
    """A CallStatus in our words. ``sequence`` stands in when the callback carries no SequenceNumber."""

    state: CallState
    reason: EndReason | None
    sequence: int


CALL_STATUSES: Final[dict[str, Status]] = {
    "queued": Status("ringing", None, 0),
    "initiated": Status("ringing", None, 0),
    "ringing": Status("ringing", None, 1),
    "in-progress": Status("live", None, 2),
    "completed": Status("ended", "completed", 3),
    "busy": Status("ended", "busy", 3),
    "no-answer": Status("ended", "no_answer", 3),
    "failed": Status("ended", "failed", 3),
    "canceled": Status("ended", "cancelled", 3),
}

CALL_ENDINGS: Final[dict[EndReason, CallEnding]] = {
    "completed": "completed",
    "busy": "busy",
    "no_answer": "no_answer",
    "failed": "carrier_refused",
    "cancelled": "cancelled",
}
"""What a call of ours came to, by its CallStatus; SIP_ENDINGS knows better why one failed."""
SIP_ENDINGS: Final[dict[str, CallEnding]] = {
    "404": "invalid_number",
    "410": "invalid_number",
    "484": "invalid_number",
    "604": "invalid_number",
    "408": "switched_off",
    "480": "switched_off",  # temporarily unavailable: off, or out of reach
    "486": "busy",
    "600": "busy",
    "487": "no_answer",
    "603": "no_answer",  # declined by hand
}
"""By the SipResponseCode of a call that failed (RFC 3261, 21)."""
ANSWERERS: Final[dict[str, Answerer]] = {
    "human": "person",
    "machine_start": "machine",
    "machine_end_beep": "machine",
    "machine_end_silence": "machine",
    "machine_end_other": "machine",
    "fax": "machine",
    "unknown": "unknown",
}

DIAL_OUTCOMES: Final[dict[str, DialOutcome]] = {
    "completed": "answered",
    "answered": "answered",  # after a conference
    "busy": "busy",
    "no-answer": "no_answer",
    "canceled": "no_answer",
    "failed": "failed",
}

STREAM_KEYS: Final = frozenset("0123456789*#ABCD")
MEDIA_FORMAT: Final = {"encoding": "audio/x-mulaw", "sampleRate": "8000", "channels": "1"}

NO_NUMBERS: Final = frozenset(
    {
        # Words that Twilio spells on a telephone's keys when the caller withholds the number. UNAVAILABLE
        # looks like a number in Chengdu: without this table strangers would share one person's record.
        "+266696687",  # ANONYMOUS
        "+7378742833",  # RESTRICTED
        "+2562533",  # BLOCKED
        "+7748283",  # PRIVATE
        "+8656696",  # UNKNOWN
        "+86282452253",  # UNAVAILABLE
    }
)
_DIALLABLE = re.compile(r"\+?[0-9 ().-]+")


@lru_cache(1024)
def e164(text: str, region: str = "CN") -> str | None:
    """The E.164 form of what Twilio puts in From and To, or None for anything that is no telephone number.

    Length is checked, not the numbering plan: a range opened after our metadata was made is still a caller.
    """
    written = text.strip()
    if not _DIALLABLE.fullmatch(written) or written in NO_NUMBERS:
        return None
    try:
        number = parse(written, region)
    except NumberParseException:
        return None
    if is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    return format_number(number, PhoneNumberFormat.E164)
