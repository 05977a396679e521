"""Browsers that wait for a call: each a telephone with a number, which the fake carrier rings."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect

from outreach.simulator.browser import messages
from outreach.simulator.browser.bridge import Bridge, receive
from outreach.simulator.browser.messages import MessageError, Stop, Take
from outreach.simulator.fake_twilio import FakeCall

Answered = Literal["answered", "busy", "no-answer"]


@dataclass
class Handset:
    """One browser that waits. ``taken``: what whoever sits there does when it rings; ``over``: the call has ended."""

    websocket: WebSocket
    taken: asyncio.Future[Answered] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def talk(self, call: FakeCall) -> None:
        """Hold the call, to its end."""
        try:
            await Bridge(self.websocket, call).run()
        finally:
            self.over.set()


class Standby:
    """All browsers that wait, by number: of several with one number the last. ``invite``: asks the line to ring it."""

    def __init__(self, invite: Callable[[str], Awaitable[None]]) -> None:
        self._invite = invite
        self._waiting: dict[str, Handset] = {}

    async def wait(self, websocket: WebSocket, number: str) -> None:
        """Until the call that comes is over, or the browser has gone. Asks for one."""
        handset = self._waiting[number] = Handset(websocket)
        try:
            await self._invite(number)
            while not handset.taken.done():
                try:
                    match await receive(websocket):
                        case Take():
                            handset.taken.set_result("answered")
                        case Stop():
                            handset.taken.set_result("busy")
                            await websocket.close()
                except MessageError as error:
                    await websocket.send_text(messages.problem(str(error)))
            if handset.taken.result() == "answered":
                await handset.over.wait()
        except WebSocketDisconnect:
            if not handset.taken.done():
                handset.taken.set_result("no-answer")
        finally:
            if self._waiting.get(number) is handset:
                del self._waiting[number]

    async def ring(
        self, number: str, seconds: float
    ) -> tuple[Answered, Callable[[FakeCall], Awaitable[None]]] | None:
        """Let it ring for so long: what came of it, and who holds the call. None: no browser waits for this number."""
        handset = self._waiting.get(number)
        if handset is None:
            return None
        try:
            await handset.websocket.send_text(messages.ringing())
            async with asyncio.timeout(seconds):
                return await asyncio.shield(handset.taken), handset.talk
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            return "no-answer", handset.talk
