"""Every page of the console in a real browser, with the demo's data: what is in the navigation is tested here.

A page that has others below it names one of each under ``BELOW``.
"""

import re
import shutil
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from outreach.app import Parts, create_app
from outreach.console import navigation
from outreach.demo import seed
from outreach.store.database import Database
from tests.browser.conftest import START_SECONDS, Server, fresh, sign_in
from tests.browser.test_pages import violations
from tests.console.test_inbox import leave
from tests.wire.serving import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BELOW = (
    "/console/tasks/1",
    "/console/inbox/1",
    "/console/cases/1",
    "/console/people/1",
    "/console/people/new",
    "/console/people/1/edit",
    "/console/people/1/needs/1",
    "/console/people/1/services/new",
    "/console/people/1/merge?with=2",
    "/console/people/1/erase",
    "/console/keep/openings",
    "/console/keep/openings/1",
    "/console/keep/openings/1/edit",
    "/console/keep/policies/1",
    "/console/keep/counselors/1/edit",
    "/console/keep/courses/1",
    "/console/keep/sessions/1",
    "/console/keep/sessions/1/edit",
    "/console/keep/sessions/1/registrations",
    "/console/keep/sessions/11/registrations",
    "/console/keep/events/1",
    "/console/keep/rounds/1",
    "/console/keep/rounds/1/edit",
    "/console/keep/rounds/1/entries",
    "/console/keep/providers/1",
    "/console/keep/providers/1/edit",
    "/console/keep/providers/1/bookings",
    "/console/keep/practitioners/1/away",
    "/console/keep/prompts",
    "/console/keep/prompts/zh-CN/person.call",
    "/console/keep/produce/1",
    "/console/keep/produce/1/seller",
    "/console/keep/employers/new",
    "/console/keep/visits",
    "/console/campaigns/new",
    "/console/campaigns/lists",
    "/console/campaigns/1",
    "/console/campaigns/1/audience",
    "/console/campaigns/1/message",
    "/console/campaigns/1/when",
    "/console/campaigns/1/rehearsal",
    "/console/campaigns/2",
    "/console/campaigns/2/report",
    "/console/campaigns/2/records?figure=people",
    "/console/account",
    "/console/account/code",
    "/console/account/pin",
    "/console/users/new",
    "/console/users/1",
    "/console/reports/records?figure=openings",
)
PATHS = (*(section.path for section in navigation.SECTIONS), *BELOW)
FOCUSABLE = (
    "a[href], button, input:not([type=hidden]), select, textarea, summary, audio[controls], [tabindex='0']"
)
NOT_SEEN = """() => {
  const shown = document.activeElement, box = shown.getBoundingClientRect();
  const style = getComputedStyle(shown);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const over = document.elementFromPoint(
    Math.min(Math.max(box.x + box.width / 2, 1), innerWidth - 2),
    Math.min(Math.max(box.y + Math.min(box.height, innerHeight) / 2, 1), innerHeight - 2));
  const covered = !(over && (shown.contains(over) || over.contains(shown)));
  const name = shown.outerHTML.slice(0, 120);
  return [outlined ? "" : "no outline: " + name, covered ? "covered: " + name : ""].filter(Boolean);
}"""


@pytest.fixture(scope="module")
def console_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running demo with its data; keys only, so that no model is loaded."""
    folder = tmp_path_factory.mktemp("console")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        config = settings(folder, "", listener.getsockname()[1])
        database = Database.open(config.database)
        database.write_now(lambda db: seed(db, datetime.now(UTC)))
        database.write_now(lambda db: leave(db, "202611/one.wav"))
        database.close_now()
        app = create_app(config, Parts(render_ahead=False, listen=False, tick=False))
        server = Server(uvicorn.Config(app, log_config=None))
        serving = threading.Thread(target=server.run, args=([listener],))
        serving.start()
        try:
            assert server.listens.wait(START_SECONDS), "the demo has not started: see its log above"
            yield config.public
        finally:
            server.should_exit = True
            serving.join()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def admin(page: "Page", console_url: str) -> "Page":
    """A page of somebody signed in."""
    sign_in(page, console_url)
    return page


@pytest.mark.parametrize("path", ["/console/sign-in", "/console/nothing"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_for_everybody(page: "Page", console_url: str, path: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(console_url + path)
    sound(page, 1280)
    page.set_viewport_size({"width": 320, "height": 640})
    sound(page, 320)


@pytest.fixture(scope="module")
def state(chromium: "Browser", console_url: str) -> Any:
    """What a browser keeps of somebody who has signed in: once for all pages, since none of them signs out."""
    with fresh(chromium) as page:
        sign_in(page, console_url)
        return page.context.storage_state()


@pytest.fixture
def signed_in(chromium: "Browser", state: Any) -> Iterator["Page"]:
    """A page of that somebody."""
    with fresh(chromium, storage_state=state) as page:
        yield page


@pytest.mark.parametrize("path", PATHS)
def test_every_page_is_accessible_wide_and_narrow_light_and_dark(
    signed_in: "Page", console_url: str, path: str
) -> None:
    signed_in.emulate_media(color_scheme="light")
    signed_in.goto(console_url + path)
    sound(signed_in, 1280)
    signed_in.emulate_media(color_scheme="dark")
    assert violations(signed_in) == ""
    signed_in.set_viewport_size({"width": 320, "height": 640})  # also 1280 at 400 %
    sound(signed_in, 320)
    for target in signed_in.locator("button:visible, .button:visible, input:visible, nav a:visible").all():
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24, target.inner_text()


def sound(page: "Page", width: int) -> None:
    """What holds for every page."""
    assert violations(page) == ""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h1").count() == 1
    assert re.fullmatch(r".+ – 武威助残热线", page.title())
    assert page.locator("main").count() == 1
    assert page.locator("html").get_attribute("lang") == "zh-CN"


@pytest.mark.parametrize("path", PATHS)
def test_every_page_by_keyboard(signed_in: "Page", console_url: str, path: str) -> None:
    """Tab comes to everything that can be used, in order, and each is seen when it has the focus."""
    signed_in.set_viewport_size({"width": 800, "height": 600})
    # a live page that changes in the middle would make a count of what is on it worthless
    signed_in.add_init_script("window.EventSource = class { addEventListener() {} close() {} }")
    signed_in.goto(console_url + path)
    everything = signed_in.evaluate(
        """(wanted) => [...document.querySelectorAll(wanted)].filter((one) => one.checkVisibility() && !one.disabled
             && (one.type !== "radio" || one.checked)).map((one, at) => (one.dataset.at = at)).length""",
        FOCUSABLE,
    )
    assert everything
    reached: list[int] = []
    wrong: list[str] = []
    for _ in range(everything * 4):  # a date field has several stops
        signed_in.keyboard.press("Tab")
        at = signed_in.evaluate("document.activeElement.dataset.at")
        if at is None:
            break
        if int(at) not in reached:
            reached.append(int(at))
            wrong += signed_in.evaluate(NOT_SEEN)
    assert reached == list(range(everything))
    assert wrong == []


def test_skipping_to_the_content(admin: "Page", console_url: str) -> None:
    admin.goto(f"{console_url}/console/account")
    admin.keyboard.press("Tab")
    assert admin.evaluate("document.activeElement.textContent") == "跳到正文"
    admin.keyboard.press("Enter")
    assert admin.evaluate("document.activeElement.id") == "main"


def test_errors_are_summed_up_first_and_lead_to_their_fields(admin: "Page", console_url: str) -> None:
    admin.goto(f"{console_url}/console/users/new")
    admin.get_by_role("button", name="保存").press("Enter")
    alert = admin.get_by_role("alert").filter(has_text="请改正")
    alert.wait_for()
    assert violations(admin) == ""
    alert.get_by_role("link", name="请填写“登录名”。").press("Enter")
    assert admin.evaluate("document.activeElement.id") == "login"
    described = admin.get_by_label("登录名").get_attribute("aria-describedby")
    assert described == "login-hint login-wrong"
    assert "请填写" in admin.locator("#login-wrong").inner_text()


def test_signing_in_by_keyboard_alone(page: "Page", console_url: str) -> None:
    page.goto(f"{console_url}/console/account")
    page.get_by_label("登录名").press_sequentially("viewer")
    page.keyboard.press("Tab")
    page.keyboard.type("demo-viewer-wuwei")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="我的账户", level=1).wait_for()
    assert page.get_by_role("link", name="用户").count() == 0
    page.get_by_role("button", name="退出登录").press("Enter")
    page.get_by_role("heading", name="登录", level=1).wait_for()


def test_the_session_warns_before_its_end_and_goes_on(page: "Page", console_url: str) -> None:
    page.clock.install()
    sign_in(page, console_url)
    page.get_by_label("登录名").count()
    page.goto(f"{console_url}/console/users/new")
    page.get_by_label("姓名").fill("还没写完")
    page.clock.fast_forward("54:00")
    assert page.locator("#session-warning").inner_text() == ""
    page.clock.fast_forward("01:30")
    page.get_by_role("alert").get_by_text("还有五分钟").wait_for()
    assert violations(page) == ""
    page.get_by_role("button", name="继续使用").press("Enter")
    page.get_by_role("alert").get_by_text("您可以继续用").wait_for()
    assert page.get_by_label("姓名").input_value() == "还没写完"


def test_without_script_everything_is_there(chromium: "Browser", console_url: str) -> None:
    with chromium.new_context(java_script_enabled=False) as plain:
        reader = plain.new_page()
        sign_in(reader, console_url)
        reader.get_by_role("link", name="用户").click()
        reader.get_by_role("button", name="继续使用").click()
        reader.get_by_role("status").get_by_text("您可以继续用").wait_for()
        reader.get_by_role("button", name="English").click()
        reader.get_by_role("heading", name="Users", level=1).wait_for()
        reader.get_by_role("button", name="中文").click()


def test_paper(admin: "Page", console_url: str) -> None:
    admin.goto(f"{console_url}/console/users")
    admin.emulate_media(media="print")
    assert not admin.get_by_role("navigation", name="主导航").is_visible()
    assert admin.get_by_role("table").first.is_visible()
