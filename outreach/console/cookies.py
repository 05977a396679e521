"""The console's cookies: no script reads them, no other site sends them along with a form."""

import base64
import binascii
import hashlib
import hmac
from typing import Final, Literal

import orjson
from starlette.requests import Request
from starlette.responses import Response

from outreach.console.language import Said, said

Cookie = Literal["session", "visit", "device", "flash", "language"]

_SECONDS: Final = {"session": 60 * 60 * 36, "device": 60 * 60 * 24 * 400, "language": 60 * 60 * 24 * 400}
"""How long a browser keeps them; the others until it is closed. A session's end is decided by its row."""


def name(cookie: Cookie, https: bool) -> str:
    """``__Host-`` binds a cookie to this very host and to https: no neighbour can set one of ours."""
    return f"__Host-outreach-{cookie}" if https else f"outreach-{cookie}"


def read(request: Request, cookie: Cookie, https: bool) -> str | None:
    """What the browser has."""
    return request.cookies.get(name(cookie, https)) or None


def put(response: Response, cookie: Cookie, value: str, https: bool) -> None:
    """Let the browser keep ``value``."""
    response.set_cookie(
        name(cookie, https),
        value,
        max_age=_SECONDS.get(cookie),
        path="/",
        secure=https,
        httponly=True,
        samesite="lax",
    )


def drop(response: Response, cookie: Cookie, https: bool) -> None:
    """Let the browser forget it."""
    response.delete_cookie(name(cookie, https), path="/", secure=https, httponly=True, samesite="lax")


def csrf(token: str) -> str:
    """What every form of the browser with this session (or visit) token must bring along."""
    return _sealed(token, b"form")


def flash(token: str, message: str) -> str:
    """A sentence for the next page, sealed so that nobody else can put words there."""
    values = {key: str(value) for key, value in getattr(message, "values", {}).items()}
    body = base64.urlsafe_b64encode(orjson.dumps([str(message), values])).decode()
    return f"{body}.{_sealed(token, body.encode())}"


def unflash(token: str, cookie: str) -> Said | None:
    """The sentence; None when it is not one of ours."""
    body, _, seal = cookie.rpartition(".")
    if not hmac.compare_digest(seal.encode(), _sealed(token, body.encode()).encode()):
        return None
    try:
        text, values = orjson.loads(base64.urlsafe_b64decode(body))
    except (binascii.Error, ValueError):
        return None
    return said(text, **values)


def _sealed(token: str, what: bytes) -> str:
    return hmac.new(token.encode(), what, hashlib.sha256).hexdigest()
