"""Small groups are not shown: a count of one to four people in a small place says who they are. Pure.

One cell that is left out can be worked out from the total and the others, so never one alone is (secondary
suppression, as statistical offices do it).
"""

from collections.abc import Mapping
from typing import Final, TypeVar

SMALLEST: Final = 5
"""Counts of people below it are masked; none at all is no person's secret."""

K = TypeVar("K")


def masked(groups: Mapping[K, int]) -> dict[K, int | None]:
    """The counts of one breakdown, None for those that may not be shown. The total may be shown beside them."""
    hidden = {name for name, count in groups.items() if 0 < count < SMALLEST}
    if len(hidden) == 1:
        shown = [
            (count, at, name)
            for at, (name, count) in enumerate(groups.items())
            if name not in hidden and count
        ]
        if shown:
            hidden.add(min(shown)[2])
    return {name: None if name in hidden else count for name, count in groups.items()}
