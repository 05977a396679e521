"""Campaigns rehearsed: by text and by call, repeatable, with the findings first; nobody is forgotten."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from outreach.campaign_cli import told
from outreach.campaigns import store
from outreach.campaigns.audience import Audience
from outreach.campaigns.schedule import Schedule
from outreach.campaigns.store import Draft
from outreach.rehearsal import memory
from outreach.rehearsal.campaign import Outcome, rehearse
from outreach.rehearsal.week import Settings
from outreach.store import people
from tests.campaigns.office import ASKING, NOW, draft
from tests.scenario import LANGUAGES

SAY = LANGUAGES["zh-CN"].bound[2, "sms"]


def rehearsed(like: Draft, size: int | None = 60, seed: int = 1) -> Outcome:
    database = memory.empty()

    def work(db: Connection) -> int:
        for number in range(20):
            person = people.create(db, f"+8613900{number:06d}", NOW - timedelta(days=9), "zh-CN")
            for scope in ("service", "campaigns") if number else ("service",):
                people.give_consent(db, person.id, scope, "test/1", "console", None, NOW)
        return store.create(db, like, "马丽", NOW)

    settings = Settings(LANGUAGES, "武威市残联", NOW, NOW, seed)
    return rehearse(database, settings, database.write_now(work), "0935-2212345", size)


def accounted_for(outcome: Outcome) -> dict[str, Any]:
    went = outcome.progress
    assert went is not None
    assert went.people == went.sent + went.reached + went.unreached + went.skipped
    assert went.skipped + went.unreached == sum(went.reasons.values())
    return went.reasons


def test_by_text_it_is_answered_and_everybody_is_accounted_for() -> None:
    outcome = rehearsed(draft(ASKING))
    assert accounted_for(outcome)["no_consent"] >= 3
    assert outcome.progress is not None
    assert outcome.progress.reached > 40
    assert outcome.answers
    lines = list(told(outcome, draft(ASKING).content, SAY))
    assert lines[0] == "预演：60人，全部是模拟，没有发出任何消息"
    assert any(line.startswith("第1题：想") for line in lines)


def test_by_call_people_are_reached_and_answer() -> None:
    outcome = rehearsed(draft(ASKING, channel="voice"))
    assert accounted_for(outcome)
    assert outcome.progress is not None
    assert outcome.progress.reached > 10
    assert outcome.acted > 0


def test_the_same_seed_shows_the_same() -> None:
    assert rehearsed(draft(ASKING), seed=4) == rehearsed(draft(ASKING), seed=4)


def test_what_is_wrong_is_said_and_nothing_is_rehearsed() -> None:
    outcome = rehearsed(draft(audience=Audience(counties=("gulang",))))
    assert outcome.fatal
    assert outcome.progress is None
    assert list(told(outcome, draft().content, SAY)) == ["没有人符合条件。"]


def test_one_that_its_pace_keeps_from_ending_meets_its_wall() -> None:
    slow = replace(draft(per_minute=1), schedule=Schedule(hours=1))
    outcome = rehearsed(slow, size=200)
    assert outcome.ended_at is None
    assert accounted_for(outcome)["expired"] > 50
