"""The SQL of the jobs line. Expired and filled openings are never offered: every reading query says so."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, case, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from outreach.services.jobs.rules import Application, Filter, Opening
from outreach.store.dialects import insert_or_ignore
from outreach.store.schema import applications, job_alerts, openings, people, saved_openings

LONGEST_LIST = 200
"""Openings in one list. Nobody hears more in a call; the newest come first."""

_COLUMNS = [openings.c[field.name] for field in fields(Opening)]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody who asked to be told of new openings, and for which."""

    person_id: int
    phone: str
    language: str | None
    wanted: Filter


def _offered(today: date, wanted: Filter) -> list[Any]:
    conditions = [openings.c.filled_at.is_(None), openings.c.expires_on >= today]
    if wanted.county:
        conditions.append(openings.c.county == wanted.county)
    if wanted.kinds:
        conditions.append(openings.c.kind.in_(wanted.kinds))
    return conditions


def find(
    db: Connection, wanted: Filter, today: date, since: datetime | None, county: str | None
) -> tuple[list[int], int]:
    """Ids to be heard, and how many of them are new: new since ``since`` first, then the caller's own county."""
    new = openings.c.published_at > since if since else None
    order: list[Any] = [openings.c.published_at.desc(), openings.c.id.desc()]
    if county:
        order.insert(0, case((openings.c.county == county, 0), else_=1))
    query: Select[Any] = select(openings.c.id).where(*_offered(today, wanted))
    if new is not None:
        query = select(openings.c.id, new.label("new")).where(*_offered(today, wanted))
        order.insert(0, case((new, 0), else_=1))
    rows = db.execute(query.order_by(*order).limit(LONGEST_LIST)).all()
    fresh = sum(bool(row.new) for row in rows) if new is not None else 0
    return [row.id for row in rows], fresh


_OPENING = select(*_COLUMNS).where(openings.c.id == bindparam("id"))


def get(db: Connection, opening_id: int) -> Opening | None:
    """One opening, offered or not."""
    row = db.execute(_OPENING, {"id": opening_id}).one_or_none()
    return Opening(*row) if row else None


def all_offered(db: Connection, today: date) -> list[Opening]:
    """Everything that can be heard today, for rendering ahead."""
    rows = db.execute(
        select(*_COLUMNS).where(*_offered(today, Filter())).order_by(openings.c.published_at.desc())
    )
    return [Opening(*row) for row in rows]


def _insert(db: Connection, table: Any) -> Any:
    """An INSERT that knows ON CONFLICT: the two dialects spell it alike, SQLAlchemy keeps two classes."""
    return postgresql.insert(table) if db.dialect.name == "postgresql" else sqlite.insert(table)


def save(db: Connection, person_id: int, opening_id: int, now: datetime) -> bool:
    """Remember an opening; False when it was saved already."""
    values = {"person_id": person_id, "opening_id": opening_id, "saved_at": now}
    return insert_or_ignore(db, saved_openings, **values)


def saved(db: Connection, person_id: int, today: date) -> list[int]:
    """Saved openings that are still offered, the latest saved first."""
    query = (
        select(saved_openings.c.opening_id)
        .join(openings, openings.c.id == saved_openings.c.opening_id)
        .where(saved_openings.c.person_id == person_id, *_offered(today, Filter()))
        .order_by(saved_openings.c.saved_at.desc())
    )
    return list(db.execute(query).scalars())


def apply(db: Connection, person_id: int, opening_id: int, now: datetime) -> int | None:
    """The application's id; None when this person has one already (one that was withdrawn is taken up again)."""
    values = {"person_id": person_id, "opening_id": opening_id, "created_at": now, "updated_at": now}
    query = _insert(db, applications).values(values)
    again = query.on_conflict_do_update(
        index_elements=[applications.c.person_id, applications.c.opening_id],
        set_={"state": "received", "updated_at": now},
        where=applications.c.state == "withdrawn",
    )
    new_id: int | None = db.execute(again.returning(applications.c.id)).scalar_one_or_none()
    return new_id


def applied(db: Connection, person_id: int, opening_id: int) -> bool:
    """Has this person an application for it that is not withdrawn?"""
    query = select(applications.c.id).where(
        applications.c.person_id == person_id,
        applications.c.opening_id == opening_id,
        applications.c.state != "withdrawn",
    )
    return db.execute(query).first() is not None


def my_applications(db: Connection, person_id: int, decided_since: datetime) -> list[int]:
    """Ids of a person's applications that wait for something, or were decided since then; the latest first."""
    query = select(applications.c.id).where(
        applications.c.person_id == person_id,
        or_(
            applications.c.state.in_(WITHDRAWABLE),
            (applications.c.state != "withdrawn") & (applications.c.updated_at > decided_since),
        ),
    )
    return list(
        db.execute(query.order_by(applications.c.created_at.desc(), applications.c.id.desc())).scalars()
    )


def application(db: Connection, application_id: int, person_id: int) -> tuple[Application, Opening] | None:
    """One of a person's own applications, with its opening."""
    query = select(applications.c.opening_id, applications.c.state, applications.c.created_at)
    mine = (applications.c.id == application_id, applications.c.person_id == person_id)
    row = db.execute(query.where(*mine)).one_or_none()
    opening = get(db, row.opening_id) if row else None
    if row is None or opening is None:
        return None
    return Application(opening.id, opening.title, opening.employer, row.state, row.created_at), opening


WITHDRAWABLE = ("received", "passed_on", "interview")
"""States of an application that its owner can still take back."""


def withdraw(db: Connection, application_id: int, now: datetime) -> bool:
    """The person has thought better of it. False: it was decided meanwhile."""
    open_one = (applications.c.id == application_id, applications.c.state.in_(WITHDRAWABLE))
    change = update(applications).where(*open_one).values(state="withdrawn", updated_at=now)
    return db.execute(change).rowcount > 0


def subscribe(db: Connection, person_id: int, wanted: Filter, now: datetime) -> bool:
    """Tell this person of new openings of that sort; False when that was asked for already."""
    values = {"person_id": person_id, "county": wanted.county, "kind": wanted.group, "created_at": now}
    return insert_or_ignore(db, job_alerts, **values)


def unsubscribe(db: Connection, person_id: int) -> int:
    """No more announcements; how many there were."""
    return db.execute(job_alerts.delete().where(job_alerts.c.person_id == person_id)).rowcount


def subscriptions(db: Connection, person_id: int) -> int:
    """How many sorts of openings this person is told of."""
    query = select(func.count()).select_from(job_alerts).where(job_alerts.c.person_id == person_id)
    return int(db.execute(query).scalar_one())


def subscribers(db: Connection, opening: Opening) -> list[Subscriber]:
    """Who is to be told of a new opening: each person once, whatever number of their wishes it fits."""
    query = (
        select(people.c.id, people.c.phone, people.c.language, job_alerts.c.county, job_alerts.c.kind)
        .join(people, people.c.id == job_alerts.c.person_id)
        .where(
            or_(job_alerts.c.county == "", job_alerts.c.county == opening.county), people.c.phone.is_not(None)
        )
        .order_by(people.c.id)
    )
    found: dict[int, Subscriber] = {}
    for row in db.execute(query):
        wanted = Filter(row.county, row.kind)
        if wanted.kinds and opening.kind not in wanted.kinds:
            continue
        found.setdefault(row.id, Subscriber(row.id, row.phone, row.language, wanted))
    return list(found.values())


def add(db: Connection, values: Sequence[dict[str, Any]]) -> list[int]:
    """Publish openings; their ids. Telling subscribers is ``announce.py``'s."""
    return [
        int(db.execute(insert(openings).values(row).returning(openings.c.id)).scalar_one()) for row in values
    ]
