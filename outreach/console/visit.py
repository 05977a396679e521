"""One request to the console by somebody who may make it: what a view is handed, and how it answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.datastructures import FormData, QueryParams, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from wtforms import Form

from outreach.console import cookies
from outreach.console.access import Right
from outreach.console.desk import Desk
from outreach.console.language import Catalogue
from outreach.console.pages import environment
from outreach.console.sessions import Draft, Session
from outreach.console.users import User
from outreach.console.web import HEADERS
from outreach.store.audit import Audit

T = TypeVar("T")
F = TypeVar("F", bound=Form)
Crumb = tuple[str, str]
"""What it is called and its path."""


class Unaudited(Exception):
    """A write that nobody wrote down: it is undone. A mistake of ours."""


class Refused(Exception):
    """The request cannot be served; ``status`` 403, 404 or 409, ``why`` a sentence for its maker."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(status, why)
        self.status = status
        self.why = why


@dataclass
class Visit:
    """``token``: seals this browser's forms. ``fields``: what a POST brought. ``now``: when it came.
    ``opens``: is there a page to look at under that path?
    """

    request: Request
    desk: Desk
    say: Catalogue
    token: str
    now: datetime
    opens: Callable[[str], bool]
    session: Session | None = None
    fields: FormData = field(default_factory=FormData)
    draft: Draft | None = None
    message: str | None = None
    """What the page before wants said here."""
    frame: Mapping[str, Any] = field(default_factory=dict)
    """What the layout needs on every page."""

    @property
    def user(self) -> User:
        """Who asks. Only where the route's right says that somebody must be signed in."""
        user = self.signed_in
        assert user is not None, "the door lets nobody else in"
        return user

    @property
    def signed_in(self) -> User | None:
        """Who asks, if we know."""
        return self.session.user if self.session and self.session.live else None

    @property
    def path(self) -> str:
        """Of this page."""
        return self.request.url.path

    @property
    def query(self) -> QueryParams:
        """What comes after the ``?``."""
        return self.request.query_params

    @cached_property
    def csrf(self) -> str:
        """For the hidden field ``_csrf`` of every form."""
        return cookies.csrf(self.token)

    def may(self, right: Right) -> bool:
        """May they do that?"""
        user = self.signed_in
        return user is not None and user.may(right)

    def need(self, found: T | None) -> T:
        """What was looked for. Raises Refused(404) when there is none."""
        if found is None:
            raise Refused(404, "")
        return found

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Ask the database."""
        return await self.desk.database.read(work)

    async def write(self, work: Callable[[Audit], T]) -> T:
        """Do something and write down who did: both or neither. ``work`` gets the audit, with ``audit.db`` to work on.

        Raises what ``work`` raises, or Unaudited when it wrote nothing down. All is undone then.
        """
        user_id, now = self.user.id, self.now

        def audited(db: Connection) -> T:
            audit = Audit(db, user_id, now)
            result = work(audit)
            if not audit.rows:
                raise Unaudited(self.path)
            return result

        return await self.desk.database.write(audited)

    def bind(self, form: type[F], data: Mapping[str, Any] | None = None) -> F:
        """A form: filled from what was sent, else from what its writer could not send any more, else from ``data``."""
        sent: FormData | None = None
        if self.request.method == "POST":
            sent = self.fields
        elif self.draft is not None and self.draft.path == self.path:
            sent = FormData(list(self.draft.fields))
        meta = {"locales": ["zh"] if self.say.language == "zh-CN" else ["en"]}
        return form(_Wtforms(sent) if sent is not None else None, data=dict(data or {}), meta=meta)

    def show(
        self,
        template: str,
        status: int = 200,
        crumbs: Sequence[Crumb] = (),
        **values: Any,
    ) -> Response:
        """A whole page. ``crumbs``: what lies between the section and this page."""
        html = self.fragment(template, crumbs=crumbs, **values)
        response = Response(html, status, HEADERS, "text/html; charset=utf-8")
        if self.message:
            cookies.drop(response, "flash", self.desk.https)
        return response

    def fragment(self, template: str, **values: Any) -> str:
        """A part of a page."""
        return (
            environment(self.say.language)
            .get_template(template)
            .render({"visit": self, **self.frame, **values})
        )

    def go(self, path: str, message: str | None = None, **query: str) -> Response:
        """On to another page, which will say ``message`` (a ``said``)."""
        response = RedirectResponse(f"{path}?{urlencode(query)}" if query else path, 303, HEADERS)
        if message is not None:
            cookies.put(response, "flash", cookies.flash(self.token, message), self.desk.https)
        return response


class _Wtforms:
    """Starlette's form as WTForms asks for it. Files are not its business."""

    def __init__(self, fields: FormData) -> None:
        self._fields = fields

    def __iter__(self) -> Any:
        return iter(dict.fromkeys(self._fields.keys()))

    def __len__(self) -> int:
        return max(len(self._fields), 1)  # nothing ticked is an answer too

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def getlist(self, name: str) -> list[Any]:
        return [value for value in self._fields.getlist(name) if not isinstance(value, UploadFile)]
