"""The carrier when a text message comes in: signed webhooks, with the copies, blanks and news that real ones have.

Sources: www.twilio.com/docs/messaging/guides/webhook-request; docs/usage/security (over HTTPS, a text message's URL
keeps its port where a call's drops it).
"""

import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

import httpx

from outreach.simulator.signing import HEADER, sign
from outreach.simulator.webhooks import FORM, USER_AGENT

PATH: Final = "/twilio/sms"
BLANK: Final = tuple(side + place for side in ("From", "To") for place in ("City", "State", "Zip", "Country"))
UNANNOUNCED: Final = {"MessagingHint": "甘肃 & 武威=1+1 %", "CarrierRemark": ""}


class FakeSender:
    """A telephone that writes to the line at ``public`` (its address as configured at the carrier).

    ``client``: how it is reached. ``token``: what the carrier signs with.
    """

    def __init__(self, client: httpx.AsyncClient, public: str, token: str, number: str, to: str) -> None:
        self._client = client
        self._url = public.rstrip("/") + PATH
        self._token = token
        self._number = number
        self._to = to

    async def send(self, body: str, *, message: str | None = None, **fields: str) -> httpx.Response:
        """Deliver a message; ``message``: its id, to deliver one again. ``fields``: others, or other values."""
        params = message_params(message or "SM" + secrets.token_hex(16), self._number, self._to, body)
        form = {**params, **fields}
        headers = {
            "User-Agent": USER_AGENT,
            "Content-Type": FORM,
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
            HEADER: sign(signed_url(self._url), form, self._token),
        }
        return await self._client.post(self._url, content=urlencode(form), headers=headers)


def message_params(message: str, sender: str, to: str, body: str) -> Mapping[str, str]:
    """The fields of a message's webhook."""
    return {
        **dict.fromkeys(BLANK, ""),
        "AccountSid": "AC" + "d" * 32,
        "ApiVersion": "2010-04-01",
        "Body": body,
        "From": sender,
        "FromCountry": "CN",
        "MessageSid": message,
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsMessageSid": message,
        "SmsSid": message,
        "SmsStatus": "received",
        "To": to,
        **UNANNOUNCED,
    }


def signed_url(url: str) -> str:
    """What Twilio signs for a message's webhook: no userinfo, no fragment; the port stays."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
