"""Twilio's REST side, in memory: text messages (create, list, one; with reports), and the sound of recordings.

Stricter than the original, which passes over parameters it does not know: an unknown one is refused here. Sources:
www.twilio.com/docs/messaging/api/message-resource; docs/iam/test-credentials (the magic numbers); docs/messaging/
guides/outbound-message-status-in-status-callbacks. ``faults`` and ``fates`` make it misbehave as the real one does.
"""

import base64
import hmac
import re
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from fastapi import BackgroundTasks, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from outreach.simulator.signing import HEADER, sign
from outreach.simulator.wav import write_mono
from outreach.sms import segments

KNOWN: Final = frozenset(
    {
        *("To", "From", "MessagingServiceSid", "Body", "MediaUrl", "ContentSid", "ContentVariables"),
        *("StatusCallback", "ApplicationSid", "ValidityPeriod", "SmartEncoded", "ScheduleType", "SendAt"),
        *("RiskCheck", "ShortenUrls", "ContentRetention", "AddressRetention", "SendAsMms", "Attempt"),
        *("ProvideFeedback", "MaxPrice", "ForceDelivery", "PersistentAction", "TrafficType"),
    }
)
MAGIC_FROM: Final[Mapping[str, int]] = {
    "+15005550001": 21212,
    "+15005550007": 21606,
    "+15005550008": 21611,
}
MAGIC_TO: Final[Mapping[str, int]] = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
E164: Final = re.compile(r"\+[1-9]\d{6,14}")
LONGEST_BODY: Final = 1600
LONGEST_VALIDITY_SECONDS: Final = 36_000
KEPT: Final = 10_000
ADDRESS: Final = "/2010-04-01/Accounts/{account}/Messages.json"
ONE: Final = "/2010-04-01/Accounts/{account}/Messages/{sid}.json"
RECORDING: Final = "/2010-04-01/Accounts/{account}/Recordings/{sid}"
RECORDINGS_KEPT: Final = 100


@dataclass(slots=True)
class Message:
    """One message as the carrier keeps it."""

    sid: str
    to: str
    from_: str
    body: str
    callback: str
    made_at: datetime
    status: str = "queued"
    error_code: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What becomes of one request. ``taken``: the message was, although the answer does not say so."""

    status: int
    code: int
    taken: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


class FakeTexts:
    """The carrier's memory, and its behaviour. ``app`` is its REST side."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """``transport``: how reports reach the line; None: over the network."""
        self.messages: deque[Message] = deque(maxlen=KEPT)
        self.faults: deque[Fault] = deque()
        """For the next requests to create a message, one each."""
        self.fates: dict[str, int] = {}
        """Error codes of the numbers that messages cannot be handed over to."""
        self.in_order: Callable[[list[str]], Sequence[str]] = list
        """In what order, and how often, a message's states are reported."""
        self.reports_lost = 0
        self.recordings: OrderedDict[str, bytes] = OrderedDict()
        """What ``<Record>`` kept, mu-law, by its id; the latest."""
        self._account = account_sid
        self._token = auth_token
        self._clock = clock
        self._line = httpx.AsyncClient(transport=transport, timeout=15.0, trust_env=False)
        self.app = self._routes()

    async def close(self) -> None:
        """Close the connections."""
        await self._line.aclose()

    def sent_to(self, number: str) -> list[Message]:
        """What was sent to a number, the oldest first."""
        return [message for message in self.messages if message.to == number]

    # --- Requests ---

    def _routes(self) -> FastAPI:
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

        @app.post(ADDRESS)
        async def create(request: Request, account: str, later: BackgroundTasks) -> JSONResponse:
            if refused := self._refused(request, account):
                return refused
            pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True)
            if code := _wrong(pairs):
                return error(400, code)
            fault = self.faults.popleft() if self.faults else None
            if fault is not None and not fault.taken:
                return error(fault.status, fault.code, fault.headers)
            message = self._take(dict(pairs), later)
            if fault is not None:
                return error(fault.status, fault.code, fault.headers)
            return JSONResponse(self._shown(message), status_code=201)

        @app.get(ADDRESS)
        async def find(request: Request, account: str) -> JSONResponse:
            return self._refused(request, account) or self._page(dict(request.query_params))

        @app.get(ONE)
        async def get(request: Request, account: str, sid: str) -> JSONResponse:
            if refused := self._refused(request, account):
                return refused
            found = next((message for message in self.messages if message.sid == sid), None)
            return JSONResponse(self._shown(found)) if found else error(404, 20404)

        @app.put(RECORDING)
        async def keep(request: Request, account: str, sid: str) -> Response:
            if refused := self._refused(request, account):
                return refused
            self.recordings[sid] = await request.body()
            while len(self.recordings) > RECORDINGS_KEPT:
                self.recordings.popitem(last=False)
            return Response(status_code=204)

        @app.get(RECORDING + ".wav")
        async def play(request: Request, account: str, sid: str) -> Response:
            if refused := self._refused(request, account):
                return refused
            sound = self.recordings.get(sid)
            return error(404, 20404) if sound is None else Response(write_mono(sound), media_type="audio/wav")

        return app

    def _refused(self, request: Request, account: str) -> JSONResponse | None:
        return refused(request, account, self._account, self._token)

    def _take(self, form: Mapping[str, str], later: BackgroundTasks) -> Message:
        message = Message(
            "SM" + secrets.token_hex(16),
            form["To"],
            form["From"],
            form["Body"],
            form.get("StatusCallback", ""),
            self._clock(),
        )
        self.messages.append(message)
        later.add_task(self._hand_over, message)
        return message

    def _page(self, query: Mapping[str, str]) -> JSONResponse:
        size, page = int(query.get("PageSize", "50")), int(query.get("Page", "0"))
        wanted = [
            message
            for message in reversed(self.messages)
            if query.get("To", message.to) == message.to and query.get("From", message.from_) == message.from_
        ]
        shown = wanted[page * size : (page + 1) * size]
        address = ADDRESS.format(account=self._account)
        following = urlencode({**query, "PageSize": size, "Page": page + 1, "PageToken": f"PA{page + 1}"})
        more = len(wanted) > (page + 1) * size
        return JSONResponse(
            {
                "messages": [self._shown(message) for message in shown],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + max(len(shown) - 1, 0),
                "uri": f"{address}?{urlencode(query)}",
                "first_page_uri": f"{address}?PageSize={size}&Page=0",
                "next_page_uri": f"{address}?{following}" if more else None,
                "previous_page_uri": None,
            }
        )

    def _shown(self, message: Message) -> dict[str, Any]:
        made = format_datetime(message.made_at.astimezone(UTC))
        uri = ONE.format(account=self._account, sid=message.sid)
        over = message.status in ("delivered", "undelivered")
        return {
            "account_sid": self._account,
            "api_version": "2010-04-01",
            "body": message.body,
            "date_created": made,
            "date_sent": made if over else None,
            "date_updated": made,
            "direction": "outbound-api",
            "error_code": message.error_code,
            "error_message": None,
            "from": message.from_,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": str(segments.size(message.body).parts),
            "price": None,
            "price_unit": "USD",
            "sid": message.sid,
            "status": message.status,
            "subresource_uris": {"media": uri.replace(".json", "/Media.json")},
            "to": message.to,
            "uri": uri,
        }

    # --- Handing over, and reporting it ---

    async def _hand_over(self, message: Message) -> None:
        code = self.fates.get(message.to)
        last = "delivered" if code is None else "undelivered"
        message.status, message.error_code = last, code
        for status in self.in_order(["sent", last]) if message.callback else ():
            await self._report(message, status)

    async def _report(self, message: Message, status: str) -> None:
        fields = {
            "AccountSid": self._account,
            "ApiVersion": "2010-04-01",
            "From": message.from_,
            "MessageSid": message.sid,
            "MessageStatus": status,
            "SmsSid": message.sid,
            "SmsStatus": status,
            "To": message.to,
        }
        if status == "undelivered":
            fields["ErrorCode"] = str(message.error_code)
        if status != "sent":
            fields["RawDlrDoneDate"] = f"{message.made_at:%y%m%d%H%M}"
        url = message.callback.partition("#")[0]  # text messages' signatures keep the port
        headers = {
            HEADER: sign(url, fields, self._token),
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        }
        try:
            answer = await self._line.post(url, content=urlencode(fields), headers=headers)
        except httpx.HTTPError:
            self.reports_lost += 1  # Twilio tells nobody either; the list still knows
            return
        self.reports_lost += not answer.is_success


def _wrong(pairs: Sequence[tuple[str, str]]) -> int | None:
    """The code of what is wrong with a request to create a message. 20001 where Twilio has no own."""
    form = dict(pairs)
    if len(form) != len(pairs) or not form.keys() <= KNOWN:
        return 20001
    to, from_, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
    if not to or not (from_ or form.get("MessagingServiceSid")) or not body:
        return 21604 if not to else 21602 if not body else 21603
    if code := MAGIC_FROM.get(from_) or MAGIC_TO.get(to):
        return code
    if not E164.fullmatch(to):
        return 21211
    if len(body) > LONGEST_BODY:
        return 21617
    callback = form.get("StatusCallback")
    if callback is not None and not (callback.startswith("http") and urlsplit(callback).hostname):
        return 21609
    validity = form.get("ValidityPeriod", "1")
    if not validity.isdecimal() or not 1 <= int(validity) <= LONGEST_VALIDITY_SECONDS:
        return 20001
    return None


def refused(request: Request, account: str, account_sid: str, token: str) -> JSONResponse | None:
    """A request for another account, or without its password. None: it may go on."""
    wanted = "Basic " + base64.b64encode(f"{account_sid}:{token}".encode()).decode()
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        return error(401, 20003)
    return None if account == account_sid else error(404, 20404)


def error(status: int, code: int, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A refusal in Twilio's shape."""
    body = {
        "code": code,
        "message": f"The fake refuses this as Twilio would: {code}",
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return JSONResponse(body, status_code=status, headers=dict(headers or {}))
