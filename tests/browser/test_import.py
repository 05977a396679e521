"""A counselor imports a file in a real browser, by keyboard; every page on the way is sound."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from outreach.console.views import imports
from tests.browser.conftest import sign_in
from tests.browser.test_console import sound
from tests.exchange.files import csv_file

if TYPE_CHECKING:
    from playwright.sync_api import Page


def at_both_widths(page: "Page") -> None:
    sound(page, 1280)
    page.set_viewport_size({"width": 320, "height": 640})
    sound(page, 320)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_from_the_file_to_the_list_and_back_by_keyboard(
    page: "Page", demo_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "WAIT_SECONDS", 100.0)
    bad = "李四,1.38E+10,民勤"
    file = csv_file(tmp_path, "姓名,手机号,所属区县", "张三,13993500001,凉州", bad, encoding="gb18030")
    sign_in(page, demo_url, "counselor")
    page.goto(f"{demo_url}{imports.PATH}")
    page.get_by_label("文件", exact=True).set_input_files(file)
    page.get_by_role("button", name="上传并检查").press("Enter")
    page.get_by_role("heading", name="核对列：list.csv", level=1).wait_for()
    at_both_widths(page)
    page.get_by_role("button", name="检查，先不写入").press("Enter")
    page.get_by_role("heading", name="list.csv", level=1).wait_for()
    assert "科学计数法" in page.locator("main").inner_text()
    at_both_widths(page)
    page.get_by_role("button", name="只写入好的 1 行").press("Enter")
    page.get_by_text("已写入 1 行").wait_for()
    at_both_widths(page)
    page.get_by_role("button", name="撤销这次导入").press("Enter")
    page.get_by_role("status").get_by_text("已撤销").wait_for()
    at_both_widths(page)
