"""Every route, with every role: nothing is open to whom it should not be."""

import re
from collections.abc import Iterator
from typing import get_args

import pytest
from sqlalchemy import func, select

from outreach.console import access, navigation
from outreach.console.access import Role
from outreach.console.routes import OPEN, Route
from outreach.store.database import Database
from outreach.store.tables.console import audit
from tests.console.house import House

ROUTES = navigation.all_routes()
ROLES: tuple[Role, ...] = get_args(Role)
OPEN_TO_ALL = {
    ("GET", "/console/sign-in"),
    ("POST", "/console/sign-in"),
    ("POST", "/console/demo-sign-in"),
    ("POST", "/console/language"),
}


def path_of(route: Route) -> str:
    """An address that the route answers, of something that is not there."""
    return re.sub(r"\{\w+(:int)?\}", lambda found: "987654" if found.group(1) else "nothing", route.path)


def refusable() -> Iterator[tuple[Role, Route]]:
    for role in ROLES:
        for route in ROUTES:
            if route.right != OPEN and not access.may(role, route.right):
                yield role, route


def test_the_app_has_these_routes_and_no_others(database: Database) -> None:
    def paths(routes: list[object]) -> Iterator[str]:
        for route in routes:
            yield from paths(list(getattr(getattr(route, "original_router", None), "routes", [])))
            if path := getattr(route, "path", None):
                yield path

    served = {path for path in paths(list(House(database).app.routes)) if path.startswith("/console")}
    assert served == {route.path for route in ROUTES} | {"/console/static/{name}", "/console/{rest:path}"}


def test_only_the_way_in_is_open() -> None:
    assert {(route.method, route.path) for route in ROUTES if route.right == OPEN} == OPEN_TO_ALL


def test_every_right_is_somebodys_and_the_administrator_has_all() -> None:
    assert set(access.MAY) == set(get_args(access.Right))
    assert all("admin" in roles for roles in access.MAY.values())


def test_nobody_who_is_not_signed_in_gets_anything(database: Database) -> None:
    house = House(database)
    for route in ROUTES:
        if route.right == OPEN:
            continue
        browser = house.browser()
        browser.get("/console/sign-in")
        answer = browser.get(path_of(route)) if route.method == "GET" else browser.post(path_of(route))
        assert answer.status_code == 303, route
        assert answer.headers["location"].startswith("/console/sign-in?"), route
        assert answer.text == ""


@pytest.mark.parametrize("role", ROLES)
def test_no_role_gets_what_it_may_not(database: Database, role: Role) -> None:
    house = House(database)
    browser = house.signed_in(role)
    written = select(func.count()).select_from(audit)
    before = database.read_now(lambda db: db.scalar(written))
    refused = [route for whose, route in refusable() if whose == role]
    for route in refused:
        browser.get("/console/account")
        answer = browser.get(path_of(route)) if route.method == "GET" else browser.post(path_of(route))
        assert answer.status_code == 403, route
        assert "您的权限不能做这件事" in answer.text, route
    assert (not refused) == (role == "admin")
    assert database.read_now(lambda db: db.scalar(written)) == before


@pytest.mark.parametrize("role", ROLES)
def test_every_page_in_somebodys_navigation_is_theirs(database: Database, role: Role) -> None:
    browser = House(database).signed_in(role)
    page = browser.get("/console").text
    links = re.findall(r'<li><a href="(/console[^"]*)"', page)
    assert links[0] == "/console"
    for path in links:
        assert browser.get(path).status_code == 200
    hidden = {one.path for one in navigation.SECTIONS} - set(links)
    for path in hidden:
        assert browser.get(path).status_code == 403


@pytest.mark.parametrize("route", [one for one in ROUTES if one.method == "POST"], ids=lambda one: one.path)
def test_no_form_counts_without_its_token(database: Database, route: Route) -> None:
    house = House(database)
    browser = house.signed_in("admin")
    written = select(func.count()).select_from(audit)
    before = database.read_now(lambda db: db.scalar(written))
    browser.page = None
    answer = browser.post(path_of(route), {"login": "x", "language": "en"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/draft/")
    assert browser.post(path_of(route), headers={"origin": "http://elsewhere.example"}).status_code == 403
    stranger = house.browser()
    assert stranger.post(path_of(route)).status_code == (403 if route.right == OPEN else 303)
    assert database.read_now(lambda db: db.scalar(written)) == before
