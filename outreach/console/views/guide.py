"""The counselors' guide 使用手册, as a page: the same text as in the manual's folder."""

from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.responses import Response

from outreach.config import PROJECT
from outreach.console.routes import Views
from outreach.console.visit import Visit

VIEWS: Final = Views()
PATH: Final = "/console/guide"
FILE: Final = PROJECT / "docs" / "counselor-guide.zh-CN.md"


@VIEWS.get(PATH, "own")
async def guide(visit: Visit) -> Response:
    """It is written in Chinese, whatever language the reader has chosen: the page says so to a screen reader."""
    return visit.show("guide.html", text=text())


@cache
def text() -> Markup:
    """The guide without its title, which the page has already. Raw HTML in it would stay text."""
    _, _, rest = FILE.read_text(encoding="utf-8").partition("\n")
    return Markup(MarkdownIt("commonmark", {"html": False}).render(rest))  # noqa: S704 - our own file
