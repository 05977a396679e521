"""The carrier as an HTTP client: signed webhooks, sounds to be played, its time limits and its one retry.

Sources: www.twilio.com/docs/voice/twiml ("Twilio's request to your application"), docs/usage/webhooks/
webhooks-connection-overrides (limits, retry, idempotency token), docs/api/errors.
"""

import asyncio
import ssl
import uuid
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import unquote, urlencode, urlsplit

import httpx

from outreach.simulator.line import Limits, Line
from outreach.simulator.playback import Caption
from outreach.simulator.signing import HEADER, sign, signed_url
from outreach.simulator.wav import SoundFileError, read_wav

USER_AGENT: Final = "TwilioProxy/1.1"
FORM: Final = "application/x-www-form-urlencoded; charset=UTF-8"
BODY_LIMIT: Final = 64 * 1024
AUDIO_LIMIT: Final = 40 * 1024 * 1024


class WebhookError(Exception):
    """The line gave no usable answer. The text begins with the carrier's error number.

    ``unreachable``: nobody listens there at all.
    """

    def __init__(self, reason: str, *, unreachable: bool = False) -> None:
        super().__init__(reason)
        self.unreachable = unreachable


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer to a webhook. ``content_type`` is lower case, without parameters."""

    url: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Audio:
    """A sound to be played (mu-law) and, in demo mode, what it says."""

    mulaw: bytes
    caption: Caption | None


class Webhooks:
    """One call's HTTP side."""

    def __init__(self, line: Line, limits: Limits, *, duplicate: bool = False) -> None:
        self._line = line
        self._limits = limits
        self._duplicate = duplicate
        timeout = httpx.Timeout(limits.read_seconds, connect=limits.connect_seconds)
        # trust_env: a proxy set for the wide world must not come between us and a loopback server.
        self._client = httpx.AsyncClient(timeout=timeout, verify=_tls(), trust_env=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def ask(self, method: str, url: str, params: Mapping[str, str]) -> Answer:
        """Send a signed webhook.

        Raises WebhookError for anything but an answer of 2xx with a type, in time.
        """
        if method == "GET":
            url += ("&" if urlsplit(url).query else "?") + urlencode(params)
        form = {} if method == "GET" else params
        headers = {
            "User-Agent": USER_AGENT,
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            HEADER: sign(signed_url(url), form, self._line.auth_token),
        }
        if method == "POST":
            headers["Content-Type"] = FORM
        body = urlencode(form).encode()
        if self._duplicate:
            await self._send(method, url, headers, body)
        response = await self._send(method, url, headers, body)
        if not response.is_success:
            raise WebhookError(f"11200: {_path(url)} answered {response.status_code}")
        if len(response.content) > BODY_LIMIT:
            raise WebhookError(f"11750: {_path(url)} answered with more than 64 kB")
        return Answer(url, _content_type(response), response.content)

    async def audio(self, url: str) -> Audio:
        """Fetch what a ``<Play>`` names. Raises WebhookError when it is no sound."""
        response = await self._send("GET", url, {"User-Agent": USER_AGENT, "Accept": "*/*"}, b"")
        if not response.is_success:
            raise WebhookError(f"11200: {_path(url)} answered {response.status_code}")
        if len(response.content) > AUDIO_LIMIT:
            raise WebhookError(f"11200: {_path(url)} is longer than 40 MB")
        kind = _content_type(response)
        try:
            match kind:
                case "audio/wav" | "audio/wave" | "audio/x-wav":
                    mulaw = read_wav(response.content)
                case "audio/basic":
                    mulaw = response.content
                case _:
                    raise WebhookError(
                        f"12300: {_path(url)} is {kind or 'of no type'}; audio/wav is played here"
                    )
        except SoundFileError as error:
            raise WebhookError(f"11200: {_path(url)} says {kind}, but: {error}") from None
        return Audio(mulaw, _caption(response.headers))

    async def put(self, url: str, sound: bytes) -> bool:
        """Hand a recording to the carrier's REST side: from one room of the same house to another."""
        account = f"{self._line.account_sid}:{self._line.auth_token}"
        headers = {"Authorization": "Basic " + b64encode(account.encode()).decode()}
        try:
            return (await self._send("PUT", url, headers, sound)).is_success
        except WebhookError:
            return False

    async def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> httpx.Response:
        reached = self._line.reached(url)
        host = {"Host": urlsplit(url).netloc.rpartition("@")[2]}
        try:
            request = self._client.build_request(method, reached, headers={**host, **headers}, content=body)
            async with asyncio.timeout(self._limits.total_seconds):
                try:
                    return await self._client.send(request)
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    return await self._client.send(request)  # Twilio's one retry (rc=1, rp=ct)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            reason = f"11205: nothing listens at {_origin(reached)} ({error})"
            raise WebhookError(reason, unreachable=True) from None
        except (TimeoutError, httpx.TimeoutException):
            raise WebhookError(f"11200: {_path(url)} did not answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise WebhookError(f"11200: {_path(url)}: {error}") from None


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()  # reads all certificates: 20 ms, so once, not once a call


def _content_type(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()


def _caption(headers: httpx.Headers) -> Caption | None:
    text = headers.get("X-Prompt-Text")
    if text is None:
        return None
    return Caption(unquote(headers.get("X-Prompt-Keys", "")) or None, unquote(text))


def _path(url: str) -> str:
    return urlsplit(url).path or "/"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
