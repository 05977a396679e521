"""Stretches of Gansu's calendar that figures are counted over. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from outreach.services.places import LOCAL

NAME: Final = re.compile(r"(?P<year>2[0-9]{3})(-(H(?P<half>[12])|(?P<month>0[1-9]|1[0-2])))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``since`` to the day before ``until``. ``name``: "2026", "2026-H1", "2026-03"."""

    name: str
    since: date
    until: date

    @property
    def starts_at(self) -> datetime:
        """Its first moment."""
        return datetime.combine(self.since, time(), LOCAL)

    @property
    def ends_at(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.until, time(), LOCAL)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.until - timedelta(days=1)

    def months(self) -> Iterator["Period"]:
        """The months that begin in it, in order."""
        day = self.since.replace(day=1)
        while day < self.until:
            yield month(day.year, day.month)
            day = month(day.year, day.month).until

    def halves(self) -> tuple["Period", ...]:
        """Both halves of the year it begins in."""
        return half(self.since.year, 1), half(self.since.year, 2)


def year(number: int) -> Period:
    """A calendar year."""
    return Period(f"{number}", date(number, 1, 1), date(number + 1, 1, 1))


def half(number: int, which: int) -> Period:
    """Its first or second half: the plan asks for some things twice a year."""
    if which == 1:
        return Period(f"{number}-H1", date(number, 1, 1), date(number, 7, 1))
    return Period(f"{number}-H2", date(number, 7, 1), date(number + 1, 1, 1))


def month(number: int, which: int) -> Period:
    """One month."""
    first = date(number, which, 1)
    after = date(number + which // 12, which % 12 + 1, 1)
    return Period(f"{number}-{which:02d}", first, after)


def parse(name: str) -> Period:
    """A period by its name. Raises ValueError: none is called so."""
    found = NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"{name} is no period: 2026, 2026-H1 or 2026-03")
    number = int(found["year"])
    if found["half"]:
        return half(number, int(found["half"]))
    return month(number, int(found["month"])) if found["month"] else year(number)
