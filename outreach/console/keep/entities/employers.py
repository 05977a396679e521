"""Employers 用人单位 and visits to them 走访; milestones of the plan: what the yearly evaluation counts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from outreach.console.keep.entities.openings import counselor_names
from outreach.console.keep.entities.words import COUNTIES, not_negative, telephone
from outreach.console.keep.entity import Beside, Entity, Field, Row, Values
from outreach.console.language import said
from outreach.store.tables.plans import employer_visits, employers, milestones

KINDS: Final[Mapping[str, str]] = {
    "public": said("机关事业单位"),
    "state": said("国有企业"),
    "private": said("民营企业"),
    "massage": said("盲人按摩机构"),
    "cooperative": said("合作社、帮扶车间"),
    "supported": said("辅助性就业机构"),
}
ROOM: Final[Mapping[str, str]] = {"1": said("能再招残疾人"), "0": said("现在没有空位")}
GOALS: Final[Mapping[str, str]] = {
    "institution": said("残疾人辅助性就业机构建成"),
    "brand": said("残疾人就业品牌建成"),
}


def _names(db: Connection) -> Mapping[str, str]:
    rows = db.execute(select(employers.c.id, employers.c.name).order_by(employers.c.name))
    return {str(row.id): row.name for row in rows}


def _visits(db: Connection, employer_id: int) -> Sequence[Row]:
    seen = employer_visits.c
    query = select(seen.id, seen.visited_on, seen.openings_found, seen.words)
    rows = db.execute(query.where(seen.employer_id == employer_id).order_by(seen.visited_on.desc(), seen.id))
    return [
        Row((row.visited_on, row.openings_found, row.words), f"/console/keep/visits/{row.id}") for row in rows
    ]


def _alike(db: Connection, employer_id: int | None, values: Values) -> Sequence[tuple[int, str]]:
    """Under the same number, or with a name that only differs in its letters' case."""
    row = employers.c
    same = func.lower(row.name) == values["name"].lower()
    if values["phone"]:
        same |= row.phone == values["phone"]
    return [(found.id, found.name) for found in db.execute(select(row.id, row.name).where(same).limit(5))]


def _check(values: Values) -> Mapping[str, str]:
    staff, disabled = values["staff"], values["disabled_staff"]
    if disabled is not None and staff is not None and disabled > staff:
        return {"disabled_staff": said("残疾职工不会比职工总数多。")}
    return {}


def _made(now: datetime) -> Values:
    return {"created_at": now}


def _retire(now: datetime) -> Values:
    return {"retired_at": now}


EMPLOYERS: Final = Entity(
    name="employers",
    title=said("用人单位"),
    one=said("用人单位"),
    table=employers,
    head="name",
    fields=(
        Field("name", said("单位名称"), required=True, longest=120),
        Field("kind", said("类别"), "choice", required=True, choices=KINDS),
        Field("county", said("县区"), "choice", required=True, choices=COUNTIES),
        Field("place", said("地址")),
        Field("contact", said("联系人"), longest=40),
        Field("phone", said("联系电话"), longest=20, check=telephone),
        Field("staff", said("职工人数"), "number", check=not_negative, help=said("不知道就不填。")),
        Field("disabled_staff", said("其中残疾职工"), "number", check=not_negative),
        Field(
            "has_room",
            said("还招不招"),
            "choice",
            required=True,
            choices=ROOM,
            help=said("能再招的单位，每年至少走访一次，统计里要算。"),
        ),
        Field("notes", said("备注"), "long", longest=2000),
    ),
    columns=("kind", "county", "staff", "disabled_staff", "has_room"),
    filters=("kind", "county", "has_room"),
    search=("name", "place", "contact", "phone"),
    sorts=("name",),
    new=_made,
    check=_check,
    retire=_retire,
    retired=lambda row: row["retired_at"] is not None,
    retire_words=said("单位没有了，不再走访"),
    revive={"retired_at": None},
    alike=_alike,
    beside=(
        Beside(
            said("走访记录"),
            (said("哪天"), said("新找到的岗位"), said("谈了什么")),
            _visits,
            add="visits",
            by="employer_id",
        ),
    ),
)

VISITS: Final = Entity(
    name="visits",
    title=said("单位走访"),
    one=said("走访"),
    table=employer_visits,
    head="employer_id",
    fields=(
        Field("employer_id", said("用人单位"), "choice", required=True, choices=_names),
        Field("visited_on", said("哪天"), "date", required=True),
        Field("counselor_id", said("谁去的"), "choice", choices=counselor_names),
        Field("openings_found", said("新找到的岗位"), "number", required=True, check=not_negative),
        Field("words", said("谈了什么"), "long", longest=400),
    ),
    columns=("visited_on", "counselor_id", "openings_found"),
    filters=("counselor_id",),
    search=("words",),
    sorts=("visited_on",),
    new=_made,
)

MILESTONES: Final = Entity(
    name="milestones",
    title=said("方案里的一次性目标"),
    one=said("目标"),
    table=milestones,
    head="words",
    fields=(
        Field("goal", said("哪个目标"), "choice", required=True, choices=GOALS),
        Field("county", said("县区"), "choice", choices=COUNTIES, help=said("全市的就不选。")),
        Field("words", said("做成了什么"), required=True),
        Field("reached_on", said("哪天做成的"), "date", required=True),
    ),
    columns=("goal", "county", "reached_on"),
    filters=("goal", "county"),
    search=("words",),
    sorts=("reached_on",),
    new=_made,
)
