"""Lists that can be exported: what can be imported, in the same columns; and what the line itself writes down."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Select, select

from outreach.exchange.fields import Target
from outreach.exchange.personal import leaves
from outreach.exchange.targets import TARGETS
from outreach.exchange.understanding import spelt
from outreach.exchange.words import Language
from outreach.store.people import GANSU
from outreach.store.schema import applications, calls, deliveries, openings, people, tasks
from outreach.store.tables.bookings import booking_providers, booking_services, bookings
from outreach.store.tables.community import cases
from outreach.store.tables.training import training_courses, training_registrations, training_sessions

PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """One column of a list: where it is from, and what it is called."""

    column: Column[Any]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Listing:
    """One list. ``rows``: (connection, personal) -> rows that fit ``header``."""

    name: str
    zh: str
    en: str
    header: Callable[[bool, Language], Sequence[str]]
    rows: Callable[[Connection, bool], Iterator[Sequence[Any]]]


def of_target(target: Target) -> Listing:
    """A list whose columns are those of the import: what goes out comes in again as it was."""

    def fields(personal: bool) -> list[Any]:
        return [field for field in target.fields if _leaves(target, field.name, personal)]

    def header(personal: bool, language: Language) -> list[str]:
        return [field.zh if language == "zh-CN" else field.en for field in fields(personal)]

    def rows(db: Connection, personal: bool) -> Iterator[Sequence[Any]]:
        chosen = fields(personal)
        found = db.execute(_query(target), execution_options={"yield_per": PAGE}).mappings()
        for page in found.partitions(PAGE):
            parts = _parts(db, target, [row["id"] for row in page])
            for row in page:
                values = {**row, **parts.get(row["id"], {})}
                yield [spelt(field, _plain(values.get(field.name))) for field in chosen]

    return Listing(target.name, target.zh, target.en, header, rows)


def of_query(name: str, zh: str, en: str, query: Select[Any], *shown: Shown) -> Listing:
    """A list of what the line wrote down, as it is in the tables."""

    def chosen(personal: bool) -> list[Shown]:
        return [one for one in shown if leaves(one.column, personal)]

    def header(personal: bool, language: Language) -> list[str]:
        return [one.zh if language == "zh-CN" else one.en for one in chosen(personal)]

    def rows(db: Connection, personal: bool) -> Iterator[Sequence[Any]]:
        columns = [one.column for one in chosen(personal)]
        found = db.execute(query.with_only_columns(*columns), execution_options={"yield_per": PAGE})
        yield from ([_local(value) for value in row] for row in found)

    return Listing(name, zh, en, header, rows)


def _leaves(target: Target, name: str, personal: bool) -> bool:
    column = target.column(name)
    if column is not None:
        return leaves(column, personal)
    part = next(part for part in target.parts if part.field == name)
    return all(leaves(part.table.c[each], personal) for each in part.columns)


def _query(target: Target) -> Select[Any]:
    columns = [target.column(field.name) for field in target.fields]
    labelled = [
        column.label(field.name)
        for field, column in zip(target.fields, columns, strict=True)
        if column is not None
    ]
    query = select(target.table.c.id, *labelled).order_by(target.table.c.id)
    if target.parent:
        return query.join(target.parent.table, target.table.c[target.parent.link] == target.parent.table.c.id)
    return query


def _parts(db: Connection, target: Target, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for part in target.parts:
        order = part.table.c.get("position", part.table.c.get("id"))
        query = select(part.table).where(part.table.c[part.link].in_(ids))
        query = query.order_by(order) if order is not None else query.order_by(*part.table.primary_key)
        grouped: dict[int, list[Mapping[str, Any]]] = {}
        for row in db.execute(query).mappings():
            grouped.setdefault(row[part.link], []).append(dict(row))
        for record_id, rows in grouped.items():
            found.setdefault(record_id, {})[part.field] = part.gathered(rows)
    return found


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _local(value: Any) -> Any:
    """Times by Wuwei's clock, as a spreadsheet knows them."""
    if isinstance(value, datetime):
        return f"{value.astimezone(GANSU):%Y-%m-%d %H:%M:%S}"
    return _plain(value)


_PERSON = (Shown(people.c.name, "姓名", "name"), Shown(people.c.phone, "电话", "telephone"))
_COUNTY = Shown(people.c.county, "县区", "county")

LISTS: Final[Mapping[str, Listing]] = {
    listing.name: listing
    for listing in (
        *map(of_target, TARGETS.values()),
        of_query(
            "applications",
            "应聘",
            "applications",
            select(applications).join(people).join(openings).order_by(applications.c.id),
            *_PERSON,
            _COUNTY,
            Shown(openings.c.employer, "单位", "employer"),
            Shown(openings.c.title, "岗位", "title"),
            Shown(applications.c.state, "状态", "state"),
            Shown(applications.c.created_at, "应聘时间", "applied at"),
            Shown(applications.c.updated_at, "更新时间", "updated at"),
        ),
        of_query(
            "registrations",
            "培训报名",
            "registrations",
            select(training_registrations)
            .join(people, people.c.id == training_registrations.c.person_id)
            .join(training_sessions, training_sessions.c.id == training_registrations.c.session_id)
            .join(training_courses, training_courses.c.id == training_sessions.c.course_id)
            .order_by(training_registrations.c.id),
            *_PERSON,
            _COUNTY,
            Shown(training_courses.c.name, "课程", "course"),
            Shown(training_sessions.c.starts_on, "开课日期", "starts on"),
            Shown(training_registrations.c.state, "状态", "state"),
            Shown(training_registrations.c.created_at, "报名时间", "registered at"),
        ),
        of_query(
            "bookings",
            "预约",
            "bookings",
            select(bookings)
            .join(people, people.c.id == bookings.c.person_id)
            .join(booking_services, booking_services.c.id == bookings.c.service_id)
            .join(booking_providers, booking_providers.c.id == booking_services.c.provider_id)
            .order_by(bookings.c.id),
            *_PERSON,
            _COUNTY,
            Shown(booking_providers.c.name, "机构", "provider"),
            Shown(booking_services.c.name, "服务", "service"),
            Shown(bookings.c.starts_at, "开始时间", "starts at"),
            Shown(bookings.c.minutes, "分钟", "minutes"),
            Shown(bookings.c.state, "状态", "state"),
        ),
        of_query(
            "deliveries",
            "短信和外呼",
            "texts and calls to people",
            select(deliveries).outerjoin(people).order_by(deliveries.c.id),
            *_PERSON,
            _COUNTY,
            Shown(deliveries.c.channel, "方式", "channel"),
            Shown(deliveries.c.body, "内容", "body"),
            Shown(deliveries.c.state, "状态", "state"),
            Shown(deliveries.c.reason, "原因", "reason"),
            Shown(deliveries.c.due_at, "应发时间", "due at"),
            Shown(deliveries.c.updated_at, "更新时间", "updated at"),
        ),
        of_query(
            "calls",
            "来电",
            "calls",
            select(calls).outerjoin(people).order_by(calls.c.started_at, calls.c.id),
            *_PERSON,
            _COUNTY,
            Shown(calls.c.started_at, "开始时间", "started at"),
            Shown(calls.c.ended_at, "结束时间", "ended at"),
            Shown(calls.c.page, "最后所在", "last page"),
            Shown(calls.c.reason, "结束原因", "reason"),
        ),
        of_query(
            "tasks",
            "待办",
            "tasks",
            select(tasks).outerjoin(people, people.c.id == tasks.c.person_id).order_by(tasks.c.id),
            *_PERSON,
            _COUNTY,
            Shown(tasks.c.kind, "种类", "kind"),
            Shown(tasks.c.done, "已办", "done"),
            Shown(tasks.c.created_at, "时间", "created at"),
        ),
        of_query(
            "cases",
            "维权",
            "cases",
            select(cases).outerjoin(people).order_by(cases.c.id),
            Shown(cases.c.number, "编号", "number"),
            *_PERSON,
            _COUNTY,
            Shown(cases.c.kind, "种类", "kind"),
            Shown(cases.c.state, "状态", "state"),
            Shown(cases.c.created_at, "时间", "created at"),
            Shown(cases.c.updated_at, "更新时间", "updated at"),
        ),
    )
}
