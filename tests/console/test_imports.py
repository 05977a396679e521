"""A counselor imports a file at the console, mends it and takes it back; exports; and what that leaves in the audit."""

import csv
import sqlite3
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.console.views import imports as view
from outreach.store.database import Database
from outreach.store.schema import people
from outreach.store.tables.console import audit
from tests.console.house import Browser, House

LIST = "姓名,手机号,所属区县\n张三,13993500001,凉州\n李四,1.38E+10,民勤\n"
GOOD = LIST.replace("1.38E+10", "139 9350 0002")


@pytest.fixture
def house(database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """The children that do the work open the same database."""
    monkeypatch.setenv("OUTREACH_DATABASE_URL", database_url)
    monkeypatch.setenv("OUTREACH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(view, "WAIT_SECONDS", 100.0)
    return House(database)


def names(house: House) -> list[str]:
    return list(
        house.database.read_now(lambda db: db.execute(select(people.c.name).order_by(people.c.id)).scalars())
    )


def actions(house: House) -> list[str]:
    query = select(audit.c.action).where(audit.c.action.like("import%") | (audit.c.action == "export"))
    return list(house.database.read_now(lambda db: db.execute(query.order_by(audit.c.id)).scalars()))


def upload(browser: Browser, text: str, target: str = "people") -> str:
    """The path of the import, its columns still to be checked."""
    browser.get(view.PATH)
    answer = browser.post(view.PATH, {"target": target}, files={"file": ("名单.csv", text.encode("gb18030"))})
    assert browser.follow(answer).status_code == 200
    return answer.headers["location"].removesuffix("/columns")


def checked(browser: Browser, text: str) -> str:
    path = upload(browser, text)
    answer = browser.post(f"{path}/columns", {"name": "1", "phone": "2", "county": "3", "language": ""})
    assert browser.follow(answer).status_code == 200
    return path


def page(browser: Browser) -> str:
    assert browser.page is not None
    return browser.page.text


def test_from_the_file_to_the_people_and_back(house: House) -> None:
    browser = house.signed_in()
    path = upload(browser, GOOD)
    assert "把握 100%" in page(browser)
    assert "文件按 GB18030 编码读取" in page(browser)
    browser.follow(
        browser.post(f"{path}/columns", {"name": "1", "phone": "2", "county": "3", "language": ""})
    )
    assert "新增 2，修改 0，无变化 0，重复 0，拒绝 0" in page(browser)
    assert names(house) == []
    browser.follow(browser.post(f"{path}/apply", {"good": "0"}))
    assert "已写入 2 行" in page(browser)
    assert names(house) == ["张三", "李四"]
    browser.follow(browser.post(f"{path}/undo"))
    assert names(house) == []
    assert actions(house) == ["import.upload", "import.check", "import.apply", "import.undo"]


def test_a_refused_line_is_shown_with_its_reason_and_comes_back_as_a_file(house: House) -> None:
    browser = house.signed_in()
    path = checked(browser, LIST)
    assert "电话：“1.38E+10”是科学计数法" in page(browser)
    assert "只写入好的 1 行" in page(browser)
    answer = browser.client.get(f"{path}/refused")
    assert (
        'filename="' in answer.headers["content-disposition"]
        or "filename*" in answer.headers["content-disposition"]
    )
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[1][:3] == ["李四", "1.38E+10", "民勤"]
    browser.follow(browser.post(f"{path}/apply", {"good": "1"}))
    assert names(house) == ["张三"]


def test_a_change_is_shown_before_and_after(house: House) -> None:
    browser = house.signed_in()
    browser.follow(browser.post(f"{checked(browser, GOOD)}/apply", {"good": "0"}))
    checked(browser, GOOD.replace("凉州", "天祝"))
    assert "修改 1，无变化 1" in page(browser)
    assert "凉州区</del>" in page(browser)
    assert "天祝县</ins>" in page(browser)


def test_what_is_no_table_is_said_at_the_field(house: House) -> None:
    browser = house.signed_in()
    browser.get(view.PATH)
    for files, said in (
        (None, "请选择一个文件"),
        ({"file": ("a.csv", b"1,2\n3,4\n")}, "找不到表头"),
        ({"file": ("a.xlsx", b"PK\x03\x04 cut off")}, "已损坏，打不开"),
    ):
        answer = browser.post(view.PATH, {"target": "people"}, **({"files": files} if files else {}))
        assert answer.status_code == 422
        assert said in answer.text
        assert 'href="#file"' in answer.text
    assert actions(house) == []


def test_a_file_that_is_too_large_is_said(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = house.signed_in()
    browser.get(view.PATH)
    large = {"file": ("a.csv", b"x" * (2 << 20))}
    monkeypatch.setattr(view, "MOST_MB", 1)
    answer = browser.post(view.PATH, {"target": "people"}, files=large)
    assert (answer.status_code, "文件有 2 MB，最多 1 MB" in answer.text) == (422, True)
    monkeypatch.setattr("outreach.console.door.MOST_BYTES", 1 << 20)
    answer = browser.post(view.PATH, {"target": "people"}, files=large)
    assert (answer.status_code, "最多 1 MB" in answer.text) == (413, True)


def test_a_required_column_is_asked_for(house: House) -> None:
    browser = house.signed_in()
    path = upload(browser, GOOD)
    answer = browser.post(f"{path}/columns", {"name": "1", "phone": "", "county": "3"})
    assert answer.status_code == 422
    assert 'href="#phone"' in answer.text


def test_dropped_it_leaves_nothing(house: House, tmp_path: Path) -> None:
    browser = house.signed_in()
    path = upload(browser, GOOD)
    browser.follow(browser.post(f"{path}/drop"))
    assert "没有写入任何数据" in page(browser)
    assert list((tmp_path / "data" / "imports").iterdir()) == []
    assert browser.post(f"{path}/apply", {"good": "0"}).status_code == 409


def test_markup_in_a_file_is_text(house: House) -> None:
    browser = house.signed_in()
    checked(browser, GOOD.replace("张三", "<script>alert(1)</script>"))
    assert "<script>alert" not in page(browser)
    assert "&lt;script&gt;alert(1)" in page(browser)


def test_an_export_is_written_down_and_leaves_personal_columns_out(house: House, tmp_path: Path) -> None:
    browser = house.signed_in()
    browser.follow(browser.post(f"{checked(browser, GOOD)}/apply", {"good": "0"}))
    browser.get("/console/exports")
    plain = browser.post("/console/exports", {"name": "people", "kind": "csv"}).content.decode("utf-8-sig")
    assert plain.splitlines()[:2] == ["县区,语言", "凉州区,"]
    asked = browser.post("/console/exports", {"name": "people", "kind": "csv", "personal": "y"})
    assert "张三,13993500001,凉州区" in asked.content.decode("utf-8-sig")
    whole = browser.post("/console/exports", {"name": "whole", "kind": "csv"})
    (tmp_path / "whole.db").write_bytes(whole.content)
    with closing(sqlite3.connect(tmp_path / "whole.db")) as file:
        assert file.execute("SELECT county FROM people").fetchone() == ("liangzhou",)
    assert actions(house)[-3:] == ["export"] * 3
    assert list((tmp_path / "data" / "exports").iterdir()) == []
