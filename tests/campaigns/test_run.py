"""Campaigns that run: pace, hours, pause, cancel, walls, the breaker, answers; on both databases."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from outreach.campaigns import plan, progress, store
from outreach.campaigns.audience import Audience
from outreach.campaigns.life import MoveError
from outreach.campaigns.schedule import Schedule
from outreach.store import people
from outreach.store.database import Database
from outreach.store.schema import deliveries, tasks
from outreach.store.tables.call_items import call_items
from outreach.store.tables.campaigns import campaign_answers, campaign_runs
from tests.campaigns.office import ASKING, HELLO, NOW, Office, draft


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def test_everybody_gets_it_once_and_it_ends(office: Office) -> None:
    office.people(5)
    campaign = office.campaign()
    office.tick(3)
    assert [text.body for text in office.taken] == ["【武威市残联】下月办培训班。退订回T"] * 5
    went = office.progress(campaign)
    assert (went.state, went.people, went.reached, went.share_done) == ("finished", 5, 5, 1.0)
    office.tick(3)
    assert len(office.taken) == 5


def test_it_begins_once_whatever_restarts(office: Office) -> None:
    office.people(3)
    campaign = office.campaign()
    for _ in range(3):
        office.database.write_now(lambda db: plan.begin(db, campaign, office.now))
    again = Office(office.database, office.now, taken=office.taken)
    again.tick(3)
    runs = office.database.read_now(lambda db: db.execute(select(campaign_runs.c.id)).all())
    assert len(runs) == 1
    assert len(again.taken) == 3


def test_those_who_fall_out_have_their_reason(office: Office) -> None:
    office.people(1)
    (_, out) = office.people(2, first=10)
    office.people(1, "jobs", first=20)
    (fixed,) = office.people(1, first=30, phone="+869352212345")
    (silent,) = office.people(1, first=40, phone=None)
    office.people(1, first=50, phone="+8619900000001")
    office.database.write_now(lambda db: people.withdraw(db, out, "campaigns", NOW))
    campaign = office.campaign()
    office.tick(2)
    assert [(state, why) for _, state, why in office.items()] == [
        ("reached", None),
        ("reached", None),
        ("skipped", "opted_out"),
        ("skipped", "no_consent"),
        ("skipped", "landline"),
        ("skipped", "no_number"),
        ("skipped", "shared_number"),
    ]
    for person, why in ((fixed, "landline"), (silent, "no_number")):
        told = office.database.read_now(
            lambda db, person=person: progress.why_not(db, campaign, person, NOW)  # type: ignore[misc]
        )
        assert told == ("skipped", why)


def test_before_it_starts_the_plan_says_who_will_not_be_contacted(office: Office) -> None:
    (person,) = office.people(1, "jobs", county="minqin")
    like = draft(audience=Audience(counties=("gulang",)))
    elsewhere = office.database.write_now(lambda db: store.create(db, like, "马丽", NOW))
    here = office.database.write_now(lambda db: store.create(db, draft(), "马丽", NOW))
    ask = progress.why_not
    assert office.database.read_now(lambda db: ask(db, here, person, NOW)) == ("skipped", "no_consent")
    assert office.database.read_now(lambda db: ask(db, elsewhere, person, NOW)) == ("nobody", None)


def test_eight_behind_one_number_are_called_once(office: Office) -> None:
    office.people(8, phone="+8619900000001")
    office.campaign()
    office.tick(2)
    assert len(office.taken) == 1
    assert [why for _, _, why in office.items()].count("shared_number") == 7


def test_a_share_is_held_out_and_stays_so(office: Office) -> None:
    office.people(100)
    campaign = office.campaign(draft(holdout_percent=20))
    office.tick(12)
    held = {person for person, state, _ in office.items() if state == "held"}
    assert 10 <= len(held) <= 30
    assert office.progress(campaign).reasons["holdout"] == len(held)
    assert len(office.taken) == 100 - len(held)


def test_two_wordings_are_tried_on_halves(office: Office) -> None:
    office.people(60)
    office.campaign(draft(HELLO | {"variants": [_wording("甲"), _wording("乙")]}))
    office.tick(8)
    first = sum("甲" in text.body for text in office.taken)
    assert 15 <= first <= 45
    assert sum("乙" in text.body for text in office.taken) == 60 - first


def _wording(words: str) -> dict[str, Any]:
    return {"words": {"zh-CN": {"sms": words}}}


def test_a_field_is_filled_and_who_lacks_it_is_left_out(office: Office) -> None:
    office.people(1, name="王小龙", county="minqin")
    office.people(1, first=10)
    office.campaign(draft(HELLO | {"variants": [_wording("{name}，{county}有培训。")]}))
    office.tick(2)
    assert [text.body for text in office.taken] == ["【武威市残联】王小龙，民勤县有培训。退订回T"]
    assert office.items()[1][1:] == ("skipped", "missing_field")


# --- Pace and hours -----------------------------------------------------------------------------------------


def test_it_goes_no_faster_than_its_pace(office: Office) -> None:
    office.people(30)
    office.campaign(draft(per_minute=60))
    office.tick(10)
    assert 8 <= len(office.taken) <= 10
    office.tick(25)
    assert len(office.taken) == 30


def test_outside_the_hours_nothing_is_even_queued(office: Office) -> None:
    office.people(3)
    office.now = NOW + timedelta(hours=11)  # nine in the evening
    office.campaign()
    office.tick(3)
    assert (office.taken, office.queued()) == ([], 0)
    office.now = NOW + timedelta(hours=22, minutes=1)
    office.tick(2)
    assert len(office.taken) == 3


def test_the_end_is_a_wall(office: Office) -> None:
    office.people(30)
    campaign = office.campaign(draft(per_minute=10, schedule=Schedule(hours=1)))
    office.tick(5, seconds=10)
    out = len(office.taken)
    office.later(hours=2)
    office.tick(2)
    assert len(office.taken) == out
    assert office.progress(campaign).reasons["expired"] == 30 - out
    assert office.state(campaign) == "finished"


def test_a_weekly_one_waits_for_its_day_and_begins_again(office: Office) -> None:
    office.people(2)
    campaign = office.campaign(draft(schedule=Schedule(kind="weekly", weekday=1, clock="10:30", hours=5)))
    office.tick()
    assert (office.taken, office.state(campaign)) == ([], "scheduled")
    office.later(minutes=31)
    office.tick(3)
    assert (len(office.taken), office.state(campaign)) == (2, "scheduled")
    office.later(days=7)
    office.tick(2)
    assert len(office.taken) == 4


def test_a_growing_audience_takes_in_who_comes_later(office: Office) -> None:
    office.people(2)
    campaign = office.campaign(draft(growing=True))
    office.tick(2)
    assert (len(office.taken), office.state(campaign)) == (2, "running")
    office.people(1, first=10)
    office.later(minutes=11)
    office.tick(2)
    assert len(office.taken) == 3


def test_nobody_gets_more_than_two_messages_a_day_from_all_campaigns(office: Office) -> None:
    office.people(1)
    campaigns = [office.campaign() for _ in range(3)]
    office.tick(5)
    assert len(office.taken) == 2
    office.later(days=1)
    office.tick(5)
    assert len(office.taken) == 3
    assert {office.state(campaign) for campaign in campaigns} == {"finished"}


# --- Pause, cancel, breaker ---------------------------------------------------------------------------------


def test_a_pause_takes_back_what_has_not_left_and_goes_on_later(office: Office) -> None:
    office.people(20)
    campaign = office.campaign()
    asyncio.run(office.feeder.tick())
    office.later(seconds=1)
    asyncio.run(office.feeder.tick())
    assert office.queued() > 0
    back = office.database.write_now(lambda db: progress.pause(db, campaign, "马丽", office.now))
    assert back > 0
    assert office.queued() == 0
    office.tick(5)
    assert (office.taken, office.state(campaign)) == ([], "paused")
    office.database.write_now(lambda db: progress.resume(db, campaign, "马丽", office.now))
    office.tick(5)
    assert (len(office.taken), office.state(campaign)) == (20, "finished")


def test_calls_are_queued_one_a_day_and_taken_back(office: Office) -> None:
    (person, *_) = office.people(3)
    first = office.campaign(draft(ASKING, channel="voice"))
    office.campaign(draft(channel="voice"))
    office.tick(8)
    query = select(deliveries.c.person_id, deliveries.c.priority).where(deliveries.c.channel == "voice")
    calls = office.database.read_now(lambda db: db.execute(query).all())
    assert sorted(tuple(row) for row in calls) == [(person + at, 1) for at in range(3)]
    told = select(call_items.c.page).where(call_items.c.delivery_id == 1)
    assert office.database.read_now(lambda db: list(db.scalars(told))) == ["campaigns.item"] * 2
    back = office.database.write_now(lambda db: progress.pause(db, first, "马丽", office.now))
    assert back == 3
    assert office.database.read_now(lambda db: list(db.scalars(told))) == ["campaigns.item"]
    assert office.queued() == 3


def test_a_landline_is_rung_where_texts_do_not_reach(office: Office) -> None:
    office.people(1, phone="+869352212345")
    office.campaign(draft(fallback=True))
    office.tick(2)
    assert office.taken == []
    query = select(deliveries.c.channel, deliveries.c.address)
    found = office.database.read_now(lambda db: [tuple(row) for row in db.execute(query)])
    assert found == [("voice", "+869352212345")]


def test_cancelling_says_what_was_out_already(office: Office) -> None:
    office.people(30)
    campaign = office.campaign(draft(per_minute=60))
    office.tick(6)
    out = len(office.taken)
    went = office.database.write_now(lambda db: progress.cancel(db, campaign, "马丽", office.now))
    assert (went.out, went.cancelled, went.state) == (out, 30 - out, "cancelled")
    office.tick(5)
    assert len(office.taken) == out


def test_half_of_the_last_twenty_failed_stops_it_and_tells_somebody(office: Office) -> None:
    office.people(200)
    office.refusal = "carrier_refused"
    campaign = office.campaign(draft(per_minute=600))
    office.tick(20)
    assert office.state(campaign) == "paused"
    assert office.progress(campaign).planned > 100
    found = office.database.read_now(lambda db: db.execute(select(tasks.c.kind, tasks.c.purpose)).all())
    assert [row.kind for row in found] == ["urgent"]
    assert found[0].purpose.startswith(f"campaign:{campaign}:stopped")
    office.refusal = None
    office.database.write_now(lambda db: progress.resume(db, campaign, "马丽", office.now))
    office.tick(60)
    assert office.state(campaign) == "finished"


def test_a_paused_one_meets_its_wall_too(office: Office) -> None:
    office.people(3)
    campaign = office.campaign(draft(schedule=Schedule(hours=1)))
    office.database.write_now(lambda db: plan.begin(db, campaign, office.now))
    office.database.write_now(lambda db: progress.pause(db, campaign, "马丽", office.now))
    office.later(hours=2)
    office.tick(2)
    assert office.state(campaign) == "finished"


def test_what_was_approved_is_what_runs(office: Office) -> None:
    def work(db: Connection) -> None:
        made = store.create(db, draft(), "马丽", NOW)
        store.move(db, made, "rehearse", "马丽", NOW)
        with pytest.raises(MoveError):
            store.move(db, made, "approve", "马丽", NOW, second=True)
        store.move(db, made, "approve", "何建军", NOW, second=True)
        store.edit(db, made, draft(name="改过的"), "马丽", NOW)
        assert store.get(db, made).state == "draft"
        assert [row.verb for row in store.moves(db, made)] == ["rehearse", "approve", "edit"]
        copy = store.clone(db, made, "何建军", NOW)
        assert (store.get(db, copy).state, store.get(db, copy).draft.name) == ("draft", "改过的（副本）")

    office.database.write_now(work)


# --- Answers ------------------------------------------------------------------------------------------------


def test_questions_are_answered_by_text_and_the_answers_are_rows(office: Office) -> None:
    (person,) = office.people(1)
    office.campaign(draft(ASKING))
    office.tick(2)
    assert office.taken[0].body == (
        "【武威市残联】下月办培训班。\n1 回答几个问题\n2 知道了\n3 不再通知\n退订回T"
    )
    number = "+8619900000001"
    (asked,) = office.write(number, "1")
    assert "第1个问题，共2个。您想参加吗？" in asked
    assert "1 想" in asked
    (second,) = office.write(number, "不想")
    assert "什么时候方便" in second
    (thanks,) = office.write(number, "２")
    assert "谢谢您" in thanks
    rows = office.database.read_now(
        lambda db: db.execute(select(campaign_answers.c.question, campaign_answers.c.answer)).all()
    )
    assert [tuple(row) for row in rows] == [(0, 1), (1, 1)]
    assert person == 1


def test_the_way_out_ends_it_for_good(office: Office) -> None:
    (person,) = office.people(1)
    office.campaign(draft(ASKING))
    office.tick(2)
    (told,) = office.write("+8619900000001", "3")
    assert "以后不再发" in told
    assert "campaigns" not in office.database.read_now(lambda db: people.consents(db, person))
    office.campaign()
    office.tick(3)
    assert len([text for text in office.taken if "退订回T" in text.body]) == 1


def test_a_neutral_notice_says_nothing_of_the_matter(office: Office) -> None:
    office.people(1)
    office.campaign(draft(HELLO | {"neutral": True}))
    office.tick(2)
    assert office.taken[0].body == "【武威市残联】您有新的服务消息，请拨打0935-2212345收听。退订回T"


def test_who_is_in_a_conversation_is_not_interrupted(office: Office) -> None:
    office.people(1)
    office.write("+8619900000001", "你好")
    office.campaign(draft(ASKING))
    office.tick(3)
    assert not any("培训班" in text.body for text in office.taken)
    office.later(minutes=11)
    office.tick(3)
    assert any("培训班" in text.body for text in office.taken)


def test_an_answer_after_it_was_called_off_is_told_so(office: Office) -> None:
    office.people(2)
    campaign = office.campaign(draft(ASKING, per_minute=60))
    office.tick(1)
    office.database.write_now(lambda db: progress.cancel(db, campaign, "马丽", office.now))
    (told,) = office.write(office.taken[0].to, "1")
    assert "已经结束" in told
