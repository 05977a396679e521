"""One two-way media stream, the carrier's end: connects, sends frames, obeys the line and judges it.

What is played and when belongs to the telephone; the messages' shapes to ``stream_messages``.
Sources: www.twilio.com/docs/voice/media-streams, docs/voice/twiml/stream; headers as captured on a real call
(no subprotocol, no extension, no Origin); errors 31903, 31920, 31921, 31930, 31931, 31950, 31951.
"""

import asyncio
import secrets
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from outreach.simulator.line import Limits, Line, Quirks
from outreach.simulator.signing import HEADER, sign
from outreach.simulator.stream_messages import Clear, Mark, ProtocolError, Sound, Writer, read
from outreach.simulator.telephone import HungUp, Telephone
from outreach.simulator.twiml import Stream

USER_AGENT: Final = "Twilio.TmeWs/1.0"
BACKLOG_MESSAGES: Final = 500
"""Ten seconds of frames that the line has not read: Twilio gives up (31930)."""
CLOSE_SECONDS: Final = 2.0
MESSAGE_LIMIT: Final = 16 * 1024 * 1024
CLEAN_CLOSES: Final = frozenset({1000, 1001, 1005})


class Ended(StrEnum):
    """Why a stream is over, as the stream's status callback calls it."""

    STOPPED = "stream-stopped"
    FAILED = "stream-error"


class MediaStream:
    """One stream. ``report`` takes what the line did wrong."""

    def __init__(
        self,
        stream: Stream,
        line: Line,
        call_sid: str,
        phone: Telephone,
        report: Callable[[str], None],
    ) -> None:
        self.sid = "MZ" + secrets.token_hex(16)
        self.started = False
        self.error: str | None = None
        self._stream = stream
        self._line = line
        self._phone = phone
        self._report = report
        self._writer = Writer(line.account_sid, call_sid, self.sid)
        self._outgoing: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._socket: ClientConnection | None = None
        self._start_frame = 0.0
        self._ours = False  # we ended it
        self._stopped = False
        self._slow = False

    async def run(self, quirks: Quirks, limits: Limits, on_open: Callable[[], None]) -> Ended:
        """Connect and live until either side closes.

        Raises nothing for what the line does: it is reported.
        """
        signed = self._stream.url + ("/" if quirks.upgrade_slash else "")
        try:
            self._socket = await connect(
                self._line.reached(self._stream.url),
                additional_headers={
                    HEADER: sign(signed, {}, self._line.auth_token),
                    "Accept-Encoding": "gzip",
                },
                user_agent_header=USER_AGENT,
                compression=None,
                proxy=None,
                ping_interval=None,
                open_timeout=limits.total_seconds,
                close_timeout=CLOSE_SECONDS,
                max_size=MESSAGE_LIMIT,
            )
        except (InvalidHandshake, InvalidURI, OSError, TimeoutError, EOFError) as error:
            return self._fail(f"31920: the stream could not be opened: {error or type(error).__name__}")
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(self._send_all(self._socket))
            self._outgoing.put_nowait(self._writer.connected())
            starting = group.create_task(self._start(quirks.start_delay_seconds, on_open))
            await self._receive_all(self._socket)
            starting.cancel()
            sending.cancel()
        self.started = False
        self._phone.ear.clear()
        return self._judge(self._socket)

    def lose(self) -> Ended:
        """Fail as if the network between carrier and line were down.

        Not the line's fault: nothing is reported.
        """
        self.error = "31904: the host cannot be reached (simulated)"
        return Ended.FAILED

    def frame(self, mulaw: bytes, at: float) -> None:
        """Send 20 ms of the caller's side, spoken at call second ``at``."""
        if not self.started or self._stopped:
            return
        if self._outgoing.qsize() < BACKLOG_MESSAGES:
            self._outgoing.put_nowait(self._writer.media(mulaw, round((at - self._start_frame) * 1000)))
        elif not self._slow:
            self._slow = True
            self._report("31930: the line reads too slowly; sound is lost")

    def press(self, key: str) -> None:
        """Send a key."""
        self._put(self._writer.dtmf, key)

    def echo(self, mark: str) -> None:
        """Send a mark back."""
        self._put(self._writer.mark, mark)

    def stop(self) -> None:
        """The caller hangs up: ``stop``, then the socket is closed."""
        if self.started and not self._stopped:
            self._outgoing.put_nowait(self._writer.stop())
        self._ours = self._stopped = True
        self._outgoing.put_nowait(None)

    def cut(self) -> None:
        """Break the connection without a word."""
        self._ours = self._stopped = True
        self._outgoing.put_nowait(None)  # for one that is still being opened
        if self._socket is not None:
            self._socket.transport.abort()

    def _put(self, write: Callable[[str], bytes], value: str) -> None:
        if self.started and not self._stopped:
            self._outgoing.put_nowait(write(value))

    async def _start(self, delay_seconds: float, on_open: Callable[[], None]) -> None:
        try:
            await self._phone.sleep(delay_seconds)
        except HungUp:
            return
        self._start_frame = self._phone.now
        self._outgoing.put_nowait(self._writer.start(self._stream.parameters))
        self.started = True
        on_open()

    async def _send_all(self, socket: ClientConnection) -> None:
        try:
            while (message := await self._outgoing.get()) is not None:
                await socket.send(message, text=True)
            await socket.close(1000)
        except ConnectionClosed:
            return  # the reader sees it too, and says what it means

    async def _receive_all(self, socket: ClientConnection) -> None:
        try:
            while True:
                self._obey(await socket.recv())
        except ConnectionClosed:
            return  # judged below, from the close codes

    def _obey(self, message: str | bytes) -> None:
        if self._stopped:
            return  # crossed our hang-up on the wire
        try:
            match read(message, self.sid):
                case Sound(mulaw):
                    if lost := self._phone.ear.sound(mulaw):
                        self._report(f"31931: more than 10 minutes buffered, {lost} bytes discarded")
                case Mark(name):
                    self._phone.ear.mark(name)
                case Clear():
                    self._phone.ear.clear()
        except ProtocolError as error:
            self._report(str(error))

    def _judge(self, socket: ClientConnection) -> Ended:
        if self._ours:
            return Ended.STOPPED
        received, sent = socket.protocol.close_rcvd, socket.protocol.close_sent
        if received is None:
            cause = f": {sent.code} {sent.reason}" if sent is not None else ""
            return self._fail(f"31903: the stream broke{cause}")
        if received.code not in CLEAN_CLOSES:
            return self._fail(
                f"31921: the line closed the stream with {received.code} {received.reason}".rstrip()
            )
        return Ended.STOPPED

    def _fail(self, reason: str) -> Ended:
        self.error = reason
        self._report(reason)
        return Ended.FAILED
