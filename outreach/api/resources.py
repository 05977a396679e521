"""What can be read: one declaration a sort of record. Only the columns named here ever leave the house."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, Field, create_model
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Table, select

from outreach.services.places import today
from outreach.store.schema import applications, openings
from outreach.store.tables.bookings import booking_providers, bookings
from outreach.store.tables.community import cases, event_sign_ups, events, policies
from outreach.store.tables.titles import title_rounds
from outreach.store.tables.training import training_courses, training_registrations, training_sessions


@dataclass(frozen=True, slots=True)
class Resource:
    """``name`` in the address; ``columns`` that are shown; ``filters``: those of them that may be asked for.

    ``about``: what it is, in Chinese and English. ``current``: what is offered today, for ``?current=true``.
    """

    name: str
    table: Table
    scope: str
    about: tuple[str, str]
    columns: tuple[str, ...]
    filters: tuple[str, ...] = ()

    def model(self) -> type[BaseModel]:
        """What one record looks like, for the OpenAPI document."""
        fields: dict[str, Any] = {}
        for name in self.columns:
            column = self.table.c[name]
            kind = column.type.python_type
            described = Field(description=column.comment or None)
            fields[name] = (kind | None if column.nullable else kind, described)
        return create_model(self.name.replace("-", " ").title().replace(" ", ""), **fields)

    def query(self) -> Select[Any]:
        """All records, the columns that are shown."""
        return select(*(self.table.c[name] for name in self.columns))


def page(
    db: Connection,
    resource: Resource,
    wanted: Mapping[str, Any],
    current: bool,
    now: datetime,
    after: int,
    limit: int,
) -> list[RowMapping]:
    """Records with ids above ``after``, in the order of their ids: nothing is missed between two pages."""
    table = resource.table
    query = resource.query().where(table.c.id > after).order_by(table.c.id).limit(limit)
    query = query.where(*(table.c[name] == value for name, value in wanted.items()))
    if current and resource.name in CURRENT:
        query = query.where(*CURRENT[resource.name](now))
    return list(db.execute(query).mappings())


def one(db: Connection, resource: Resource, record_id: int) -> RowMapping | None:
    """The record with this id."""
    return db.execute(resource.query().where(resource.table.c.id == record_id)).mappings().one_or_none()


def _offered_openings(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return openings.c.filled_at.is_(None), openings.c.expires_on >= today(now)


def _offered_sessions(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return training_sessions.c.cancelled_at.is_(None), training_sessions.c.deadline_on >= today(now)


def _offered_policies(_now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (policies.c.offered.is_(True),)


def _active_providers(_now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (booking_providers.c.active.is_(True),)


def _coming_events(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return events.c.cancelled_at.is_(None), events.c.ends_on >= today(now)


CURRENT: Final[Mapping[str, Callable[[datetime], tuple[ColumnElement[bool], ...]]]] = {
    "openings": _offered_openings,
    "training-sessions": _offered_sessions,
    "events": _coming_events,
    "policies": _offered_policies,
    "providers": _active_providers,
}
"""What ``?current=true`` leaves."""

_OPENING: Final = (
    "id title employer kind county place places pay shifts lodging requirements access exam contact phone source "
    "checked_on published_at expires_on filled_at version"
)
_SESSION: Final = (
    "id course_id county place transport board starts_on ends_on begins hours seats waiting_places deadline_on contact "
    "phone certificate_place certificate_until published_at cancelled_at"
)
_ROUND: Final = (
    "id level body year notice_on unit_by county_by city_by province_by review_from review_until publicity_from "
    "publicity_until contact phone source"
)


def _resource(
    name: str, table: Table, scope: str, about: tuple[str, str], columns: str, filters: str = ""
) -> Resource:
    return Resource(name, table, scope, about, tuple(columns.split()), tuple(filters.split()))


RESOURCES: Final = (
    _resource(
        "openings", openings, "listings:read", ("岗位储备库", "openings"), _OPENING, "county kind employer"
    ),
    _resource(
        "training-courses",
        training_courses,
        "listings:read",
        ("培训课程", "training courses"),
        "id name field organiser content audience material papers fee certificate",
        "field",
    ),
    _resource(
        "training-sessions",
        training_sessions,
        "listings:read",
        ("培训班", "sessions of training courses"),
        _SESSION,
        "county course_id",
    ),
    _resource(
        "events",
        events,
        "listings:read",
        ("活动", "events"),
        "id kind name county place transport starts_on ends_on begins hours content bring places contact phone "
        "published_at cancelled_at",
        "county kind",
    ),
    _resource(
        "policies",
        policies,
        "listings:read",
        ("政策", "policies"),
        "id topic title source source_on offered",
        "topic",
    ),
    _resource(
        "title-rounds",
        title_rounds,
        "listings:read",
        ("职称评审", "rounds of title assessment"),
        _ROUND,
        "level year",
    ),
    _resource(
        "providers",
        booking_providers,
        "listings:read",
        ("可以预约的地方", "where one can book"),
        "id kind name county place phone visits active",
        "county kind",
    ),
    _resource(
        "applications",
        applications,
        "people:read",
        ("求职报名", "applications"),
        "id person_id opening_id state created_at updated_at",
        "person_id opening_id state",
    ),
    _resource(
        "registrations",
        training_registrations,
        "people:read",
        ("培训登记", "registrations for training"),
        "id person_id session_id state seat queued_at offer_until confirmed_at collected_at created_at updated_at",
        "person_id session_id state",
    ),
    _resource(
        "event-sign-ups",
        event_sign_ups,
        "people:read",
        ("活动报名", "sign-ups for events"),
        "id person_id event_id coming confirmed_at created_at updated_at",
        "person_id event_id coming",
    ),
    _resource(
        "bookings",
        bookings,
        "people:read",
        ("预约", "bookings"),
        "id person_id service_id practitioner_id starts_at minutes state created_at updated_at",
        "person_id service_id practitioner_id state",
    ),
    _resource(
        "cases",
        cases,
        "people:read",
        ("维权求助", "cases"),
        "id person_id kind state created_at updated_at",
        "person_id kind state",
    ),
)
