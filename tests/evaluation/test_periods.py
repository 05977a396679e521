import itertools
from datetime import UTC, date, datetime

import pytest

from outreach.evaluation import periods


@pytest.mark.parametrize(
    ("name", "since", "last"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-H1", date(2026, 1, 1), date(2026, 6, 30)),
        ("2026-H2", date(2026, 7, 1), date(2026, 12, 31)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_is_called_by_its_name(name: str, since: date, last: date) -> None:
    period = periods.parse(name)
    assert (period.name, period.since, period.last) == (name, since, last)


@pytest.mark.parametrize(
    "name", ["", "26", "0000", "2026-", "2026-H3", "2026-13", "2026-00", "2026-1", "二零二六"]
)
def test_what_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no period"):
        periods.parse(name)


def test_its_days_are_gansus() -> None:
    assert periods.year(2026).starts_at == datetime(2025, 12, 31, 16, 0, tzinfo=UTC)
    assert periods.year(2026).ends_at == datetime(2026, 12, 31, 16, 0, tzinfo=UTC)


def test_months_and_halves_make_up_the_year_without_a_gap() -> None:
    for parts in (list(periods.year(2026).months()), list(periods.year(2026).halves())):
        assert parts[0].since == date(2026, 1, 1)
        assert parts[-1].until == date(2027, 1, 1)
        assert all(one.until == other.since for one, other in itertools.pairwise(parts))
