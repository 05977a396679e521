"""Which time is free: hours, minus breaks, minus closed days, minus what is taken. Pure; no words, no SQL."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from outreach.services.places import LOCAL

CELL_MINUTES = 15
"""What time is cut into; every service, and every step from one start to the next, is a multiple of it."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "massage": ("massage",),
    "guidance": ("counseling", "guidance", "assessment"),
    "home": ("loan", "lottery"),
    "legal": ("legal",),
}
"""Kinds of provider as callers choose them: four keys, the fifth is one's own bookings."""

MOST_EACH = 5
"""Bookings to come that one person may have: nobody takes a whole week away from the others."""
NOON, EVENING = 12 * 60, 18 * 60
PARTS = ("morning", "afternoon", "evening")
REMIND_BEFORE = (timedelta(days=1), timedelta(hours=2))


@dataclass(frozen=True, slots=True)
class Span:
    """A time of the week: ISO weekday, minutes since midnight in Gansu, the end not included."""

    weekday: int
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Practitioner:
    """One who can be booked, and when they never can."""

    id: int
    name: str
    breaks: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """One provider's time, before anybody took any of it."""

    hours: tuple[Span, ...]
    closed: frozenset[date]
    practitioners: tuple[Practitioner, ...]
    step_minutes: int = 30
    lead_minutes: int = 60
    horizon_days: int = 14


@dataclass(frozen=True, slots=True)
class Slot:
    """A beginning, and whose."""

    practitioner_id: int
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Half:
    """A part of a day in which something is free."""

    day: date
    part: str


Cell = tuple[int, datetime]
"""A practitioner, and the start of a quarter of an hour (UTC or any other zone: aware times compare alike)."""


def cells(starts_at: datetime, minutes: int) -> tuple[datetime, ...]:
    """The quarters of an hour that ``minutes`` from ``starts_at`` take, in order."""
    return tuple(starts_at + timedelta(minutes=at) for at in range(0, minutes, CELL_MINUTES))


def free(
    plan: Plan, taken: Container[Cell], minutes: int, now: datetime, busy: Container[datetime] = ()
) -> Iterator[Slot]:
    """Every start at which ``minutes`` are free, the nearest first, once for each time: the first who can.

    ``busy``: cells in which whoever books is somewhere else. The days are today and the ``horizon_days - 1`` after
    it, in Gansu.
    """
    earliest = now + timedelta(minutes=plan.lead_minutes)
    first = now.astimezone(LOCAL).date()
    for day in (first + timedelta(days=ahead) for ahead in range(plan.horizon_days)):
        if day in plan.closed:
            continue
        for start in _starts(plan, day, minutes):
            starts_at = at_minute(day, start)
            if starts_at < earliest:
                continue
            span = Span(day.isoweekday(), start, start + minutes)
            needed = cells(starts_at, minutes)
            if any(cell in busy for cell in needed):
                continue
            for who in plan.practitioners:
                if _rests(who, span) or any((who.id, cell) in taken for cell in needed):
                    continue
                yield Slot(who.id, starts_at)
                break


def offers(plan: Plan, slot: Slot, minutes: int) -> bool:
    """Do they work then? Who was offered a time may take it a little later, so lead and horizon do not count."""
    local = slot.starts_at.astimezone(LOCAL)
    start = local.hour * 60 + local.minute
    span = Span(local.isoweekday(), start, start + minutes)
    within = any(
        span.weekday == hours.weekday and hours.starts <= span.starts and span.ends <= hours.ends
        for hours in plan.hours
    )
    there = [who for who in plan.practitioners if who.id == slot.practitioner_id]
    return within and local.date() not in plan.closed and any(not _rests(who, span) for who in there)


def opens(plan: Plan, day: date) -> bool:
    """Is anybody there on that day at all?"""
    return day not in plan.closed and any(span.weekday == day.isoweekday() for span in plan.hours)


def preferring(plan: Plan, practitioner_id: int | None) -> Plan:
    """The same, one practitioner first: whom somebody knows is offered before the others."""
    return replace(
        plan, practitioners=tuple(sorted(plan.practitioners, key=lambda w: w.id != practitioner_id))
    )


def only(plan: Plan, practitioner_id: int) -> Plan:
    """The same, for one of its practitioners."""
    return replace(plan, practitioners=tuple(w for w in plan.practitioners if w.id == practitioner_id))


def stretches(found: Iterable[datetime]) -> list[tuple[datetime, int]]:
    """Cells as stretches of time: when each begins, and its minutes."""
    joined: list[tuple[datetime, int]] = []
    for cell in sorted(found):
        if joined and joined[-1][0] + timedelta(minutes=joined[-1][1]) == cell:
            joined[-1] = (joined[-1][0], joined[-1][1] + CELL_MINUTES)
        else:
            joined.append((cell, CELL_MINUTES))
    return joined


def _starts(plan: Plan, day: date, minutes: int) -> list[int]:
    """Starts on the grid, counted from midnight, whose whole time lies in one stretch of the hours."""
    step, weekday = plan.step_minutes, day.isoweekday()
    stretches = [span for span in plan.hours if span.weekday == weekday]
    return sorted(
        {
            start
            for span in stretches
            for start in range(-(-span.starts // step) * step, span.ends - minutes + 1, step)
        }
    )


def _rests(who: Practitioner, wanted: Span) -> bool:
    return any(
        rest.weekday == wanted.weekday and rest.starts < wanted.ends and wanted.starts < rest.ends
        for rest in who.breaks
    )


def at_minute(day: date, minute: int) -> datetime:
    """The moment ``minute`` minutes after midnight in Gansu."""
    return datetime.combine(day, time(), LOCAL) + timedelta(minutes=minute)


def half(starts_at: datetime) -> Half:
    """The part of the day it is in: morning before noon, evening from six."""
    local = starts_at.astimezone(LOCAL)
    minute = local.hour * 60 + local.minute
    return Half(local.date(), PARTS[(minute >= NOON) + (minute >= EVENING)])


def halves(slots: Iterable[Slot]) -> list[Half]:
    """The parts of days that have something free, in order."""
    return list(dict.fromkeys(half(slot.starts_at) for slot in slots))


def group_of(kind: str) -> str:
    """Under which of GROUPS a kind of provider is found. Raises KeyError for an unknown kind."""
    found = {kind: group for group, kinds in GROUPS.items() for kind in kinds}
    return found[kind]


def reminders(starts_at: datetime, now: datetime) -> tuple[datetime, ...]:
    """When to remind of it: the day before and two hours before, as far as that is still to come."""
    return tuple(at for before in REMIND_BEFORE if (at := starts_at - before) > now)


def minute_of(clock: str) -> int:
    """ "09:30" as minutes since midnight; "24:00" is the day's end."""
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)
