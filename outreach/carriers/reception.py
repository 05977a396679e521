"""What every carrier needs of the house: a reception that answers "what now?", lines that hold live streams.

Only protocols live here. ``ivr/reception.py`` and ``ivr/line.py`` implement them; ``app.py`` joins the two.
"""

from typing import Literal, Protocol

from outreach.wire import Answerer, CallIn, CallReport, CallState, EndReason, Instruction, MediaSocket

DialOutcome = Literal["answered", "busy", "no_answer", "failed"]


class Reception(Protocol):
    """Decides the next step of a call from what is stored. Any method may be called twice with the same."""

    async def arrive(self, call: CallIn) -> Instruction:
        """A call rings. Idempotent per ``carrier_call_id``."""

    async def next_step(self, carrier_call_id: str) -> Instruction:
        """The media stream is over, for whatever reason."""

    async def keys(self, carrier_call_id: str, turn: int, digits: str) -> Instruction:
        """Keys-only calls: what was pressed in answer to ``turn``; "" when nothing was."""

    async def message_left(
        self, carrier_call_id: str, turn: int, recording_url: str, seconds: int
    ) -> Instruction:
        """Keys-only calls: a message was recorded; "" and 0 when the caller left none."""

    async def dialled(self, carrier_call_id: str, outcome: DialOutcome) -> Instruction:
        """A ``Dial`` is over: with "answered" the two have talked and the other side hung up first."""

    async def status(
        self, carrier_call_id: str, state: CallState, sequence: int, reason: EndReason | None
    ) -> None:
        """The carrier's own view of the call, possibly out of order; a higher ``sequence`` is newer."""

    async def answered(self, call: CallIn, delivery_id: int, attempt: int) -> Instruction:
        """A call of ours was answered; ``caller`` is whom we rang. Idempotent per ``carrier_call_id``."""

    async def told(self, report: CallReport) -> None:
        """The carrier's own view of a call of ours, in any order and more than once."""

    async def answerer(self, carrier_call_id: str, delivery_id: int, attempt: int, who: Answerer) -> None:
        """Who took a call of ours, in the carrier's opinion; for a machine: once its tone is over."""

    async def voicemail(self, language: str) -> Instruction:
        """What is said to a machine."""

    async def audio(self, name: str) -> bytes | None:
        """The sound an Instruction named, as a RIFF file of mu-law. ``name`` may be a stranger's text."""

    async def describe(self, name: str) -> dict[str, str]:
        """Demo only: header name -> text (any Unicode) telling a tester what is said; {} for nothing."""


class Lines(Protocol):
    """Holds live media streams, one call each."""

    async def run(self, socket: MediaSocket) -> None:
        """Serve one stream until it ends; whoever calls closes the socket afterwards."""
