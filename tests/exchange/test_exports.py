"""What goes out: harmless to open, complete, and the same when it comes in again."""

import csv
import json
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from outreach.demo import seed
from outreach.exchange import plain, writing
from outreach.exchange.lists import LISTS
from outreach.exchange.personal import COLUMNS, Classes
from outreach.exchange.sources import open_source
from outreach.exchange.targets import TARGETS
from outreach.store import people as people_store
from outreach.store import tables as tables
from outreach.store.database import Database
from outreach.store.schema import metadata, openings, people
from tests.exchange.files import NOW, applied, checked

NASTY = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "'=1",
    "''=1",
    "＝1+1",
    "<script>alert(1)</script>",
    "😀",
    'a"b,c\nd',
)


def exported(database: Database, name: str, path: Path, personal: bool = True) -> int:
    listing = LISTS[name]
    header = listing.header(personal, "zh-CN")
    return database.read_now(lambda db: writing.write(path, header, listing.rows(db, personal)))


def test_every_column_of_every_table_is_classed() -> None:
    """Whoever adds a column says here whether it is personal: until then it leaves in backups only."""
    for table in metadata.sorted_tables:
        one = COLUMNS.get(table.name, Classes())
        classed = " ".join((one.open, one.personal, one.secret)).split()
        assert len(set(classed)) == len(classed), table.name
        assert set(table.c.keys()) - set(classed) == set(), (
            f"{table.name}: class them in exchange/personal.py"
        )


@pytest.mark.parametrize("value", [value for value in NASTY if writing.RUNS.match(value)])
def test_no_cell_of_a_csv_is_run(value: str, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    writing.write(path, ["a"], [[value]])
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [["a"], [f"'{value}"]]


def test_no_cell_of_an_xlsx_is_run(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    writing.write(path, ["=a"], [[value] for value in NASTY])
    book = openpyxl.load_workbook(path)
    cells = [row[0] for row in book.active.iter_rows()]
    assert [cell.value for cell in cells] == ["=a", *NASTY]
    assert {cell.data_type for cell in cells} == {"s"}


def test_no_half_a_file_is_left(tmp_path: Path) -> None:
    def rows() -> Any:
        yield ["1"]
        raise RuntimeError

    for kind in writing.WRITERS:
        with pytest.raises(RuntimeError):
            writing.write(tmp_path / f"out{kind}", ["a"], rows())
    with pytest.raises(writing.UnknownKind):
        writing.write(tmp_path / "out.doc", ["a"], [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("personal", [True, False])
def test_every_list_can_be_exported(personal: bool, database: Database, tmp_path: Path) -> None:
    database.write_now(lambda db: seed(db, NOW))
    for name, listing in LISTS.items():
        exported(database, name, tmp_path / f"{name}.csv", personal)
        header = listing.header(personal, "zh-CN")
        assert len(set(header)) == len(header)
        text = (tmp_path / f"{name}.csv").read_text("utf-8-sig")
        assert text.splitlines()[0] == ",".join(header)
        if not personal:
            assert "张国栋" not in text
            assert "19900000001" not in text


@pytest.mark.parametrize("kind", [".csv", ".tsv", ".xlsx", ".json"])
def test_what_went_out_changes_nothing_when_it_comes_in(
    kind: str, database: Database, tmp_path: Path
) -> None:
    database.write_now(lambda db: seed(db, NOW))
    for name in TARGETS:
        path = tmp_path / f"{name}{kind}"
        if count := exported(database, name, path):
            one = checked(database, path, name)
            assert (one.lines, one.same) == (count, count), name


def test_what_went_out_comes_into_an_empty_house(sqlite_url: str, tmp_path: Path) -> None:
    full = Database.open(sqlite_url)
    full.write_now(lambda db: seed(db, NOW))
    empty = Database.open(f"sqlite:///{tmp_path / 'second.db'}")
    for name in TARGETS:
        first, second = tmp_path / f"{name}-1.xlsx", tmp_path / f"{name}-2.xlsx"
        if exported(full, name, first):
            applied(empty, checked(empty, first, name).id)
            exported(empty, name, second)
            assert _cells(second) == _cells(first), name
    full.close_now()
    empty.close_now()


def _cells(path: Path) -> list[Any]:
    return sorted(map(str, (line.cells for line in open_source(path).rows())))


WORDS = st.text(min_size=1, max_size=80).map(lambda text: text.strip()).filter(bool)
OPENING = st.fixed_dictionaries(
    {
        "title": WORDS,
        "employer": WORDS,
        "pay": WORDS,
        "kind": st.sampled_from([option.value for option in TARGETS["openings"].field("kind").options]),
        "county": st.sampled_from(["liangzhou", "minqin", "gulang", "tianzhu"]),
        "phone": st.sampled_from(["13993500001", "0935-2212345", "12385", "4001234567"]),
        "places": st.integers(1, 10_000),
        "expires_on": st.dates(date(2026, 11, 24), date(2030, 12, 31)),
        "requirements": st.text(max_size=100),
    }
)


# each example costs two databases: few of them, with many rows each
@pytest.mark.timeout(600)
@given(entries=st.lists(OPENING, min_size=1, max_size=20), kind=st.sampled_from([".csv", ".xlsx", ".json"]))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_opening_survives_the_round(
    entries: list[dict[str, Any]], kind: str, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What an import would store, exported and imported again, is the same."""
    folder = tmp_path_factory.mktemp("round")
    database, second = (Database.open(f"sqlite:///{folder / name}") for name in ("a.db", "b.db"))
    try:
        path, again = folder / f"out{kind}", folder / f"again{kind}"
        header = [field.zh for field in TARGETS["openings"].fields]
        first = [
            [str(entry.get(field.name, "")) for field in TARGETS["openings"].fields] for entry in entries
        ]
        writing.write(path, header, first)
        applied(database, checked(database, path, "openings").id, good_rows=True)
        count = exported(database, "openings", again)
        if count:
            one = checked(second, again, "openings")
            assert (one.fresh, one.refused) == (count, 0)
            applied(second, one.id)
            exported(second, "openings", path)
            assert _cells(path) == _cells(again)
    finally:
        database.close_now()
        second.close_now()


# --- The whole database as a plain file -----------------------------------------------------------------------


def whole(database: Database, path: Path, personal: bool = False) -> sqlite3.Connection:
    database.read_now(lambda db: plain.write_plain(db, path, NOW, personal))
    return sqlite3.connect(path)


def test_the_whole_database_as_a_plain_file(database: Database, tmp_path: Path) -> None:
    database.write_now(lambda db: seed(db, NOW))
    with closing(whole(database, tmp_path / "all.db")) as file:
        there = {row[0] for row in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert {"openings", "people", "about", "openings_fts"} <= there
        columns = {row[1] for row in file.execute("PRAGMA table_info(people)")}
        assert {"id", "county"} <= columns
        assert not columns & {"name", "phone", "pin_hash"}
        (count,) = file.execute("SELECT count(*) FROM openings").fetchone()
        assert count > 10
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert b"19900000001" not in (tmp_path / "all.db").read_bytes()
    assert "张国栋".encode() not in (tmp_path / "all.db").read_bytes()


def test_chinese_is_found_in_it(database: Database, tmp_path: Path) -> None:
    database.write_now(lambda db: seed(db, NOW))
    with closing(whole(database, tmp_path / "all.db")) as file:
        three = file.execute(
            "SELECT count(*) FROM openings_fts WHERE openings_fts MATCH '康复医院'"
        ).fetchone()
        same = file.execute("SELECT count(*) FROM openings WHERE employer LIKE '%康复医院%'").fetchone()
    assert three == same
    assert three[0] > 0


def test_personal_columns_when_asked_for_but_never_a_secret(database: Database, tmp_path: Path) -> None:
    database.write_now(lambda db: seed(db, NOW))
    with closing(whole(database, tmp_path / "all.db", personal=True)) as file:
        columns = {row[1] for row in file.execute("PRAGMA table_info(people)")}
        (name,) = file.execute("SELECT name FROM people WHERE phone = '+8619900000001'").fetchone()
        assert json.loads(json.dumps(name)) == "张国栋"
    assert "pin_hash" not in columns


def test_times_are_wuweis(database: Database, tmp_path: Path) -> None:
    database.write_now(lambda db: people_store.create(db, None, NOW))
    with closing(whole(database, tmp_path / "all.db")) as file:
        assert file.execute("SELECT created_at FROM people").fetchone() == ("2026-11-24 10:00:00",)


def test_a_plain_file_overwrites_nothing(database: Database, tmp_path: Path) -> None:
    (tmp_path / "all.db").write_text("mine")
    with pytest.raises(FileExistsError):
        database.read_now(lambda db: plain.write_plain(db, tmp_path / "all.db", NOW))
    assert (tmp_path / "all.db").read_text() == "mine"


def test_lists_are_in_order_and_complete_over_many_pages(database: Database, tmp_path: Path) -> None:
    rows = [
        {"phone": f"+86139{n:08}", "name": f"人{n}", "created_at": NOW + timedelta(n)} for n in range(1203)
    ]
    database.write_now(lambda db: db.execute(insert(people), rows))
    assert exported(database, "people", tmp_path / "people.csv") == 1203
    lines = (tmp_path / "people.csv").read_text("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [f"人{n}" for n in range(1203)]


def test_a_nasty_opening_stays_itself(database: Database, tmp_path: Path) -> None:
    values = {
        "employer": "单位", "kind": "farm", "county": "gulang", "pay": "=1", "phone": "12385", "published_at": NOW,
        "expires_on": date(2026, 12, 31),
    }  # fmt: skip
    nasty = [value for value in NASTY if value == value.strip() and "\n" not in value]
    database.write_now(
        lambda db: db.execute(insert(openings), [values | {"title": title} for title in nasty])
    )
    for kind in (".csv", ".xlsx", ".json"):
        path = tmp_path / f"out{kind}"
        exported(database, "openings", path)
        one = checked(database, path, "openings")
        assert (one.lines, one.same) == (len(nasty), len(nasty)), kind
