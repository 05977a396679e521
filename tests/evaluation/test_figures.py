"""Every figure, once from an empty database and once with rows in and around the period."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Table, insert

from outreach.evaluation import figures, usage
from outreach.evaluation.figures import FIGURES
from outreach.evaluation.goals import GOALS, standings
from outreach.evaluation.periods import month, year
from outreach.services.places import LOCAL
from outreach.store import tables as tables
from outreach.store.database import Database
from outreach.store.schema import applications, calls, deliveries, openings, people
from outreach.store.tables.community import event_sign_ups, events
from outreach.store.tables.plans import (
    employer_visits,
    employers,
    line_visits,
    milestones,
    needs,
    services_given,
)
from outreach.store.tables.training import training_courses, training_registrations, training_sessions

Y = year(2026)
IN, BEFORE, AFTER = (
    datetime(*day, 12, 0, tzinfo=LOCAL) for day in ((2026, 5, 2), (2025, 12, 31), (2027, 1, 1))
)
EDGE = datetime(2025, 12, 31, 16, 0, tzinfo=UTC)
"""Midnight in Gansu: the year begins."""


def add(db: Connection, table: Table, **values: Any) -> int:
    return int(db.execute(insert(table).values(**values).returning(table.c.id)).scalar_one())


def person(db: Connection, county: str | None = "minqin", at: datetime = BEFORE) -> int:
    return add(db, people, county=county, created_at=at)


def need(db: Connection, whose: int, at: datetime, state: str = "open", kind: str = "job") -> int:
    return add(db, needs, person_id=whose, kind=kind, state=state, created_at=at, updated_at=at)


def session(db: Connection, field: str, ends_on: date, county: str = "gulang") -> int:
    course = add(db, training_courses, name="课", field=field)
    return add(
        db,
        training_sessions,
        course_id=course,
        county=county,
        place="镇上",
        starts_on=ends_on,
        ends_on=ends_on,
        begins="09:00",
        seats=9,
        deadline_on=ends_on,
        phone="0935-2212345",
        published_at=BEFORE,
    )


def seat(db: Connection, whose: int, session_id: int, number: int, state: str) -> int:
    return add(
        db,
        training_registrations,
        person_id=whose,
        session_id=session_id,
        session_seats=9,
        state=state,
        seat=number,
        queued_at=IN,
        created_at=IN,
        updated_at=IN,
    )


def counted(database: Database, key: str, fill: Callable[[Connection], object]) -> dict[str, int]:
    """The figure of 2026 by county, which agrees with its number and with its records."""

    def work(db: Connection) -> dict[str, int]:
        fill(db)
        figure = FIGURES[key]
        groups = figures.by_county(db, figure, Y)
        number = figures.count(db, figure, Y)
        found = figures.records(db, figure, Y, 100)
        if figure.counts == "rows":
            assert number == sum(groups.values()) == len(found)
        else:
            assert number == len({record["person_id"] for record in found})
        return groups

    return database.write_now(work)


@pytest.mark.parametrize("key", FIGURES)
def test_nothing_is_nought(database: Database, key: str) -> None:
    assert counted(database, key, lambda _: None) == {}


def test_people_are_counted_from_gansus_midnight(database: Database) -> None:
    def fill(db: Connection) -> None:
        person(db, at=EDGE)
        person(db, at=EDGE - timedelta(seconds=1))
        person(db, county=None, at=AFTER - timedelta(hours=12, seconds=1))
        person(db, at=AFTER)

    assert counted(database, "people.new", fill) == {"minqin": 1, "": 1}


def call(db: Connection, call_id: str, whose: int | None, at: datetime, minutes: int = 3) -> None:
    db.execute(
        insert(calls).values(
            id=call_id,
            carrier="t",
            carrier_call_id=call_id,
            session_id=call_id,
            state="ended",
            person_id=whose,
            started_at=at,
            ended_at=at + timedelta(minutes=minutes),
        )
    )


def test_calls_count_each_and_callers_once(database: Database) -> None:
    def fill(db: Connection) -> None:
        whose = person(db)
        call(db, "a", whose, IN)
        call(db, "b", whose, IN + timedelta(days=40))
        call(db, "c", None, IN)
        call(db, "d", whose, BEFORE)

    assert counted(database, "calls", fill) == {"minqin": 2, "": 1}
    assert database.read_now(lambda db: figures.count(db, FIGURES["calls.people"], Y)) == 1
    assert database.read_now(lambda db: usage.minutes(db, Y)) == 9
    months = database.read_now(lambda db: figures.by_month(db, FIGURES["calls"], Y))
    assert {name: number for name, number in months.items() if number} == {"2026-05": 2, "2026-06": 1}


def test_only_who_came_to_a_rural_course_counts_for_the_plan(database: Database) -> None:
    def fill(db: Connection) -> None:
        farming, massage = session(db, "farming", date(2026, 3, 5)), session(db, "massage", date(2026, 3, 5))
        late = session(db, "crafts", date(2027, 1, 1))
        for number, state in enumerate(("attended", "attended", "absent", "registered"), 1):
            seat(db, person(db), farming, number, state)
        seat(db, person(db), massage, 1, "attended")
        seat(db, person(db), late, 1, "attended")

    assert counted(database, "training.rural", fill) == {"gulang": 2}
    by = {key: database.read_now(lambda db, k=key: figures.count(db, FIGURES[k], Y)) for key in FIGURES}  # type: ignore[misc]
    assert (by["training.attended"], by["training.registered"]) == (3, 5)


def test_a_seeker_is_served_by_a_counselor_or_by_the_line(database: Database) -> None:
    def fill(db: Connection) -> None:
        unserved, by_hand, applied, trained, met_before = (person(db) for _ in range(5))
        for whose in (unserved, by_hand, applied, trained):
            need(db, whose, BEFORE)
        need(db, unserved, IN, kind="aid")
        need(db, met_before, BEFORE, state="met")
        add(db, services_given, person_id=by_hand, kind="guidance", given_on=date(2026, 2, 3), created_at=IN)
        add(db, services_given, person_id=unserved, kind="guidance", given_on=date(2025, 2, 3), created_at=IN)
        add(db, applications, person_id=applied, opening_id=opening(db), created_at=IN, updated_at=IN)
        seat(db, trained, session(db, "crafts", date(2026, 8, 1)), 1, "registered")

    assert counted(database, "seekers.served", fill) == {"minqin": 3}
    assert database.read_now(lambda db: figures.count(db, FIGURES["seekers"], Y)) == 4


def opening(db: Connection, kind: str = "massage", at: datetime = IN) -> int:
    return add(
        db,
        openings,
        title="按摩师",
        employer="甲店",
        kind=kind,
        county="tianzhu",
        pay="四千",
        phone="0935-2212345",
        published_at=at,
        expires_on=date(2027, 1, 1),
    )


def test_openings_by_kind(database: Database) -> None:
    def fill(db: Connection) -> None:
        for kind in ("public", "public", "hospital", "farm"):
            opening(db, kind)
        opening(db, "public", AFTER)

    assert counted(database, "openings.public", fill) == {"tianzhu": 2}
    assert database.read_now(lambda db: figures.count(db, FIGURES["openings"], Y)) == 4


def employer(db: Connection, name: str, room: int, **values: Any) -> int:
    return add(
        db,
        employers,
        name=name,
        kind="private",
        county="liangzhou",
        has_room=room,
        created_at=BEFORE,
        **values,
    )


def test_a_visit_counts_once_for_each_employer_with_room(database: Database) -> None:
    def fill(db: Connection) -> None:
        visited, unvisited, full = employer(db, "甲", 1), employer(db, "乙", 1), employer(db, "丙", 0)
        employer(db, "丁", 1, retired_at=BEFORE)
        for whose, day in ((visited, 1), (visited, 2), (full, 3)):
            add(db, employer_visits, employer_id=whose, visited_on=date(2026, 4, day), created_at=IN)
        add(db, employer_visits, employer_id=unvisited, visited_on=date(2025, 4, 1), created_at=BEFORE)

    assert counted(database, "employers.visited", fill) == {"liangzhou": 1}
    assert database.read_now(lambda db: figures.count(db, FIGURES["employers.room"], Y)) == 2
    assert database.read_now(lambda db: figures.count(db, FIGURES["employers.visits"], Y)) == 3


def event(db: Connection, kind: str, day: date, **values: Any) -> int:
    fixed = {"name": "会", "county": "tianzhu", "place": "广场", "begins": "09:00", "phone": "0935-2212345"}
    return add(db, events, kind=kind, starts_on=day, ends_on=day, published_at=BEFORE, **fixed, **values)


def test_a_fair_is_to_be_held_in_each_half_year(database: Database) -> None:
    def fill(db: Connection) -> None:
        fair = event(db, "job_fair", date(2026, 6, 30))
        event(db, "job_fair", date(2026, 9, 1), cancelled_at=IN)
        event(db, "sale", date(2026, 9, 1))
        stamps = {"created_at": IN, "updated_at": IN}
        for coming in (True, True, False):
            add(db, event_sign_ups, event_id=fair, person_id=person(db), coming=coming, **stamps)

    assert counted(database, "events.fair", fill) == {"tianzhu": 1}
    assert database.read_now(lambda db: figures.count(db, FIGURES["events"], Y)) == 2
    assert database.read_now(lambda db: figures.by_county(db, FIGURES["events.people"], Y)) == {"tianzhu": 2}
    found = database.read_now(lambda db: list(standings(db, Y, date(2026, 7, 2))))
    fairs = {one.period.name: one.state for one in found if one.goal.key == "fairs"}
    assert fairs == {"2026-H1": "met", "2026-H2": "open"}


def test_goals_are_met_missed_or_still_open(database: Database) -> None:
    def fill(db: Connection) -> None:
        employer(db, "甲", 1)
        add(
            db,
            milestones,
            goal="institution",
            county="minqin",
            words="如意家园",
            reached_on=date(2026, 9, 1),
            created_at=IN,
        )
        add(
            db,
            milestones,
            goal="institution",
            county="gulang",
            words="别的",
            reached_on=date(2026, 9, 1),
            created_at=IN,
        )

    database.write_now(fill)

    def states(today: date) -> dict[str, str]:
        found = database.read_now(lambda db: list(standings(db, Y, today)))
        return {f"{one.goal.key} {one.period.name}": one.state for one in found}

    summer = states(date(2026, 7, 2))
    assert summer["institution 2026"] == "met"
    assert summer["rural 2026"] == "open"
    assert summer["brands 2026"] == "open"
    assert summer["visited 2026"] == "open"
    assert summer["served 2026"] == "met", "nobody looked for work, so nobody was left without"
    assert states(date(2027, 1, 1))["rural 2026"] == "missed"
    assert states(date(2028, 1, 1))["brands 2026"] == "missed"


def test_every_goal_has_its_figures() -> None:
    assert {goal.figure for goal in GOALS} | {goal.of for goal in GOALS} - {""} <= set(FIGURES)


def visit(
    db: Connection, source: str, line: str, at: datetime, whose: int | None = None, channel: str = "voice"
) -> None:
    add(db, line_visits, source=source, channel=channel, line=line, at=at, person_id=whose)


def test_minutes_belong_to_the_line_that_was_heard(database: Database) -> None:
    def fill(db: Connection) -> None:
        whose = person(db)
        call(db, "a", whose, IN, minutes=10)
        visit(db, "a", "jobs", IN + timedelta(minutes=1), whose)
        visit(db, "a", "titles", IN + timedelta(minutes=8), whose)
        visit(db, "text:1", "jobs", IN, None, "sms")
        visit(db, "gone", "rights", IN)

    database.write_now(fill)
    found = database.read_now(lambda db: usage.lines(db, month(2026, 5)))
    assert [(one.line, one.channel, one.visits, one.people, one.minutes) for one in found] == [
        ("jobs", "sms", 1, 0, 0),
        ("jobs", "voice", 1, 1, 7),
        ("rights", "voice", 1, 0, 0),
        ("titles", "voice", 1, 1, 2),
    ]


def test_from_heard_to_hired(database: Database) -> None:
    def fill(db: Connection) -> None:
        first, second = person(db), person(db)
        for whose in (first, second, first):
            visit(db, "a", "jobs", IN, whose)
        visit(db, "a", "titles", IN, second)
        one = opening(db)
        add(db, applications, person_id=first, opening_id=one, state="hired", created_at=IN, updated_at=IN)
        add(db, applications, person_id=second, opening_id=one, created_at=BEFORE, updated_at=IN)

    database.write_now(fill)
    assert database.read_now(lambda db: usage.funnel(db, Y)) == usage.Funnel(
        heard=2, saved=0, applied=1, hired=1
    )


def test_who_was_not_reached_has_a_reason(database: Database) -> None:
    def fill(db: Connection) -> None:
        for number, (state, reason, at) in enumerate(
            (
                ("delivered", None, IN),
                ("delivered", None, IN),
                ("failed", "landline", IN),
                ("skipped", "cap", IN),
                ("failed", "landline", BEFORE),
            )
        ):
            add(
                db,
                deliveries,
                purpose=f"p{number}",
                channel="sms",
                address="+8613800000000",
                body="文",
                scope="reminders",
                state=state,
                reason=reason,
                due_at=at,
                expires_at=at,
                created_at=at,
                updated_at=at,
            )

    database.write_now(fill)
    found = database.read_now(lambda db: usage.deliveries_by_end(db, Y))
    assert {(one.state, one.reason): one.count for one in found} == {
        ("delivered", None): 2,
        ("failed", "landline"): 1,
        ("skipped", "cap"): 1,
    }


def test_confirmed_of_those_who_were_asked(database: Database) -> None:
    def fill(db: Connection) -> None:
        held = session(db, "crafts", date(2026, 8, 1))
        for number in (1, 2, 3):
            seat(db, person(db), held, number, "registered")
        db.execute(
            training_registrations.update().where(training_registrations.c.seat == 1).values(confirmed_at=IN)
        )

    database.write_now(fill)
    assert database.read_now(lambda db: usage.reminded(db, Y)) == usage.Reminded(confirmed=1, asked=3)
