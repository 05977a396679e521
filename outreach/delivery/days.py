"""Which days are holidays in China: pure, from the calendar library and two short tables of our own.

The State Council decrees each November, for one year, which days around a holiday are off and which weekend days are
worked instead (those are no holidays here); the library knows them from its next release on. After its last year
(``knows`` is False then, and the nightly chores say so in the log: update the library) only the holidays that never
move are kept, FIXED and FESTIVAL: a day off too few, never a day's silence too many.

The Spring Festival comes from NEW_YEARS: the library's days off begin on the eve or days before it, as decreed, and
do not say which is the first.
"""

from datetime import date, timedelta
from typing import Final

import chinese_calendar
from chinese_calendar.constants import holidays

YEARS: Final = range(min(holidays).year, max(holidays).year + 1)
"""Those that the library knows."""
FIXED: Final = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""全国年节及纪念日放假办法 (State Council Order 795, in force 2025-01-01), art. 2: those of the solar calendar."""
NEW_YEARS: Final = (
    date(2025, 1, 29),
    date(2026, 2, 17),
    date(2027, 2, 6),
    date(2028, 1, 26),
    date(2029, 2, 13),
    date(2030, 2, 3),
    date(2031, 1, 23),
    date(2032, 2, 11),
    date(2033, 1, 31),
    date(2034, 2, 19),
    date(2035, 2, 8),
    date(2036, 1, 28),
    date(2037, 2, 15),
    date(2038, 2, 4),
    date(2039, 1, 24),
    date(2040, 2, 12),
)
"""正月初一. The tests hold them against the library and against the moon's course."""
FESTIVAL: Final = frozenset(
    new_year + timedelta(days=offset) for new_year in NEW_YEARS for offset in (-1, 0, 1, 2)
)
"""The eve and the first three days (the same order, art. 2)."""


def knows(day: date) -> bool:
    """Does the library know what kind of day it is?"""
    return day.year in YEARS


def festival(day: date) -> bool:
    """The eve or one of the first three days of Spring Festival."""
    return day in FESTIVAL


def public_holiday(day: date) -> bool:
    """A day off that a holiday gives, an adjoining weekend included; ordinary weekends are none."""
    if festival(day):
        return True
    if not knows(day):
        return (day.month, day.day) in FIXED
    off, name = chinese_calendar.get_holiday_detail(day)
    return bool(off) and name is not None
