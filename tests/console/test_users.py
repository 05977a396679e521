"""Users, made by an administrator or in the terminal; and the audit of it all."""

import re

import pytest
from typer.testing import CliRunner

from outreach.__main__ import app
from outreach.console import users
from outreach.console.views import audit as audit_view
from outreach.store.database import Database
from tests.console.house import NOW, PASSWORD, House

FIELDS = {
    "login": "Mei",
    "name": "梅",
    "role": "counselor",
    "counselor_id": "0",
    "language": "zh-CN",
    "active": "y",
}
ALL = audit_view.Wanted(None, "", "", "", None, None)


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def test_a_new_user_gets_a_password_once_and_may_sign_in(house: House) -> None:
    boss = house.signed_in("admin")
    boss.get("/console/users/new")
    page = boss.post("/console/users/new", FIELDS)
    (password,) = re.findall(r"<code>([a-z0-9-]{19})</code>", page.text)
    assert house.browser().sign_in("mei", password).status_code == 303
    boss.get("/console/users/new")
    again = boss.post("/console/users/new", FIELDS)
    assert again.status_code == 422
    assert "这个登录名已经有人用了" in again.text
    assert 'href="#login"' in again.text
    assert 'aria-describedby="login-hint login-wrong"' in again.text


def test_what_was_done_is_in_the_audit_without_passwords(house: House) -> None:
    boss = house.signed_in("admin")
    boss.get("/console/users/new")
    boss.post("/console/users/new", FIELDS)
    user = house.database.read_now(lambda db: users.by_login(db, "mei"))
    assert user is not None
    boss.get(f"/console/users/{user.id}")
    boss.post(f"/console/users/{user.id}", {**FIELDS, "role": "viewer"})
    page = boss.get(f"/console/audit?entity=users&id={user.id}").text
    assert "新增" in page
    assert "修改" in page
    assert "counselor" in page
    assert "viewer" in page
    assert "argon2" not in page
    found = house.database.read_now(lambda db: audit_view.find(db, ALL))
    changed = next(entry for entry in found if entry.action == "change")
    assert changed.fields == [("role", "counselor", "viewer")]


def test_the_audit_by_person_action_and_day(house: House) -> None:
    boss = house.signed_in("admin")
    assert "没有这样的操作记录" in boss.get("/console/audit?action=delete").text
    assert "没有这样的操作记录" in boss.get("/console/audit?day=2020-01-01").text
    assert "没有这样的操作记录" not in boss.get(f"/console/audit?day={NOW:%Y-%m-%d}&action=sign_in").text
    assert boss.get("/console/audit?day=yesterday&user=x&before=-1").status_code == 200
    assert "没有这样的操作记录" in boss.get("/console/audit?user=99").text


def test_the_audit_a_page_at_a_time(house: House) -> None:
    boss = house.signed_in("admin")

    def many(record):  # type: ignore[no-untyped-def]
        for n in range(120):
            record.record("change", "openings", n, {"pay": "少"}, {"pay": "多"})
        return 0

    house.written(many)
    seen: list[str] = []
    path = "/console/audit?entity=openings"
    while path:
        page = boss.get(path).text
        seen += re.findall(r">openings (\d+)</a>", page)
        links = re.findall(r'href="(/console/audit\?[^"]*before=\d+)"', page)
        path = links[0].replace("&amp;", "&") if links else ""
    assert seen == [str(n) for n in reversed(range(120))]


def test_one_does_not_take_ones_own_rights_away(house: House) -> None:
    boss = house.signed_in("admin")
    user = house.database.read_now(users.everybody)[0]
    boss.get(f"/console/users/{user.id}")
    answer = boss.post(f"/console/users/{user.id}", {**FIELDS, "login": user.login, "role": "viewer"})
    assert "要由另一位管理员来改" in answer.text
    assert boss.get("/console/users").status_code == 200


def test_a_forgotten_password(house: House) -> None:
    mei = house.user("mei", "counselor")
    signed_in = house.browser()
    signed_in.sign_in("mei")
    boss = house.signed_in("admin")
    boss.get(f"/console/users/{mei}")
    page = boss.post(f"/console/users/{mei}/password").text
    (password,) = re.findall(r"<code>([a-z0-9-]{19})</code>", page)
    assert signed_in.get("/console").status_code == 303
    assert house.browser().sign_in("mei", PASSWORD).status_code == 422
    assert house.browser().sign_in("mei", password).status_code == 303


def test_ones_own_password(house: House) -> None:
    house.user("mei", "counselor")
    here, there = house.browser(), house.browser()
    here.sign_in("mei")
    there.sign_in("mei")
    here.get("/console/account")
    wrong = here.post("/console/account", {"old": "wrong", "new": "short"})
    assert "现在的密码不对" in wrong.text
    assert "至少要十个字符" in wrong.text
    assert "short" not in wrong.text
    answer = here.post("/console/account", {"old": PASSWORD, "new": "a sentence that is long"})
    assert "密码已经改了" in here.follow(answer).text
    assert there.get("/console").status_code == 303
    assert house.browser().sign_in("mei", "a sentence that is long").status_code == 303


def test_a_dynamic_code_is_set_and_dropped(house: House) -> None:
    import pyotp

    house.user("mei", "counselor")
    here = house.browser()
    here.sign_in("mei")
    page = here.get("/console/account/code").text
    (secret,) = re.findall(r'name="secret" type="hidden" value="(\w+)"', page)
    wrong = here.post("/console/account/code", {"secret": secret, "code": "123"})
    assert "验证码不对" in wrong.text
    code = pyotp.TOTP(secret).at(house.now)
    answer = here.post("/console/account/code", {"secret": secret, "code": code})
    assert "不再用验证码" in here.follow(answer).text
    assert house.browser().sign_in("mei").status_code == 422
    here.post("/console/account/no-code")
    assert house.browser().sign_in("mei").status_code == 303


def test_the_terminal(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_DATABASE_URL", sqlite_url)
    run = CliRunner()
    made = run.invoke(app, ["user", "add", "mei", "admin"])
    (password,) = re.findall(r"password is (\S+)", made.output)
    assert run.invoke(app, ["user", "list"]).output.startswith("mei\tadmin\t")
    assert run.invoke(app, ["user", "add", "MEI", "admin"]).exit_code == 2
    assert run.invoke(app, ["user", "add", "other", "king"]).exit_code == 2
    assert run.invoke(app, ["user", "add", "other", "viewer", "--counselor", "123"]).exit_code == 2
    asked = run.invoke(app, ["user", "passwd", "mei", "--ask"], input="too short\ntoo short\n")
    assert asked.exit_code == 2
    asked = run.invoke(
        app, ["user", "passwd", "mei", "--ask"], input="long enough words\nlong enough words\n"
    )
    assert asked.exit_code == 0
    assert "long enough words" not in asked.output
    assert run.invoke(app, ["user", "role", "mei", "viewer"]).exit_code == 0
    assert run.invoke(app, ["user", "off", "mei"]).exit_code == 0
    assert run.invoke(app, ["user", "off", "nobody"]).exit_code == 2
    assert "\tviewer\toff\t" in run.invoke(app, ["user", "list"]).output
    database = Database.open(sqlite_url)
    house = House(database)
    assert house.browser().sign_in("mei", "long enough words").status_code == 422  # off
    assert password
    database.close_now()
