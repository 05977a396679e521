"""The way in and out: signing in, staying, signing out, the language, and what was written when a session ended."""

from typing import Final, cast

from starlette.responses import Response
from wtforms import HiddenField, PasswordField, StringField

from outreach.console import cookies, sessions, signing_in
from outreach.console.attempts import WITHIN
from outreach.console.door import DRAFT, SIGN_IN
from outreach.console.forms import STRIPPED, ConsoleForm, Needed
from outreach.console.language import LANGUAGES, Language, said
from outreach.console.routes import OPEN, Views
from outreach.console.users import by_login, change
from outreach.console.visit import Refused, Visit
from outreach.store.audit import Audit

VIEWS: Final = Views()
HOME: Final = "/console"
DEMO_LOGINS: Final = ("admin", "counselor", "viewer", "tester")
"""Whom the demo seeds, one of each role."""


class SignIn(ConsoleForm):
    """Password managers know these fields by their ``autocomplete``."""

    name = StringField(
        said("登录名"), [Needed()], filters=STRIPPED, render_kw={"autocomplete": "username", "maxlength": 80}
    )
    password = PasswordField(
        said("密码"), [Needed()], render_kw={"autocomplete": "current-password", "maxlength": 200}
    )
    code = StringField(
        said("动态验证码"),
        filters=STRIPPED,
        description=said("没有设置动态验证码的，不用填。"),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12},
    )
    next = HiddenField()
    kept = HiddenField()


@VIEWS.get(SIGN_IN, OPEN)
async def ask(visit: Visit) -> Response:
    """The form."""
    if visit.signed_in:
        return visit.go(_inside(visit.query.get("next")))
    given = {name: visit.query.get(name, "") for name in ("next", "kept")}
    return _form(visit, visit.bind(SignIn, given))


@VIEWS.post(SIGN_IN, OPEN)
async def sign_in(visit: Visit) -> Response:
    """Check name, password and code."""
    form = visit.bind(SignIn)
    if not form.validate():
        return _form(visit, form, 422)
    client = visit.request.client
    result = await signing_in.sign_in(
        visit.desk.database,
        login=form.name.data or "",
        password=form.password.data or "",
        code=form.code.data or "",
        address=client.host if client else "",
        device=cookies.read(visit.request, "device", visit.desk.https),
        at_once=visit.desk.checking,
        now=visit.now,
    )
    match result:
        case signing_in.SignedIn():
            return await _let_in(visit, result, form)
        case signing_in.Refused(limited=True):
            minutes = int(WITHIN.total_seconds() // 60)
            form.refuse("name", said("试的次数太多了，请过 {minutes} 分钟再试。", minutes=minutes))
            response = _form(visit, form, 429)
            response.headers["Retry-After"] = str(int(WITHIN.total_seconds()))
            return response
    form.refuse("name", said("登录名、密码或者动态验证码不对。"))
    return _form(visit, form, 422)


@VIEWS.post("/console/demo-sign-in", OPEN)
async def demo(visit: Visit) -> Response:
    """One button, in the demo only: its users are nobody and its data invented."""
    login = str(visit.fields.get("login", ""))
    if not visit.desk.config.demo or login not in DEMO_LOGINS:
        raise Refused(404, "")
    user = visit.need(await visit.read(lambda db: by_login(db, login)))
    entered = signing_in.begin(user)
    await visit.desk.database.write(lambda db: signing_in.enter(db, entered, visit.now))
    return _with_cookies(visit, entered, visit.go(HOME))


@VIEWS.post("/console/sign-out", "own")
async def sign_out(visit: Visit) -> Response:
    """End the session."""
    session = visit.session
    assert session is not None

    def end(audit: Audit) -> None:
        sessions.end(audit.db, session.id, audit.now)
        audit.record("sign_out", "users", session.user.id)

    await visit.write(end)
    response = visit.go(SIGN_IN)
    cookies.drop(response, "session", visit.desk.https)
    return response


@VIEWS.post("/console/stay", "own")
async def stay(visit: Visit) -> Response:
    """Go on for another while. The page's script asks in the background; without script it is a form like any other."""
    session = visit.session
    assert session is not None
    await visit.desk.database.write(lambda db: sessions.seen(db, session.id, visit.now))
    return visit.go(_inside(str(visit.fields.get("next", ""))), said("好的，您可以继续用。"))


@VIEWS.post("/console/language", OPEN)
async def choose_language(visit: Visit) -> Response:
    """Chinese or English, for this browser and for its user."""
    chosen = str(visit.fields.get("language", ""))
    if chosen not in LANGUAGES:
        raise Refused(404, "")
    language = cast(Language, chosen)
    if user := visit.signed_in:
        await visit.write(lambda audit: change(audit, user.id, language=language))
    response = visit.go(_inside(str(visit.fields.get("next", ""))))
    cookies.put(response, "language", language, visit.desk.https)
    return response


@VIEWS.get(DRAFT + "/{draft_id:int}", "own")
async def show_draft(visit: Visit, draft_id: int) -> Response:
    """What somebody was sending when they were not signed in any more, where no form of its own shows it."""
    user_id = visit.user.id
    draft = visit.need(await visit.read(lambda db: sessions.draft(db, user_id, draft_id)))
    return visit.show("draft.html", draft=draft)


@VIEWS.post("/console/forget-draft", "own")
async def forget_draft(visit: Visit) -> Response:
    """It is not wanted any more."""
    user_id, named = visit.user.id, str(visit.fields.get("draft", ""))
    if named.isdecimal() and len(named) < 10:
        await visit.desk.database.write(lambda db: sessions.drop_draft(db, user_id, int(named)))
    return visit.go(HOME)


def _form(visit: Visit, form: SignIn, status: int = 200) -> Response:
    return visit.show("sign_in.html", status, form=form, demo=visit.desk.config.demo, logins=DEMO_LOGINS)


async def _let_in(visit: Visit, result: signing_in.SignedIn, form: SignIn) -> Response:
    target = _inside(form.next.data)
    if form.kept.data:
        user_id = result.user.id
        draft = await visit.read(lambda db: sessions.latest_draft(db, user_id))
        if draft:
            page = draft.path if visit.opens(draft.path) else f"{DRAFT}/{draft.id}"
            target = f"{page}?draft={draft.id}"
    return _with_cookies(visit, result, visit.go(target))


def _with_cookies(visit: Visit, result: signing_in.SignedIn, response: Response) -> Response:
    https = visit.desk.https
    cookies.put(response, "session", result.token, https)
    cookies.put(response, "device", result.device, https)
    cookies.drop(response, "visit", https)
    return response


def _inside(path: str | None) -> str:
    """A page of the console, wherever somebody wants to be sent: never another site."""
    inside = path and (path == HOME or path.startswith((HOME + "/", HOME + "?"))) and "\\" not in path
    return path if inside and path and path.isprintable() and not path.startswith(SIGN_IN) else HOME
