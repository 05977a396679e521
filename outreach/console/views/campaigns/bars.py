"""Figures as bars: each has its name, its count, and its length as a share of the longest."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart. ``share``: of the longest, 0 to 100."""

    name: str
    count: int
    share: float


def bars(counts: Mapping[str, int]) -> list[Bar]:
    """The bars of these counts, in their order."""
    longest = max(counts.values(), default=0) or 1
    return [Bar(name, count, round(100 * count / longest, 1)) for name, count in counts.items()]
