"""One's own account: password, dynamic code, PIN for ringing in."""

import asyncio
from typing import Final

import pyotp
from sqlalchemy import Connection
from starlette.responses import Response
from wtforms import HiddenField, PasswordField, StringField

from outreach.console import passwords, users
from outreach.console.forms import STRIPPED, ConsoleForm, Needed
from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.visit import Visit
from outreach.store import staff

VIEWS: Final = Views()
PATH: Final = "/console/account"
ISSUER: Final = "武威助残热线"


class Password(ConsoleForm):
    """The old one proves that it is they who change it, not somebody at an open screen."""

    name = StringField(said("登录名"), render_kw={"autocomplete": "username", "readonly": True})
    old = PasswordField(said("现在的密码"), [Needed()], render_kw={"autocomplete": "current-password"})
    new = PasswordField(
        said("新密码"),
        [Needed()],
        description=said("至少十个字符。越长越好，可以用一句话。"),
        render_kw={"autocomplete": "new-password", "maxlength": passwords.MOST_LENGTH},
    )


class Code(ConsoleForm):
    """Proves that the secret has arrived in an authenticator before it is asked for."""

    secret = HiddenField()
    code = StringField(
        said("动态验证码"),
        [Needed()],
        filters=STRIPPED,
        description=said("认证软件上现在的六位数字。"),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12},
    )


class Pin(ConsoleForm):
    """For ringing in; by somebody who knows the password."""

    old = PasswordField(said("现在的密码"), [Needed()], render_kw={"autocomplete": "current-password"})
    pin = PasswordField(
        said("电话密码"),
        [Needed()],
        description=said("六位数字，打热线办事的时候按。"),
        render_kw={"autocomplete": "off", "inputmode": "numeric", "maxlength": 6},
    )


@VIEWS.get(PATH, "own")
async def account(visit: Visit) -> Response:
    """The page."""
    return await _page(visit, 200, visit.bind(Password, {"name": visit.user.login}))


@VIEWS.post(PATH, "own")
async def change_password(visit: Visit) -> Response:
    """A new password; everybody else who is signed in with the old one no longer is."""
    form, user, session = visit.bind(Password), visit.user, visit.session
    form.name.data = user.login
    if not form.validate():
        return await _page(visit, 422, form)
    old, new = form.old.data or "", form.new.data or ""
    kept = await visit.read(lambda db: users.secrets_of(db, user.login))
    async with visit.desk.checking:
        if not await asyncio.to_thread(passwords.fits, old, kept.password_hash if kept else None):
            form.refuse("old", said("现在的密码不对。"))
        if len(new) < passwords.LEAST_LENGTH:
            form.refuse("new", said("新密码太短，至少要十个字符。"))
        if form.errors:
            return await _page(visit, 422, form)
        made = await asyncio.to_thread(passwords.hashed, new)
    staying = session.id if session else None
    await visit.write(lambda audit: users.change(audit, user.id, staying=staying, password_hash=made))
    return visit.go(PATH, said("密码已经改了。其他地方的登录已经退出。"))


@VIEWS.get(PATH + "/code", "own")
async def begin_code(visit: Visit) -> Response:
    """A new secret for the authenticator."""
    return _code_page(visit, 200, visit.bind(Code, {"secret": pyotp.random_base32()}))


@VIEWS.post(PATH + "/code", "own")
async def set_code(visit: Visit) -> Response:
    """From now on the code is asked for."""
    form, user, session = visit.bind(Code), visit.user, visit.session
    secret = form.secret.data or ""
    if len(secret) != 32 or not secret.isalnum():
        return visit.go(PATH + "/code")
    if not form.validate():
        return _code_page(visit, 422, form)
    step = passwords.step_of(secret, form.code.data or "", visit.now)
    if step is None:
        form.refuse("code", said("验证码不对。请等下一个数字再试，并看看手机的时间准不准。"))
        return _code_page(visit, 422, form)
    staying = session.id if session else None
    await visit.write(
        lambda audit: users.change(audit, user.id, staying=staying, totp_secret=secret, totp_step=step)
    )
    return visit.go(PATH, said("以后登录要填动态验证码。"))


@VIEWS.post(PATH + "/no-code", "own")
async def drop_code(visit: Visit) -> Response:
    """The password alone is enough again."""
    user, session = visit.user, visit.session
    staying = session.id if session else None
    await visit.write(
        lambda audit: users.change(audit, user.id, staying=staying, totp_secret=None, totp_step=None)
    )
    return visit.go(PATH, said("以后登录不用填动态验证码。"))


@VIEWS.get(PATH + "/pin", "own")
async def begin_pin(visit: Visit) -> Response:
    """An empty form."""
    return _pin_page(visit, 200, visit.bind(Pin))


@VIEWS.post(PATH + "/pin", "own")
async def set_pin(visit: Visit) -> Response:
    """From now on they can ring in."""
    form, user = visit.bind(Pin), visit.user
    form.validate()
    pin = form.pin.data or ""
    if not form.errors and not (len(pin) == staff.PIN_DIGITS and pin.isascii() and pin.isdecimal()):
        form.refuse("pin", said("要六位数字。"))
    elif not form.errors and passwords.easy(pin):
        form.refuse("pin", said("太好猜了，不要用一样的或者连着的数字。"))
    kept = await visit.read(lambda db: users.secrets_of(db, user.login))
    if not form.errors:
        async with visit.desk.checking:
            given = form.old.data or ""
            if not await asyncio.to_thread(passwords.fits, given, kept.password_hash if kept else None):
                form.refuse("old", said("现在的密码不对。"))
    if form.errors:
        return _pin_page(visit, 422, form)
    await visit.write(lambda audit: staff.set_pin(audit, user.id, pin))
    return visit.go(PATH, said("电话密码设好了。用值班表上您自己的电话打热线，就能用。"))


@VIEWS.post(PATH + "/no-pin", "own")
async def drop_pin(visit: Visit) -> Response:
    """They ring in no more."""
    user = visit.user
    await visit.write(lambda audit: staff.set_pin(audit, user.id, None))
    return visit.go(PATH, said("电话密码取消了。"))


async def _page(visit: Visit, status: int, form: Password) -> Response:
    login = visit.user.login
    user_id = visit.user.id

    def look(db: Connection) -> tuple[users.Secrets | None, staff.Staff | None]:
        return users.secrets_of(db, login), staff.get(db, user_id)

    kept, rings_in = await visit.read(look)
    coded = bool(kept and kept.totp_secret)
    return visit.show("account.html", status, form=form, coded=coded, rings_in=rings_in)


def _pin_page(visit: Visit, status: int, form: Pin) -> Response:
    return visit.show("account_pin.html", status, [(said("我的账户"), PATH)], form=form)


def _code_page(visit: Visit, status: int, form: Code) -> Response:
    secret = form.secret.data or ""
    groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    uri = pyotp.TOTP(secret).provisioning_uri(name=visit.user.login, issuer_name=ISSUER)
    crumbs = [(said("我的账户"), PATH)]
    return visit.show("account_code.html", status, crumbs, form=form, groups=groups, uri=uri)
