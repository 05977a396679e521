"""A course to be taken part in, and people who may."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from outreach.services.training.rules import Session
from outreach.store import people
from outreach.store.tables.training import training_courses, training_sessions

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""A Monday, ten in the morning in Wuwei."""
TODAY = date(2026, 3, 2)


def session(**given: Any) -> Session:
    """As ``store.get`` gives it."""
    values: dict[str, Any] = dict.fromkeys(Session.__slots__, "")
    values |= {
        "id": 1,
        "name": "盲人按摩基础班",
        "county": "liangzhou",
        "place": "东大街",
        "phone": "0935-2212345",
    }
    values |= {
        "starts_on": TODAY + timedelta(days=20),
        "ends_on": TODAY + timedelta(days=24),
        "begins": "08:30",
    }
    values |= {"deadline_on": TODAY + timedelta(days=10), "seats": 2, "waiting_places": 10}
    return Session(
        **(values | dict.fromkeys(("certificate_place", "certificate_until", "cancelled_at")) | given)
    )


def add_session(db: Connection, **given: Any) -> int:
    """A row of it; 2 seats, in twenty days, unless ``given``."""
    course = insert(training_courses).values(name="盲人按摩基础班", field="massage")
    wanted = session()
    held = (
        "county",
        "place",
        "starts_on",
        "ends_on",
        "begins",
        "seats",
        "waiting_places",
        "deadline_on",
        "phone",
    )
    values: dict[str, Any] = {name: getattr(wanted, name) for name in held} | {"published_at": NOW}
    values["course_id"] = db.execute(course.returning(training_courses.c.id)).scalar_one()
    row = insert(training_sessions).values(values | given).returning(training_sessions.c.id)
    return int(db.execute(row).scalar_one())


def add_people(db: Connection, count: int) -> list[int]:
    """People we keep, who want to be reminded."""
    found = [people.create(db, f"+86138935010{n:02}", NOW, "zh-CN").id for n in range(count)]
    for person_id in found:
        for scope in ("service", "reminders"):
            people.give_consent(db, person_id, scope, "test/1", "console", None, NOW)
    return found
