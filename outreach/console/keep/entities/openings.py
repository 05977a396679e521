"""Openings 岗位: the job reserve pool. Each has a source, an owner, an expiry, and a day on which somebody asked."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select

from outreach.console.keep.entities.words import COUNTIES, at_least_one, telephone
from outreach.console.keep.entity import Entity, Field, Heard, Saving, Told, Values
from outreach.console.language import said
from outreach.dialogue.prompts import Prompts
from outreach.services.jobs import publish, rules, store
from outreach.services.person import tail
from outreach.services.places import today
from outreach.store import people
from outreach.store.schema import counselors, openings

KINDS: Final[Mapping[str, str]] = {
    "massage": said("盲人按摩"),
    "hospital": said("医院按摩"),
    "public": said("机关事业单位"),
    "factory": said("工厂"),
    "farm": said("种养殖"),
    "service": said("服务业"),
    "online": said("网上工作"),
    "supported": said("辅助性就业"),
}


def counselor_names(db: Connection) -> Mapping[str, str]:
    """All of them."""
    rows = db.execute(select(counselors.c.id, counselors.c.name).order_by(counselors.c.id))
    return {str(row.id): row.name for row in rows}


def _heard(db: Connection, prompts: Prompts, opening_id: int) -> Heard | None:
    opening = store.get(db, opening_id)
    if opening is None:
        return None
    say = prompts.bound[2, "voice"]
    phrases = (*rules.headline(say, opening), *rules.details(say, opening))
    return Heard(phrases, rules.summary(prompts.bound[2, "sms"], opening))


def _new(now: datetime) -> Values:
    return {"published_at": now}


def _told(
    db: Connection, opening_id: int | None, before: Values | None, after: Values, now: datetime
) -> Sequence[Told]:
    """Whoever asked for such an opening, once: when it is new."""
    if opening_id is not None or before is not None or after["expires_on"] < today(now):
        return ()
    opening = _as_opening(after, now)
    waiting = [
        one
        for one in store.subscribers(db, opening)
        if {"service", "jobs"} <= people.consents(db, one.person_id)
    ]
    tails = tuple(tail(one.phone) for one in waiting[:5])
    return (Told(len(waiting), tails, said("一条短信：有一个合适的新岗位")),)


def _as_opening(values: Values, now: datetime) -> rules.Opening:
    names = rules.Opening.__slots__
    given = {name: values[name] for name in names if name in values}
    rest: dict[str, Any] = {"id": 0, "published_at": now, "filled_at": None}
    return rules.Opening(**{**rest, **given})


def _alike(db: Connection, opening_id: int | None, values: Values) -> Sequence[tuple[int, str]]:
    """The same employer's opening of the same name or under the same number, still offered."""
    row = openings.c
    query = (
        select(row.id, row.employer, row.title)
        .where(
            row.filled_at.is_(None),
            func.lower(row.employer) == values["employer"].lower(),
            (row.title == values["title"]) | (row.phone == values["phone"]),
        )
        .limit(5)
    )
    return [(found.id, f"{found.employer} {found.title}") for found in db.execute(query)]


def _saved(saving: Saving) -> None:
    """Tell whoever waits for such an opening."""
    if saving.before is None and saving.after["expires_on"] >= today(saving.audit.now):
        languages = dict(saving.desk.languages)
        if languages:
            signature = saving.desk.config.sms_signature
            publish.announce(saving.db, saving.id, languages, signature, saving.audit.now)


def _retire(now: datetime) -> Values:
    return {"filled_at": now}


def _not_absurd(value: Any) -> str | None:
    return None if date(2020, 1, 1) <= value <= date(2100, 1, 1) else said("日期不对。")


OPENINGS: Final = Entity(
    name="openings",
    title=said("岗位"),
    one=said("岗位"),
    table=openings,
    head="title",
    fields=(
        Field("title", said("岗位名称"), required=True, spoken=True, longest=80),
        Field("employer", said("单位名称"), required=True, spoken=True, longest=120),
        Field("kind", said("类别"), "choice", required=True, choices=KINDS),
        Field("county", said("县区"), "choice", required=True, choices=COUNTIES),
        Field("place", said("地址"), spoken=True, help=said("乡镇、街道，怎么去。")),
        Field("places", said("人数"), "number", required=True, check=at_least_one),
        Field(
            "pay",
            said("工资"),
            required=True,
            spoken=True,
            longest=120,
            help=said("保底、提成、试用期，照念的话来写。"),
        ),
        Field("shifts", said("班次"), spoken=True, longest=120),
        Field("lodging", said("食宿保险"), spoken=True, longest=120),
        Field("requirements", said("对应聘人的要求"), spoken=True),
        Field("access", said("无障碍条件"), spoken=True),
        Field("exam", said("考试便利"), spoken=True, help=said("机关事业单位招考时的便利。")),
        Field("contact", said("联系人"), spoken=True, longest=40),
        Field("phone", said("联系电话"), required=True, longest=20, check=telephone),
        Field("source", said("来源"), help=said("谁说的，哪里看到的。"), longest=120),
        Field("owner_id", said("负责的指导员"), "choice", choices=counselor_names),
        Field("checked_on", said("核实日期"), "date", help=said("哪天问过还招不招。"), check=_not_absurd),
        Field("expires_on", said("截止日期"), "date", required=True, check=_not_absurd),
    ),
    columns=("employer", "county", "kind", "owner_id", "checked_on", "expires_on"),
    filters=("county", "kind", "owner_id"),
    search=("title", "employer", "place", "phone"),
    sorts=("expires_on", "employer", "title"),
    new=_new,
    retire=_retire,
    retired=lambda row: row["filled_at"] is not None,
    retire_words=said("招满了，不再播报"),
    revive={"filled_at": None},
    heard=_heard,
    told=_told,
    alike=_alike,
    saved=_saved,
)
