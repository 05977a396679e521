"""Bookings 预约: who offers what and when, and who works there. Bookings that no longer fit are shown before."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from outreach.console.keep.entities import hours, times
from outreach.console.keep.entities.words import COUNTIES, e164, not_negative, telephone
from outreach.console.keep.entity import Beside, Entity, Field, Heard, Link, Part, Row, Values
from outreach.console.language import said
from outreach.dialogue.page import Phrase
from outreach.dialogue.prompts import Prompts
from outreach.services.bookings import rules, store, wording
from outreach.services.bookings.rules import Span
from outreach.store.tables.bookings import (
    booking_providers,
    booking_services,
    practitioners,
)

KINDS: Final[Mapping[str, str]] = {
    "massage": said("盲人按摩"),
    "counseling": said("就业咨询"),
    "guidance": said("职业指导工作室"),
    "assessment": said("能力评估"),
    "loan": said("贷款上门"),
    "lottery": said("彩票站现场培训"),
    "legal": said("法律援助"),
}
WEEKDAYS: Final = (
    said("周一"),
    said("周二"),
    said("周三"),
    said("周四"),
    said("周五"),
    said("周六"),
    said("周日"),
)

# --- Beside a provider ------------------------------------------------------------------------------------------


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _on(spans: Sequence[Span], weekday: int) -> str:
    day = sorted((span.starts, span.ends) for span in spans if span.weekday == weekday)
    return "，".join(f"{_clock(starts)}–{_clock(ends)}" for starts, ends in day)


def _week(db: Connection, provider_id: int) -> Sequence[Row]:
    """A row a day: when it is open, and who is not there when."""
    plan = store.plan(db, provider_id)
    return [
        Row(
            (
                name,
                _on(plan.hours, weekday) or said("不营业"),
                "；".join(
                    f"{who.name} {rest}" for who in plan.practitioners if (rest := _on(who.breaks, weekday))
                ),
            )
        )
        for weekday, name in enumerate(WEEKDAYS, 1)
    ]


def _services(db: Connection, provider_id: int) -> Sequence[Row]:
    """By their keys, then those that are no longer offered."""
    row = booking_services.c
    query = select(row.id, row.name, row.position, row.minutes, row.price).where(
        row.provider_id == provider_id
    )
    rows = db.execute(query.order_by(row.position.is_(None), row.position, row.id))
    return [
        Row((one.name, one.position, one.minutes, one.price), f"/console/keep/services/{one.id}")
        for one in rows
    ]


def _workers(db: Connection, provider_id: int) -> Sequence[Row]:
    row = practitioners.c
    query = select(row.id, row.name, row.active).where(row.provider_id == provider_id).order_by(row.id)
    return [Row((one.name, one.active), f"/console/keep/practitioners/{one.id}") for one in db.execute(query)]


def providers(db: Connection) -> Mapping[str, str]:
    """All of them, by their ids."""
    row = booking_providers.c
    return {str(one.id): one.name for one in db.execute(select(row.id, row.name).order_by(row.name))}


def _heard(db: Connection, prompts: Prompts, provider_id: int) -> Heard | None:
    provider = store.provider(db, provider_id)
    if provider is None:
        return None
    say = prompts.bound[2, "voice"]
    choices = (
        say("menu.choice", label=wording.service(say, what), key=str(key))
        for key, what in enumerate(store.services(db, provider_id), 1)
    )
    return Heard(
        (
            say("bookings.provider.name", name=provider.name),
            say("bookings.item.place", place=wording.place(say, provider)),
            wording.phone(say, provider),
            *(Phrase("menu.choice", choice.text) for choice in choices),
        )
    )


def _service_heard(db: Connection, prompts: Prompts, service_id: int) -> Heard | None:
    what = store.service(db, service_id)
    if what is None:
        return None
    say = prompts.bound[2, "voice"]
    choice = say("menu.choice", label=wording.service(say, what), key=str(what.position))
    return Heard((Phrase("menu.choice", choice.text),))


def _no_key(_now: datetime) -> Values:
    return {"position": None}


def _cells(value: Any) -> str | None:
    if value > 0 and value % rules.CELL_MINUTES == 0:
        return None
    return said("要是 15 的倍数，比如 15、30、45、60。")


def _key(value: Any) -> str | None:
    return None if 1 <= value <= 5 else said("是 1 到 5 中的一个：来电按这个键选它。")


def _horizon(value: Any) -> str | None:
    return None if 1 <= value <= 60 else said("是 1 到 60 天。")


def _off(_now: datetime) -> Values:
    return {"active": False}


PROVIDERS: Final = Entity(
    name="providers",
    title=said("预约的单位"),
    one=said("预约的单位"),
    table=booking_providers,
    head="name",
    fields=(
        Field("kind", said("类别"), "choice", required=True, choices=KINDS),
        Field("name", said("名称"), required=True, spoken=True, longest=80),
        Field("county", said("县区"), "choice", required=True, choices=COUNTIES),
        Field("place", said("地址"), spoken=True, longest=120, help=said("乡镇、街道，怎么去。")),
        Field("phone", said("联系电话"), required=True, longest=20, check=telephone),
        Field("visits", said("上门服务"), "tick"),
        Field("step_minutes", said("每隔几分钟可以约一次"), "number", required=True, check=_cells),
        Field("lead_minutes", said("最晚提前几分钟约"), "number", required=True, check=not_negative),
        Field("horizon_days", said("最多能约几天以内的"), "number", required=True, check=_horizon),
        Field("hours", said("营业时间"), "lines", longest=2000, check=hours.check, help=hours.HELP),
        Field(
            "closed",
            said("关门的日子"),
            "lines",
            longest=4000,
            check=times.check_days,
            help=said("一行一天，写成 2026-10-01。"),
        ),
    ),
    columns=("kind", "county", "phone", "active"),
    extra={"active": said("可以预约")},
    filters=("kind", "county"),
    search=("name", "place", "phone"),
    sorts=("name",),
    parts={
        "hours": Part(times.read_hours, times.write_hours),
        "closed": Part(times.read_closed, times.write_closed),
    },
    retire=_off,
    retired=lambda row: not row["active"],
    retire_words=said("不再接受预约"),
    revive={"active": True},
    heard=_heard,
    told=times.provider_told,
    called_off=times.provider_gone,
    beside=(
        Beside(said("一周的时间"), (said("哪天"), said("营业时间"), said("谁什么时候休息")), _week),
        Beside(
            said("服务项目"),
            (said("名称"), said("来电按的键"), said("分钟"), said("价格")),
            _services,
            add="services",
            by="provider_id",
        ),
        Beside(
            said("服务人员"),
            (said("姓名"), said("可以预约")),
            _workers,
            add="practitioners",
            by="provider_id",
        ),
    ),
    links=(Link("bookings", said("预约"), "people.see"),),
)

SERVICES: Final = Entity(
    name="services",
    title=said("服务项目"),
    one=said("服务项目"),
    table=booking_services,
    head="name",
    fields=(
        Field("provider_id", said("预约的单位"), "choice", required=True, choices=providers),
        Field(
            "position",
            said("来电按的键"),
            "number",
            required=True,
            check=_key,
            help=said("每个单位最多五项，一个键一项。已经约了的保持原来的时间。"),
        ),
        Field("name", said("名称"), required=True, spoken=True, longest=60),
        Field("minutes", said("分钟"), "number", required=True, check=_cells),
        Field("price", said("价格"), spoken=True, longest=60, help=said("照念的话来写，比如“免费”。")),
    ),
    columns=("provider_id", "position", "minutes", "price"),
    filters=("provider_id",),
    search=("name",),
    sorts=("name",),
    retire=_no_key,
    retired=lambda row: row["position"] is None,
    retire_words=said("不再提供，空出这个键"),
    heard=_service_heard,
)

PRACTITIONERS: Final = Entity(
    name="practitioners",
    title=said("服务人员"),
    one=said("服务人员"),
    table=practitioners,
    head="name",
    fields=(
        Field("provider_id", said("预约的单位"), "choice", required=True, choices=providers),
        Field(
            "name",
            said("姓名"),
            required=True,
            spoken=True,
            longest=40,
            help=said("照来电的人叫的写：王师傅。"),
        ),
        Field(
            "phone",
            said("本人的电话"),
            longest=20,
            check=e164,
            help=said("从这个号码打进来，能听自己的预约、关掉自己的时间。写成 +8613893501234 这样。"),
        ),
        Field("breaks", said("休息时间"), "lines", longest=2000, check=hours.check, help=hours.HELP),
    ),
    columns=("provider_id", "active"),
    extra={"active": said("可以预约")},
    filters=("provider_id",),
    search=("name",),
    sorts=("name",),
    parts={"breaks": Part(times.read_breaks, times.write_breaks)},
    retire=_off,
    retired=lambda row: not row["active"],
    retire_words=said("不在这里了，不再接受预约"),
    revive={"active": True},
    told=times.worker_told,
    called_off=times.worker_gone,
    links=(Link("away", said("请假的日子"), "keep.see"),),
)
