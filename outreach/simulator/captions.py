"""What the line says, in words.

A carrier's wire has none, so the line tells testers beside it: which text belongs to the clip that ends with
which mark, and what the recogniser understood.

The channel is ``GET …/phone/calls/{CallSid}/events``: JSON lines, from the call's start, signed like a
webhook; it is there in demo mode or for whoever can sign.
"""

import asyncio
from typing import Any, Final

import httpx
import orjson

from outreach.simulator.fake_twilio import FakeCall
from outreach.simulator.playback import Caption, Clip
from outreach.simulator.signing import HEADER, sign, signed_url
from outreach.simulator.telephone import HungUp

EVENTS: Final = "/phone/calls/{sid}/events"
VOICE: Final = "/twilio/voice"
AGAIN_SECONDS: Final = 0.1


class Captions:
    """The texts of one call's clips. ``problem``: why there are none, in a sentence.

    ``understood``: what the recogniser made of the caller, with the call second it was told.
    """

    def __init__(self, call: FakeCall) -> None:
        self.problem: str | None = None
        self.understood: list[tuple[float, dict[str, Any]]] = []
        self._call = call
        self._words: dict[str, Caption] = {}  # by mark
        self._told: set[str] = set()  # ids of events, for when the channel is read again
        self._expected: list[str] = []  # marks announced and neither come nor spoilt, in order
        self._unsettled: list[Clip] = []
        call.on_clip.append(self._unsettled.append)
        call.on_media.append(lambda _heard, _at: self.settle())
        call.phone.ear.on_clear.append(self._cleared)

    def take(self, line: bytes | str) -> None:
        """One line of the channel. Raises ValueError when it is not JSON."""
        event = orjson.loads(line)
        if isinstance(event, dict) and (told := event.get("id")) is not None:
            if told in self._told:
                return
            self._told.add(told)
        match event:
            case {"mark": str(mark), "text": str(text), **more}:
                turn, key = more.get("turn"), more.get("key")
                self._words[mark] = Caption(
                    key if isinstance(key, str) else None, text, turn if isinstance(turn, int) else None
                )
                self._expected.append(mark)
            case {"heard": dict(heard)}:
                self.understood.append((self._call.phone.now, heard))

    def settle(self) -> None:
        """Give clips their texts: by their mark; of the one still coming in, the next text not yet used."""
        waiting = []
        for clip in self._unsettled:
            if clip.mark in self._expected:
                self._expected.remove(clip.mark)
            if clip.mark is not None:
                clip.caption = self._words.get(clip.mark)  # what was guessed before it may be wrong
            elif clip.caption is None and self._expected:
                clip.caption = self._words[self._expected[0]]
            if clip.mark is None or clip.caption is None:
                waiting.append(clip)
        self._unsettled[:] = waiting

    def _cleared(self) -> None:
        # What was announced and not heard is gone with the buffer: it must not be guessed for what comes next. A
        # clip cut off before its mark came keeps the words it was given.
        self.settle()
        self._expected.clear()
        self._unsettled[:] = [clip for clip in self._unsettled if clip.mark is not None]


async def follow(call: FakeCall, captions: Captions) -> None:
    """Once the call is answered, read the channel until the call is over. Cancel to leave.

    A line that is started again tells of the same call on a new connection, so a broken one is opened again;
    ``captions.problem`` says why there is none at all.
    """
    try:
        await call.phone.wait(lambda: call.state != "ringing")
    except HungUp:
        return
    url = call.line.voice_url.removesuffix(VOICE) + EVENTS.format(sid=call.sid)
    headers = {HEADER: sign(signed_url(url), {}, call.line.auth_token)}
    connected = False
    while call.state != "completed":
        try:
            await _read(call.line.reached(url), headers, captions)
            connected = True
        except (httpx.HTTPError, ValueError) as error:
            connected = connected or isinstance(error, httpx.RemoteProtocolError | httpx.ReadError)
            if not connected:
                captions.problem = _problem(f"failed: {error or type(error).__name__}")
                return
        if captions.problem is not None:
            return
        await asyncio.sleep(AGAIN_SECONDS)


async def _read(url: str, headers: dict[str, str], captions: Captions) -> None:
    timeout = httpx.Timeout(10.0, read=None)
    async with (
        httpx.AsyncClient(timeout=timeout, trust_env=False) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        if response.status_code != httpx.codes.OK:
            captions.problem = _problem(f"answered {response.status_code}")
            return
        async for line in response.aiter_lines():
            if line:
                captions.take(line)


def _problem(what: str) -> str:
    return (
        f"the line does not tell testers what it says (its events {what}); "
        "start it with OUTREACH_DEMO=true, or give its auth token"
    )
