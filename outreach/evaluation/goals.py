"""The plan's own goals (武政办发〔2025〕56号, 2025-2027), each held against a figure.

Only what the plan itself counts or dates is a goal here. Its other items have figures and no number to reach.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from sqlalchemy import Connection

from outreach.evaluation import figures
from outreach.evaluation.figures import FIGURES
from outreach.evaluation.periods import Period

Every = Literal["year", "half"]
State = Literal["met", "open", "missed"]


@dataclass(frozen=True, slots=True)
class Goal:
    """``item`` of the plan: ``figure`` is to reach ``at_least``, or as many as the figure ``of`` counts.

    ``every``: in each year, or in each half of one. ``by``: it is reached once, by this day.
    """

    item: int
    key: str
    figure: str
    at_least: int = 0
    of: str = ""
    every: Every = "year"
    by: date | None = None


GOALS: Final = (
    Goal(3, "fairs", "events.fair", at_least=1, every="half"),
    Goal(6, "brands", "milestones.brand", at_least=4, by=date(2027, 12, 31)),
    Goal(7, "institution", "milestones.institution", at_least=1, by=date(2026, 12, 31)),
    Goal(12, "rural", "training.rural", at_least=500),
    Goal(15, "served", "seekers.served", of="seekers"),
    Goal(15, "visited", "employers.visited", of="employers.room"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a goal stands in ``period``: ``value`` of ``wanted``. ``state`` as of the day it was asked."""

    goal: Goal
    period: Period
    value: int
    wanted: int
    state: State


def standings(db: Connection, year: Period, today: date) -> Iterator[Standing]:
    """Every goal of the plan in a year; those of half a year twice."""
    for goal in GOALS:
        for period in year.halves() if goal.every == "half" else (year,):
            value = figures.count(db, FIGURES[goal.figure], period)
            wanted = figures.count(db, FIGURES[goal.of], period) if goal.of else goal.at_least
            yield Standing(goal, period, value, wanted, _state(goal, period, value, wanted, today))


def _state(goal: Goal, period: Period, value: int, wanted: int, today: date) -> State:
    if value >= wanted:
        return "met"
    last = goal.by or period.last
    return "open" if today <= last else "missed"
