"""Answers a carrier's "what now?" about a call, from what is stored: connect, go on, transfer, keys only, or end.

Every method is idempotent: carriers ask twice. It holds no call in memory, so any node may answer.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

import structlog
from sqlalchemy import Connection

from outreach import metrics
from outreach.conversation import Conversation, Spoken
from outreach.delivery import outbox, policy, sending
from outreach.dialogue.page import Dtmf, Heard, Hello, Mode, NoInput, Phrase, Playback, Recorded, Returned
from outreach.ivr import playlist, recordings
from outreach.ivr.call import BETWEEN_DIGITS_SECONDS, PATIENCE
from outreach.ivr.line import House, token_hash
from outreach.speech.clips import Clip
from outreach.speech.mulaw import wav_mulaw
from outreach.speech.synthesizer import NORMAL_SPEED
from outreach.store import bridges, calls, people
from outreach.wire import (
    Answerer,
    CallIn,
    CallReport,
    CallState,
    CarrierError,
    Collect,
    Connect,
    Decline,
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
VOICEMAIL = "voicemail."
"""Before the language in the name of the sound that machines hear. It tells nobody anything."""
GIVEN_UP = ("no_answer", "cancelled")
RING_BACKS, RING_BACKS_IN = 3, timedelta(hours=1)
"""To one number: more is a machine, or somebody who amuses themselves. They are answered."""

CallBack = Literal["off", "missed", "all"]
"""Nobody is rung back; whoever gave up before we answered; everybody, instead of answering (they pay nothing)."""


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
    """``carriers.reception.Reception``.

    ``fetch``: gets a carrier's recording. ``busy``: are streams declined? ``leave_message``: has the carrier speak to
    a machine. ``call_back``: which callers are rung back.
    """

    def __init__(
        self,
        house: House,
        secret: bytes,
        busy: Callable[[], bool],
        fetch: Callable[[str], Awaitable[bytes]],
        leave_message: Callable[[str, str], Awaitable[None]] | None = None,
        call_back: CallBack = "off",
    ) -> None:
        self._house = house
        self._conversation: Conversation = house.conversation
        self._secret = secret
        self._busy = busy
        self._fetch = fetch
        self._leave_message = leave_message
        self._call_back = call_back
        self._clock: Callable[[], datetime] = house.clock

    # --- Calls by stream ---

    async def arrive(self, call: CallIn) -> Instruction:
        """A call rings: to the stream, or to keys alone when recognition is off or this node is late already."""
        if self._call_back == "all" and await self._write(lambda db: self._rings_back(db, call)):
            return Decline()
        call_id = secrets.token_hex(16)
        row = await self._write(lambda db: calls.open_call(db, call, call_id, self._clock()))
        return await self._begin(row, call_id)

    async def _begin(self, row: calls.Call, call_id: str) -> Instruction:
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
        if row is None:
            return HangUp()
        call_id = row.id
        # first of all: whoever rang somebody from here may have hung up, and it is to be known all the same
        await self._write(lambda db: bridges.settle(db, call_id, outcome, self._clock()))
        if row.state == "ended":
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

        def work(db: Connection) -> None:
            before = calls.by_carrier_id(db, house.carrier, carrier_call_id)
            now = self._clock()
            calls.advance(db, house.carrier, carrier_call_id, state, sequence, reason, now)
            given_up = before is not None and before.state == "ringing" and before.delivery_id is None
            if given_up and reason in GIVEN_UP and self._call_back != "off":
                assert before is not None
                self._ring_back(db, before.carrier_call_id, before.number, before.person_id)

        await self._write(work)
        if state == "ended":
            house.live.end(carrier_call_id)

    # --- Calls that we make ---

    async def answered(self, call: CallIn, delivery_id: int, attempt: int) -> Instruction:
        """Whom we rang has answered: the same line, beginning with what we ring about."""
        call_id = secrets.token_hex(16)

        def work(db: Connection) -> calls.Call | None:
            delivery = outbox.get(db, delivery_id)
            if delivery is None or delivery.channel != "voice" or delivery.attempts != attempt:
                return None
            now = self._clock()
            outbox.mark_sent(db, delivery_id, attempt, call.carrier_call_id, now)
            # the number as we keep it: the carrier's spelling of it may be another
            theirs = replace(call, caller=delivery.address)
            return calls.open_call(db, theirs, call_id, now, rung=(delivery_id, delivery.person_id))

        row = await self._write(work)
        if row is None:
            log.warning("call_out_unknown", delivery=delivery_id)
            return HangUp()
        return await self._begin(row, call_id)

    async def told(self, report: CallReport) -> None:
        """What became of it, for the ledger."""
        await self._write(lambda db: sending.take_call(db, report, self._clock()))

    async def answerer(self, carrier_call_id: str, delivery_id: int, attempt: int, who: Answerer) -> None:
        """A machine is told only that there is something to hear."""
        if who != "machine":
            return
        row = await self._row(carrier_call_id)
        first = await self._write(
            lambda db: sending.machine_answered(db, delivery_id, attempt, self._clock())
        )
        if not first or self._leave_message is None:
            return
        try:
            await self._leave_message(carrier_call_id, (row.language if row else None) or self._default)
        except CarrierError as error:
            log.warning("no_message_left", delivery=delivery_id, why=error.reason)

    async def voicemail(self, language: str) -> Instruction:
        """The short message, and the end."""
        return HangUp(VOICEMAIL + (language if language in self._house.languages else self._default))

    @property
    def _default(self) -> str:
        return next(iter(self._house.languages))

    # --- Ringing back, so that the caller pays nothing ---

    def _rings_back(self, db: Connection, call: CallIn) -> bool:
        """Shall this call be declined, and its caller rung? Not out of hours, when nobody would be for long."""
        if call.caller is None:
            return False
        now = self._clock()
        if policy.opening("voice", policy.CALL_BACK, now) != now:
            return False
        person = people.find_by_phone(db, call.caller)
        return self._ring_back(db, call.carrier_call_id, call.caller, person.id if person else None)

    def _ring_back(
        self, db: Connection, carrier_call_id: str, number: str | None, person_id: int | None
    ) -> bool:
        """True also when it is repeated."""
        if number is None or not sending.callable_(number):
            return False
        now, purpose = self._clock(), f"call_back:{carrier_call_id}"
        if outbox.has(db, purpose):
            return True
        if outbox.rung_back(db, number, now - RING_BACKS_IN) >= RING_BACKS:
            return False
        return outbox.queue_call_back(
            db,
            purpose=purpose,
            person_id=person_id,
            address=number,
            now=now,
            expires_at=now + policy.CALL_BACK_WITHIN,
        )

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
        if name.startswith(VOICEMAIL):
            return await self._voicemail_sound(name.removeprefix(VOICEMAIL))
        found = await self._said(name)
        if found is None:
            return None
        prompts = self._house.languages[found.language]
        recorded = self._house.recorded.get(found.language, frozenset())
        return await self._wav(list(playlist.clips(found.phrases, prompts, found.speed, recorded)))

    async def _voicemail_sound(self, language: str) -> bytes | None:
        prompts = self._house.languages.get(language)
        if prompts is None:
            return None
        recorded = self._house.recorded.get(language, frozenset())
        phrase = prompts.bound[2, "voice"]("call.voicemail")
        return await self._wav(list(playlist.clips((phrase,), prompts, NORMAL_SPEED, recorded)))

    async def _wav(self, pieces: list[Clip]) -> bytes:
        audio = await asyncio.gather(*(self._house.clips.fetch(clip) for clip in pieces))
        spaced = (sound + playlist.pause_after(clip) for clip, sound in zip(pieces, audio, strict=True))
        return wav_mulaw(b"".join(spaced))

    async def describe(self, name: str) -> dict[str, str]:
        """For testers: which prompts a sound holds, and their text."""
        if name.startswith(VOICEMAIL) and (prompts := self._house.languages.get(name[len(VOICEMAIL) :])):
            phrase = prompts.bound[2, "voice"]("call.voicemail")
            return {"X-Prompt-Keys": phrase.key, "X-Prompt-Text": phrase.text}
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
