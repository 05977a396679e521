"""Who may sign in, as what: for administrators."""

import asyncio
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError
from starlette.responses import Response
from wtforms import BooleanField, SelectField, StringField

from outreach.console import passwords, users
from outreach.console.access import MAY, ROLES
from outreach.console.forms import STRIPPED, ConsoleForm, Needed
from outreach.console.language import LANGUAGES, said
from outreach.console.routes import Views
from outreach.console.visit import Visit
from outreach.store.audit import Audit
from outreach.store.schema import counselors

VIEWS: Final = Views()
PATH: Final = "/console/users"


class UserForm(ConsoleForm):
    """What an administrator decides about somebody. The password is made here and changed by its owner."""

    login = StringField(
        said("登录名"),
        [Needed()],
        filters=STRIPPED,
        description=said("字母、数字或汉字，不分大小写。"),
        render_kw={"autocomplete": "off", "maxlength": 80},
    )
    name = StringField(
        said("姓名"), [Needed()], filters=STRIPPED, render_kw={"autocomplete": "off", "maxlength": 80}
    )
    role = SelectField(said("角色"), choices=list(ROLES.items()))
    counselor_id = SelectField(
        said("对应的就业指导员"),
        coerce=int,
        description=said("来电转给谁，由值班表决定；这里说明这个用户是值班表上的哪一位。"),
    )
    language = SelectField(said("语言"), choices=list(LANGUAGES.items()))
    active = BooleanField(said("可以登录"), default=True)


@VIEWS.get(PATH, "users.write")
async def everybody(visit: Visit) -> Response:
    """All of them."""
    found = await visit.read(users.everybody)
    return visit.show("users.html", users=found, roles=ROLES, rights=MAY)


@VIEWS.get(PATH + "/new", "users.write")
async def ask_new(visit: Visit) -> Response:
    """An empty form."""
    form = await _form(visit, {"role": "counselor", "language": "zh-CN", "active": True, "counselor_id": 0})
    return _page(visit, form, None)


@VIEWS.post(PATH + "/new", "users.write")
async def add(visit: Visit) -> Response:
    """A new user, whose first password is shown once."""
    form = await _form(visit, {})
    if not form.validate():
        return _page(visit, form, None, 422)
    password = passwords.readable()
    async with visit.desk.checking:
        made = await asyncio.to_thread(passwords.hashed, password)
    values = _values(form)
    active = values.pop("active")

    def work(audit: Audit) -> int:
        user_id = users.add(audit, password_hash=made, **values)
        if not active:
            users.change(audit, user_id, active=False)
        return user_id

    try:
        user_id = await visit.write(work)
    except IntegrityError:
        form.refuse("login", said("这个登录名已经有人用了。"))
        return _page(visit, form, None, 422)
    user = await visit.read(lambda db: users.get(db, user_id))
    return visit.show("user_password.html", crumbs=[(said("用户"), PATH)], user=user, password=password)


@VIEWS.get(PATH + "/{user_id:int}", "users.write")
async def ask(visit: Visit, user_id: int) -> Response:
    """One of them."""
    user = visit.need(await visit.read(lambda db: users.get(db, user_id)))
    names = ("login", "name", "role", "language", "active")
    data = {name: getattr(user, name) for name in names} | {"counselor_id": user.counselor_id or 0}
    return _page(visit, await _form(visit, data), user)


@VIEWS.post(PATH + "/{user_id:int}", "users.write")
async def change(visit: Visit, user_id: int) -> Response:
    """Change it; nobody takes their own rights away by mistake."""
    user = visit.need(await visit.read(lambda db: users.get(db, user_id)))
    form = await _form(visit, {})
    if not form.validate():
        return _page(visit, form, user, 422)
    values = _values(form)
    if user.id == visit.user.id and (values["role"], values["active"]) != (user.role, user.active):
        form.refuse("role", said("自己的角色和登录权限要由另一位管理员来改。"))
        return _page(visit, form, user, 422)
    values["login"] = users.login_of(values["login"])
    try:
        await visit.write(lambda audit: users.change(audit, user_id, **values))
    except IntegrityError:
        form.refuse("login", said("这个登录名已经有人用了。"))
        return _page(visit, form, user, 422)
    return visit.go(PATH, said("{name}的信息已经保存。", name=values["name"]))


@VIEWS.post(PATH + "/{user_id:int}/password", "users.write")
async def new_password(visit: Visit, user_id: int) -> Response:
    """For somebody who has forgotten theirs; it is shown once, and a dynamic code is switched off."""
    user = visit.need(await visit.read(lambda db: users.get(db, user_id)))
    password = passwords.readable()
    async with visit.desk.checking:
        made = await asyncio.to_thread(passwords.hashed, password)
    staying = visit.session.id if visit.session else None
    await visit.write(
        lambda audit: users.change(
            audit, user_id, staying=staying, password_hash=made, totp_secret=None, totp_step=None
        )
    )
    return visit.show("user_password.html", crumbs=[(said("用户"), PATH)], user=user, password=password)


async def _form(visit: Visit, data: dict[str, Any]) -> UserForm:
    def look(db: Connection) -> list[tuple[int, str]]:
        rows = db.execute(select(counselors.c.id, counselors.c.name).order_by(counselors.c.id))
        return [(row.id, row.name) for row in rows]

    form = visit.bind(UserForm, data)
    form.counselor_id.choices = [(0, said("没有")), *await visit.read(look)]
    return form


def _values(form: UserForm) -> dict[str, Any]:
    values: dict[str, Any] = form.data
    values["counselor_id"] = values["counselor_id"] or None
    return values


def _page(visit: Visit, form: UserForm, user: users.User | None, status: int = 200) -> Response:
    return visit.show("user.html", status, [(said("用户"), PATH)], form=form, user=user)
