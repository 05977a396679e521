"""Who asks, and may they? A token in ``Authorization: Bearer`` (RFC 6750), with a scope for each sort of record."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Final

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from outreach.api.problems import Problem
from outreach.store import tokens
from outreach.store.database import Database
from outreach.store.tokens import Token

SCOPES: Final[Mapping[str, tuple[str, str]]] = {
    "listings:read": (
        "读公开的内容：岗位、培训、活动、政策、职称评审、预约的地方",
        "read what is public: openings, training, events, policies, title rounds, providers",
    ),
    "openings:write": ("发布、修改岗位", "publish and change openings"),
    "people:read": (
        "读个人的记录：报名、登记、预约、求助（不含残疾信息）",
        "read what is people's: applications, registrations, bookings, cases (nothing about disabilities)",
    ),
    "figures:read": ("读统计数字", "read the figures of the evaluation"),
}
"""Every scope, and what it lets one do, in Chinese and in English."""

BEARER: Final = HTTPBearer(auto_error=False, description="a token made with `outreach token add`")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]


def needs(
    database: Database, clock: Callable[[], datetime], scope: str
) -> Callable[[Credentials], Awaitable[Token]]:
    """A dependency that gives the asker's token, if it has the scope."""

    async def check(credentials: Credentials) -> Token:
        if credentials is None:
            raise _unknown()
        now = clock()
        token = await database.read(lambda db: tokens.known(db, credentials.credentials, now))
        if token is None:
            raise _unknown()
        if scope not in token.scopes:
            raise Problem("scope", (f"需要的权限：{scope}", f"needed: {scope}"))
        if tokens.is_news(token, now):
            await database.write(lambda db: tokens.used(db, token, now))
        return token

    return check


def _unknown() -> Problem:
    return Problem("no-token", headers={"WWW-Authenticate": 'Bearer realm="outreach"'})
