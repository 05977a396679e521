"""Passwords and codes: how they are kept and checked. No SQL."""

import hashlib
import secrets
from datetime import datetime
from itertools import pairwise
from typing import Final

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

LEAST_LENGTH: Final = 10
"""Length is what counts (NIST SP 800-63B); no rules on what must be in it."""
MOST_LENGTH: Final = 200
STEP_SECONDS: Final = 30
_READABLE: Final = "abcdefghjkmnpqrstuvwxyz23456789"

_hasher = PasswordHasher()
_NOBODY: Final = _hasher.hash(secrets.token_urlsafe(16))


def hashed(password: str) -> str:
    """As it is kept. Takes 50 ms and 64 MB: never on an event loop."""
    return _hasher.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Is it the one that is kept? As long for nobody (None) as for somebody. Never on an event loop."""
    try:
        _hasher.verify(kept or _NOBODY, password[:MOST_LENGTH])
    except (Argon2Error, InvalidHashError):
        return False
    return kept is not None


def outdated(kept: str) -> bool:
    """Was it made with weaker settings than today's?"""
    return _hasher.check_needs_rehash(kept)


def readable() -> str:
    """A new password that can be read to somebody on the telephone: four groups of four, 79 bits."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))


def token() -> str:
    """Something nobody can guess, for a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a token: who reads the table cannot sign in with it."""
    return hashlib.sha256(token.encode()).hexdigest()


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step that this one-time code belongs to; None: to none near now (one step either way)."""
    digits = "".join(code.split())
    totp, step = pyotp.TOTP(secret), int(now.timestamp()) // STEP_SECONDS
    for near in (step, step - 1, step + 1):
        if secrets.compare_digest(totp.generate_otp(near).encode(), digits.encode()):
            return near
    return None


def easy(pin: str) -> bool:
    """All digits alike, or one after the other."""
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    return len(steps) == 1 and steps <= {-1, 0, 1}
