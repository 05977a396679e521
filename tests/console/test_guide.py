"""The guide is there as a page, names what the console really has, and lets no HTML through."""

from markdown_it import MarkdownIt

from outreach.console import navigation
from outreach.console.views import guide
from outreach.store.database import Database
from tests.console.house import House


def test_everybody_can_read_it(database: Database) -> None:
    page = House(database).signed_in("tester").get("/console/guide").text
    assert page.count("<h1") == 1
    assert "<h2>每天先看“今天”</h2>" in page
    assert 'lang="zh-CN"' in page


def test_every_section_of_the_navigation_is_explained() -> None:
    text = guide.FILE.read_text(encoding="utf-8")
    for section in navigation.SECTIONS:
        assert section.name in text, section.name


def test_no_html_of_its_own() -> None:
    assert "<script" not in guide.text()
    assert "&lt;b&gt;" in MarkdownIt("commonmark", {"html": False}).render("<b>x</b>")
