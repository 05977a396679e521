"""Who may talk to us: X-Twilio-Signature on webhooks and on the media socket's upgrade.

The HMAC is the ``twilio`` package's; the URL, the comparison and the refusals are ours, because
``RequestValidator.validate`` breaks on userinfo and IPv6 ports, takes 80 as the port of wss, accepts any body
when the URL carries ``bodySHA256``, raises on odd input and compares lengths first.
Source: www.twilio.com/docs/usage/security, "Validating requests".

Nothing from the request's own scheme or Host is believed: the signed URL is the configured public address
plus path and query as they came. The signature covers no time: a replay is the reception's to survive.
"""

import hmac
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

import structlog
from fastapi import HTTPException, Request
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import ClientDisconnect, HTTPConnection
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped, unused-ignore]

from outreach.config import Config

log = structlog.get_logger()

Fields = Mapping[str, str]
"""A form's fields, blanks kept; of a repeated name the last value."""

BODY_LIMIT_BYTES: Final = 64 * 1024
FIELD_LIMIT: Final = 500
FORM: Final = "application/x-www-form-urlencoded"
HEADER: Final = "X-Twilio-Signature"
SCHEMES: Final = {"https": ("wss", 443), "http": ("ws", 80)}


def signed_urls(public: str, path: str, query: str, *, socket: bool = False) -> Iterator[str]:
    """Every spelling under which Twilio may have signed this request, the likeliest first.

    Voice over HTTPS drops the port, SMS keeps it; userinfo is always dropped; a socket's URL is the wss://
    text of the TwiML, with or without a slash at its end. Raises ValueError for an address without a scheme.
    """
    address = urlsplit(public)
    if address.scheme not in SCHEMES or not address.hostname:
        raise ValueError(f"the public address must read https://HOST or http://HOST, not {public!r}")
    secure_socket, default_port = SCHEMES[address.scheme]
    scheme = secure_socket if socket else address.scheme
    as_configured = address.netloc.rpartition("@")[2]
    bare = as_configured.removesuffix(f":{address.port}")
    hosts = [as_configured] if bare == as_configured else [as_configured, bare]
    if address.port in (None, default_port):
        hosts = list(dict.fromkeys([bare, f"{bare}:{default_port}"]))
    asked = address.path.rstrip("/") + path
    paths = [asked, asked.removesuffix("/") if asked.endswith("/") else asked + "/"] if socket else [asked]
    for spelt in paths:
        for host in hosts:
            yield f"{scheme}://{host}{spelt}{'?' + query if query else ''}"


def tokens(config: Config) -> list[str]:
    """The secrets in force: one, or two while rotating. None are left when the carrier is off."""
    written = config.twilio_auth_token.get_secret_value().split(",")
    return [token.strip() for token in written if token.strip()]


def verify(
    config: Config,
    path: str,
    query: str,
    fields: Sequence[tuple[str, str]],
    signature: str | None,
    *,
    socket: bool = False,
) -> bool:
    """Whether Twilio signed this request. ``path``, ``query``: raw. No signature makes it raise."""
    if not signature or "bodySHA256" in query:  # that one belongs to JSON bodies, which we do not take
        return False
    given = signature.encode("utf-8", "replace")
    params = ImmutableMultiDict(fields)
    validators = [RequestValidator(token) for token in tokens(config)]
    return any(
        hmac.compare_digest(validator.compute_signature(url, params).encode(), given)
        for url in signed_urls(config.public, path, query, socket=socket)
        for validator in validators
    )


def verified_form(config: Config) -> Callable[[Request], Awaitable[Fields]]:
    """A FastAPI dependency: the signed form's fields, or HTTPException 415, 413, 400, 403."""
    list(signed_urls(config.public, "/", ""))  # a wrong address fails at start-up, not at the first call

    async def fields(request: Request) -> Fields:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            raise _refused(request, 415, "not a form")
        body = await _body(request)
        try:
            pairs = parse_qsl(
                body.decode("utf-8", "replace"),
                keep_blank_values=True,
                errors="replace",
                max_num_fields=FIELD_LIMIT,
            )
        except ValueError:
            raise _refused(request, 400, "too many fields") from None
        path, query = _asked(request)
        if not verify(config, path, query, pairs, request.headers.get(HEADER)):
            raise _refused(request, 403, "signature")
        return dict(pairs)

    return fields


def verified_socket(config: Config, connection: HTTPConnection) -> bool:
    """Whether Twilio signed this WebSocket upgrade; ask before accepting."""
    path, query = _asked(connection)
    if verify(config, path, query, (), connection.headers.get(HEADER), socket=True):
        return True
    _refused(connection, 403, "signature")
    return False


def _asked(connection: HTTPConnection) -> tuple[str, str]:
    raw_path: bytes | None = connection.scope.get("raw_path")
    path = raw_path.decode("latin-1") if raw_path else quote(connection.scope["path"])
    return path, connection.scope["query_string"].decode("latin-1")


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT_BYTES:
                raise _refused(request, 413, "too large")
    except ClientDisconnect:
        raise _refused(request, 400, "body cut short") from None
    return bytes(body)


def _refused(connection: HTTPConnection, status: int, why: str) -> HTTPException:
    # Only the path: query and body of an unproven request may hold anything, numbers too.
    log.warning("twilio_request_refused", path=connection.scope["path"], status=status, why=why)
    return HTTPException(status, f"refused: {why}")
