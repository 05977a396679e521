"""Hours of the week as counselors write them: 周一至周五 8:30-12:00, a line each."""

import re
from collections.abc import Iterable
from typing import Any, Final

from outreach.console.language import said

DAYS: Final = "一二三四五六日"
HELP: Final = said("一行一段，写成：周一至周五 8:30-12:00。")
_LINE: Final = re.compile(
    r"周?([一二三四五六日1-7])(?:[至到-]周?([一二三四五六日1-7]))?\s*(\d{1,2}):(\d{2})\s*[-至到]\s*(\d{1,2}):(\d{2})"
)

Hours = tuple[int, str, str]
"""ISO weekday, "HH:MM", "HH:MM"."""


def hours_of(written: str) -> list[Hours] | None:
    """周一至周五 8:30-12:00 (or 1-5 8:30-12:00) as ISO weekdays with HH:MM. None: it cannot be read so."""
    found = _LINE.fullmatch(written.strip().replace("：", ":"))
    if found is None:
        return None
    first, last, *clock = found.groups()
    from_day = _day(first)
    to_day = _day(last) if last else from_day
    starts, ends = f"{int(clock[0]):02}:{clock[1]}", f"{int(clock[2]):02}:{clock[3]}"
    if to_day < from_day or not starts < ends <= "24:00" or max(clock[1], clock[3]) > "59":
        return None
    return [(day, starts, ends) for day in range(from_day, to_day + 1)]


def all_of(lines: Iterable[str]) -> list[Hours]:
    """Of several lines that have been checked."""
    return [span for written in lines for span in hours_of(written) or ()]


def lines(spans: Iterable[Hours]) -> list[str]:
    """The other way round: days in a row that have the same hours share a line."""
    days: dict[tuple[str, str], list[list[int]]] = {}
    for weekday, starts, ends in sorted(spans):
        rows = days.setdefault((starts, ends), [])
        if rows and rows[-1][-1] == weekday - 1:
            rows[-1].append(weekday)
        else:
            rows.append([weekday])
    found = sorted((row[0], starts, row[-1], ends) for (starts, ends), rows in days.items() for row in rows)
    return [f"{_days(first, last)} {starts}-{ends}" for first, starts, last, ends in found]


def _days(first: int, last: int) -> str:
    one, other = DAYS[first - 1], DAYS[last - 1]
    return f"周{one}" if first == last else f"周{one}至周{other}"


def check(value: Any) -> str | None:
    """What is wrong with some lines."""
    seen: set[tuple[int, str]] = set()
    for written in str(value).splitlines():
        if not written.strip():
            continue
        hours = hours_of(written)
        if hours is None:
            return said("“{line}”看不懂。请写成：周一至周五 8:30-12:00。", line=written.strip())
        for day, starts, _ in hours:
            if (day, starts) in seen:
                return said("“{line}”和前面的重复了。", line=written.strip())
            seen.add((day, starts))
    return None


def _day(named: str) -> int:
    return int(named) if named.isascii() else DAYS.index(named) + 1
