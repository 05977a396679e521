"""Training 培训: courses, and the sessions in which they are held. Who counts on a session is told when it changes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select

from outreach.console.keep.entities.words import (
    COUNTIES,
    at_least_one,
    clock,
    in_order,
    not_negative,
    telephone,
    told_to,
)
from outreach.console.keep.entity import Beside, Entity, Field, Heard, Link, Row, Saving, Told, Values, Wrong
from outreach.console.language import said
from outreach.dialogue.prompts import Prompts
from outreach.services.training import publish, rules, store
from outreach.store.tables.training import training_courses, training_registrations, training_sessions

FIELDS: Final[Mapping[str, str]] = {
    "massage": said("盲人按摩"),
    "farming": said("种植养殖"),
    "crafts": said("手工"),
    "computing": said("电脑"),
    "commerce": said("电商"),
    "daily_living": said("生活技能"),
    "other": said("其他"),
}
STATES: Final[Mapping[str, str]] = {
    "registered": said("已报名"),
    "offered": said("等本人答复名额"),
    "waiting": said("候补"),
    "attended": said("到了"),
    "absent": said("没有到"),
    "cancelled": said("取消了"),
    "lapsed": said("没有答复，名额给了别人"),
}


def _courses(db: Connection) -> Mapping[str, str]:
    rows = db.execute(
        select(training_courses.c.id, training_courses.c.name).order_by(training_courses.c.name)
    )
    return {str(row.id): row.name for row in rows}


def _sessions_of(db: Connection, course_id: int) -> Sequence[Row]:
    held = training_sessions.c
    query = select(held.id, held.starts_on, held.county, held.place, held.seats, held.cancelled_at)
    rows = db.execute(query.where(held.course_id == course_id).order_by(held.starts_on.desc(), held.id))
    return [
        Row(
            (row.starts_on, COUNTIES[row.county], row.place, row.seats, row.cancelled_at is not None),
            f"/console/keep/sessions/{row.id}",
        )
        for row in rows
    ]


def _counted(db: Connection, session_id: int) -> Sequence[Row]:
    own = training_registrations.c
    query = select(own.state, func.count()).where(own.session_id == session_id).group_by(own.state)
    found = {row[0]: row[1] for row in db.execute(query)}
    return [Row((words, found[state])) for state, words in STATES.items() if state in found]


def _heard(db: Connection, prompts: Prompts, session_id: int) -> Heard | None:
    session = store.get(db, session_id)
    if session is None:
        return None
    say = prompts.bound[2, "voice"]
    phrases = (*rules.headline(say, session), *rules.details(say, session))
    return Heard(phrases, rules.summary(prompts.bound[2, "sms"], session))


def _course_heard(db: Connection, prompts: Prompts, course_id: int) -> Heard | None:
    """In its latest session: what is said of a course is said with the others too."""
    held = training_sessions.c
    query = select(held.id).where(held.course_id == course_id, held.cancelled_at.is_(None))
    latest = db.scalar(query.order_by(held.starts_on.desc(), held.id).limit(1))
    return _heard(db, prompts, latest) if latest is not None else None


def _check(values: Values) -> Mapping[str, str]:
    if values["deadline_on"] > values["starts_on"]:
        return {"deadline_on": said("报名截止要在开班以前。")}
    return in_order(values, "starts_on", "ends_on")


def _told(
    db: Connection, session_id: int | None, before: Values | None, after: Values, now: datetime
) -> Sequence[Told]:
    """Who is registered, of another time or place; the first who wait, of seats that there will be."""
    session = store.get(db, session_id) if session_id is not None else None
    if session is None or session_id is None:
        return ()
    changed = replace(session, **{name: after[name] for name in after if name in session.__slots__})
    if not changed.to_come(now):
        return ()
    counting = publish.affected(db, session_id)
    registered = [one.person_id for one in counting if one.state == "registered"]
    waiting = [one.person_id for one in counting if one.state == "waiting"]
    told: list[Told] = []
    if any(getattr(session, name) != getattr(changed, name) for name in publish.MATTERS_TO_THEM):
        told.append(
            told_to(db, registered, said("时间或者地点变了：马上告诉他们，问还来不来，再按新的日子提醒。"))
        )
    free = max(changed.seats - (len(counting) - len(waiting)), 0)
    if free and rules.offer_until(changed, now):
        told.append(told_to(db, waiting[:free], said("有名额了：按候补的次序告诉他们，等他们答复。")))
    return told


def _change(saving: Saving) -> None:
    try:
        saving.tell(publish.change(saving.db, saving.id, saving.after, saving.audit.now))
    except publish.TooFewSeatsError as few:
        raise Wrong("seats", said("已经有 {n} 个人占了名额，不能比这更少。", n=few.held)) from None


def _called_off(db: Connection, session_id: int, now: datetime) -> Sequence[Told]:
    session = store.get(db, session_id)
    if session is None or not session.to_come(now):
        return ()
    people = [one.person_id for one in publish.affected(db, session_id)]
    return (told_to(db, people, said("这一期不办了：马上告诉他们。")),)


def _call_off(saving: Saving) -> None:
    session = store.get(saving.db, saving.id)
    if session is None or not session.to_come(saving.audit.now):
        raise Wrong("starts_on", said("这一期已经开始了，或者已经取消了。"))
    saving.tell(publish.call_off(saving.db, saving.id, saving.audit.now))


def _new(now: datetime) -> Values:
    return {"published_at": now}


def _retire(now: datetime) -> Values:
    return {"cancelled_at": now}


def _retired(row: Mapping[str, Any]) -> bool:
    return row["cancelled_at"] is not None


COURSES: Final = Entity(
    name="courses",
    title=said("培训课程"),
    one=said("课程"),
    table=training_courses,
    head="name",
    fields=(
        Field("name", said("课程名称"), required=True, spoken=True, longest=80),
        Field("field", said("类别"), "choice", required=True, choices=FIELDS),
        Field("organiser", said("主办单位"), longest=120),
        Field("content", said("学什么"), spoken=True),
        Field("audience", said("招收对象"), spoken=True, help=said("什么样的人能来，年龄到多大。")),
        Field(
            "material",
            said("教材和便利"),
            spoken=True,
            longest=120,
            help=said("盲文、有声、大字，有没有人帮忙。"),
        ),
        Field("papers", said("要带的材料"), spoken=True),
        Field("fee", said("费用"), spoken=True, longest=120, help=said("照念的话来写，比如“免费”。")),
        Field("certificate", said("证书"), spoken=True, longest=120, help=said("不发证书就不填。")),
    ),
    columns=("field", "organiser", "fee"),
    heard=_course_heard,
    filters=("field",),
    search=("name", "organiser", "content"),
    sorts=("name",),
    beside=(
        Beside(
            said("各期安排"),
            (said("开班日期"), said("县区"), said("地点"), said("名额"), said("取消了")),
            _sessions_of,
            add="sessions",
            by="course_id",
        ),
    ),
)

SESSIONS: Final = Entity(
    name="sessions",
    title=said("培训班期"),
    one=said("班期"),
    table=training_sessions,
    head="course_id",
    fields=(
        Field("course_id", said("课程"), "choice", required=True, choices=_courses),
        Field("county", said("县区"), "choice", required=True, choices=COUNTIES),
        Field("place", said("地点"), required=True, spoken=True),
        Field("transport", said("怎么去"), spoken=True, help=said("哪里坐车，有没有人接。")),
        Field("board", said("吃住"), spoken=True, longest=120),
        Field("starts_on", said("开班日期"), "date", required=True),
        Field("ends_on", said("结束日期"), "date", required=True),
        Field(
            "begins",
            said("第一天几点开始"),
            required=True,
            longest=5,
            check=clock,
            help=said("写成 08:30 这样。"),
        ),
        Field("hours", said("上课时间"), spoken=True, longest=120),
        Field("seats", said("名额"), "number", required=True, check=at_least_one),
        Field("waiting_places", said("候补名额"), "number", required=True, check=not_negative),
        Field("deadline_on", said("报名截止"), "date", required=True),
        Field("contact", said("联系人"), spoken=True, longest=40),
        Field("phone", said("联系电话"), required=True, longest=20, check=telephone),
    ),
    columns=("county", "starts_on", "ends_on", "seats", "deadline_on", "cancelled_at"),
    extra={"cancelled_at": said("取消了")},
    filters=("course_id", "county"),
    search=("place", "contact", "phone"),
    sorts=("starts_on", "deadline_on"),
    new=_new,
    check=_check,
    retire=_retire,
    retired=_retired,
    retire_words=said("这一期不办了"),
    heard=_heard,
    told=_told,
    change=_change,
    call_off=_call_off,
    called_off=_called_off,
    beside=(Beside(said("报名情况"), (said("情况"), said("人数")), _counted),),
    links=(Link("registrations", said("报名的人、到场和证书"), "people.see"),),
)
