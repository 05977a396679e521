"""One figure and what it is held against; no measuring here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Row:
    """A figure. ``limit``: the most it may be, with ``at_least`` the least; None: for information."""

    figure: str
    measured: float
    unit: str
    limit: float | None = None
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Is it within its limit?"""
        if self.limit is None:
            return True
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def cells(self) -> tuple[str, ...]:
        """As printed: figure, measured, limit, ratio, verdict."""
        if self.limit is None:
            return self.figure, _number(self.measured, self.unit), "", "", ""
        limit = f"{'≥' if self.at_least else '≤'} {_number(self.limit, self.unit)}"
        ratio = f"{self.measured / self.limit:.2f}" if self.limit else ""
        return self.figure, _number(self.measured, self.unit), limit, ratio, "" if self.kept else "MISSED"


HEAD = ("figure", "measured", "limit", "ratio", "")


def table(rows: Iterable[Row]) -> str:
    """Rows under one another."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
        for line in lines
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that ``percent`` of all stay within, by nearest rank. Raises ValueError without any."""
    if not values:
        raise ValueError("nothing was measured")
    return sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)]


def _number(value: float, unit: str) -> str:
    size = abs(value)
    digits = 0 if size >= 1000 or value == int(value) else 1 if size >= 10 else 2 if size >= 0.1 else 4
    return f"{value:,.{digits}f} {unit}".rstrip()
