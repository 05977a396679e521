"""What came of a campaign: every figure is the count of its records; lines without names."""

import csv
import io

import pytest

from outreach.campaigns import report
from outreach.campaigns.report import FIGURES
from outreach.store.database import Database
from tests.campaigns.office import ASKING, HELLO, Office, draft


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def test_every_figure_opens_to_its_records(office: Office) -> None:
    office.people(3, county="minqin")
    office.people(1, county="gulang", first=5)
    office.people(1, "jobs", first=10)
    campaign = office.campaign(draft(ASKING))
    office.tick(2)
    office.write("+8619900000001", "1")
    office.write("+8619900000001", "1")
    office.write("+8619900000002", "2")
    office.write("+8619900000003", "3")
    found = office.database.read_now(lambda db: report.report(db, campaign))
    assert found.figures == {
        "people": 5,
        "out": 4,
        "reached": 4,
        "heard": 3,
        "answered": 1,
        "acted": 1,
        "unreached": 0,
        "skipped": 1,
        "held": 0,
        "cancelled": 0,
        "waiting": 0,
        "opted_out": 1,
        "done": 1,
    }
    for name in (*FIGURES, "done"):
        rows = office.database.read_now(lambda db, name=name: report.records(db, campaign, name))  # type: ignore[misc]
        assert len(rows) == found.figures[name], name
    assert {county: figures["reached"] for county, figures in found.counties.items()} == {
        "minqin": 3,
        "gulang": 1,
        "": 0,
    }
    assert found.reasons == {"no_consent": 1}
    assert found.answers == {0: {0: 1}}
    (skipped,) = office.database.read_now(
        lambda db: report.records(db, campaign, "skipped", reason="no_consent", county="")
    )
    assert skipped.person_id == 5


def test_the_lines_name_nobody(office: Office) -> None:
    office.people(2, name="王小龙", county="minqin")
    campaign = office.campaign(draft(ASKING))
    office.tick(2)
    office.write("+8619900000001", "1")
    office.write("+8619900000001", "2")
    text = office.database.read_now(lambda db: report.as_csv(db, campaign))
    assert "王" not in text
    assert "19900000001" not in text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["person_id"], row["state"], row["answers"]) for row in rows] == [
        ("1", "reached", "1:2"),
        ("2", "reached", ""),
    ]


def test_a_figure_nobody_knows(office: Office) -> None:
    campaign = office.campaign(draft(HELLO))
    with pytest.raises(LookupError):
        office.database.read_now(lambda db: report.records(db, campaign, "happiness"))
