"""The demo's campaigns: a draft about a title round to go on with, and a survey that is over, with its report."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from outreach.campaigns import plan, store
from outreach.campaigns.audience import Audience
from outreach.campaigns.life import Verb
from outreach.campaigns.schedule import Schedule
from outreach.campaigns.store import Draft
from outreach.services.campaigns import content
from outreach.store.tables.campaigns import campaign_answers, campaign_items, campaign_runs, campaigns

BY: Final = "demo"
ROUND: Final[Mapping[str, Any]] = {
    "variants": [
        {
            "words": {
                "zh-CN": {"sms": "盲人医疗按摩职称评审报名开始了，材料要在截止日以前交到单位。"},
                "en": {"sms": "The title assessment for blind medical massage is open for papers."},
            }
        }
    ],
    "subject": {"zh-CN": "职称评审", "en": "the title assessment"},
    "action": "round",
    "target": "initial",
    "neutral": True,
}
SURVEY: Final[Mapping[str, Any]] = {
    "variants": [{"words": {"zh-CN": {"sms": "我们想在县里办培训班，想听听您的意见。"}}}],
    "subject": {"zh-CN": "明年的培训"},
    "action": "questions",
    "questions": [
        {
            "words": {"zh-CN": "您想学什么？"},
            "options": [{"zh-CN": "按摩"}, {"zh-CN": "种养"}, {"zh-CN": "电商"}],
        },
        {
            "words": {"zh-CN": "什么时候方便？"},
            "options": [{"zh-CN": "农闲的时候"}, {"zh-CN": "平时"}],
        },
    ],
}


def seed(db: Connection, now: datetime) -> None:
    """Once: what a tester changed since is theirs. After the people."""
    if db.scalar(select(campaigns.c.id).limit(1)) is not None:
        return
    store.create(
        db,
        Draft(
            "职称评审通知",
            Audience(counties=("liangzhou",)),
            content.read(ROUND),
            Schedule(),
            channel="voice",
        ),
        BY,
        now,
    )
    _survey(db, now - timedelta(days=7))


def _survey(db: Connection, then: datetime) -> None:
    draft = Draft("明年办什么培训", Audience(), content.read(SURVEY), Schedule(hours=48))
    made = store.create(db, draft, BY, then)
    steps: tuple[Verb, ...] = ("rehearse", "approve", "schedule")
    for verb in steps:
        store.move(db, made, verb, BY, then)
    run_id = plan.begin(db, made, then)
    assert run_id is not None, "it is due"
    plan.batch(db, store.get(db, made), run_id, then)
    item = campaign_items
    mine = (item.c.run_id == run_id, item.c.state == "planned")
    for at, item_id in enumerate(list(db.scalars(select(item.c.id).where(*mine).order_by(item.c.id)))):
        heard = then + timedelta(hours=1 + at)
        change = {"state": "reached", "heard_at": heard, "acted_at": heard, "updated_at": heard}
        db.execute(update(item).where(item.c.id == item_id).values(change))
        for question, answer in ((0, at % 3), (1, at % 2)):
            given = {
                "item_id": item_id,
                "question": question,
                "answer": answer,
                "channel": "sms",
                "at": heard,
            }
            db.execute(insert(campaign_answers).values(given))
    ended = then + timedelta(hours=48)
    db.execute(update(campaign_runs).where(campaign_runs.c.id == run_id).values(open=False, ended_at=ended))
    store.move(db, made, "finish", "scheduler", ended)
