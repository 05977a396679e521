"""Neutral values that every carrier speaks: what a vendor calls them is a table in the vendor's folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

CallState = Literal["ringing", "live", "transferring", "ended"]
EndReason = Literal["completed", "busy", "no_answer", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class CallIn:
    """A call that rings. ``caller`` is E.164, or None when the carrier says anonymous or anything that is no number."""

    carrier: str
    carrier_call_id: str
    caller: str | None
    called: str | None


@dataclass(frozen=True, slots=True)
class TextIn:
    """A text message that came in. ``sender`` is E.164, or None for a name or a short code: nobody to answer.

    ``media``: pictures and sounds that came with it. ``answered``: the carrier took it for an opt-out, an opt-in or
    a cry for help, and has answered already.
    """

    carrier: str
    carrier_message_id: str
    sender: str | None
    body: str
    media: int = 0
    answered: Literal["out", "in", "help"] | None = None


# --- Instructions: the house's answer when a carrier asks "what now?" ---------------------------------------


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a two-way media stream. ``token`` must come back in the stream's first message, once."""

    call_id: str
    token: str


@dataclass(frozen=True, slots=True)
class Collect:
    """No stream can be had: play ``audio`` and send the keys pressed, with ``turn``, to where keys go."""

    audio: str
    turn: int
    max_digits: int
    timeout_seconds: float
    finish_on_hash: bool


@dataclass(frozen=True, slots=True)
class TakeMessage:
    """Play ``audio``, then record until a key or silence (keys-only calls)."""

    audio: str
    turn: int
    max_seconds: int


@dataclass(frozen=True, slots=True)
class Dial:
    """Play ``audio`` (if any), then connect the caller with ``number`` (E.164)."""

    number: str
    timeout_seconds: int
    audio: str | None = None


@dataclass(frozen=True, slots=True)
class HangUp:
    """Play ``audio`` (if any), then end the call."""

    audio: str | None = None


@dataclass(frozen=True, slots=True)
class Decline:
    """Do not answer: the caller hears that it is busy, and pays nothing. They will be rung."""


Instruction = Connect | Collect | TakeMessage | Dial | HangUp | Decline


# --- Media: one live stream ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MediaStarted:
    """The stream is open; ``token`` is the one-time token the instruction carried."""

    carrier_call_id: str
    token: str


@dataclass(frozen=True, slots=True)
class MediaAudio:
    """Sound from the caller: G.711 mu-law, 8 kHz. ``at_seconds`` counts from the stream's start."""

    payload: bytes
    at_seconds: float


@dataclass(frozen=True, slots=True)
class MediaKey:
    """One DTMF key."""

    key: str


@dataclass(frozen=True, slots=True)
class MediaMark:
    """A mark came back: all that was sent before it has been played, or was cleared."""

    name: str


@dataclass(frozen=True, slots=True)
class MediaStopped:
    """The stream is over. ``hung_up``: the carrier said so (``stop``); else the socket broke."""

    hung_up: bool


MediaIn = MediaStarted | MediaAudio | MediaKey | MediaMark | MediaStopped


class MediaSocket(Protocol):
    """One two-way media stream, whatever the carrier."""

    async def receive(self) -> MediaIn:
        """The next event; malformed messages are skipped inside (and counted). After MediaStopped: MediaStopped."""

    async def play(self, audio: bytes) -> None:
        """Queue mu-law audio of any length for playing."""

    async def mark(self, name: str) -> None:
        """Ask for a MediaMark when all sent so far has been played."""

    async def clear(self) -> None:
        """Drop what is queued, at once; outstanding marks come back too."""

    async def close(self) -> None:
        """End the stream; the carrier asks what to do next."""


# --- What goes out ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextOut:
    """A text message to be sent. ``delivery_id`` and ``attempt`` come back in every report on it."""

    delivery_id: int
    attempt: int
    to: str
    body: str
    seconds: int  # after so many it is of no use


Refusal = Literal[
    "opted_out",
    "invalid_number",
    "landline",
    "content_refused",
    "carrier_refused",
    "account",  # the sender's own trouble: nothing more can be sent until a person has looked
    "throttled",
    "backlog",
    "daily_limit",
    "unreachable",
    "carrier_down",
]
"""Why a carrier does not take a message, or could not hand it over. Which of them pass is the policy's to say."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The carrier has it, under this id of its own."""

    carrier_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier has certainly not taken it. ``code``: its own word for why, for the log."""

    reason: Refusal
    code: str
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It was asked, and nobody knows whether it took the message: to be looked up before it is sent again."""

    why: str
    retry_after_seconds: float | None = None


Outcome = Taken | Refused | Unknown


@dataclass(frozen=True, slots=True)
class CallOut:
    """A call to be made. ``delivery_id`` and ``attempt`` come back in all that is asked and told about it.

    ``line``: which number of ours rings; None: the house's own. ``ring_seconds``: then nobody is there.
    """

    delivery_id: int
    attempt: int
    to: str
    line: str | None
    ring_seconds: int


CallEnding = Literal[
    "completed",  # somebody, or something, answered
    "busy",
    "no_answer",
    "switched_off",
    "invalid_number",
    "carrier_refused",
    "cancelled",
]


@dataclass(frozen=True, slots=True)
class CallReport:
    """What a carrier says of a call it makes for us, in any order and more than once.

    ``ending`` None: it rings, or is answered. ``seconds``: how long the two were connected, if it says.
    """

    delivery_id: int
    attempt: int
    carrier_id: str
    ending: CallEnding | None = None
    seconds: int | None = None
    code: str | None = None


Answerer = Literal["person", "machine", "unknown"]
"""Who took the call, in a carrier's opinion."""


@dataclass(frozen=True, slots=True)
class CallStands:
    """How a call stands at the carrier. ``ending`` None: it goes on."""

    ending: CallEnding | None
    seconds: int | None = None


class CallCarrier(Protocol):
    """Makes calls, each request once: whether to try again is the ledger's to say."""

    async def send(self, call: CallOut) -> Outcome:
        """Ask the carrier to make a call; in bounded time, and without raising."""

    async def find(self, call: CallOut, since: datetime) -> Sequence[str]:
        """Ids of all calls it holds that may be this one, from ``since`` on. Raises CarrierError."""

    async def stands(self, carrier_id: str) -> CallStands:
        """How a call stands there. Raises CarrierError."""

    async def leave_message(self, carrier_id: str, language: str) -> None:
        """A machine listens: speak the short message now, and hang up. Raises CarrierError."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a carrier says of a message later, in any order and more than once."""

    delivery_id: int
    attempt: int
    carrier_id: str
    state: Literal["sent", "delivered", "failed"]
    reason: Refusal | None = None
    code: str | None = None


class TextCarrier(Protocol):
    """Sends text messages, each request once: whether to try again is the ledger's to say."""

    async def send(self, text: TextOut) -> Outcome:
        """Ask the carrier to take a message; in bounded time, and without raising."""

    async def find(self, text: TextOut, since: datetime) -> Sequence[str]:
        """Ids of all messages it holds that may be this one, from ``since`` on, those it gave up excepted.

        Raises CarrierError when it cannot be asked or its list has no end.
        """


class CarrierError(Exception):
    """A carrier refused or could not be asked. ``retry``: may the same thing be tried again later?"""

    def __init__(self, reason: str, *, retry: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
