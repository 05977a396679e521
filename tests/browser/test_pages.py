"""The browser phone, and the live calls beside it: accessible, narrow, and used with the keyboard alone."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RING_SECONDS = 20_000  # in ms: the first call of a fresh line renders its first sentence


def violations(page: "Page") -> str:
    """What axe-core finds, in its own words; "" if nothing."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-playwright-python").Axe
    found = axe().run(page)
    return str(found.generate_report()) if found.violations_count else ""


def ring(page: "Page", url: str, number: str) -> None:
    """Ring with the keyboard alone, until the line has said something. Each test has a number of its own."""
    page.goto(f"{url}/phone")
    page.get_by_label("从哪个号码拨打").focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(number)
    tab_to(page, "拨打")
    page.keyboard.press("Enter")
    said(page, "热线：")


def said(page: "Page", words: str) -> None:
    page.get_by_role("log").get_by_text(words).first.wait_for(timeout=RING_SECONDS)


def status(page: "Page", words: str) -> None:
    page.get_by_role("status").get_by_text(words).wait_for(timeout=RING_SECONDS)


def tab_to(page: "Page", name: str) -> None:
    """Press Tab until the element of this name has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    raise AssertionError(f"Tab never comes to {name}")


@pytest.mark.parametrize("width", [1280, 320])
def test_no_accessibility_violation_and_no_sideways_scrolling(
    page: "Page", demo_url: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})  # 320: also 1280 at 400 %
    page.goto(f"{demo_url}/phone")
    assert violations(page) == ""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h1").count() == 1
    assert page.title()
    assert page.locator("html").get_attribute("lang") == "zh-CN"


def test_every_target_is_big_enough(page: "Page", demo_url: str) -> None:
    page.goto(f"{demo_url}/phone")
    for target in page.locator("a:visible, button:visible, input:visible").all():
        box = target.bounding_box()
        assert box is not None
        least = 48 if target.get_attribute("data-key") else 24
        assert min(box["width"], box["height"]) >= least, target.inner_text()


def test_a_call_by_keyboard_alone(page: "Page", demo_url: str) -> None:
    ring(page, demo_url, "13800000010")
    status(page, "接通了")
    page.keyboard.press("1")
    said(page, "按键 1")
    said(page, "谢谢")  # consent was given: key 1 was heard as such
    assert violations(page) == ""
    assert page.get_by_role("log").get_attribute("aria-live") == "off"
    page.get_by_label("朗读文字记录").check()
    assert page.get_by_role("log").get_attribute("aria-live") == "polite"
    page.get_by_role("button", name="5", exact=True).focus()
    page.keyboard.press("Space")
    said(page, "按键 5")
    page.get_by_role("button", name="拨打").focus()
    tab_to(page, "挂断")
    page.keyboard.press("Enter")
    status(page, "已挂断。")
    assert page.evaluate("document.activeElement.id") == "hang-up"


def test_number_keys_belong_to_text_fields_and_can_be_given_up(page: "Page", demo_url: str) -> None:
    ring(page, demo_url, "13800000011")
    page.get_by_label("说：").focus()
    page.keyboard.type("3")
    page.get_by_label("电脑键盘上的").uncheck()
    page.keyboard.press("4")
    page.get_by_label("电脑键盘上的").check()
    page.keyboard.press("#")
    said(page, "按键 #")
    log = page.get_by_role("log").inner_text()
    assert "按键 3" not in log
    assert "按键 4" not in log
    assert page.get_by_label("说：").input_value() == "3"


def test_typed_words_are_heard(page: "Page", demo_url: str) -> None:
    ring(page, demo_url, "13800000012")
    page.get_by_label("说：").fill("同意")
    page.keyboard.press("Enter")
    said(page, "您：同意")
    said(page, "听到“同意”")
    said(page, "谢谢")


def test_without_a_number_nothing_is_rung(page: "Page", demo_url: str) -> None:
    page.goto(f"{demo_url}/phone")
    page.get_by_label("从哪个号码拨打").fill("")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("不显示号码").wait_for()
    assert page.evaluate("document.activeElement.id") == "caller"
    page.get_by_label("从哪个号码拨打").fill("12")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("不是电话号码").wait_for()
    status(page, "没有拨出。")


def test_a_broken_connection_is_said_and_may_be_rung_again(page: "Page", demo_url: str) -> None:
    page.route_web_socket(re.compile("/phone/media"), lambda route: route.close(code=1011))
    page.goto(f"{demo_url}/phone")
    page.get_by_role("button", name="拨打").click()
    status(page, "连接断了")
    page.get_by_role("button", name="再拨一次").wait_for()


def test_a_refused_microphone_is_no_obstacle(page: "Page", demo_url: str) -> None:
    page.add_init_script("navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('none'))")
    page.goto(f"{demo_url}/phone")
    page.get_by_role("button", name="打开麦克风").click()
    status(page, "没有麦克风，也可以按键")
    page.get_by_role("button", name="打开麦克风").wait_for()


def test_the_console_shows_two_browsers_calls_by_itself_and_can_be_paused(
    chromium: "Browser", page: "Page", demo_url: str
) -> None:
    sign_in(page, demo_url)
    status(page, "0 个电话")
    page.get_by_role("button", name="停止自动更新").click()
    with chromium.new_context() as one, chromium.new_context() as two:
        ring(one.new_page(), demo_url, "13800000001")
        ring(two.new_page(), demo_url, "13800000002")
        assert page.locator("#summary").inner_text().startswith("0 个电话")
        page.get_by_role("button", name="继续自动更新").click()
        status(page, "2 个电话")
        page.get_by_role("cell", name="尾号 0001").wait_for()
        page.get_by_role("cell", name="尾号 0002").wait_for()
        assert violations(page) == ""
        page.set_viewport_size({"width": 320, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        one.close()
        status(page, "1 个电话")
        two.close()
        status(page, "0 个电话")


def test_the_console_without_script(chromium: "Browser", page: "Page", demo_url: str) -> None:
    ring(page, demo_url, "13800000003")
    with chromium.new_context(java_script_enabled=False) as plain:
        reader = plain.new_page()
        sign_in(reader, demo_url, "viewer")
        reader.get_by_role("cell", name="尾号 0003").wait_for()
        assert reader.get_by_role("button", name="停止自动更新").count() == 0
        reader.get_by_role("link", name="浏览器电话").click()
        assert reader.title().startswith("浏览器电话")
