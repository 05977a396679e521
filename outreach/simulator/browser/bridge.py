"""Joins one browser to one ``FakeCall``: the browser is the telephone in a hand, the call is the carrier.

The line is rung over the wire, as by anybody: it cannot know that a web page is behind it. A browser that
vanishes is a lost signal, not a receiver put down, so that redialling offers to go on.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect

from outreach.simulator.browser import messages
from outreach.simulator.browser.messages import (
    FromBrowser,
    Key,
    MessageError,
    Say,
    Sound,
    Start,
    Stop,
    Take,
    Wait,
    Who,
)
from outreach.simulator.browser.minutes import WORDS_WITHIN_SECONDS, Minutes
from outreach.simulator.captions import Captions, follow
from outreach.simulator.fake_twilio import FakeCall
from outreach.simulator.line import Line
from outreach.simulator.telephone import HungUp
from outreach.simulator.voice import Voice, VoiceError, say

BACKLOG_MESSAGES: Final = 250
"""Five seconds of sound that a stalled browser has not taken; more is not kept for it."""
POLICY_VIOLATION: Final = 1008
NORMAL: Final = 1000


async def serve(websocket: WebSocket, line: Line, wait: Callable[[WebSocket, str], Awaitable[None]]) -> None:
    """Serve an accepted socket: one call, from its ``start`` to its end, or ``wait`` for one. Leaves no task behind."""
    try:
        match await receive(websocket):
            case Start(caller):
                call = FakeCall(line, caller)
            case Wait(number):
                await wait(websocket, number)
                return
            case _:
                raise MessageError("网页没有说从哪个号码拨打，请刷新网页。")
    except WebSocketDisconnect:
        return
    except MessageError as error:
        await _refuse(websocket, str(error))
        return
    await Bridge(websocket, call).run()


class Bridge:
    """One browser and its call."""

    def __init__(self, websocket: WebSocket, call: FakeCall) -> None:
        self._websocket = websocket
        self._call = call
        self._captions = Captions(call)
        self._outgoing: asyncio.Queue[str | None] = asyncio.Queue()
        self._to_say: asyncio.Queue[str] = asyncio.Queue()
        self._voice = Voice.of(zlib.crc32((call.caller or "").encode()))
        self._minutes = Minutes(call, self._captions, self._tell)
        call.on_media.append(self._heard)
        call.on_verb.append(lambda name, _at: self._put(messages.verb(name)))
        call.phone.ear.on_clear.append(lambda: self._put(messages.clear()))

    async def run(self) -> None:
        """Ring, and stay until the call is over, whoever ends it."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send_all())
            besides = [
                group.create_task(work) for work in (self._listen(), self._speak_all(), self._follow())
            ]
            # Never cancelled by us: the line has to learn that the call is over.
            await self._call.run()
            for task in besides:
                task.cancel()
            self._minutes.look(self._call.phone.now + WORDS_WITHIN_SECONDS)
            self._put(messages.stop(self._call.ended_by or "line", self._call.reached, self._call.errors))
            self._outgoing.put_nowait(None)

    # --- from the browser ---

    async def _listen(self) -> None:
        try:
            while not self._call.phone.over:
                try:
                    await self._obey(await receive(self._websocket))
                except MessageError as error:
                    self._put(messages.problem(str(error)))
        except WebSocketDisconnect:
            await self._call.drop()
        except HungUp:
            return  # a key crossed the end of the call

    async def _obey(self, message: FromBrowser) -> None:
        call = self._call
        match message:
            case Sound(mulaw):
                call.push_audio(mulaw)
            case Key(key):
                await call.press(key)
                self._tell("caller", call.phone.now, f"按键 {key}")
            case Say(text):
                self._to_say.put_nowait(text)
            case Stop():
                await call.hang_up()
            case Start() | Wait() | Take():
                raise MessageError("电话已经在打了。")

    async def _speak_all(self) -> None:
        while True:
            text = await self._to_say.get()
            try:
                mulaw = await say(text, self._voice)
                self._tell("caller", self._call.phone.now, text)
                await self._call.speak(mulaw, text)
            except VoiceError as error:
                self._put(messages.problem(f"这句话说不出来：{error}"))
            except HungUp:
                return

    # --- to the browser ---

    async def _follow(self) -> None:
        await follow(self._call, self._captions)
        if self._captions.problem is not None:
            self._put(messages.problem(f"没有文字记录：{self._captions.problem}"))

    async def _send_all(self) -> None:
        try:
            while (message := await self._outgoing.get()) is not None:
                await self._websocket.send_text(message)
            await self._websocket.close(NORMAL)
        except (WebSocketDisconnect, RuntimeError):
            # The browser is gone; `_listen` learns it too, and ends the call. What still comes is for nobody.
            while await self._outgoing.get() is not None:
                pass

    def _heard(self, sound: bytes, _at: float) -> None:
        if self._outgoing.qsize() < BACKLOG_MESSAGES:
            self._put(messages.media(sound))

    def _tell(self, who: Who, at: float, text: str) -> None:
        self._put(messages.transcript(who, at, text))

    def _put(self, message: str) -> None:
        self._outgoing.put_nowait(message)


async def receive(websocket: WebSocket) -> FromBrowser:
    """The next message. Raises WebSocketDisconnect, MessageError."""
    frame = await websocket.receive()
    if frame["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(frame.get("code", NORMAL))
    return messages.read(frame.get("text"))


async def _refuse(websocket: WebSocket, why: str) -> None:
    await websocket.send_text(messages.problem(why))
    await websocket.close(POLICY_VIOLATION)
