"""What a round's dates mean to somebody on a given day, and when they are reminded. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from outreach.services.places import LOCAL

LEVELS = ("initial", "middle")
"""初级 (士, 师) and 中级 (主治): the two that are judged in the province (domain C1)."""

REMIND_DAYS_BEFORE = (30, 14, 7, 3, 1)
REMIND_AT = time(10, 0)
"""In the first hour and a half of the voice hours (9:00 to 12:00), so that most calls are made before noon."""

STEPS = ("unit", "county", "city", "province")
"""The way of the papers upwards, each with a last day. The applicant is concerned with the first two."""

Stage = Literal["coming", "open", "closed", "over"]


@dataclass(frozen=True, slots=True)
class Milestone:
    """One date of a round. ``kind``: a step, or review, publicity; ``until``: the last day of a window."""

    kind: str
    on: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One round as it was announced."""

    id: int
    level: str
    body: str
    year: int
    notice_on: date
    unit_by: date | None
    county_by: date | None
    city_by: date | None
    province_by: date | None
    review_from: date | None
    review_until: date | None
    publicity_from: date | None
    publicity_until: date | None
    contact: str
    phone: str
    source: str

    @property
    def closes_on(self) -> date:
        """The last day on which one can still begin: the first step that the notice has."""
        return next(step.on for step in chain(self) if step.kind in STEPS)

    @property
    def ends_on(self) -> date:
        """The last day that the notice names."""
        last = chain(self)[-1]
        return last.until or last.on

    def stage(self, today: date) -> Stage:
        """Not begun, open to new entrants, closed to them but under way, or over."""
        if today < self.notice_on:
            return "coming"
        if today <= self.closes_on:
            return "open"
        return "closed" if today <= self.ends_on else "over"


def chain(this: Round) -> tuple[Milestone, ...]:
    """All dates in the notice, in their order; at least one step (the table says so)."""
    dated = (
        Milestone("unit", this.unit_by) if this.unit_by else None,
        Milestone("county", this.county_by) if this.county_by else None,
        Milestone("city", this.city_by) if this.city_by else None,
        Milestone("province", this.province_by) if this.province_by else None,
        Milestone("review", this.review_from, this.review_until) if this.review_from else None,
        Milestone("publicity", this.publicity_from, this.publicity_until) if this.publicity_from else None,
    )
    return tuple(milestone for milestone in dated if milestone)


def own(this: Round, handed_in: bool) -> tuple[Milestone, ...]:
    """The dates that concern the applicant: until the papers are handed in, the first two steps; then the rest.

    From city to province the papers go without them.
    """
    milestones = chain(this)
    steps = [milestone for milestone in milestones if milestone.kind in STEPS][:2]
    later = [milestone for milestone in milestones if milestone.kind not in STEPS]
    return tuple(later if handed_in else [*steps, *later])


def upcoming(this: Round, handed_in: bool, today: date) -> Milestone | None:
    """The next date that concerns the applicant, today's included."""
    return next((milestone for milestone in own(this, handed_in) if milestone.on >= today), None)


def reminders(this: Round, handed_in: bool, now: datetime) -> tuple[datetime, ...]:
    """When to remind of all of them, in order, each moment once; only what is still to come."""
    moments = {
        datetime.combine(milestone.on - timedelta(days=days), REMIND_AT, LOCAL)
        for milestone in own(this, handed_in)
        for days in REMIND_DAYS_BEFORE
    }
    return tuple(sorted(moment for moment in moments if moment > now))


def remind_until(this: Round, handed_in: bool) -> datetime:
    """After the last of these dates there is nothing left to remind of."""
    last = own(this, handed_in)[-1].on if own(this, handed_in) else this.ends_on
    return datetime.combine(last, time(20, 0), LOCAL)
