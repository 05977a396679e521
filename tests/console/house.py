"""A console to knock at: its app on a test database, and a browser that knows cookies and forms, but no script."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient

from outreach.config import Config
from outreach.console import passwords, users
from outreach.console.access import Role
from outreach.console.desk import Desk
from outreach.console.router import router
from outreach.store.audit import Audit
from outreach.store.database import Database

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
PASSWORD = "correct horse battery"
HASH = passwords.hashed(PASSWORD)
HOST = "127.0.0.1:8000"


@dataclass
class House:
    """The console and its clock."""

    database: Database
    now: datetime = NOW
    demo: bool = False
    public_url: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        config = Config(demo=self.demo, public_url=self.public_url, **self.settings)
        desk = Desk(config, self.database, clock=lambda: self.now, look_every_seconds=0, **self.more)
        self.app = FastAPI()
        self.app.include_router(router(desk))

    def user(self, login: str, role: Role, **more: Any) -> int:
        def add(audit: Audit) -> int:
            return users.add(audit, login=login, name=login, password_hash=HASH, role=role, **more)

        return self.written(add)

    def written(self, work: Callable[[Audit], int]) -> int:
        return self.database.write_now(lambda db: work(Audit(db, None, self.now, "terminal")))

    def browser(self, address: str = "198.51.100.7") -> "Browser":
        scheme = "https" if self.public_url.startswith("https") else "http"
        return Browser(
            TestClient(
                self.app,
                base_url=f"{scheme}://{HOST}",
                client=(address, 50000),
                follow_redirects=False,
                raise_server_exceptions=True,
            )
        )

    def signed_in(self, role: Role = "counselor") -> "Browser":
        """Somebody of this role, new."""
        login = f"{role}-{self.now.timestamp()}-{id(self)}"
        if self.database.read_now(lambda db: users.by_login(db, login)) is None:
            self.user(login, role)
        browser = self.browser()
        assert browser.sign_in(login).status_code == 303
        return browser

    def later(self, **more: float) -> None:
        self.now += timedelta(**more)


@dataclass
class Browser:
    """Follows nothing by itself; sends a form as the page that it last got would."""

    client: TestClient
    page: httpx.Response | None = None

    def get(self, path: str) -> httpx.Response:
        self.page = self.client.get(path)
        return self.page

    def post(self, path: str, fields: Mapping[str, Any] | None = None, **more: Any) -> httpx.Response:
        """With the token of the page it is on."""
        headers = {"origin": str(self.client.base_url).rstrip("/"), **more.pop("headers", {})}
        found = re.search(r'name="_csrf" value="(\w+)"', self.page.text if self.page else "")
        sent = {"_csrf": found.group(1) if found else "", **(fields or {})}
        answer: httpx.Response = self.client.post(path, data=sent, headers=headers, **more)
        return answer

    def follow(self, answer: httpx.Response) -> httpx.Response:
        assert answer.status_code == 303, answer.text
        return self.get(answer.headers["location"])

    def sign_in(self, login: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        self.get("/console/sign-in")
        return self.post("/console/sign-in", {"name": login, "password": password, **fields})
