"""The API as another system uses it: over HTTP, with tokens, in both languages."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, insert, select

from outreach.api.access import SCOPES
from outreach.api.app import Api, create
from outreach.api.problems import TITLES
from outreach.api.resources import RESOURCES
from outreach.store import tables as tables
from outreach.store import tokens, webhooks
from outreach.store.database import Database
from outreach.store.schema import metadata, openings, people
from outreach.store.tables.sharing import webhook_events

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
OPENING = {
    "title": "按摩师",
    "employer": "凉州区康复按摩店",
    "kind": "massage",
    "county": "liangzhou",
    "pay": "保底四千元",
    "phone": "0935-2212345",
    "source": "省平台 8841",
    "expires_on": "2026-12-31",
}


class Asker:
    """Another system: asks with its token, and keeps what people would have been told."""

    def __init__(self, database: Database, *scopes: str) -> None:
        self.database = database
        self.announced: list[int] = []
        self.now = NOW
        self.token = database.write_now(lambda db: tokens.make(db, "省平台", scopes or tuple(SCOPES), NOW))
        self.headers: dict[str, str] = {"Authorization": f"Bearer {self.token}"}
        announce = lambda _db, opening_id, _now: self.announced.append(opening_id)  # noqa: E731
        self.app = create(Api(database, lambda: self.now, announce))

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://line") as client:
                sent = {**self.headers, **headers}
                return await client.request(method, path, json=body, headers=sent)

        return asyncio.run(ask())


def publish(database: Database, count: int, **changed: Any) -> None:
    values = {**OPENING, "expires_on": date(2026, 12, 31), "published_at": NOW, **changed}
    database.write_now(lambda db: db.execute(insert(openings), [values] * count))


def test_pages_lead_to_each_other_and_miss_nothing(database: Database) -> None:
    publish(database, 7)
    ask = Asker(database)
    path, seen = "/openings?limit=3&county=liangzhou", []
    while path:
        answer = ask("GET", path)
        assert answer.status_code == 200
        seen += [item["id"] for item in answer.json()["items"]]
        path = answer.json()["next"]
        assert (path is None) == ("link" not in answer.headers)
        if len(seen) == 3:
            publish(database, 1)  # somebody adds one meanwhile
    assert seen == list(range(1, 9))


def test_only_what_is_offered_today(database: Database) -> None:
    publish(database, 1)
    publish(database, 1, expires_on=date(2026, 11, 23))
    publish(database, 1, filled_at=NOW)
    ask = Asker(database)
    assert len(ask("GET", "/openings").json()["items"]) == 3
    assert [item["id"] for item in ask("GET", "/openings?current=true").json()["items"]] == [1]
    assert ask("GET", "/openings?county=minqin").json() == {"items": [], "next": None}


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_every_sort_of_record_can_be_read(database: Database, resource: Any) -> None:
    ask = Asker(database)
    assert ask("GET", f"/{resource.name}").json() == {"items": [], "next": None}
    assert ask("GET", f"/{resource.name}?current=true&limit=1").status_code == 200
    assert ask("GET", f"/{resource.name}/1").json()["status"] == 404


PERSONAL = {"phone", "name", "number", "pin_hash", "person_name", "words", "file", "birth", "disability"}


def test_no_record_of_a_person_names_them() -> None:
    """Ids only: a number, a name or a disability never leaves by this door."""
    for resource in RESOURCES:
        if resource.scope == "people:read":
            assert not PERSONAL & set(resource.columns), resource.name
    assert "people" not in {resource.table.name for resource in RESOURCES}


def test_no_token_no_record(database: Database) -> None:
    ask = Asker(database)
    for headers in ({}, {"Authorization": "Bearer wwcl_guess"}, {"Authorization": "Basic eDp5"}):
        ask.headers = headers
        answer = ask("GET", "/openings")
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["title"] == TITLES["no-token"][1]


def test_a_token_ends_by_its_day_or_by_hand(database: Database) -> None:
    ask = Asker(database)
    ends = NOW + timedelta(days=1)
    short = database.write_now(lambda db: tokens.make(db, "试用", ("listings:read",), NOW, ends))
    ask.headers = {"Authorization": f"Bearer {short}"}
    assert ask("GET", "/openings").status_code == 200
    ask.now = ends
    assert ask("GET", "/openings").status_code == 401
    ask.headers = {"Authorization": f"Bearer {ask.token}"}
    assert ask("GET", "/openings").status_code == 200
    assert database.write_now(lambda db: tokens.revoke(db, 1, NOW))
    assert ask("GET", "/openings").status_code == 401
    assert not database.write_now(lambda db: tokens.revoke(db, 1, NOW))


def test_its_last_use_is_known_to_the_hour(database: Database) -> None:
    ask = Asker(database)
    used: Callable[[], datetime | None] = lambda: database.read_now(tokens.all_tokens)[0].used_at  # noqa: E731
    assert used() is None
    for minutes, expected in ((0, 0), (59, 0), (60, 60)):
        ask.now = NOW + timedelta(minutes=minutes)
        ask("GET", "/openings")
        assert used() == NOW + timedelta(minutes=expected)


def test_a_scope_opens_its_own_door_only(database: Database) -> None:
    ask = Asker(database, "listings:read")
    assert ask("GET", "/openings").status_code == 200
    for method, path, body in (
        ("GET", "/applications", None),
        ("POST", "/openings", OPENING),
        ("PATCH", "/openings/1", {"pay": "五千"}),
        ("GET", "/figures?period=2026", None),
        ("GET", "/goals?year=2026", None),
    ):
        answer = ask(method, path, body)
        assert (answer.status_code, answer.json()["title"]) == (403, TITLES["scope"][1]), path


def test_an_opening_is_published_once_and_told(database: Database) -> None:
    database.write_now(lambda db: webhooks.subscribe(db, "https://there.example/", ["opening.*"], NOW))
    ask = Asker(database)
    first = ask("POST", "/openings", OPENING)
    assert (first.status_code, first.headers["etag"], first.headers["location"]) == (
        201,
        '"1"',
        "/openings/1",
    )
    assert first.json()["published_at"].startswith("2026-11-24T01:00")
    again = ask("POST", "/openings", OPENING)
    assert (again.status_code, again.json()["id"]) == (200, 1)
    assert ask.announced == [1]
    kinds = database.read_now(lambda db: db.scalars(select(webhook_events.c.kind)).all())
    assert list(kinds) == ["opening.added"]


def test_two_systems_do_not_overwrite_each_other(database: Database) -> None:
    publish(database, 1)
    ask = Asker(database)
    seen = ask("GET", "/openings/1").headers["etag"]
    assert ask("PATCH", "/openings/1", {"pay": "五千"}).status_code == 428
    changed = ask("PATCH", "/openings/1", {"pay": "五千"}, **{"If-Match": seen})
    assert (changed.json()["pay"], changed.headers["etag"]) == ("五千", '"2"')
    late = ask("PATCH", "/openings/1", {"pay": "六千"}, **{"If-Match": seen})
    assert (late.status_code, late.json()["title"]) == (412, TITLES["changed"][1])
    filled = ask("PATCH", "/openings/1", {"filled": True}, **{"If-Match": '"2"'})
    assert filled.json()["filled_at"] is not None
    assert filled.json()["pay"] == "五千"
    assert ask("PATCH", "/openings/9", {"pay": "六千"}, **{"If-Match": seen}).status_code == 404


@pytest.mark.parametrize(
    ("change", "field", "chinese", "english"),
    [
        ({"phone": "12"}, "phone", "不是国内能拨的电话", "not a number that can be dialled"),
        ({"kind": "spaceship"}, "kind", "只能是", "Input should be"),
        ({"pay": ""}, "pay", "太短：至少 1 个字", "at least 1"),
        ({"title": "长" * 81}, "title", "太长：最多 80 个字", "at most 80"),
        ({"expires_on": "三月五日"}, "expires_on", "日期要写成", "valid date"),
        ({"places": 0}, "places", "至少是 1", "greater than or equal to 1"),
        ({"salary": "四千"}, "salary", "没有这一项", "not permitted"),
    ],
)
def test_what_is_wrong_is_said_by_name(
    database: Database, change: dict[str, Any], field: str, chinese: str, english: str
) -> None:
    ask = Asker(database)
    for language, says in (("zh-CN", chinese), ("en-GB,en;q=0.9", english)):
        answer = ask("POST", "/openings", {**OPENING, **change}, **{"Accept-Language": language})
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert error["field"] == field
        assert says in error["says"]
    assert database.read_now(lambda db: db.execute(select(openings)).all()) == []


def test_what_is_missing_and_what_is_no_json(database: Database) -> None:
    ask = Asker(database)
    missing = ask("POST", "/openings", {"title": "甲"}).json()["errors"]
    assert {"field": "pay", "says": "缺这一项"} in missing
    ask.headers["Content-Type"] = "application/json"
    assert ask("POST", "/openings").status_code == 422


@pytest.mark.parametrize("path", ["/nowhere", "/openings/x/y", "/problems/nothing"])
def test_no_such_address(database: Database, path: str) -> None:
    answer = Asker(database)("GET", path)
    assert (answer.status_code, answer.json()["title"]) == (404, TITLES["no-page"][1])
    assert Asker(database)("PUT", "/openings", {}).status_code == 405


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=all", "after=-1", "course_id=x"])
def test_a_query_that_cannot_be_meant(database: Database, query: str) -> None:
    answer = Asker(database)("GET", f"/training-sessions?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


def add_people(db: Connection, counties: list[str]) -> None:
    db.execute(insert(people), [{"county": county, "created_at": NOW} for county in counties])


def test_small_groups_are_masked(database: Database) -> None:
    database.write_now(lambda db: add_people(db, ["minqin"] * 6 + ["gulang"] * 7 + ["tianzhu"] * 2))
    found = Asker(database)("GET", "/figures?period=2026").json()["figures"]["people.new"]
    assert found == {"total": 15, "by_county": {"minqin": None, "gulang": 7, "tianzhu": None}}
    assert Asker(database)("GET", "/figures?period=2026-13").json()["errors"][0]["field"] == "period"


def test_the_goals_of_the_plan(database: Database) -> None:
    items = Asker(database)("GET", "/goals?year=2026").json()["items"]
    rural = next(item for item in items if item["goal"] == "rural")
    assert rural == {
        "item": 12,
        "goal": "rural",
        "figure": "training.rural",
        "period": "2026",
        "value": 0,
        "wanted": 500,
        "state": "open",
    }


def test_it_describes_itself(database: Database) -> None:
    document = Asker(database)("GET", "/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert {f"/{resource.name}" for resource in RESOURCES} <= set(document["paths"])
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            open_to_all = path in ("/problems/{kind}", "/scopes")
            assert ("security" in operation) != open_to_all, (method, path)
    fields = document["components"]["schemas"]["Openings"]["properties"]
    assert "as it is to be read" in fields["pay"]["description"]


def test_problems_and_scopes_are_explained_to_anybody(database: Database) -> None:
    ask = Asker(database)
    ask.headers = {}
    for kind, (status, chinese, english) in TITLES.items():
        assert ask("GET", f"/problems/{kind}").json() == {"status": status, "zh-CN": chinese, "en": english}
    assert set(ask("GET", "/scopes").json()) == set(SCOPES)


def test_every_resource_shows_columns_that_exist() -> None:
    for resource in RESOURCES:
        assert set(resource.columns) <= set(metadata.tables[resource.table.name].c.keys())
        assert set(resource.filters) <= set(resource.columns)
