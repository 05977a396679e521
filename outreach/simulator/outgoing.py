"""Twilio's REST side for calls, in memory: Calls.json (create, list), single calls (fetch, update), their callbacks.

Whoever is rung behaves as ``folk`` says: answers and does what a script says, has a machine, is busy, does not answer,
has no number at all. Stricter than the original, as ``rest.py`` is. Sources:
www.twilio.com/docs/voice/api/call-resource; docs/voice/answering-machine-detection; docs/iam/test-credentials (the
magic numbers).
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from outreach.simulator.call_params import call_params, ending_params
from outreach.simulator.caller import make_call, sounds_for
from outreach.simulator.captions import Captions, follow
from outreach.simulator.fake_twilio import FakeCall, Rung
from outreach.simulator.line import Limits, Line
from outreach.simulator.rest import E164, Fault, error, refused
from outreach.simulator.script import parse
from outreach.simulator.telephone import HungUp
from outreach.simulator.voice import Voice
from outreach.simulator.webhooks import WebhookError, Webhooks

KNOWN: Final = frozenset(
    {
        *(
            "To",
            "From",
            "CallerId",
            "Url",
            "Method",
            "FallbackUrl",
            "FallbackMethod",
            "ApplicationSid",
            "Twiml",
        ),
        *("StatusCallback", "StatusCallbackEvent", "StatusCallbackMethod", "SendDigits", "Timeout", "Record"),
        *(
            "RecordingChannels",
            "RecordingStatusCallback",
            "RecordingStatusCallbackMethod",
            "Trim",
            "TimeLimit",
        ),
        *(
            "RecordingStatusCallbackEvent",
            "RecordingTrack",
            "CallReason",
            "CallToken",
            "SipAuthUsername",
            "Byoc",
        ),
        *(
            "SipAuthPassword",
            "MachineDetection",
            "MachineDetectionTimeout",
            "MachineDetectionSpeechThreshold",
        ),
        *("MachineDetectionSpeechEndThreshold", "MachineDetectionSilenceTimeout", "AsyncAmd"),
        *("AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod"),
    }
)
MAGIC_TO: Final[Mapping[str, int]] = {
    "+15005550001": 21217,
    "+15005550002": 21214,
    "+15005550003": 21215,
    "+15005550004": 21216,
}
ADDRESS: Final = "/2010-04-01/Accounts/{account}/Calls.json"
ONE: Final = "/2010-04-01/Accounts/{account}/Calls/{sid}.json"
KEPT: Final = 10_000
OVER: Final = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
LONGEST_MESSAGE_SECONDS: Final = 60.0
MACHINE_SPEAKS_SECONDS: Final = 6.0
"""How long a machine's greeting lasts; then its tone, then the verdict."""

Does = Literal["answered", "answers", "machine", "busy", "no-answer", "off", "nobody", "silent"]
SIP: Final[Mapping[Does, tuple[str, str]]] = {
    "busy": ("busy", "486"),
    "no-answer": ("no-answer", "487"),
    "off": ("failed", "480"),
    "nobody": ("failed", "404"),
}


@dataclass(frozen=True, slots=True)
class Folk:
    """What becomes of a call to somebody. ``script``: what they do when they have answered (``outreach phone``)."""

    does: Does = "answers"
    script: Sequence[str] = ()


@dataclass(slots=True)
class Placed:
    """One call as the carrier keeps it. ``live``: its telephone, once it is answered; ``said``: what it heard."""

    sid: str
    form: Mapping[str, str]
    made_at: datetime
    status: str = "queued"
    seconds: int = 0
    answered_by: str | None = None
    live: FakeCall | None = None
    said: str = ""
    told_before_the_tone: str = ""
    failure: str | None = None


@dataclass(slots=True)
class FakeCalls:
    """The carrier's memory of the calls that a line makes, and how the world takes them.

    ``routes`` is its REST side. ``line``: of the account; what webhooks are sent by. ``in_order``: None sends each
    callback when it happens; else all of them at the end, in that order and as often. ``ring``: somebody
    else's telephone, a browser, for this many seconds: what it does, and who holds the call; None: ``folk`` do.
    """

    line: Line
    folk: Callable[[str], Folk]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    speed: float = 1.0
    in_order: Callable[[list[str]], Sequence[str]] | None = None
    ring: (
        Callable[[str, float], Awaitable[tuple[Does, Callable[[FakeCall], Awaitable[None]]] | None]] | None
    ) = None
    calls: deque[Placed] = field(default_factory=lambda: deque(maxlen=KEPT))
    faults: deque[Fault] = field(default_factory=deque)
    callbacks_lost: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def close(self) -> None:
        """End what goes on."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def made_to(self, number: str) -> list[Placed]:
        """The calls to a number, the oldest first."""
        return [call for call in self.calls if call.form["To"] == number]

    # --- Requests ---

    @property
    def routes(self) -> APIRouter:
        """The REST side."""
        routes = APIRouter()
        account_sid, token = self.line.account_sid, self.line.auth_token

        @routes.post(ADDRESS)
        async def create(request: Request, account: str) -> JSONResponse:
            if no := refused(request, account, account_sid, token):
                return no
            pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True)
            if code := _wrong(pairs):
                return error(400, code)
            fault = self.faults.popleft() if self.faults else None
            if fault is not None and not fault.taken:
                return error(fault.status, fault.code, fault.headers)
            placed = Placed("CA" + secrets.token_hex(16), dict(pairs), self.clock())
            self.calls.append(placed)
            task = asyncio.create_task(self._make(placed))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            if fault is not None:
                return error(fault.status, fault.code, fault.headers)
            return JSONResponse(self._shown(placed), status_code=201)

        @routes.get(ADDRESS)
        async def find(request: Request, account: str) -> JSONResponse:
            return refused(request, account, account_sid, token) or self._page(dict(request.query_params))

        @routes.get(ONE)
        async def get(request: Request, account: str, sid: str) -> JSONResponse:
            if no := refused(request, account, account_sid, token):
                return no
            placed = self._found(sid)
            return JSONResponse(self._shown(placed)) if placed else error(404, 20404)

        @routes.post(ONE)
        async def change(request: Request, account: str, sid: str) -> JSONResponse:
            if no := refused(request, account, account_sid, token):
                return no
            placed, form = self._found(sid), dict(parse_qsl((await request.body()).decode()))
            if placed is None:
                return error(404, 20404)
            if placed.status in OVER or placed.live is None:
                return error(400, 21220)
            if "Url" in form:
                placed.live.take_over(form["Url"])
            elif form.get("Status") == "completed":
                await placed.live.hang_up()
            return JSONResponse(self._shown(placed))

        return routes

    def _found(self, sid: str) -> Placed | None:
        return next((call for call in self.calls if call.sid == sid), None)

    def _page(self, query: Mapping[str, str]) -> JSONResponse:
        size = int(query.get("PageSize", "50"))
        wanted = [
            call
            for call in reversed(self.calls)
            if query.get("To", call.form["To"]) == call.form["To"]
            and query.get("From", call.form["From"]) == call.form["From"]
        ]
        address = ADDRESS.format(account=self.line.account_sid)
        return JSONResponse(
            {
                "calls": [self._shown(call) for call in wanted[:size]],
                "page": 0,
                "page_size": size,
                "start": 0,
                "end": max(min(len(wanted), size) - 1, 0),
                "uri": f"{address}?{urlencode(query)}",
                "first_page_uri": f"{address}?PageSize={size}&Page=0",
                "next_page_uri": None,
                "previous_page_uri": None,
            }
        )

    def _shown(self, call: Placed) -> dict[str, Any]:
        made = format_datetime(call.made_at.astimezone(UTC))
        uri = ONE.format(account=self.line.account_sid, sid=call.sid)
        over = call.status in OVER
        return {
            "account_sid": self.line.account_sid,
            "answered_by": call.answered_by,
            "api_version": "2010-04-01",
            "caller_name": None,
            "date_created": made,
            "date_updated": made,
            "direction": "outbound-api",
            "duration": str(call.seconds) if over else None,
            "end_time": made if over else None,
            "forwarded_from": None,
            "from": call.form["From"],
            "from_formatted": call.form["From"],
            "group_sid": None,
            "parent_call_sid": None,
            "phone_number_sid": None,
            "price": None,
            "price_unit": "USD",
            "queue_time": "0",
            "sid": call.sid,
            "start_time": made if call.live else None,
            "status": call.status,
            "subresource_uris": {"recordings": uri.replace(".json", "/Recordings.json")},
            "to": call.form["To"],
            "to_formatted": call.form["To"],
            "trunk_sid": None,
            "uri": uri,
        }

    # --- The call ---

    async def _make(self, placed: Placed) -> None:
        whom, held = self.folk(placed.form["To"]), None
        happened: list[str] = []
        webhooks = Webhooks(self.line, Limits())

        async def happens(status: str, **more: str) -> None:
            placed.status = status
            happened.append(status)
            if self.in_order is None:
                await self._tell(webhooks, placed, status, len(happened) - 1, more)

        try:
            await happens("initiated")
            await happens("ringing")
            if self.ring and (rung := await self.ring(placed.form["To"], float(placed.form["Timeout"]))):
                whom, held = Folk(rung[0]), rung[1]
            if whom.does in SIP:
                status, sip = SIP[whom.does]
                last = {"SipResponseCode": sip, "CallDuration": "0"}
                await happens(status, **last)
            else:
                await happens("in-progress")
                await self._talk(webhooks, placed, whom, held)
                last = ending_params(placed.seconds)
                await happens("completed", **last)
            if self.in_order is not None:
                for status in self.in_order(happened):
                    more = last if status in OVER else {}
                    await self._tell(webhooks, placed, status, happened.index(status), more)
        finally:
            await webhooks.close()

    async def _talk(
        self,
        webhooks: Webhooks,
        placed: Placed,
        whom: Folk,
        held: Callable[[FakeCall], Awaitable[None]] | None,
    ) -> None:
        rung = Rung(placed.sid, placed.form["Url"])
        call = placed.live = FakeCall(self.line, placed.form["To"], self.speed, rung=rung)
        try:
            if whom.does == "machine":
                await self._machine(webhooks, placed, call)
                return
            placed.answered_by = "human"
            if held is not None:
                await held(call)
                return
            steps = [parse(step) for step in whom.script]
            _, placed.failure = await make_call(call, steps, await sounds_for(steps, Voice.of(1)))
        finally:
            placed.seconds = round(call.seconds)
            placed.said = heard(call)

    async def _machine(self, webhooks: Webhooks, placed: Placed, call: FakeCall) -> None:
        placed.answered_by = "machine_end_beep"
        captions = Captions(call)
        async with asyncio.TaskGroup() as group:
            following = group.create_task(follow(call, captions))
            calling = group.create_task(call.run())
            with suppress(HungUp):
                await call.phone.sleep(MACHINE_SPEAKS_SECONDS)
                placed.told_before_the_tone = heard(call)
                verdict = {"AnsweredBy": placed.answered_by, "MachineDetectionDuration": "6000"}
                await self._send(webhooks, placed, placed.form.get("AsyncAmdStatusCallback"), verdict)
                await call.phone.sleep(LONGEST_MESSAGE_SECONDS)
                await call.hang_up()
            await calling
            following.cancel()
        captions.settle()

    # --- Callbacks ---

    async def _tell(
        self, webhooks: Webhooks, placed: Placed, status: str, number: int, more: Mapping[str, str]
    ) -> None:
        params = {**call_params(self.line, placed.sid, placed.form["To"], status, ours=True), **more}
        params["SequenceNumber"] = str(number)
        await self._send(webhooks, placed, placed.form.get("StatusCallback"), params)

    async def _send(
        self, webhooks: Webhooks, placed: Placed, url: str | None, params: Mapping[str, str]
    ) -> None:
        if not url:
            return
        try:
            await webhooks.ask(
                "POST", url, {"AccountSid": self.line.account_sid, "CallSid": placed.sid, **params}
            )
        except WebhookError:
            self.callbacks_lost += 1  # Twilio tells nobody either; the list still knows


def heard(call: FakeCall) -> str:
    """All of the line's words that began to play."""
    return "".join(clip.caption.text for clip in call.clips if clip.caption and clip.began_at is not None)


def _wrong(pairs: Sequence[tuple[str, str]]) -> int | None:
    """The code of what is wrong with a request to make a call. 20001 where Twilio has no own."""
    form = dict(pairs)
    repeated = [name for name, _ in pairs if name != "StatusCallbackEvent"]
    if len(set(repeated)) != len(repeated) or not form.keys() <= KNOWN:
        return 20001
    to, timeout = form.get("To", ""), form.get("Timeout", "60")
    if code := MAGIC_TO.get(to):
        return code
    if not E164.fullmatch(to):
        return 21217
    if not E164.fullmatch(form.get("From", "")):
        return 21212
    if not form.keys() & {"Url", "Twiml", "ApplicationSid"}:
        return 21205
    if form.get("AsyncAmd") == "true" and "AsyncAmdStatusCallback" not in form:
        return 21262
    if not timeout.isdecimal() or int(timeout) > 600:
        return 20001
    return None
