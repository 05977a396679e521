"""Policies 政策: short answers that callers hear, each with its source and its date."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from outreach.console.keep.entity import Entity, Field, Heard, Part, Values
from outreach.console.language import said
from outreach.dialogue.prompts import Prompts
from outreach.services.policies import rules, store
from outreach.store.tables.community import policies, policy_paragraphs

TOPICS: Final[Mapping[str, str]] = {
    "employers": said("给用人单位的"),
    "business": said("创业和贷款"),
    "rural": said("农村"),
    "massage": said("盲人按摩"),
    "support": said("补贴和待遇"),
}


def _read(db: Connection, policy_id: int) -> list[str]:
    row = policy_paragraphs.c
    return list(db.scalars(select(row.words).where(row.policy_id == policy_id).order_by(row.position)))


def _write(db: Connection, policy_id: int, lines: Sequence[str]) -> None:
    db.execute(delete(policy_paragraphs).where(policy_paragraphs.c.policy_id == policy_id))
    for position, words in enumerate(lines, 1):
        values = {"policy_id": policy_id, "position": position, "words": words}
        db.execute(insert(policy_paragraphs).values(values))


def _heard(db: Connection, prompts: Prompts, policy_id: int) -> Heard | None:
    policy = store.get(db, policy_id)
    if policy is None:
        return None
    say = prompts.bound[2, "voice"]
    phrases = (say("policies.title", title=policy.title), *rules.paragraphs(say, policy))
    return Heard(phrases, rules.text(prompts.bound[2, "sms"], policy))


def _retire(_now: datetime) -> Values:
    return {"offered": False}


POLICIES: Final = Entity(
    name="policies",
    title=said("政策问答"),
    one=said("政策问答"),
    table=policies,
    head="title",
    fields=(
        Field("topic", said("分类"), "choice", required=True, choices=TOPICS),
        Field("title", said("问题"), required=True, spoken=True, longest=60, help=said("像来电的人那样问。")),
        Field(
            "paragraphs",
            said("回答"),
            "lines",
            required=True,
            spoken=True,
            longest=3000,
            help=said("一行一段，每段两三句。"),
        ),
        Field("source", said("文件和文号"), required=True, spoken=True, longest=80),
        Field("source_on", said("文件日期"), "date", required=True),
        Field("position", said("分类里的次序"), "number", required=True),
    ),
    columns=("topic", "source", "source_on", "offered"),
    extra={"offered": said("在播报")},
    filters=("topic",),
    search=("title", "source"),
    sorts=("title", "source_on"),
    parts={"paragraphs": Part(_read, _write)},
    retire=_retire,
    retired=lambda row: not row["offered"],
    retire_words=said("不再播报"),
    revive={"offered": True},
    heard=_heard,
)
