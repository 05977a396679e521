"""Counselors 指导员 and the duty roster 值班表: who is rung when a caller presses 0, and when."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select

from outreach.console.keep.entities.words import COUNTIES, e164
from outreach.console.keep.entity import Entity, Field, Part, Values
from outreach.console.language import said
from outreach.store.schema import counselors, duty_hours

DAYS: Final = "一二三四五六日"
_LINE: Final = re.compile(
    r"周?([一二三四五六日1-7])(?:[至到-]周?([一二三四五六日1-7]))?\s*(\d{1,2}):(\d{2})\s*[-至到]\s*(\d{1,2}):(\d{2})"
)


def hours_of(line: str) -> list[tuple[int, str, str]] | None:
    """周一至周五 8:30-12:00 (or 1-5 8:30-12:00) as ISO weekdays with HH:MM. None: it cannot be read so."""
    found = _LINE.fullmatch(line.strip().replace("：", ":"))
    if found is None:
        return None
    first, last, *clock = found.groups()
    from_day = _day(first)
    to_day = _day(last) if last else from_day
    starts, ends = f"{int(clock[0]):02}:{clock[1]}", f"{int(clock[2]):02}:{clock[3]}"
    if to_day < from_day or not starts < ends <= "24:00" or max(clock[1], clock[3]) > "59":
        return None
    return [(day, starts, ends) for day in range(from_day, to_day + 1)]


def _day(named: str) -> int:
    return int(named) if named.isascii() else DAYS.index(named) + 1


def _check(value: Any) -> str | None:
    seen: set[tuple[int, str]] = set()
    for line in str(value).splitlines():
        if not line.strip():
            continue
        hours = hours_of(line)
        if hours is None:
            return said("“{line}”看不懂。请写成：周一至周五 8:30-12:00。", line=line.strip())
        for day, starts, _ in hours:
            if (day, starts) in seen:
                return said("“{line}”和前面的重复了。", line=line.strip())
            seen.add((day, starts))
    return None


def _read(db: Connection, counselor_id: int) -> list[str]:
    row = duty_hours.c
    query = (
        select(row.weekday, row.starts, row.ends)
        .where(row.counselor_id == counselor_id)
        .order_by(row.weekday, row.starts)
    )
    return [f"周{DAYS[found.weekday - 1]} {found.starts}-{found.ends}" for found in db.execute(query)]


def _write(db: Connection, counselor_id: int, lines: Sequence[str]) -> None:
    db.execute(delete(duty_hours).where(duty_hours.c.counselor_id == counselor_id))
    for line in lines:
        for weekday, starts, ends in hours_of(line) or ():
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
            check=_check,
            help=said("一行一段，写成：周一至周五 8:30-12:00。"),
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
