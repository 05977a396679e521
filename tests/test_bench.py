"""Every figure can be measured. What the figures are is for ``make bench`` to say, not for a test."""

import math
import sys

import pytest

if sys.platform != "linux":
    pytest.skip("the bench reads CPU time from /proc", allow_module_level=True)

from bench.__main__ import FIGURES
from bench.effort import Effort
from bench.row import Row, percentile, table

TINY = Effort(
    calls=3,
    against=2,
    window_seconds=1.0,
    repeats=1,
    talk_seconds=8.0,
    warm_rounds=0,
    turns_each=2,
    soak=(2, 4),
    requests=4,
    words=10,
    reminders=20,
    waiting=(100, 200),
    import_lines=40,
    dry_lines=60,
    people=100,
    delivered=300,
    speed=8.0,
)


@pytest.mark.parametrize(
    "name", sorted(FIGURES.keys() - {"kill"})
)  # that one is tests/delivery/test_killed.py
def test_a_figure_is_measured_and_printed(name: str) -> None:
    rows = FIGURES[name](TINY)
    printed = table(rows)
    assert rows
    for row in rows:
        assert math.isfinite(row.measured), row
        assert row.figure in printed


@pytest.mark.parametrize(
    ("row", "kept", "ratio"),
    [
        (Row("most", 5, "ms", 10), True, "0.50"),
        (Row("most", 15, "ms", 10), False, "1.50"),
        (Row("least", 15, "/s", 10, at_least=True), True, "1.50"),
        (Row("least", 5, "/s", 10, at_least=True), False, "0.50"),
        (Row("none at all", 0, "%", 0), True, ""),
        (Row("to know", 5, "MB"), True, ""),
    ],
)
def test_a_limit_missed_is_said(row: Row, kept: bool, ratio: str) -> None:
    assert row.kept is kept
    assert row.cells()[3:] == (ratio, "" if kept else "MISSED")


def test_percentile_is_by_nearest_rank() -> None:
    assert percentile([3, 1, 2], 50) == 2
    assert percentile(list(range(1, 101)), 95) == 95
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 95)
