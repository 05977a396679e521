"""Reports: the figures of a period in words, masked where they are small, each opening to what it counts."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from outreach.console import figure_words as words
from outreach.console.language import catalogue
from outreach.dialogue.prompts import load_all
from outreach.evaluation.figures import FIGURES
from outreach.evaluation.goals import GOALS
from outreach.services.registry import all_pages
from outreach.store.database import Database
from outreach.store.schema import deliveries, openings, people
from outreach.store.tables.plans import line_visits
from tests.console.house import NOW, Browser, House
from tests.scenario import PROMPTS

PATH = "/console/reports"


def signed_in(database: Database, **more: Any) -> Browser:
    return House(database, more={"languages": load_all(PROMPTS)}, **more).signed_in("viewer")


def add_people(db: Connection, **counties: int) -> None:
    rows = [{"county": name, "created_at": NOW} for name, count in counties.items() for _ in range(count)]
    db.execute(insert(people), rows)


def test_an_empty_house_is_nought_everywhere(database: Database) -> None:
    page = signed_in(database).get(PATH).text
    assert "统计 2026" in page
    assert "这段时间没有人用过热线。" in page
    assert "这段时间没有发过短信，也没有打过电话。" in page
    assert "每年农村困难残疾人实用技术培训不少于 500 人次" in page
    assert page.count("<h1") == 1


def test_small_groups_are_not_shown(database: Database) -> None:
    database.write_now(lambda db: add_people(db, minqin=7, gulang=3, tianzhu=9, liangzhou=2))
    browser = signed_in(database)
    rows = list(
        csv.reader(io.StringIO(browser.get(f"{PATH}/figures.csv?period=2026-11").text.lstrip("\ufeff")))
    )
    assert rows[0] == ["数字", "合计", "凉州区", "民勤县", "古浪县", "天祝县", "不清楚"]
    assert rows[1] == ["新登记的人", "21", "少于 5", "7", "少于 5", "9", "0"]
    assert "少于 5" in browser.get(PATH).text
    assert browser.get(f"{PATH}/figures.csv?period=2026-10").text.count("少于 5") == 0


def test_a_figure_opens_to_its_records(database: Database) -> None:
    opening = {
        "title": "按摩师",
        "employer": "甲店",
        "kind": "public",
        "county": "minqin",
        "pay": "四千",
        "phone": "0935-2212345",
        "published_at": NOW,
        "expires_on": NOW.date(),
    }
    database.write_now(lambda db: db.execute(insert(openings), [opening] * 51))
    browser = signed_in(database)
    path = f"{PATH}/records?figure=openings.public&period=2026-H2"
    assert path.replace("&", "&amp;") in browser.get(f"{PATH}?year=2026&part=-H2").text
    page = browser.get(path).text
    assert "一共 51 条。" in page
    assert page.count('<th scope="row">岗位') == 50
    assert browser.get(path + "&page=1").text.count('<th scope="row">岗位') == 1
    assert (
        "这段时间没有这样的记录。"
        in browser.get(f"{PATH}/records?figure=openings.public&period=2026-H1").text
    )
    assert browser.get(f"{PATH}/records?figure=nothing").status_code == 404


def test_whose_a_record_is_leads_to_their_file(database: Database) -> None:
    database.write_now(lambda db: add_people(db, minqin=1))
    page = signed_in(database).get(f"{PATH}/records?figure=people.new").text
    assert '<a href="/console/people/1">1 号档案</a>' in page


def test_a_figure_by_month_is_a_picture_and_a_table(database: Database) -> None:
    database.write_now(lambda db: add_people(db, minqin=3))
    page = signed_in(database).get(f"{PATH}?month_of=people.new").text
    assert "按月：新登记的人" in page
    assert page.count("<rect") == 12
    assert '<th scope="row">2026-11</th><td class="number">3</td>' in page
    assert "按月" not in signed_in(database, now=NOW + timedelta(seconds=1)).get(f"{PATH}?part=-03").text


def test_use_and_reasons_in_words(database: Database) -> None:
    def fill(db: Connection) -> None:
        visit = {"source": "a", "channel": "sms", "line": "jobs", "at": NOW}
        db.execute(insert(line_visits).values(visit))
        db.execute(
            insert(deliveries).values(
                purpose="p",
                channel="sms",
                address="+8613800000000",
                body="文",
                scope="reminders",
                state="skipped",
                reason="landline",
                due_at=NOW,
                expires_at=NOW,
                created_at=NOW,
                updated_at=NOW,
            )
        )

    database.write_now(fill)
    page = signed_in(database).get(PATH).text
    assert "座机收不到短信。" in page
    assert "提醒" in page
    assert '<th scope="row">招聘</th>' in page


@pytest.mark.parametrize(
    "query", ["period=2026-13", "year=x", "part=-99", "year=2026&part=%00", "period=%2e"]
)
def test_a_period_that_cannot_be_meant_is_this_year(database: Database, query: str) -> None:
    page = signed_in(database).get(f"{PATH}?{query}")
    assert page.status_code == 200
    assert "统计 2026" in page.text


def test_in_english(database: Database) -> None:
    browser = signed_in(database)
    browser.get("/console")
    browser.post("/console/language", {"language": "en", "next": PATH})
    page = browser.get(PATH).text
    assert "Goals of the three-year plan" in page
    assert "500 places of rural practical training a year" in page


def test_nothing_is_without_a_name() -> None:
    assert set(words.FIGURES) == set(FIGURES)
    assert {key for keys in words.GROUPS.values() for key in keys} == set(FIGURES)
    assert set(words.GOALS) >= {goal.key for goal in GOALS}
    lines = {name.partition(".")[0] for name in all_pages()} - {"home"}
    assert lines <= set(words.LINES)
    english = catalogue("en")
    assert all(english(name) != name for name in words.FIGURES.values())


def test_the_year_begins_at_gansus_midnight(database: Database) -> None:
    page = signed_in(database, now=datetime(2026, 12, 31, 16, 0, tzinfo=UTC)).get(PATH).text
    assert "统计 2027" in page
