"""The one door of the console: every request passes here, whatever view answers it.

It finds the session, checks that a form is ours and that its sender may do that, and turns trouble into words.
What a form brings whose session has ended is kept for its writer, who signs in again and finds it.
"""

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from urllib.parse import quote, urlsplit

import structlog
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from outreach.console import cookies, passwords, sessions
from outreach.console.desk import Desk
from outreach.console.language import LANGUAGES, Language, catalogue, said
from outreach.console.routes import OPEN, Route
from outreach.console.visit import Refused, Visit
from outreach.console.web import HEADERS
from outreach.store.errors import DatabaseError

log = structlog.get_logger()

SIGN_IN: Final = "/console/sign-in"
DRAFT: Final = "/console/draft"
SECRET: Final = re.compile("password|code|^_")
"""Fields that are never kept."""
MOST_BYTES: Final = 110 << 20
"""Of one request: a file of a hundred megabytes (``views.imports``) and what goes with it."""
WHY: Final = {
    403: said("您的权限不能做这件事。需要的话，请找管理员。"),
    404: said("没有这个页面，或者这条记录已经不在了。"),
    409: said("别人刚刚改过，请看看现在的内容再决定。"),
    500: said("程序出了错，已经记下来了。您刚才做的没有保存，请返回再试一次。"),
    503: said("数据库现在没有回答。您刚才做的没有保存，请过一分钟再试。"),
}


@dataclass(frozen=True, slots=True)
class Door:
    """``frame``: what every page's layout needs; ``opens``: is there a page to look at under that path?"""

    desk: Desk
    frame: Callable[[Visit], Mapping[str, Any]]
    opens: Callable[[str], bool]

    async def answer(self, request: Request, route: Route) -> Response:
        """Answer a request for ``route``."""
        visit = await self._arrive(request)
        try:
            response = await self._served(visit, route)
        except Refused as refused:
            response = self.trouble(visit, refused.status, refused.why)
        except DatabaseError:
            response = self.trouble(visit, 503)
        except Exception as error:
            log.exception("console.failed", route=route.path, error=type(error).__name__)
            response = self.trouble(visit, 500)
        if cookies.read(request, "visit", self.desk.https) is None and visit.session is None:
            cookies.put(response, "visit", visit.token, self.desk.https)
        return response

    async def missing(self, request: Request) -> Response:
        """Nothing is at that address."""
        return self.trouble(await self._arrive(request), 404)

    def trouble(self, visit: Visit, status: int, why: str = "") -> Response:
        """A page that says in words what is wrong."""
        return visit.show("trouble.html", status, code=status, why=why or WHY[status])

    async def _arrive(self, request: Request) -> Visit:
        desk, now = self.desk, self.desk.clock()
        token = cookies.read(request, "session", desk.https)
        session = await self._session(token, now) if token else None
        if session and session.live and now - session.seen_at >= sessions.SEEN_EVERY and _by_hand(request):
            session_id = session.id
            await desk.database.write(lambda db: sessions.seen(db, session_id, now))
            session = await self._session(token or "", now)
        if session is None or token is None:
            token = cookies.read(request, "visit", desk.https) or passwords.token()
        chosen = session.user.language if session else cookies.read(request, "language", desk.https)
        language = cast(Language, chosen) if chosen in LANGUAGES else "zh-CN"
        visit = Visit(request, desk, catalogue(language), token, now, self.opens, session)
        if flash := cookies.read(request, "flash", desk.https):
            visit.message = cookies.unflash(token, flash)
        visit.frame = self.frame(visit)
        return visit

    async def _session(self, token: str, now: datetime) -> sessions.Session | None:
        return await self.desk.database.read(lambda db: sessions.find(db, token, now))

    async def _served(self, visit: Visit, route: Route) -> Response:
        request = visit.request
        if request.method == "POST":
            if int(request.headers.get("content-length") or MOST_BYTES + 1) > MOST_BYTES:
                raise Refused(
                    413, said("这个请求太大了，最多 {most} MB。文件请分成几个。", most=MOST_BYTES >> 20)
                )
            visit.fields = await request.form()
            if not self._same_origin(request):
                raise Refused(403, said("这个请求不是从本网站的页面发来的。"))
        if route.right != OPEN and visit.signed_in is None:
            return await self._sign_in_first(visit)
        if request.method == "POST" and not _ours(visit):
            return await self._ask_again(visit)
        if route.right != OPEN and not visit.may(route.right):
            raise Refused(403, "")
        await self._open_draft(visit)
        response = await route.view(visit, **request.path_params)
        if request.method == "POST" and response.status_code == 303:
            await self._close_draft(visit)
        return response

    def _same_origin(self, request: Request) -> bool:
        """Browsers say which site a form is on. Old ones say nothing; then the form's own token must do."""
        origin = request.headers.get("origin")
        if origin is None:
            return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
        there = urlsplit(origin).netloc
        return bool(there) and there in self.desk.hosts | {request.headers.get("host", "")}

    async def _sign_in_first(self, visit: Visit) -> Response:
        """To the sign-in page, and back from there. What was sent is kept for the session's user, if it is ours."""
        request, session = visit.request, visit.session
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if request.method == "GET":
            return _to(SIGN_IN, {"next": back})
        if session is None or not _ours(visit):
            return _to(SIGN_IN, {"lost": "1"})
        draft_id = await self._keep(visit, session.user.id)
        return _to(SIGN_IN, {"kept": "1"} if draft_id else {"lost": "1"})

    async def _ask_again(self, visit: Visit) -> Response:
        """A form of an earlier session, or none of ours: nothing is done before its sender has looked at it."""
        if visit.signed_in is None or visit.request.headers.get("origin") is None:
            raise Refused(403, said("这个页面放得太久了，请返回、刷新以后再试。"))
        draft_id = await self._keep(visit, visit.user.id)
        if draft_id is None:
            raise Refused(403, said("这个页面放得太久了，请返回、刷新以后再试。"))
        return _to(f"{DRAFT}/{draft_id}", {})

    async def _keep(self, visit: Visit, user_id: int) -> int | None:
        fields = [
            (name, value)
            for name, value in visit.fields.multi_items()
            if not isinstance(value, UploadFile) and not SECRET.search(name)
        ]
        path, now = visit.path, visit.now
        return await self.desk.database.write(lambda db: sessions.keep_draft(db, user_id, path, fields, now))

    async def _open_draft(self, visit: Visit) -> None:
        named = visit.query.get("draft") or str(visit.fields.get("_draft") or "")
        if named.isdecimal() and visit.signed_in and len(named) < 10:
            user_id = visit.user.id
            visit.draft = await visit.read(lambda db: sessions.draft(db, user_id, int(named)))

    async def _close_draft(self, visit: Visit) -> None:
        if visit.draft is not None and visit.signed_in:
            user_id, draft_id = visit.user.id, visit.draft.id
            await self.desk.database.write(lambda db: sessions.drop_draft(db, user_id, draft_id))


def _ours(visit: Visit) -> bool:
    sent = str(visit.fields.get("_csrf") or "")
    return hmac.compare_digest(sent.encode(), visit.csrf.encode())


def _by_hand(request: Request) -> bool:
    """Did a person ask for this? What a page asks for by itself keeps nobody signed in."""
    return request.headers.get("accept", "") != "text/event-stream"


def _to(path: str, query: Mapping[str, str]) -> Response:
    pairs: Sequence[str] = [f"{name}={quote(value, safe='/')}" for name, value in query.items()]
    return RedirectResponse(f"{path}?{'&'.join(pairs)}" if pairs else path, 303, HEADERS)
