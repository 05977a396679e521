"""Answers and their sources; and that the demonstration says only what the plan says."""

import re
from datetime import date

import pytest
from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from outreach.demo import policies as demo
from outreach.demo.rows import read
from outreach.dialogue.page import Phrase
from outreach.services.policies import publish, rules, store
from outreach.store.database import Database
from outreach.store.tables.community import policies
from tests.scenario import LANGUAGES

ENTRIES = read("policies")["policies"]


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("武政办发〔2025〕56号", "武政办发2025年第56号"),
        ("甘政办发〔2025〕67号，附件", "甘政办发2025年第67号，附件"),
        ("市残联通知", "市残联通知"),
    ],
)
def test_a_source_as_it_is_said(written: str, heard: str) -> None:
    assert rules.spoken_source(written) == heard


def test_every_topic_has_its_answers_in_their_order(database: Database) -> None:
    def work(db: Connection) -> None:
        demo.seed(db)
        demo.seed(db)
        for topic in rules.TOPICS:
            found = [store.get(db, policy_id) for policy_id in store.find(db, topic)]
            titles = [entry["title"] for entry in ENTRIES if entry["topic"] == topic]
            assert [policy.title for policy in found if policy] == titles
            assert titles
        assert len(store.find(db, "")) == len(ENTRIES) >= 15

    database.write_now(work)


def test_every_demonstrated_answer_says_its_source_and_can_be_spoken(database: Database) -> None:
    def work(db: Connection) -> list[Phrase]:
        demo.seed(db)
        return list(publish.phrases(db, LANGUAGES["zh-CN"]))

    said = database.write_now(work)
    sources = [phrase.text for phrase in said if phrase.key == "policies.source"]
    assert sources == ["以上来自武政办发2025年第56号，2025年12月17日发布。"] * len(ENTRIES)
    assert not [phrase.text for phrase in said if re.search("[A-Za-z〔〕《》“”]", phrase.text)]


def test_the_same_question_is_not_entered_twice_and_topics_are_known(database: Database) -> None:
    def add(db: Connection, topic: str) -> int:
        given = {"title": "问", "paragraphs": ("答",), "source": "文", "source_on": date(2025, 12, 17)}
        return store.add(db, topic=topic, **given)  # type: ignore[arg-type]

    database.write_now(lambda db: add(db, "rural"))
    for topic in ("rural", "weather"):
        with pytest.raises(IntegrityError):
            database.write_now(lambda db, topic=topic: add(db, topic))  # type: ignore[misc]


def test_what_was_withdrawn_is_not_found(database: Database) -> None:
    def work(db: Connection) -> None:
        values = {"topic": "rural", "title": "问", "source": "文", "source_on": date(2025, 12, 17)}
        db.execute(insert(policies).values(**values, offered=False))
        assert store.find(db, "rural") == []
        assert store.get(db, 1) is None

    database.write_now(work)
