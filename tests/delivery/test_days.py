"""The calendar of rest: held against the library, and where that ends, against the moon."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import chinese_calendar
import pytest

from outreach.delivery import days

MONTH = timedelta(days=29.530588861)
NEW_MOON = datetime(2000, 1, 6, 18, 14, tzinfo=UTC)
"""Meeus, Astronomical Algorithms, chapter 49: mean new moons from this one; the true one is up to 14 hours off."""


@pytest.mark.parametrize(
    ("day", "holiday"),
    [
        ("2026-02-14", False),  # a Saturday that is worked instead
        ("2026-02-15", True),  # the first day off, two days before the new year
        ("2026-02-21", True),
        ("2026-02-24", False),
        ("2026-03-07", False),  # an ordinary Saturday
        ("2026-03-09", False),
        ("2026-10-01", True),
        ("2026-10-10", False),  # a Saturday that is worked instead
        ("2027-01-01", True),  # beyond what the library knows: only what never moves
        ("2027-02-05", True),
        ("2027-02-08", True),
        ("2027-02-09", False),
        ("2027-05-02", True),
        ("2027-06-09", False),  # Dragon Boat: it moves
        ("2027-10-04", False),
        ("2003-05-01", True),  # before the library begins
    ],
)
def test_holidays(day: str, holiday: bool) -> None:
    assert days.public_holiday(date.fromisoformat(day)) is holiday


def test_the_festival_is_its_eve_and_three_days() -> None:
    around = [date(2026, 2, 15) + timedelta(days=offset) for offset in range(7)]
    assert [days.festival(day) for day in around] == [False, True, True, True, True, False, False]


@pytest.mark.parametrize("new_year", days.NEW_YEARS, ids=str)
def test_a_year_begins_with_the_new_moon(new_year: date) -> None:
    """The moon's day in China (UTC+8) and the table's are the same, give or take the moon's unevenness."""
    noon = datetime(new_year.year, new_year.month, new_year.day, 4, tzinfo=UTC)
    months = round((noon - NEW_MOON) / MONTH)
    assert abs(noon - (NEW_MOON + months * MONTH)) < timedelta(hours=12 + 14)


def test_years_are_of_a_length_that_years_have() -> None:
    lengths = {(later - earlier).days for earlier, later in pairwise(days.NEW_YEARS)}
    assert lengths <= {353, 354, 355, 383, 384, 385}
    assert all((1, 21) <= (new_year.month, new_year.day) <= (2, 20) for new_year in days.NEW_YEARS)


def test_the_library_agrees_where_it_knows() -> None:
    known = [new_year for new_year in days.NEW_YEARS if days.knows(new_year)]
    assert known
    for new_year in known:
        assert chinese_calendar.get_holiday_detail(new_year) == (True, "Spring Festival")


def test_where_the_library_ends_is_known() -> None:
    last = date(days.YEARS[-1], 12, 31)
    assert days.knows(last)
    assert not days.knows(last + timedelta(days=1))
