"""The number that is called, and how the carrier behaves on this call.

Values only; nothing is sent from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

DialOutcome = Literal["answered", "no-answer", "busy", "failed"]
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Line:
    """One number at the carrier, as its owner has configured it.

    ``voice_url`` is asked when somebody calls; ``status_url`` hears once that a call is over;
    ``fallback_url`` is asked when a document cannot be had. All are absolute and public. ``via`` is where the
    host of ``voice_url`` can really be reached (``http://127.0.0.1:8000``), when that is not its public
    address. ``api_url``: the carrier's REST side, when recordings are to be had there (a demo's own); else they stay in
    the call.
    """

    voice_url: str
    auth_token: str = field(repr=False)
    account_sid: str
    called: str
    status_url: str | None = None
    fallback_url: str | None = None
    via: str | None = None
    api_url: str | None = None

    def reached(self, url: str) -> str:
        """Where to connect for ``url``: its own host, or ``via`` when it is this line's. No fragment."""
        parts = urlsplit(url)
        if self.via is None or parts.netloc != urlsplit(self.voice_url).netloc:
            return urlunsplit(parts._replace(fragment=""))
        via = urlsplit(self.via)
        scheme = via.scheme.replace("http", "ws") if parts.scheme in ("ws", "wss") else via.scheme
        return urlunsplit((scheme, via.netloc, parts.path, parts.query, ""))

    @property
    def on_this_machine(self) -> bool:
        """Whether the public address is a loopback one: only then may a stream do without TLS."""
        parts = urlsplit(self.voice_url)
        return parts.scheme == "http" and parts.hostname in LOOPBACK


@dataclass(frozen=True, slots=True)
class Quirks:
    """What the carrier may do on a bad day. The default is a good one.

    ``broken_streams``: that many streams are lost before they open (the following verb runs).
    ``start_delay_seconds``: call time between ``connected`` and ``start``.
    ``duplicate_webhooks``: every webhook is sent twice under one idempotency token; the second answer counts.
    ``upgrade_slash``: the stream's upgrade is signed with a slash after the URL.
    ``connect_action``: the action of ``<Connect>`` is asked when a stream ends (the pages do not say whether
    it is).
    ``comfort_noise``: silence is faint noise, not digital zero.
    ``dialled``: what becomes of a transfer, by number; ``dial_outcome`` for all others. An answered one lasts
    ``talk_seconds``.
    """

    broken_streams: int = 0
    start_delay_seconds: float = 0.0
    duplicate_webhooks: bool = False
    upgrade_slash: bool = False
    connect_action: bool = False
    comfort_noise: bool = False
    dialled: Mapping[str, DialOutcome] = field(default_factory=dict)
    dial_outcome: DialOutcome = "answered"
    talk_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the carrier waits for a webhook, in real seconds whatever the call's speed.

    Source: www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides.
    """

    connect_seconds: float = 5.0
    read_seconds: float = 15.0
    total_seconds: float = 15.0
