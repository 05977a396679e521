"""Twilio's REST side, and text messages over it: send one, list some. Each request is made once; nothing tries again.

Sources: www.twilio.com/docs/messaging/api/message-resource (create, list), docs/api/errors. There is no idempotency
key: after a timeout nobody knows, and ``Unknown`` says so. Our own id and the attempt ride in the StatusCallback
address, so that a report settles it; the list does not show that address, so ``find`` compares number, words and
time instead.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from outreach.carriers.twilio import table
from outreach.carriers.twilio.errors import reason_of
from outreach.config import Config
from outreach.wire import CarrierError, Outcome, Refused, Taken, TextOut, Unknown

TIMEOUT: Final = httpx.Timeout(15.0, connect=5.0)
SEND_WITHIN_SECONDS: Final = 20.0
PAGE_SIZE: Final = 1000
"""Twilio's largest."""
PAGES: Final = 5
VALIDITY_SECONDS: Final = (10, 36_000)
"""How long Twilio may hold a message. It advises more than 5, and allows ten hours."""
GIVEN_UP: Final = frozenset({"failed", "undelivered", "canceled"})
NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""The request never left: certainly not taken."""


class Rest:
    """Twilio's REST side over one HTTP client: each request once, in bounded time."""

    def __init__(self, config: Config, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """``transport``: for tests. The client is closed by ``close``."""
        token = config.twilio_auth_token.get_secret_value().partition(",")[0].strip()
        self._api = config.twilio_api.rstrip("/")
        self._client = httpx.AsyncClient(
            auth=(config.twilio_account_sid, token),
            timeout=TIMEOUT,
            transport=transport,
            trust_env=not config.demo,  # a proxy for the wide world must not come between us and our own fake
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def ask(self, path: str, form: Sequence[tuple[str, str]]) -> Outcome:
        """Post a form; an answer within 20 seconds, whatever happens. A name may come more than once."""
        body = urlencode(form).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            async with asyncio.timeout(SEND_WITHIN_SECONDS):
                answer = await self._client.post(self._api + path, content=body, headers=kind)
        except NOT_SENT as error:
            return Refused("carrier_down", type(error).__name__)
        except (TimeoutError, httpx.HTTPError) as error:
            return Unknown(type(error).__name__)
        return _outcome(answer)

    async def listed(self, path: str, query: Mapping[str, str], key: str) -> AsyncIterator[dict[str, Any]]:
        """All that a list holds under ``key``. Raises CarrierError."""
        address: str | None = f"{path}?{httpx.QueryParams({**query, 'PageSize': str(PAGE_SIZE)})}"
        for _ in range(PAGES):
            if not address:
                return
            page = await self.get(address)
            for found in page[key]:
                yield found
            address = page.get("next_page_uri")
        if address:
            raise CarrierError("the carrier's list has no end", retry=False)

    async def get(self, address: str) -> dict[str, Any]:
        """One page, or one thing. Raises CarrierError."""
        try:
            answer = await self._client.get(self._api + address)
            answer.raise_for_status()
            page: dict[str, Any] = answer.json()
        except httpx.HTTPStatusError as error:
            raise CarrierError(f"the carrier answered {error.response.status_code}", retry=True) from None
        except (httpx.HTTPError, ValueError) as error:
            raise CarrierError(type(error).__name__, retry=True) from None
        return page


class TwilioTexts:
    """``wire.TextCarrier`` over one HTTP client."""

    def __init__(self, config: Config, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """``transport``: for tests. The client is closed by ``close``."""
        self._rest = Rest(config, transport)
        self._messages = f"/2010-04-01/Accounts/{config.twilio_account_sid}/Messages.json"
        self._from = config.twilio_from
        self._status = config.public + table.TEXT_STATUS

    async def close(self) -> None:
        """Close the connections."""
        await self._rest.close()

    async def send(self, text: TextOut) -> Outcome:
        """Ask Twilio to take a message; an answer within 20 seconds, whatever happens."""
        shortest, longest = VALIDITY_SECONDS
        form = {
            "To": text.to,
            "From": self._from,
            "Body": text.body,
            "StatusCallback": f"{self._status}?delivery={text.delivery_id}&attempt={text.attempt}",
            "ValidityPeriod": str(min(max(text.seconds, shortest), longest)),
        }
        return await self._rest.ask(self._messages, list(form.items()))

    async def find(self, text: TextOut, since: datetime) -> Sequence[str]:
        """Ids of the messages on Twilio's list with this number and these words, made at ``since`` or later.

        Those that Twilio itself gave up are left out. Raises CarrierError. (An account set to discard message
        bodies cannot be searched: nothing is ever found there.)
        """
        found = []
        query = {"To": text.to, "From": self._from}
        async for message in self._rest.listed(self._messages, query, "messages"):
            made = parsedate_to_datetime(message["date_created"])
            same = (message["body"] or "").strip() == text.body.strip()
            if made >= since and same and message["status"] not in GIVEN_UP:
                found.append(str(message["sid"]))
        return found


def _outcome(answer: httpx.Response) -> Outcome:
    body = _json(answer)
    status, wait = answer.status_code, retry_after_seconds(answer.headers)
    if answer.is_success:
        sid = body.get("sid")
        return Taken(sid) if isinstance(sid, str) and sid else Unknown("an answer without a sid")
    code = body.get("code")
    known = code if isinstance(code, int) else None
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return Refused("throttled", str(known or status), wait)
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND):
        return Refused("account", str(known or status), wait)
    if answer.is_client_error:
        return Refused(reason_of(known), str(known or status), wait)
    return Unknown(f"answered {known or status}", wait)


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def retry_after_seconds(headers: httpx.Headers) -> float | None:
    """``Retry-After``, in seconds or as a date after ``Date`` (RFC 9110, 10.2.3). None: absent, or not to be read."""
    written = headers.get("Retry-After", "").strip()
    if written.isdecimal() and len(written) <= 9:
        return float(written)
    try:
        wait = parsedate_to_datetime(written) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):  # TypeError: one with a time zone, one without
        return None
    return max(0.0, wait.total_seconds())
