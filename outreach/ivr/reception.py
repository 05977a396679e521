"""Answers a carrier's "what now?" about a call, from what is stored: connect, go on, transfer, keys only, or end.

Every method is idempotent: carriers ask twice. It holds no call in memory, so any node may answer.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

import structlog
from sqlalchemy import Connection

from outreach import metrics
from outreach.conversation import Conversation, Spoken
from outreach.dialogue.page import Dtmf, Heard, Hello, Mode, NoInput, Phrase, Playback, Recorded, Returned
from outreach.ivr import playlist, recordings
from outreach.ivr.call import BETWEEN_DIGITS_SECONDS, PATIENCE
from outreach.ivr.line import House, token_hash
from outreach.speech.mulaw import wav_mulaw
from outreach.store import calls
from outreach.wire import (
    CallIn,
    CallState,
    CarrierError,
    Collect,
    Connect,
    Dial,
    EndReason,
    HangUp,
    Instruction,
    TakeMessage,
)

log = structlog.get_logger()
T = TypeVar("T")

STREAMS_BROKEN = 2
"""After so many broken streams a call goes on by keys alone."""
DIAL_SECONDS = 25


@dataclass(frozen=True, slots=True)
class Said:
    """What a keys-only call hears next, stored with the call so that any node can render it: ``calls.next_step``."""

    turn: int
    phrases: tuple[Phrase, ...]
    language: str
    speed: int
    then: Literal["keys", "record", "dial", "end"]
    digits: int = 1
    seconds: float = 8.0
    hash_ends: bool = False
    number: str = ""

    def dump(self) -> dict[str, Any]:
        """As JSON."""
        plain = {name: getattr(self, name) for name in Said.__slots__}
        return {"said": {**plain, "phrases": [[p.key, p.text, p.slow, p.personal] for p in self.phrases]}}

    @staticmethod
    def load(step: Any) -> "Said | None":
        """From the call's row; None where nothing was said by keys yet."""
        if not step or "said" not in step:
            return None
        plain = dict(step["said"])
        return Said(**{**plain, "phrases": tuple(Phrase(*phrase) for phrase in plain["phrases"])})


class Reception:
    """``carriers.reception.Reception``. ``fetch``: gets a carrier's recording. ``busy``: are streams declined?"""

    def __init__(
        self,
        house: House,
        secret: bytes,
        busy: Callable[[], bool],
        fetch: Callable[[str], Awaitable[bytes]],
    ) -> None:
        self._house = house
        self._conversation: Conversation = house.conversation
        self._secret = secret
        self._busy = busy
        self._fetch = fetch
        self._clock: Callable[[], datetime] = house.clock

    # --- Calls by stream ---

    async def arrive(self, call: CallIn) -> Instruction:
        """A call rings: to the stream, or to keys alone when recognition is off or this node is late already."""
        call_id = secrets.token_hex(16)
        row = await self._write(lambda db: calls.open_call(db, call, call_id, self._clock()))
        if row.state == "ended":
            return HangUp()
        if row.mode == "keys" or self._busy():
            return await self._by_keys(row)
        if row.id == call_id:
            metrics.CALLS.labels("stream").inc()
        return await self._connect(row)

    async def next_step(self, carrier_call_id: str) -> Instruction:
        """The stream ended: transferred, finished, broken once (go on), or broken again (keys alone)."""
        row = await self._row(carrier_call_id)
        if row is None or row.state == "ended":
            return HangUp()
        step = row.next_step
        if row.mode == "keys":
            return await self._by_keys(row)
        if step and "dial" in step:
            if step["dial"] is None:
                await self._write(lambda db: calls.end(db, row.id, "completed", self._clock()))
                return HangUp()
            return Dial(step["dial"], step["seconds"] or DIAL_SECONDS)
        # whoever comes first counts the break: this request, or the node that held the stream, if it still lives
        breaks = await self._write(lambda db: calls.broke(db, row.id, row.streams))
        if row.state == "ringing" or breaks >= STREAMS_BROKEN:
            # ringing: the carrier could not open the stream at all
            return await self._by_keys(row)
        return await self._connect(row)

    async def dialled(self, carrier_call_id: str, outcome: str) -> Instruction:
        """The transfer is over; back into the dialogue, which says so or offers a message."""
        row = await self._row(carrier_call_id)
        if row is None or row.state == "ended":
            return HangUp()
        if row.mode == "keys":
            return await self._answer(row, Returned(outcome))
        # nothing is said of it here: the stream that opens next begins where the dialogue now stands
        await self._conversation.call_turn(row.id, Returned(outcome))
        return await self._connect(row)

    async def status(
        self, carrier_call_id: str, state: CallState, sequence: int, reason: EndReason | None
    ) -> None:
        """The carrier's own view of the call."""
        house = self._house
        await self._write(
            lambda db: calls.advance(
                db, house.carrier, carrier_call_id, state, sequence, reason, self._clock()
            )
        )
        if state == "ended":
            house.live.end(carrier_call_id)

    async def _connect(self, row: calls.Call) -> Instruction:
        token = secrets.token_urlsafe(24)
        if not await self._write(lambda db: calls.issue_token(db, row.id, token_hash(token))):
            return HangUp()
        return Connect(row.id, token)

    # --- Calls by keys alone ---

    async def keys(self, carrier_call_id: str, turn: int, digits: str) -> Instruction:
        """Keys in answer to ``turn``; an answer to an older turn hears the newest once more."""
        row = await self._row(carrier_call_id)
        if row is None or row.state == "ended":
            return HangUp()
        return await self._answer(row, Dtmf(digits) if digits else NoInput(), turn)

    async def message_left(
        self, carrier_call_id: str, turn: int, recording_url: str, seconds: int
    ) -> Instruction:
        """A message was recorded by the carrier; it is fetched and kept here."""
        row = await self._row(carrier_call_id)
        if row is None or row.state == "ended":
            return HangUp()
        file, length = "", 0
        if recording_url and seconds:
            try:
                audio = await self._fetch(recording_url)
            except CarrierError as error:
                # the caller is told that nothing was kept, and can leave it again or ask to be called back
                log.error("recording.not_fetched", call=row.id, why=error.reason)
            else:
                file, length = await asyncio.to_thread(
                    recordings.save, self._house.recordings, audio, self._clock()
                )
        return await self._answer(row, Recorded(file, length), turn)

    async def _by_keys(self, row: calls.Call) -> Instruction:
        if row.mode != "keys":
            metrics.CALLS.labels("keys").inc()
            await self._write(lambda db: calls.keys_only(db, row.id))
        said = Said.load(row.next_step)
        if said is not None:
            return self._instruction(row, said)
        return await self._answer(row, Hello(again=row.streams > 0, broken=row.streams > 0))

    async def _answer(self, row: calls.Call, heard: Heard, turn: int | None = None) -> Instruction:
        spoken = await self._conversation.call_turn(row.id, heard, answers=turn)
        if spoken is None:
            current = await self._row(row.carrier_call_id)
            said = Said.load(current.next_step) if current else None
            if said is not None and said.turn == turn:
                # no repeated webhook: a text message has moved the conversation on, so it is heard where it is now
                return await self._answer(row, Hello(again=True))
            return self._instruction(row, said) if said else HangUp()
        said = _said(spoken)
        await self._write(lambda db: calls.set_next_step(db, row.id, said.dump()))
        return self._instruction(row, said)

    def _instruction(self, row: calls.Call, said: Said) -> Instruction:
        audio = self._audio_name(row.id, said.turn) if said.phrases else None
        match said.then:
            case "dial":
                return Dial(said.number, DIAL_SECONDS, audio)
            case "end":
                return HangUp(audio)
            case "record":
                return TakeMessage(audio or "", said.turn, int(said.seconds))
        return Collect(audio or "", said.turn, said.digits, said.seconds, said.hash_ends)

    # --- Sound for carriers that fetch it ---

    async def audio(self, name: str) -> bytes | None:
        """The sound of a keys-only call's turn; None for a name this house did not give."""
        found = await self._said(name)
        if found is None:
            return None
        prompts = self._house.languages[found.language]
        recorded = self._house.recorded.get(found.language, frozenset())
        pieces = list(playlist.clips(found.phrases, prompts, found.speed, recorded))
        audio = await asyncio.gather(*(self._house.clips.fetch(clip) for clip in pieces))
        spaced = (sound + playlist.pause_after(clip) for clip, sound in zip(pieces, audio, strict=True))
        return wav_mulaw(b"".join(spaced))

    async def describe(self, name: str) -> dict[str, str]:
        """For testers: which prompts a sound holds, and their text."""
        found = await self._said(name)
        if found is None:
            return {}
        return {
            "X-Prompt-Keys": " ".join(phrase.key for phrase in found.phrases),
            "X-Prompt-Text": "".join(phrase.text for phrase in found.phrases),
        }

    async def _said(self, name: str) -> Said | None:
        call_id, _, rest = name.partition("-")
        turn, _, _ = rest.partition("-")
        if not turn.isdecimal() or not hmac.compare_digest(
            name.encode(), self._audio_name(call_id, int(turn)).encode()
        ):
            return None
        row = await self._house.database.read(lambda db: calls.get(db, call_id))
        said = Said.load(row.next_step) if row else None
        return said if said and said.turn == int(turn) else None

    def _audio_name(self, call_id: str, turn: int) -> str:
        proof = hmac.new(self._secret, f"{call_id}-{turn}".encode(), hashlib.sha256).hexdigest()[:32]
        return f"{call_id}-{turn}-{proof}"

    # --- The store ---

    async def _row(self, carrier_call_id: str) -> calls.Call | None:
        house = self._house
        return await house.database.read(lambda db: calls.by_carrier_id(db, house.carrier, carrier_call_id))

    async def _write(self, work: Callable[[Connection], T]) -> T:
        return await self._house.database.write(work)


def _said(spoken: Spoken) -> Said:
    reply, leaving = spoken.reply, spoken.leaving
    screen, profile = reply.screen, reply.profile
    phrases = reply.phrases if reply.playback is Playback.START else screen.phrases
    said = Said(reply.session.turn, phrases, profile.language, profile.speed, "keys")
    if leaving:
        return Said(
            said.turn,
            phrases,
            said.language,
            said.speed,
            "dial" if leaving.dial else "end",
            number=leaving.dial or "",
        )
    if screen.mode is Mode.RECORD:
        return Said(said.turn, phrases, said.language, said.speed, "record", seconds=screen.max_seconds)
    digits = screen.mode is Mode.DIGITS
    seconds = BETWEEN_DIGITS_SECONDS if digits else screen.first_seconds
    return Said(
        said.turn,
        phrases,
        said.language,
        said.speed,
        "keys",
        digits=screen.max_digits if digits else 1,
        seconds=seconds * PATIENCE[profile.patience],
        hash_ends=digits,
    )
