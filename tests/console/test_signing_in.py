"""Names, passwords, codes, sessions: who gets in, who does not, and what is kept of what they were writing."""

import pyotp
import pytest
from sqlalchemy import select

from outreach.console import attempts, passwords, sessions, users
from outreach.store.database import Database
from outreach.store.tables.console import console_sessions
from outreach.store.tables.console import users as user_rows
from tests.console.house import PASSWORD, House

WRONG = "登录名、密码或者动态验证码不对"


@pytest.fixture
def house(database: Database) -> House:
    made = House(database)
    made.user("lan", "counselor")
    return made


def test_a_name_and_a_password(house: House) -> None:
    browser = house.browser()
    assert browser.get("/console").headers["location"] == "/console/sign-in?next=/console"
    page = browser.get("/console/sign-in").text
    for wanted in (
        'autocomplete="username"',
        'autocomplete="current-password"',
        'autocomplete="one-time-code"',
    ):
        assert wanted in page
    answer = browser.sign_in("ＬＡＮ ")
    assert answer.headers["location"] == "/console"
    assert "lan" in browser.follow(answer).text


def test_the_cookies(house: House) -> None:
    plain = house.browser().sign_in("lan").headers.get_list("set-cookie")
    assert any(cookie.startswith("outreach-session=") for cookie in plain)
    house.public_url = "https://line.example"
    house.__post_init__()
    for cookie in house.browser().sign_in("lan").headers.get_list("set-cookie"):
        assert cookie.startswith("__Host-outreach-")
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie


def test_the_token_itself_is_nowhere_in_the_database(house: House) -> None:
    browser = house.browser()
    browser.sign_in("lan")
    token = browser.client.cookies["outreach-session"]
    kept = house.database.read_now(lambda db: list(db.scalars(select(console_sessions.c.token_hash))))
    assert kept == [passwords.token_hash(token)]
    assert token not in kept


@pytest.mark.parametrize(("login", "password"), [("lan", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_password_and_an_unknown_name_are_told_the_same(
    house: House, login: str, password: str
) -> None:
    answer = house.browser().sign_in(login, password)
    assert answer.status_code == 422
    assert WRONG in answer.text
    assert "outreach-session" not in answer.headers.get("set-cookie", "")


def test_as_much_work_for_nobody_as_for_somebody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[bool] = []
    fits = passwords.fits

    def counted(password: str, kept: str | None) -> bool:
        checked.append(kept is None)
        return fits(password, kept)

    monkeypatch.setattr(passwords, "fits", counted)
    house.browser().sign_in("lan", "wrong")
    house.browser().sign_in("nobody", "wrong")
    assert checked == [False, True]
    assert passwords._NOBODY.split("$")[:4] == passwords.hashed("x").split("$")[:4]  # the same work factors


def test_somebody_who_was_switched_off(house: House) -> None:
    browser = house.browser()
    browser.sign_in("lan")

    def off(audit):  # type: ignore[no-untyped-def]
        user = users.by_login(audit.db, "lan")
        assert user
        users.change(audit, user.id, active=False)
        return 0

    house.written(off)
    assert browser.get("/console").status_code == 303
    assert WRONG in house.browser().sign_in("lan").text


def test_a_dynamic_code_counts_once(house: House) -> None:
    secret = pyotp.random_base32()
    house.written(
        lambda audit: users.change(audit, 1, totp_secret=secret) or 0  # type: ignore[func-returns-value]
    )
    code = pyotp.TOTP(secret).at(house.now)
    assert WRONG in house.browser().sign_in("lan").text
    assert WRONG in house.browser().sign_in("lan", code="000000").text
    assert house.browser().sign_in("lan", code=f"{code[:3]} {code[3:]}").status_code == 303
    assert WRONG in house.browser().sign_in("lan", code=code).text
    house.later(seconds=30)
    assert house.browser().sign_in("lan", code=pyotp.TOTP(secret).at(house.now)).status_code == 303


def test_guessing_is_stopped_and_the_owner_still_gets_in(house: House) -> None:
    own = house.browser("192.0.2.1")
    own.sign_in("lan")
    own.client.cookies.delete("outreach-session")
    stranger = house.browser("198.51.100.99")
    answers = [stranger.sign_in("lan", f"guess {n}").status_code for n in range(attempts.LIMITS["name"] + 1)]
    assert answers == [422] * attempts.LIMITS["name"] + [429]
    limited = stranger.sign_in("lan")
    assert limited.status_code == 429  # even with the right password: it was not looked at
    assert limited.headers["retry-after"] == "900"
    assert house.browser("203.0.113.5").sign_in("lan").status_code == 429  # by whatever address
    assert own.sign_in("lan").status_code == 303  # in a browser that they know
    house.later(minutes=15)
    assert stranger.sign_in("lan").status_code == 303


def test_an_address_that_tries_many_names(house: House) -> None:
    stranger = house.browser()
    for n in range(attempts.LIMITS["address"]):
        assert stranger.sign_in(f"name{n}").status_code == 422
    assert stranger.sign_in("another").status_code == 429


def test_a_session_ends_when_nothing_is_done_and_at_the_latest_after_half_a_day(house: House) -> None:
    browser = house.signed_in()
    for _ in range(13):
        house.later(minutes=55)
        assert browser.get("/console").status_code == 200
    house.later(minutes=5)
    assert browser.get("/console").status_code == 303  # twelve hours
    browser = house.signed_in()
    house.later(minutes=60)
    assert browser.get("/console").status_code == 303


def test_every_page_says_when_the_session_ends_and_offers_to_stay(house: House) -> None:
    browser = house.signed_in()
    house.later(minutes=56)
    page = browser.get("/console/account").text
    assert "如果不操作，2026 年 11 月 24 日 11:26 会自动退出" in page
    answer = browser.post("/console/stay", {"next": "/console/account"})
    assert "好的，您可以继续用。" in browser.follow(answer).text
    house.later(minutes=59)
    assert browser.get("/console/account").status_code == 200


def test_what_a_page_asks_for_by_itself_keeps_nobody_signed_in(house: House) -> None:
    browser = house.signed_in("viewer")
    house.later(minutes=59)
    token = browser.client.cookies["outreach-session"]
    before = house.database.read_now(lambda db: sessions.find(db, token, house.now))
    browser.client.get("/console/no-such-page", headers={"accept": "text/event-stream"})
    assert house.database.read_now(lambda db: sessions.find(db, token, house.now)) == before


def test_signing_out(house: House) -> None:
    browser = house.signed_in()
    browser.get("/console")
    token = browser.client.cookies["outreach-session"]
    assert browser.post("/console/sign-out").headers["location"] == "/console/sign-in"
    browser.client.cookies.set("outreach-session", token)
    assert browser.get("/console").status_code == 303


def test_text_that_comes_too_late_is_there_again_after_signing_in(house: House) -> None:
    house.user("boss", "admin")
    browser = house.browser()
    browser.sign_in("boss")
    browser.get("/console/users/new")
    house.later(hours=2)
    sent = {"login": "new", "name": "新来的", "role": "viewer", "counselor_id": "0", "language": "en"}
    answer = browser.post("/console/users/new", sent)
    page = browser.follow(answer)
    assert "刚才填的内容还在" in page.text
    answer = browser.post("/console/sign-in", {"name": "boss", "password": PASSWORD, "kept": "1"})
    page = browser.follow(answer)
    assert 'value="新来的"' in page.text
    assert "请看一遍再交" in page.text
    assert house.database.read_now(lambda db: users.by_login(db, "new")) is None
    assert browser.post("/console/users/new", sent).status_code == 200
    assert house.database.read_now(lambda db: users.by_login(db, "new")) is not None


def test_nobody_sees_what_another_was_writing(house: House) -> None:
    house.user("boss", "admin")
    house.user("chief", "admin")
    browser = house.browser()
    browser.sign_in("boss")
    browser.get("/console/users/new")
    house.later(hours=2)
    browser.post("/console/users/new", {"name": "新来的"})
    browser.get("/console/sign-in?kept=1")
    answer = browser.post("/console/sign-in", {"name": "chief", "password": PASSWORD, "kept": "1"})
    assert answer.headers["location"] == "/console"
    browser.get("/console")
    assert "新来的" not in browser.get("/console/users/new?draft=1").text
    assert browser.get("/console/draft/1").status_code == 404


def test_passwords_are_not_kept_with_what_came_too_late(house: House) -> None:
    browser = house.browser()
    browser.sign_in("lan")
    browser.get("/console/account")
    house.later(hours=2)
    browser.post("/console/account", {"old": PASSWORD, "password": "secret words", "name": "lan"})
    kept = house.database.read_now(lambda db: sessions.latest_draft(db, 1))
    assert kept is not None
    assert "secret words" not in str(kept.fields)


def test_a_form_of_an_earlier_session_is_shown_before_it_counts(house: House) -> None:
    browser = house.browser()
    browser.sign_in("lan")
    browser.get("/console/account")
    old_page = browser.page
    browser.post("/console/sign-out")
    browser.sign_in("lan")
    browser.page = old_page
    answer = browser.post("/console/stay", {"next": "/console/account", "note": "很长的一段话"})
    page = browser.follow(answer)
    assert "很长的一段话" in page.text
    assert browser.post("/console/stay", {"_draft": "1"}).status_code == 303
    assert house.database.read_now(lambda db: sessions.latest_draft(db, 1)) is None


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
def test_another_sites_form_does_nothing(house: House, headers: dict[str, str]) -> None:
    browser = house.signed_in()
    browser.get("/console")
    answer = browser.post("/console/sign-out", headers={"origin": "", **headers})
    assert answer.status_code == 403
    assert browser.get("/console").status_code == 200


def test_one_is_sent_back_to_the_page_one_wanted_and_never_to_another_site(house: House) -> None:
    browser = house.browser()
    page = browser.follow(browser.get("/console/account"))
    assert 'name="next" type="hidden" value="/console/account"' in page.text
    for wanted, comes in {
        "/console/account": "/console/account",
        "https://evil.example": "/console",
        "//evil.example": "/console",
        "/console/../\\evil": "/console",
        "/consoleevil": "/console",
    }.items():
        browser.get("/console/sign-in")
        answer = browser.post("/console/sign-in", {"name": "lan", "password": PASSWORD, "next": wanted})
        assert answer.headers["location"] == comes
        browser.client.cookies.clear()


def test_the_demos_button_is_the_demos_alone(house: House) -> None:
    house.user("admin", "admin")
    browser = house.browser()
    assert "demo-sign-in" not in browser.get("/console/sign-in").text
    assert browser.post("/console/demo-sign-in", {"login": "admin"}).status_code == 404
    house.demo = True
    house.__post_init__()
    browser = house.browser()
    assert "demo-sign-in" in browser.get("/console/sign-in").text
    assert browser.post("/console/demo-sign-in", {"login": "lan"}).status_code == 404
    assert browser.post("/console/demo-sign-in", {"login": "admin"}).headers["location"] == "/console"


def test_the_hash_is_argon2id(house: House) -> None:
    kept = house.database.read_now(lambda db: db.scalar(select(user_rows.c.password_hash)))
    assert kept is not None
    assert kept.startswith("$argon2id$")
