"""What the line says, in words.

A carrier's wire has none, so the line tells testers beside it: which text belongs to the clip that ends with
which mark, and what the recogniser understood.

The channel is ``GET …/phone/calls/{CallSid}/events``: JSON lines, from the call's start, signed like a
webhook; it is there in demo mode or for whoever can sign.
"""

from typing import Any, Final

import httpx
import orjson

from outreach.simulator.fake_twilio import FakeCall
from outreach.simulator.playback import Caption, Clip
from outreach.simulator.signing import HEADER, sign, signed_url

EVENTS: Final = "/phone/calls/{sid}/events"
VOICE: Final = "/twilio/voice"


class Captions:
    """The texts of one call's clips. ``problem``: why there are none, in a sentence.

    ``understood``: what the recogniser made of the caller, with the call second it was told.
    """

    def __init__(self, call: FakeCall) -> None:
        self.problem: str | None = None
        self.understood: list[tuple[float, dict[str, Any]]] = []
        self._call = call
        self._announced: dict[str, Caption] = {}  # by mark, in order; used and spoilt ones are gone
        self._unsettled: list[Clip] = []
        call.on_clip.append(self._unsettled.append)
        call.on_media.append(lambda _heard, _at: self.settle())
        call.phone.ear.on_clear.append(self._cleared)

    def take(self, line: bytes | str) -> None:
        """One line of the channel. Raises ValueError when it is not JSON."""
        match orjson.loads(line):
            case {"mark": str(mark), "text": str(text), **more}:
                turn, key = more.get("turn"), more.get("key")
                self._announced[mark] = Caption(
                    key if isinstance(key, str) else None, text, turn if isinstance(turn, int) else None
                )
            case {"heard": dict(heard)}:
                self.understood.append((self._call.phone.now, heard))

    def settle(self) -> None:
        """Give clips their texts: by their mark; of the one still coming in, the next text not yet used."""
        waiting = []
        for clip in self._unsettled:
            if clip.mark is not None and clip.mark in self._announced:
                clip.caption = self._announced.pop(clip.mark)
                continue
            if clip.mark is not None:
                clip.caption = None  # it was a guess, and wrong
            elif clip.caption is None and self._announced:
                clip.caption = next(iter(self._announced.values()))
            waiting.append(clip)
        self._unsettled[:] = waiting

    def _cleared(self) -> None:
        # What was announced and not yet heard is gone with the buffer; a clip cut off before its mark came
        # keeps
        # the text it was given. Sound and words travel apart: an announcement later than the clear is of
        # the next.
        self.settle()
        in_flight = {clip.mark for clip in self._unsettled if clip.mark is not None}
        self._announced = {mark: text for mark, text in self._announced.items() if mark in in_flight}
        self._unsettled[:] = [clip for clip in self._unsettled if clip.mark is not None]


async def follow(call: FakeCall, captions: Captions) -> None:
    """Read the channel until the line closes it.

    Without one, ``captions.problem`` says so. Cancel to leave.
    """
    url = call.line.voice_url.removesuffix(VOICE) + EVENTS.format(sid=call.sid)
    headers = {HEADER: sign(signed_url(url), {}, call.line.auth_token)}
    timeout = httpx.Timeout(10.0, read=None)
    try:
        async with (
            httpx.AsyncClient(timeout=timeout, trust_env=False) as client,
            client.stream("GET", call.line.reached(url), headers=headers) as response,
        ):
            if response.status_code != httpx.codes.OK:
                captions.problem = _problem(f"answered {response.status_code}")
                return
            async for line in response.aiter_lines():
                if line:
                    captions.take(line)
    except (httpx.HTTPError, ValueError) as error:
        captions.problem = _problem(f"failed: {error or type(error).__name__}")


def _problem(what: str) -> str:
    return (
        f"the line does not tell testers what it says (its events {what}); "
        "start it with OUTREACH_DEMO=true, or give its auth token"
    )
