"""Events 活动: job fairs, live streams, sales, contests. Who signed up is told when one changes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from outreach.console.keep.entities.words import COUNTIES, at_least_one, clock, in_order, telephone, told_to
from outreach.console.keep.entity import Beside, Entity, Field, Heard, Row, Saving, Told, Values, Wrong
from outreach.console.language import said
from outreach.dialogue.prompts import Prompts
from outreach.services.events import publish, rules, store
from outreach.store.tables.community import event_sign_ups, events

KINDS: Final[Mapping[str, str]] = {
    "job_fair": said("招聘会"),
    "live": said("直播带岗"),
    "sale": said("义卖展销"),
    "contest": said("技能竞赛"),
    "publicity": said("宣传活动"),
    "other": said("其他"),
}


def _heard(db: Connection, prompts: Prompts, event_id: int) -> Heard | None:
    event = store.get(db, event_id)
    if event is None:
        return None
    say = prompts.bound[2, "voice"]
    phrases = (*rules.headline(say, event), *rules.details(say, event))
    return Heard(phrases, rules.summary(prompts.bound[2, "sms"], event))


def _told(
    db: Connection, event_id: int | None, before: Values | None, after: Values, now: datetime
) -> Sequence[Told]:
    event = store.get(db, event_id) if event_id is not None else None
    if event is None or event_id is None:
        return ()
    changed = replace(event, **{name: after[name] for name in after if name in event.__slots__})
    same = all(getattr(event, name) == getattr(changed, name) for name in publish.MATTERS_TO_THEM)
    if same or not changed.to_come(now):
        return ()
    coming = store.coming(db, event_id)
    return (told_to(db, coming, said("时间或者地点变了：马上告诉他们，问还来不来，再按新的日子提醒。")),)


def _change(saving: Saving) -> None:
    saving.tell(publish.change(saving.db, saving.id, saving.after, saving.audit.now))


def _called_off(db: Connection, event_id: int, now: datetime) -> Sequence[Told]:
    event = store.get(db, event_id)
    if event is None or not event.to_come(now):
        return ()
    return (told_to(db, store.coming(db, event_id), said("活动不办了：马上告诉他们。")),)


def _call_off(saving: Saving) -> None:
    event = store.get(saving.db, saving.id)
    if event is None or not event.to_come(saving.audit.now):
        raise Wrong("starts_on", said("这个活动已经开始了，或者已经取消了。"))
    saving.tell(publish.call_off(saving.db, saving.id, saving.audit.now))


def _coming(db: Connection, event_id: int) -> Sequence[Row]:
    own = event_sign_ups.c
    query = select(own.coming, func.count(), func.count(own.confirmed_at)).where(own.event_id == event_id)
    found = {row[0]: row for row in db.execute(query.group_by(own.coming))}
    if not found:
        return ()
    _, coming, confirmed = found.get(True, (True, 0, 0))
    withdrawn = found[False][1] if False in found else 0
    return (
        Row((said("要来的"), coming)),
        Row((said("其中再次确认的"), confirmed)),
        Row((said("报了名又取消的"), withdrawn)),
    )


def _check(values: Values) -> Mapping[str, str]:
    return in_order(values, "starts_on", "ends_on")


def _new(now: datetime) -> Values:
    return {"published_at": now}


def _retire(now: datetime) -> Values:
    return {"cancelled_at": now}


EVENTS: Final = Entity(
    name="events",
    title=said("活动"),
    one=said("活动"),
    table=events,
    head="name",
    fields=(
        Field("kind", said("类别"), "choice", required=True, choices=KINDS),
        Field("name", said("活动叫什么"), required=True, spoken=True, longest=80),
        Field("county", said("县区"), "choice", required=True, choices=COUNTIES),
        Field("place", said("地点"), required=True, spoken=True),
        Field("transport", said("怎么去"), spoken=True, help=said("哪里坐车，有没有人接。")),
        Field("starts_on", said("开始日期"), "date", required=True),
        Field("ends_on", said("结束日期"), "date", required=True),
        Field(
            "begins",
            said("第一天几点开始"),
            required=True,
            longest=5,
            check=clock,
            help=said("写成 08:30 这样。"),
        ),
        Field("hours", said("时间安排"), spoken=True, longest=120),
        Field("content", said("有什么"), spoken=True),
        Field("bring", said("要带什么"), spoken=True),
        Field("places", said("名额"), "number", check=at_least_one, help=said("不限人数就不填。")),
        Field("contact", said("联系人"), spoken=True, longest=40),
        Field("phone", said("联系电话"), required=True, longest=20, check=telephone),
    ),
    columns=("kind", "county", "starts_on", "places", "cancelled_at"),
    extra={"cancelled_at": said("取消了")},
    filters=("kind", "county"),
    search=("name", "place", "content"),
    sorts=("starts_on", "name"),
    new=_new,
    check=_check,
    retire=_retire,
    retired=lambda row: row["cancelled_at"] is not None,
    retire_words=said("活动不办了"),
    heard=_heard,
    told=_told,
    change=_change,
    call_off=_call_off,
    called_off=_called_off,
    beside=(Beside(said("报名情况"), (said("情况"), said("人数")), _coming),),
)
