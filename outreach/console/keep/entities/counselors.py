"""Counselors 指导员 and the duty roster 值班表: who is rung when a caller presses 0, and when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from outreach.console.keep.entities import hours
from outreach.console.keep.entities.words import COUNTIES, e164
from outreach.console.keep.entity import Entity, Field, Part, Values
from outreach.console.language import said
from outreach.store.schema import counselors, duty_hours


def _read(db: Connection, counselor_id: int) -> list[str]:
    row = duty_hours.c
    query = select(row.weekday, row.starts, row.ends).where(row.counselor_id == counselor_id)
    return hours.lines((found[0], found[1], found[2]) for found in db.execute(query))


def _write(db: Connection, counselor_id: int, lines: Sequence[str]) -> None:
    db.execute(delete(duty_hours).where(duty_hours.c.counselor_id == counselor_id))
    for weekday, starts, ends in hours.all_of(lines):
        values = {"counselor_id": counselor_id, "weekday": weekday, "starts": starts, "ends": ends}
        db.execute(insert(duty_hours).values(values))


def _retire(_now: datetime) -> Values:
    return {"active": False}


COUNSELORS: Final = Entity(
    name="counselors",
    title=said("指导员和值班表"),
    one=said("指导员"),
    table=counselors,
    head="name",
    fields=(
        Field("name", said("姓名"), required=True, longest=80),
        Field(
            "phone",
            said("转接号码"),
            required=True,
            longest=20,
            check=e164,
            help=said("来电按 0 时转到这个号码，写成 +8613893501234 这样。"),
        ),
        Field("county", said("县区"), "choice", choices=COUNTIES),
        Field(
            "duty",
            said("值班时间"),
            "lines",
            longest=2000,
            check=hours.check,
            help=hours.HELP,
        ),
    ),
    columns=("phone", "county", "active"),
    extra={"active": said("在值班")},
    filters=("county",),
    search=("name", "phone"),
    sorts=("name",),
    write="duty.write",
    parts={"duty": Part(_read, _write)},
    retire=_retire,
    retired=lambda row: not row["active"],
    retire_words=said("不再值班"),
    revive={"active": True},
)
