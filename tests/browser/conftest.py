"""A real line in demo mode on a loopback port, and a real browser to look at it with."""

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from pydantic import SecretStr

from outreach.app import Parts, create_app
from outreach.config import Config
from outreach.console.access import ROLES, Role
from outreach.demo import users
from outreach.serving import SOCKET
from outreach.simulator import demo_account
from outreach.store.database import Database

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = os.environ.get("OUTREACH_TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
FAKE_DEVICES = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
START_SECONDS = 60


class Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


def _seed(config: Config) -> None:
    """The demo's users, and nothing else."""
    database = Database.open(config.database)
    database.write_now(lambda db: users.seed(db, datetime.now(UTC)))
    database.close_now()


@pytest.fixture(scope="module")
def demo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running demo without data, but for its users."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        config = Config(
            data_dir=tmp_path_factory.mktemp("demo"),
            port=listener.getsockname()[1],
            demo=True,
            lag_limit_ms=60_000,  # a busy machine must not turn these calls into keys-only ones
            twilio_account_sid=demo_account.ACCOUNT_SID,
            twilio_auth_token=SecretStr(demo_account.AUTH_TOKEN),
            twilio_from=demo_account.NUMBER,
        )
        _seed(config)
        app = create_app(config, Parts(render_ahead=False))
        server = Server(uvicorn.Config(app, **SOCKET))
        serving = threading.Thread(target=server.run, args=([listener],))
        serving.start()
        try:
            assert server.listens.wait(START_SECONDS), "the demo has not started: see its log above"
            yield config.public
        finally:
            server.should_exit = True
            serving.join()


@pytest.fixture(scope="module")  # not longer: while it lives, this thread cannot asyncio.run
def chromium() -> Iterator["Browser"]:
    """Chromium with a false microphone and no loudspeaker."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="no playwright: pip install --editable '.[test]'"
    )
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium, or set OUTREACH_TEST_CHROMIUM")
    with playwright.sync_playwright() as started:
        sandbox = () if os.geteuid() else ("--no-sandbox",)  # root has none
        browser = started.chromium.launch(executable_path=CHROMIUM, args=[*FAKE_DEVICES, *sandbox])
        yield browser
        browser.close()


@contextmanager
def fresh(chromium: "Browser", **more: Any) -> Iterator["Page"]:
    """A page in a context of its own. It may neither throw nor break its own security policy."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, **more)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
    yield opened
    context.close()
    assert wrong == []


@pytest.fixture
def page(chromium: "Browser") -> Iterator["Page"]:
    """A fresh page."""
    with fresh(chromium) as opened:
        yield opened


def sign_in(page: "Page", url: str, role: Role = "admin") -> None:
    """By the demo's button, to the console's first page."""
    page.goto(f"{url}/console")
    page.get_by_role("button", name=ROLES[role], exact=True).press("Enter")
    page.get_by_role("heading", name="今天", level=1).wait_for()
