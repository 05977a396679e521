"""What a round's dates mean on a day."""

from datetime import UTC, date, datetime

import pytest

from outreach.services.titles import rules
from outreach.services.titles.rules import Round

NOTICE, UNIT, COUNTY, CITY, PROVINCE = (date(2026, month, 10) for month in (3, 4, 5, 6, 7))


def round_with(**dates: date | None) -> Round:
    given = {
        "unit_by": UNIT,
        "county_by": COUNTY,
        "city_by": CITY,
        "province_by": PROVINCE,
        "review_from": date(2026, 8, 10),
        "review_until": date(2026, 8, 12),
        "publicity_from": None,
        "publicity_until": None,
        **dates,
    }
    return Round(1, "initial", "省", 2026, NOTICE, contact="", phone="1", source="通知", **given)


@pytest.mark.parametrize(
    ("on", "stage"),
    [
        (date(2026, 3, 9), "coming"),
        (NOTICE, "open"),
        (UNIT, "open"),
        (date(2026, 4, 11), "closed"),
        (date(2026, 8, 12), "closed"),
        (date(2026, 8, 13), "over"),
    ],
)
def test_stage(on: date, stage: str) -> None:
    assert round_with().stage(on) == stage


@pytest.mark.parametrize(
    ("missing", "closes"),
    [((), UNIT), (("unit_by",), COUNTY), (("unit_by", "county_by", "city_by"), PROVINCE)],
)
def test_it_closes_with_the_first_step_of_the_notice(missing: tuple[str, ...], closes: date) -> None:
    assert round_with(**dict.fromkeys(missing)).closes_on == closes


def test_the_first_two_steps_concern_the_applicant_until_the_papers_are_in() -> None:
    assert [found.kind for found in rules.own(round_with(), False)] == ["unit", "county", "review"]
    assert [found.kind for found in rules.own(round_with(), True)] == ["review"]


def test_the_next_date_counts_until_its_day_is_over() -> None:
    found = rules.upcoming(round_with(), False, UNIT)
    assert found is not None
    assert found.kind == "unit"
    found = rules.upcoming(round_with(), False, date(2026, 4, 11))
    assert found is not None
    assert found.kind == "county"
    assert rules.upcoming(round_with(), True, date(2026, 8, 11)) is None


def test_reminders_at_ten_in_gansu_before_each_date_of_the_applicant() -> None:
    now = datetime(2026, 8, 2, 12, 0, tzinfo=UTC)
    moments = [moment.astimezone(UTC) for moment in rules.reminders(round_with(), False, now)]
    assert moments == [datetime(2026, 8, day, 2, 0, tzinfo=UTC) for day in (3, 7, 9)]


def test_two_dates_that_share_a_day_are_one_reminder() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    apart = rules.reminders(round_with(), False, now)
    # seven days apart: a county's 14th day before is the unit's 7th
    shared = rules.reminders(round_with(county_by=date(2026, 4, 17)), False, now)
    assert len(apart) == 15
    assert len(shared) == 14
    assert list(shared) == sorted(set(shared))


def test_no_reminder_after_the_last_date() -> None:
    this = round_with()
    assert max(rules.reminders(this, False, datetime(2026, 1, 1, tzinfo=UTC))) < rules.remind_until(
        this, False
    )


def test_a_round_without_a_review_has_nothing_left_once_the_papers_are_in() -> None:
    this = round_with(review_from=None, review_until=None)
    assert rules.own(this, True) == ()
    assert rules.reminders(this, True, datetime(2026, 1, 1, tzinfo=UTC)) == ()
    assert rules.remind_until(this, True).date() == PROVINCE
