"""Reports: the plan's goals, the figures by county and month, the use of the line; each opens to its records."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping
from starlette.responses import Response

from outreach.console.figure_words import (
    COUNTIES,
    ENDS,
    ENTITIES,
    FIGURES,
    GOALS,
    GROUPS,
    LINES,
    PERIODS,
    SCOPES,
    STATES,
)
from outreach.console.language import Catalogue, said
from outreach.console.routes import Views
from outreach.console.visit import Visit
from outreach.console.web import HEADERS
from outreach.dialogue.prompts import PromptError
from outreach.evaluation import figures, usage
from outreach.evaluation.figures import Figure
from outreach.evaluation.goals import Standing, standings
from outreach.evaluation.masking import masked
from outreach.evaluation.periods import Period, parse, year
from outreach.services.places import today

VIEWS: Final = Views()
PATH: Final = "/console/reports"
FIRST_YEAR: Final = 2025
RECORDS: Final = 50
PARTS: Final = ("", "-H1", "-H2", *(f"-{month:02d}" for month in range(1, 13)))


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of the table: its total, and the counties that may be shown."""

    figure: Figure
    total: int
    counties: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart. ``share``: of the longest, 0 to 100."""

    name: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Report:
    """All that one period's page shows."""

    goals: Sequence[Standing]
    groups: Sequence[tuple[str, Sequence[Line]]]
    lines: Sequence[usage.LineUse]
    minutes: int
    funnel: usage.Funnel
    reminded: usage.Reminded
    sent: Sequence[usage.Sent]


@VIEWS.get(PATH, "reports.see")
async def report(visit: Visit) -> Response:
    """A year, half a year or a month."""
    period = _period(visit)
    found = await visit.read(lambda db: look(db, period, visit))
    return visit.show(
        "reports.html",
        period=period,
        report=found,
        counties=COUNTIES,
        words=FIGURES,
        goal_words=GOALS,
        states=STATES,
        line_words=LINES,
        scopes=SCOPES,
        ends=ENDS,
        why=lambda reason: _why(visit, reason),
        years=range(FIRST_YEAR, today(visit.now).year + 1),
        stretches=PERIODS,
        months=await _months(visit, period),
    )


@VIEWS.get(PATH + "/records", "reports.see")
async def records(visit: Visit) -> Response:
    """What a figure counts, one by one."""
    period, figure = _period(visit), visit.need(figures.FIGURES.get(visit.query.get("figure", "")))
    page = _number(visit.query.get("page"))

    def work(db: Connection) -> tuple[Sequence[RowMapping], int]:
        rows = figures.records(db, figure, period, RECORDS + 1, page * RECORDS)
        return rows, figures.count(db, figure, period)

    rows, total = await visit.read(work)
    return visit.show(
        "report_records.html",
        period=period,
        figure=figure,
        name=FIGURES[figure.key],
        rows=rows[:RECORDS],
        total=total,
        counties=COUNTIES,
        entities=ENTITIES,
        written=lambda at: visit.say.moment(at) if isinstance(at, datetime) else visit.say.day(at),
        more=page + 1 if len(rows) > RECORDS else None,
        query={"figure": figure.key, "period": period.name},
    )


@VIEWS.get(PATH + "/figures.csv", "reports.see")
async def download(visit: Visit) -> Response:
    """The table of figures as a file that Excel reads in Chinese."""
    period = _period(visit)
    found = await visit.read(lambda db: look(db, period, visit))
    text = io.StringIO()
    csv.writer(text).writerows(_rows(found, visit.say))
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="figures-{period.name}.csv"'}
    return Response("\ufeff" + text.getvalue(), 200, headers, "text/csv; charset=utf-8")


def look(db: Connection, period: Period, visit: Visit) -> Report:
    """Everything that the page of a period shows."""
    return Report(
        goals=list(standings(db, year(period.since.year), today(visit.now))),
        groups=[(name, [_line(db, key, period) for key in keys]) for name, keys in GROUPS.items()],
        lines=usage.lines(db, period),
        minutes=usage.minutes(db, period),
        funnel=usage.funnel(db, period),
        reminded=usage.reminded(db, period),
        sent=usage.deliveries_by_end(db, period),
    )


def _line(db: Connection, key: str, period: Period) -> Line:
    figure = figures.FIGURES[key]
    counties = figures.by_county(db, figure, period)
    shown = {name: counties.get(name, 0) for name in COUNTIES}
    return Line(
        figure,
        # whoever has a record has one county: people counted by county add up
        sum(counties.values()),
        masked(shown) if figure.personal else shown,
    )


async def _months(visit: Visit, period: Period) -> tuple[str, Sequence[Bar]] | None:
    """The course of one figure over a year; nothing for shorter periods."""
    if period != year(period.since.year):
        return None
    key = visit.query.get("month_of", "calls")
    figure = visit.need(figures.FIGURES.get(key))
    counted = await visit.read(lambda db: figures.by_month(db, figure, period))
    longest = max(counted.values()) or 1
    bars = [Bar(name, count, round(100 * count / longest, 1)) for name, count in counted.items()]
    return key, bars


def _why(visit: Visit, reason: str | None) -> str:
    """The line's own sentence for why somebody was not reached."""
    if reason is None:
        return ""
    say = visit.desk.languages[visit.say.language].bound[2, "sms"]
    try:
        return say(f"reason.{reason}").text
    except PromptError:
        return reason


def _rows(found: Report, say: Catalogue) -> Iterator[Sequence[Any]]:
    yield (say(said("数字")), say(said("合计")), *(say(name) for name in COUNTIES.values()))
    for _, lines in found.groups:
        for line in lines:
            counties = (
                say(said("少于 5")) if line.counties[name] is None else line.counties[name]
                for name in COUNTIES
            )
            yield (say(FIGURES[line.figure.key]), line.total, *counties)


def _period(visit: Visit) -> Period:
    asked = visit.query
    name = asked.get("period") or f"{asked.get('year', today(visit.now).year)}{asked.get('part', '')}"
    try:
        return parse(name)
    except ValueError:
        return year(today(visit.now).year)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 6 else 0
