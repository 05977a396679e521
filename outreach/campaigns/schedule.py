"""When a campaign runs: once, at a time, daily, weekly, monthly, or on a date of the person's own. Pure.

Each run has a beginning and an end that is a wall. Times are Gansu's clock (Asia/Shanghai); dates and hours are kept,
not moments, so that a schedule is read as it was written.
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal

from outreach.delivery.policy import LOCAL

Kind = Literal["once", "daily", "weekly", "monthly", "relative"]
Anchor = Literal["birthday_year", "last_call", "registered", "training", "title_round"]
LOOK_AHEAD_DAYS: Final = 400


class ScheduleError(Exception):
    """The schedule makes no sense. ``key``: the sentence in prompts/."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Schedule:
    """``once``: at ``day`` and ``clock``, or as soon as it is approved where there is no day.

    ``weekday``: ISO, of ``weekly``; ``month_day`` of ``monthly`` (the last day where a month is shorter). ``relative``:
    every day for those whose ``anchor`` lies ``days`` days ahead (or, negative, behind). ``hours``: how long one run
    may take; ``until``: the last day on which one begins.
    """

    kind: Kind = "once"
    day: str = ""
    clock: str = ""
    weekday: int = 1
    month_day: int = 1
    anchor: Anchor | None = None
    days: int = 0
    hours: int = 72
    until: str = ""

    @property
    def recurs(self) -> bool:
        """Are there more runs than one?"""
        return self.kind != "once"


def read(data: Mapping[str, Any]) -> Schedule:
    """From JSON. Raises ScheduleError: what is wrong, before anything starts."""
    try:
        schedule = Schedule(**data)
    except TypeError:
        raise ScheduleError("campaign.schedule.unknown") from None
    try:
        day_of(schedule.day), day_of(schedule.until), clock_of(schedule.clock)
    except ValueError:
        raise ScheduleError("campaign.schedule.date") from None
    if schedule.hours < 1:
        raise ScheduleError("campaign.schedule.no_time")
    if schedule.day and schedule.until and schedule.until < schedule.day:
        raise ScheduleError("campaign.schedule.end_first")
    if schedule.recurs and not schedule.clock:
        raise ScheduleError("campaign.schedule.no_clock")
    if schedule.kind == "relative" and schedule.anchor is None:
        raise ScheduleError("campaign.schedule.no_anchor")
    if not (1 <= schedule.weekday <= 7 and 1 <= schedule.month_day <= 31):
        raise ScheduleError("campaign.schedule.date")
    return schedule


def plain(schedule: Schedule) -> dict[str, Any]:
    """As JSON."""
    return asdict(schedule)


def first(schedule: Schedule, now: datetime) -> datetime | None:
    """When the first run begins, not before ``now``; None: never any more."""
    if schedule.kind == "once":
        if not schedule.day:
            return now
        at = datetime.combine(day_of(schedule.day) or now.date(), clock_of(schedule.clock) or time(0), LOCAL)
        # begun late it still has what is left of its hours; after that it is over
        return max(at.astimezone(now.tzinfo), now) if ends(schedule, at) > now else None
    return following(schedule, now - timedelta(seconds=1))


def following(schedule: Schedule, after: datetime) -> datetime | None:
    """When the next run begins, later than ``after``; None: there is none."""
    if not schedule.recurs:
        return None
    local, clock = after.astimezone(LOCAL), clock_of(schedule.clock) or time(0)
    begins, until = day_of(schedule.day), day_of(schedule.until)
    for offset in range(LOOK_AHEAD_DAYS):
        day = local.date() + timedelta(days=offset)
        if until and day > until:
            return None
        at = datetime.combine(day, clock, LOCAL)
        if at > local and (begins is None or day >= begins) and _is_day(schedule, day):
            return at.astimezone(after.tzinfo)
    return None


def ends(schedule: Schedule, begins: datetime) -> datetime:
    """The wall of the run that begins then: never into the next one."""
    wall = begins + timedelta(hours=schedule.hours)
    next_one = following(schedule, begins)
    return min(wall, next_one) if next_one else wall


def anchored(schedule: Schedule, begins: datetime) -> date:
    """The date that somebody's ``anchor`` must have to be in the run that begins then."""
    return begins.astimezone(LOCAL).date() + timedelta(days=schedule.days)


def _is_day(schedule: Schedule, day: date) -> bool:
    match schedule.kind:
        case "weekly":
            return day.isoweekday() == schedule.weekday
        case "monthly":
            return day.day == min(schedule.month_day, monthrange(day.year, day.month)[1])
        case _:
            return True


def day_of(text: str) -> date | None:
    """A day as it is kept; None: none is named. Raises ValueError."""
    return date.fromisoformat(text) if text else None


def clock_of(text: str) -> time | None:
    """A clock's time as it is kept; None: none is named. Raises ValueError."""
    return time.fromisoformat(text) if text else None
