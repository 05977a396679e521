"""Hours, breaks and closed days as lines; whose booking would no longer fit if they were others."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from outreach.console.keep.entities import hours
from outreach.console.keep.entities.words import told_to
from outreach.console.keep.entity import Told, Values
from outreach.console.language import said
from outreach.services.bookings import publish, rules, store
from outreach.services.bookings.rules import Plan, Span
from outreach.store.tables.bookings import booking_closed_days, booking_hours, practitioner_breaks

NO_LONGER_FIT: Final = said("{n} 个人的预约对不上了")
WHAT_THEN: Final = said("预约先不动。保存以后，在“预约”里逐个处理：打电话商量，或者取消并通知本人另选时间。")

# --- Rows of other tables as lines ------------------------------------------------------------------------------


def read_hours(db: Connection, provider_id: int) -> list[str]:
    """A provider's opening hours."""
    row = booking_hours.c
    query = select(row.weekday, row.starts, row.ends).where(row.provider_id == provider_id)
    return hours.lines((found[0], found[1], found[2]) for found in db.execute(query))


def write_hours(db: Connection, provider_id: int, lines: Sequence[str]) -> None:
    """In the place of those before."""
    publish.set_hours(db, provider_id, hours.all_of(lines))


def read_breaks(db: Connection, practitioner_id: int) -> list[str]:
    """When a practitioner never works."""
    row = practitioner_breaks.c
    query = select(row.weekday, row.starts, row.ends).where(row.practitioner_id == practitioner_id)
    return hours.lines((found[0], found[1], found[2]) for found in db.execute(query))


def write_breaks(db: Connection, practitioner_id: int, lines: Sequence[str]) -> None:
    """In the place of those before."""
    publish.set_breaks(db, practitioner_id, hours.all_of(lines))


def day_of(line: str) -> date | None:
    """2026-10-01 or 2026/10/1. None: it cannot be read so."""
    try:
        year, month, day = (int(part) for part in line.strip().replace("/", "-").split("-"))
        return date(year, month, day)
    except ValueError:
        return None


def check_days(value: Any) -> str | None:
    """What is wrong with some lines."""
    for line in filter(str.strip, str(value).splitlines()):
        if day_of(line) is None:
            return said("“{line}”不是日期。请写成 2026-10-01 这样。", line=line.strip())
    return None


def read_closed(db: Connection, provider_id: int) -> list[str]:
    """A provider's closed days."""
    row = booking_closed_days.c
    query = select(row.day).where(row.provider_id == provider_id).order_by(row.day)
    return [day.isoformat() for day in db.scalars(query)]


def write_closed(db: Connection, provider_id: int, lines: Sequence[str]) -> None:
    """Those that are new are closed, those that are gone are open again."""
    wanted = {day for line in lines if (day := day_of(line))}
    known = {date.fromisoformat(day) for day in read_closed(db, provider_id)}
    for day in sorted(known - wanted):
        publish.open_day(db, provider_id, day)
    for day in sorted(wanted - known):
        publish.close_day(db, provider_id, day)


# --- Whose booking would no longer fit --------------------------------------------------------------------------


def _spans(lines: Sequence[str]) -> tuple[Span, ...]:
    minute = rules.minute_of
    return tuple(Span(day, minute(starts), minute(ends)) for day, starts, ends in hours.all_of(lines))


def _misfits(db: Connection, provider_id: int, now: datetime, plan: Plan) -> Told:
    """Bookings to come that fit today's plan and would not fit this one."""
    before = store.plan(db, provider_id)
    found = (store.get(db, booking_id) for booking_id in store.of_provider(db, provider_id, now))
    hit = [
        booking.person_id
        for booking in found
        if booking
        and rules.offers(before, booking.slot, booking.minutes)
        and not rules.offers(plan, booking.slot, booking.minutes)
    ]
    return replace(told_to(db, list(dict.fromkeys(hit)), WHAT_THEN), heading=NO_LONGER_FIT)


def provider_told(
    db: Connection, provider_id: int | None, before: Values | None, after: Values, now: datetime
) -> Sequence[Told]:
    """Whom other hours or closed days of a provider leave out."""
    if provider_id is None:
        return ()
    closed = frozenset(day for line in after["closed"] if (day := day_of(line)))
    plan = replace(store.plan(db, provider_id), hours=_spans(after["hours"]), closed=closed)
    return (_misfits(db, provider_id, now, plan),)


def provider_gone(db: Connection, provider_id: int, now: datetime) -> Sequence[Told]:
    """Everybody who is booked there."""
    return (_misfits(db, provider_id, now, replace(store.plan(db, provider_id), practitioners=())),)


def _without(plan: Plan, practitioner_id: int) -> Plan:
    others = tuple(who for who in plan.practitioners if who.id != practitioner_id)
    return replace(plan, practitioners=others)


def worker_told(
    db: Connection, practitioner_id: int | None, before: Values | None, after: Values, now: datetime
) -> Sequence[Told]:
    """Whom other breaks, or another provider, leave out."""
    who = store.worker(db, practitioner_id) if practitioner_id is not None else None
    if who is None or before is None:
        return ()
    plan = store.plan(db, who.provider_id)
    if after["provider_id"] != who.provider_id:
        return (_misfits(db, who.provider_id, now, _without(plan, who.id)),)
    rested = tuple(
        replace(one, breaks=_spans(after["breaks"])) if one.id == who.id else one
        for one in plan.practitioners
    )
    return (_misfits(db, who.provider_id, now, replace(plan, practitioners=rested)),)


def worker_gone(db: Connection, practitioner_id: int, now: datetime) -> Sequence[Told]:
    """Everybody who is booked with them."""
    who = store.worker(db, practitioner_id)
    if who is None:
        return ()
    return (_misfits(db, who.provider_id, now, _without(store.plan(db, who.provider_id), who.id)),)
