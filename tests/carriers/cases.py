"""What every carrier's tests share: each instruction once, and stand-ins for the house behind the carrier.

The stand-ins are the seam between carrier and house; no test of the house itself may use them.
"""

from collections.abc import Awaitable, Callable

from outreach.carriers.reception import DialOutcome
from outreach.wire import (
    Answerer,
    CallIn,
    CallReport,
    CallState,
    Collect,
    Connect,
    Decline,
    Dial,
    EndReason,
    HangUp,
    Instruction,
    MediaSocket,
    TakeMessage,
)

INSTRUCTIONS: dict[str, Instruction] = {
    "connect": Connect(call_id="call-1", token="one-time"),
    "collect one key": Collect("clip-a", turn=3, max_digits=1, timeout_seconds=8, finish_on_hash=False),
    "collect a number": Collect("clip-b", turn=4, max_digits=0, timeout_seconds=4.5, finish_on_hash=True),
    "take a message": TakeMessage("clip-c", turn=5, max_seconds=120),
    "dial": Dial("+8609352212345", timeout_seconds=25),
    "dial after a word": Dial("+8609352212345", timeout_seconds=25, audio="clip-d"),
    "decline": Decline(),
    "hang up": HangUp(),
    "hang up after a word": HangUp("clip-e"),
}
"""One of each kind, with and without its optional parts: a carrier must be able to say them all."""


class HouseFailure(Exception):
    """What a broken reception or line raises in these tests."""


class FakeReception:
    """Answers every question with ``instruction`` and remembers what was asked."""

    def __init__(self, instruction: Instruction = HangUp()) -> None:  # noqa: B008  (frozen)
        self.instruction = instruction
        self.asked: list[tuple[object, ...]] = []
        self.sounds: dict[str, bytes] = {}
        self.descriptions: dict[str, str] = {}
        self.before_answering: Callable[[], Awaitable[None]] | None = None

    async def _answer(self, *question: object) -> Instruction:
        self.asked.append(question)
        if self.before_answering is not None:
            await self.before_answering()
        return self.instruction

    async def arrive(self, call: CallIn) -> Instruction:
        return await self._answer("arrive", call)

    async def next_step(self, carrier_call_id: str) -> Instruction:
        return await self._answer("next_step", carrier_call_id)

    async def keys(self, carrier_call_id: str, turn: int, digits: str) -> Instruction:
        return await self._answer("keys", carrier_call_id, turn, digits)

    async def message_left(
        self, carrier_call_id: str, turn: int, recording_url: str, seconds: int
    ) -> Instruction:
        return await self._answer("message_left", carrier_call_id, turn, recording_url, seconds)

    async def dialled(self, carrier_call_id: str, outcome: DialOutcome) -> Instruction:
        return await self._answer("dialled", carrier_call_id, outcome)

    async def status(
        self, carrier_call_id: str, state: CallState, sequence: int, reason: EndReason | None
    ) -> None:
        await self._answer("status", carrier_call_id, state, sequence, reason)

    async def answered(self, call: CallIn, delivery_id: int, attempt: int) -> Instruction:
        return await self._answer("answered", call, delivery_id, attempt)

    async def told(self, report: CallReport) -> None:
        await self._answer("told", report)

    async def answerer(self, carrier_call_id: str, delivery_id: int, attempt: int, who: Answerer) -> None:
        await self._answer("answerer", carrier_call_id, delivery_id, attempt, who)

    async def voicemail(self, language: str) -> Instruction:
        return await self._answer("voicemail", language)

    async def audio(self, name: str) -> bytes | None:
        return self.sounds.get(name)

    async def describe(self, name: str) -> dict[str, str]:
        return self.descriptions if name in self.sounds else {}


class FakeLines:
    """Runs ``conversation`` on each stream."""

    def __init__(self, conversation: Callable[[MediaSocket], Awaitable[None]]) -> None:
        self.conversation = conversation

    async def run(self, socket: MediaSocket) -> None:
        await self.conversation(socket)
