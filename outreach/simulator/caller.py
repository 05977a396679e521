"""Somebody who makes a call by a script: performs steps on a ``FakeCall`` and says what went wrong."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from outreach.simulator.captions import Captions, follow
from outreach.simulator.fake_twilio import FakeCall
from outreach.simulator.playback import Clip
from outreach.simulator.script import Drop, PlayFile, Press, PutDown, Quiet, Speak, Step, Until, Wait
from outreach.simulator.telephone import HungUp
from outreach.simulator.voice import Voice, say
from outreach.simulator.wav import SoundFileError, read_wav

KEY_GAP_SECONDS: Final = 0.25
UNTIL_SECONDS: Final = 30.0
LISTENING_SECONDS: Final = 15.0
QUIET_LIMIT_SECONDS: Final = 300.0
QUIET_SECONDS: Final = 0.8
"""So long silent after a prompt: the line has finished talking. Its pauses between sentences are shorter."""
ANSWER_SECONDS: Final = 3.0
"""So long silent after the caller did something, before the line is taken to have nothing to say to it: the
end of an utterance (1.2 s) is to be noticed, recognised and answered in it."""
FIRST_SECONDS: Final = 6.0
LIVE_SPEED: Final = 4.0
"""A line thinks in real time:

above this speed all patience is stretched, or its thinking would pass for silence.
"""

Sounds = Mapping[Step, bytes]


class StepFailed(Exception):
    """A step could not be performed. The message is a sentence for a tester."""


async def sounds_for(steps: Sequence[Step], voice: Voice) -> Sounds:
    """What the steps will say, made before the call, so that no call time goes by meanwhile.

    Raises VoiceError, and StepFailed for a file that is no sound.
    """
    sounds: dict[Step, bytes] = {}
    for step in steps:
        match step:
            case Speak(text) if step not in sounds:
                sounds[step] = await say(text, voice)
            case PlayFile(path):
                try:
                    sounds[step] = read_wav(path.read_bytes())
                except (OSError, SoundFileError) as error:
                    raise StepFailed(f"{path} cannot be played: {error}") from None
    return sounds


async def make_call(call: FakeCall, steps: Sequence[Step], sounds: Sounds) -> tuple[Captions, str | None]:
    """Ring, perform the steps, wait until the line is quiet, hang up.

    Returns the words, and what failed (or None).
    """
    captions = Captions(call)
    async with asyncio.TaskGroup() as group:
        following = group.create_task(follow(call, captions))
        ringing = group.create_task(call.run())
        failure: str | None = None
        try:
            for step in steps:
                await perform(call, captions, step, sounds)
            await perform(call, captions, Quiet(), sounds)
        except StepFailed as error:
            failure = str(error)
        finally:
            await call.hang_up()
            await ringing
            following.cancel()
    captions.settle()
    return captions, failure


async def perform(call: FakeCall, captions: Captions, step: Step, sounds: Sounds) -> None:
    """One step. Raises StepFailed."""
    try:
        match step:
            case Press(keys):
                await _taken(call, step)
                for number, key in enumerate(keys):
                    if number:
                        await call.phone.sleep(KEY_GAP_SECONDS)
                    await call.press(key)
            case Speak(text):
                await _taken(call, step)
                await call.speak(sounds[step], text)
            case PlayFile(path):
                await _taken(call, step)
                await call.speak(sounds[step], path.name)
            case Wait(seconds):
                await call.phone.sleep(seconds)
            case Until(text):
                await _until(call, captions, text)
            case Quiet():
                await _quiet(call)
            case Drop():
                await call.drop()
            case PutDown():
                await call.hang_up()
    except HungUp:
        if isinstance(step, Press | Speak | PlayFile | Until):
            raise StepFailed(f"{_name(step)}: the call was over; {heard_lately(call)}") from None


def heard_lately(call: FakeCall, since: float = 0.0) -> str:
    """What the line said from call second ``since`` on, in a sentence."""
    texts = [clip.caption.text for clip in _begun(call, since) if clip.caption is not None]
    return f"heard: {' | '.join(texts)}" if texts else "nothing was heard"


async def _taken(call: FakeCall, step: Step) -> None:
    if not await call.phone.wait(lambda: call.listening, LISTENING_SECONDS * _patience(call)):
        raise StepFailed(f"{_name(step)}: the line took no keys for {LISTENING_SECONDS:.0f} s")


async def _until(call: FakeCall, captions: Captions, text: str) -> None:
    since = _last_action(call)

    def begun() -> bool:
        return any(clip.caption is not None and text in clip.caption.text for clip in _begun(call, since))

    def settled() -> bool:
        captions.settle()
        return captions.problem is not None or begun()

    await call.phone.wait(settled, UNTIL_SECONDS * _patience(call))
    if begun():
        return
    if captions.problem is not None:
        raise StepFailed(f"until:{text}: {captions.problem}")
    raise StepFailed(f"until:{text}: not within {UNTIL_SECONDS:.0f} s; {heard_lately(call, since)}")


async def _quiet(call: FakeCall) -> None:
    acted_at = _last_action(call)
    silent_since = call.phone.now
    patience = _patience(call)

    def quiet() -> bool:
        nonlocal silent_since
        if call.asking or call.phone.ear.buffered_seconds > 0:
            silent_since = call.phone.now
        return call.phone.now - silent_since >= patience * expected_silence()

    def expected_silence() -> float:
        if not call.clips:
            return FIRST_SECONDS
        return QUIET_SECONDS if _begun(call, acted_at) else ANSWER_SECONDS

    if not await call.phone.wait(quiet, QUIET_LIMIT_SECONDS):
        raise StepFailed(f"quiet: the line has not stopped talking for {QUIET_LIMIT_SECONDS:.0f} s")


def _patience(call: FakeCall) -> float:
    return max(1.0, call.speed / LIVE_SPEED)


def _last_action(call: FakeCall) -> float:
    return max((note.at for note in call.notes if note.who == "caller"), default=0.0)


def _begun(call: FakeCall, since: float) -> list[Clip]:
    return [clip for clip in call.clips if clip.began_at is not None and clip.began_at >= since]


def _name(step: Step) -> str:
    match step:
        case Press(keys):
            return f"keys:{keys}"
        case Speak(text):
            return f"say:{text}"
        case PlayFile(path):
            return f"wav:{path}"
        case Until(text):
            return f"until:{text}"
        case _:
            return type(step).__name__.lower()
