"""What each verb of a document does to a call: what is heard, which keys count, what the carrier asks next.

The stream has a file of its own; which verb comes when is ``fake_twilio``'s. Sources:
www.twilio.com/docs/voice/twiml/ gather, /play, /record, /dial.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

import numpy as np

from outreach.simulator.line import DialOutcome, Quirks
from outreach.simulator.playback import FRAME_BYTES
from outreach.simulator.telephone import HungUp, Telephone
from outreach.simulator.twiml import Dial, Gather, Method, Pause, Play, Record, Say
from outreach.simulator.webhooks import Audio
from outreach.speech.mulaw import RATE, SILENCE, decode, encode

CHARACTERS_A_SECOND: Final = 5
BUSY_AFTER_SECONDS: Final = 1.0
BEEP_SECONDS: Final = 0.3
LOUD: Final = 500
"""Root mean square above which a frame of the caller's side is not silence (of 32,768)."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The next webhook: the call's parameters and these. ``parting``: asked although the caller has gone."""

    url: str
    method: Method = "POST"
    params: Mapping[str, str] = field(default_factory=dict)
    parting: bool = False


@dataclass(frozen=True, slots=True)
class Booth:
    """Where verbs are performed: the caller's telephone, and the carrier's means.

    ``here``: the document's URL, asked by verbs without an action.
    """

    phone: Telephone
    fetch: Callable[[str], Awaitable[Audio]]
    here: str
    quirks: Quirks


async def play(booth: Booth, verb: Play | Say | Pause) -> None:
    """Perform to the end. Raises HungUp, WebhookError."""
    await _perform(booth, verb, lambda: False)


async def gather(booth: Booth, verb: Gather) -> Ask | None:
    """Collect keys; None: nothing was entered, the next verb follows. Raises HungUp, WebhookError."""
    phone = booth.phone
    phone.keys.clear()
    for prompt in verb.prompts:
        if not await _perform(booth, prompt, lambda: verb.barge_in and bool(phone.keys)):
            break
    digits, finished_by = "", ""
    while len(digits) != verb.num_digits and await phone.wait(lambda: bool(phone.keys), verb.timeout):
        key = phone.keys.popleft()
        if key == verb.finish_on_key:
            finished_by = key
            break
        digits += key
    if not digits and not verb.action_on_empty_result:
        return None
    return Ask(
        verb.action or booth.here,
        verb.method,
        {"Digits": digits, "FinishedOnKey": finished_by, "msg": "Gather End"},
    )


async def record(booth: Booth, verb: Record, keep: Callable[[str, bytes], Awaitable[str]]) -> Ask | None:
    """Record the caller; None: nothing but silence, the next verb follows. ``keep`` stores a sound, returns
    its URL.

    When the caller hangs up meanwhile, the action is asked all the same, with Digits "hangup". Raises
    WebhookError.
    """
    phone = booth.phone
    phone.keys.clear()
    if verb.play_beep:
        await _heard(booth, _beep(), lambda: False)
    begin, ended_by = len(phone.heard.caller), ""
    loud_at = phone.now

    def finished() -> bool:
        nonlocal loud_at
        if _loud(phone.heard.caller[-FRAME_BYTES:]):
            loud_at = phone.now
        return phone.now - loud_at >= verb.timeout or any(key in verb.finish_on_key for key in phone.keys)

    try:
        await phone.wait(finished, verb.max_length)
        ended_by = next((key for key in phone.keys if key in verb.finish_on_key), "")
    except HungUp:
        ended_by = "hangup"
    sound = bytes(phone.heard.caller[begin:])
    if not _loud(sound):
        return None
    sid = "RE" + secrets.token_hex(16)
    params = {
        "RecordingSid": sid,
        "RecordingUrl": await keep(sid, sound),
        "RecordingDuration": str(round(len(sound) / RATE)),
        "Digits": ended_by,
    }
    return Ask(verb.action or booth.here, verb.method, params, parting=phone.over)


async def dial(booth: Booth, verb: Dial) -> Ask | None:
    """Ring ``verb.number``; with an action it is asked whatever comes of it. Raises HungUp."""
    outcome = booth.quirks.dialled.get(verb.number, booth.quirks.dial_outcome)
    seconds = min(booth.quirks.talk_seconds, verb.time_limit)
    match outcome:
        case "answered":
            await booth.phone.sleep(seconds)
        case "no-answer":
            await booth.phone.sleep(verb.timeout)
        case "busy" | "failed":
            await booth.phone.sleep(BUSY_AFTER_SECONDS)
    if verb.action is None:
        return None
    params = {"DialCallSid": "CA" + secrets.token_hex(16), "DialCallStatus": _dial_status(outcome)}
    if outcome == "answered":
        params |= {"DialCallDuration": str(round(seconds)), "DialBridged": "true"}
    return Ask(verb.action, verb.method, params)


async def _perform(booth: Booth, verb: Play | Say | Pause, interrupted: Callable[[], bool]) -> bool:
    """Whether it came to its end without being interrupted."""
    match verb:
        case Pause(length):
            return not await booth.phone.wait(interrupted, length)
        case Say(text, loop):
            sound = Audio(SILENCE * (len(text) * RATE // CHARACTERS_A_SECOND), None)
        case Play(url, loop):
            sound = await booth.fetch(urljoin(booth.here, url))
    played = 0
    while loop == 0 or played < loop:
        if not await _heard(booth, sound, interrupted):
            return False
        played += 1
    return True


async def _heard(booth: Booth, sound: Audio, interrupted: Callable[[], bool]) -> bool:
    ear = booth.phone.ear
    clip = ear.whole(sound.mulaw, sound.caption)
    await booth.phone.wait(lambda: clip.over or interrupted())
    if clip.over:
        return True
    ear.clear()
    return False


def _loud(mulaw: bytes | bytearray) -> bool:
    whole_frames = bytes(mulaw[: len(mulaw) // FRAME_BYTES * FRAME_BYTES])
    samples = decode(whole_frames).astype(np.float32).reshape(-1, FRAME_BYTES)
    return bool((np.sqrt((samples**2).mean(axis=1)) > LOUD).any())


def _beep() -> Audio:
    times = np.arange(round(RATE * BEEP_SECONDS)) / RATE
    return Audio(encode((8000 * np.sin(2 * np.pi * 1000 * times)).astype(np.int16)), None)


def _dial_status(outcome: DialOutcome) -> str:
    return "completed" if outcome == "answered" else outcome
