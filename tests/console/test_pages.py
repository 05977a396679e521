"""What every page has in common: words in both languages, headers, trouble in words, one list of everything."""

import ast
import re
import string
from collections.abc import Iterator

import pytest
from jinja2.ext import extract_from_ast
from sqlalchemy import func, select
from starlette.responses import Response

from outreach.config import PROJECT
from outreach.console import navigation
from outreach.console.language import MESSAGES, catalogue, read, said
from outreach.console.pages import TEMPLATES, environment
from outreach.console.routes import Views
from outreach.console.visit import Visit
from outreach.store.audit import Audit
from outreach.store.database import Database
from outreach.store.errors import DatabaseError
from outreach.store.tables.console import audit
from tests.console.house import House

CONSOLE = PROJECT / "outreach" / "console"
PATHS = [one.path for one in navigation.SECTIONS]


def marked() -> Iterator[tuple[str, str]]:
    """Every sentence of the console: where, and what."""
    for path in sorted(CONSOLE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "said":
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    yield path.name, str(first.value)
                else:
                    assert path.name in ("cookies.py",), f"{path}:{node.lineno}: only literal sentences"
    for path in sorted(TEMPLATES.rglob("*.html")):
        tree = environment("zh-CN").parse(path.read_text(encoding="utf-8"))
        for _line, _function, text in extract_from_ast(tree, ("_",), babel_style=False):
            if text and isinstance(text[0] if isinstance(text, tuple) else text, str):
                yield path.name, str(text[0] if isinstance(text, tuple) else text)


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_sentence_is_there_in_english_too_and_no_english_is_left_over() -> None:
    english = read(MESSAGES / "en")
    sentences = {text: where for where, text in marked()}
    assert len(sentences) > 100
    assert {text: where for text, where in sentences.items() if text not in english} == {}
    assert set(english) - set(sentences) == set()


def test_the_same_slots_in_both_languages() -> None:
    for text, wording in read(MESSAGES / "en").items():
        assert slots(text) == slots(wording), text
        assert not re.search(r"[\u4e00-\u9fff]", wording), wording


def test_no_chinese_stands_in_a_template_unmarked() -> None:
    for path in TEMPLATES.rglob("*.html"):
        bare = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", path.read_text(encoding="utf-8"), flags=re.S)
        assert not re.search(r"[\u4e00-\u9fff]", bare), path.name


def test_a_sentence_takes_its_values_along() -> None:
    english = catalogue("en")
    assert english(said("请填写“{label}”。", label=said("姓名"))) == "Please fill in “Name”."
    assert catalogue("zh-CN")(said("请填写“{label}”。", label=said("姓名"))) == "请填写“姓名”。"
    assert english("something nobody marked {x}") == "something nobody marked {x}"


@pytest.mark.parametrize("path", PATHS)
def test_every_page_in_both_languages(database: Database, path: str) -> None:
    browser = House(database).signed_in("admin")
    page = browser.get(path)
    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert '<html lang="zh-CN">' in page.text
    assert re.search(r"<title>.+ – 武威助残热线</title>", page.text)
    browser.post("/console/language", {"language": "en", "next": path})
    page = browser.get(path)
    assert '<html lang="en">' in page.text
    shown = re.sub(r'<article lang="zh-CN">.*?</article>', "", page.text.split("</head>")[1], flags=re.S)
    shown = re.sub(r'<[^>]*lang="zh-CN"[^>]*>[^<]*|<[^>]+>', "", shown)
    assert not re.search(r"[\u4e00-\u9fff]", shown), re.findall(r".*[\u4e00-\u9fff].*", shown)


@pytest.mark.parametrize("path", [*PATHS, "/console/sign-in", "/console/nothing/here"])
def test_nothing_inline_and_nothing_from_elsewhere(database: Database, path: str) -> None:
    answer = House(database).signed_in("admin").get(path)
    if path == "/console/sign-in":
        answer = House(database).browser().get(path)
    for forbidden in ("<style", "style=", "onclick", "https://", "http://", "javascript:"):
        assert forbidden not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.count("<script") == answer.text.count('src="/console/static/')


def test_the_language_is_kept_without_an_account_too(database: Database) -> None:
    browser = House(database).browser()
    browser.get("/console/sign-in")
    browser.post("/console/language", {"language": "en", "next": "/console/sign-in"})
    assert "Sign in" in browser.get("/console/sign-in").text
    assert browser.post("/console/language", {"language": "xx"}).status_code == 404


def test_an_unknown_address_is_told_in_words(database: Database) -> None:
    answer = House(database).signed_in().get("/console/nothing/here")
    assert answer.status_code == 404
    assert "没有找到" in answer.text
    assert "回到首页" in answer.text


def failing(house: House, trouble: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    views = Views()

    @views.get("/console/fails", "own")
    async def fails(visit: Visit) -> Response:
        raise trouble

    monkeypatch.setattr(navigation, "UNLISTED", (*navigation.UNLISTED, views))
    house.__post_init__()


def test_our_own_mistake_is_told_without_its_insides(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(database)
    failing(house, RuntimeError("secret insides"), monkeypatch)
    answer = house.signed_in().get("/console/fails")
    assert answer.status_code == 500
    assert "没有保存" in answer.text
    assert "secret insides" not in answer.text
    assert "Traceback" not in answer.text


def test_a_database_that_does_not_answer(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(database)
    failing(house, DatabaseError("no rights on /secret/path"), monkeypatch)
    answer = house.signed_in().get("/console/fails")
    assert answer.status_code == 503
    assert "secret" not in answer.text


def test_a_write_that_nobody_wrote_down_is_undone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, views = House(database), Views()

    @views.post("/console/sneak", "own")
    async def sneak(visit: Visit) -> Response:
        def work(record: Audit) -> None:
            Audit(record.db, None, record.now).record("sneak", "users", 1)

        await visit.write(work)
        return visit.go("/console")

    monkeypatch.setattr(navigation, "UNLISTED", (*navigation.UNLISTED, views))
    house.__post_init__()
    browser = house.signed_in()
    browser.get("/console")
    assert browser.post("/console/sneak").status_code == 500
    sneaked = select(func.count()).select_from(audit).where(audit.c.action == "sneak")
    assert database.read_now(lambda db: db.scalar(sneaked)) == 0
