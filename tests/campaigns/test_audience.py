"""Audiences: filters over what the ledger knows, on both databases; told as sentences; lists; findings."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from outreach.campaigns import audience, checks, store
from outreach.campaigns.audience import Audience, AudienceError
from outreach.campaigns.schedule import Schedule
from outreach.services.campaigns import content
from outreach.services.campaigns.content import ContentError
from outreach.services.titles import store as titles
from outreach.store import people
from outreach.store.database import Database
from outreach.store.tables.campaigns import person_skills
from outreach.store.tables.plans import needs
from tests.campaigns.office import ASKING, HELLO, NOW, Office, draft
from tests.scenario import LANGUAGES
from tests.scenes import title_round

SAY = LANGUAGES["zh-CN"].bound[2, "sms"]


@pytest.fixture
def office(database: Database) -> Office:
    """1: a blind masseuse of 40 in Liangzhou, 2: the same without consent to its keeping, 3: a young farmer."""
    office = Office(database)
    sight: dict[str, Any] = {
        "county": "liangzhou",
        "category": "sight",
        "birth_year": 1986,
        "last_call_at": NOW - timedelta(9),
    }
    office.people(1, "campaigns", "disability", **sight)
    office.people(1, "campaigns", first=1, township="黄羊镇", **sight)
    office.people(1, "campaigns", "jobs", first=2, county="minqin", birth_year=2004, language="en")

    def more(db: Connection) -> None:
        db.execute(insert(person_skills), [{"person_id": n, "skill": "massage"} for n in (1, 2)])
        when = {"created_at": NOW, "updated_at": NOW}
        db.execute(insert(needs).values(person_id=3, kind="loan", **when))
        title_round(db, "initial notice=-3 county=20", NOW)
        titles.enter(db, 2, 1, NOW)
        titles.wish(db, 3, "middle", NOW)

    office.database.write_now(more)
    return office


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        ({}, [1, 2, 3]),
        ({"counties": ["liangzhou"]}, [1, 2]),
        ({"counties": ["liangzhou", "minqin"]}, [1, 2, 3]),
        ({"townships": ["黄羊镇"]}, [2]),
        ({"categories": ["sight"]}, [1]),  # 2 has not agreed to its keeping
        ({"skills": ["massage"]}, [1, 2]),
        ({"languages": ["en"]}, [3]),
        ({"age_from": 30}, [1, 2]),
        ({"age_until": 22}, [3]),
        ({"contacted_days": 10}, [1, 2]),
        ({"silent_days": 10}, [3]),
        ({"needs": ["loan"]}, [3]),
        ({"in_round": [1]}, [2]),
        ({"not_in_round": [1], "skills": ["massage"]}, [1]),
        ({"wishes_round": ["middle"]}, [3]),
        ({"consents": ["jobs"]}, [3]),
        ({"registered": [1]}, []),
        ({"not_registered": [1]}, [1, 2, 3]),
        ({"interests": ["massage"]}, []),
        ({"unanswered": [1]}, []),
        ({"answered": [1]}, []),
        ({"counselor_id": 1}, []),
        ({"list_id": 1}, []),
    ],
)
def test_filters(office: Office, given: dict[str, Any], ids: list[int]) -> None:
    whom = audience.read(given)
    found = office.database.read_now(lambda db: sorted(audience.sample(db, whom, NOW, 10)))
    assert found == ids
    assert office.database.read_now(lambda db: audience.count(db, whom, NOW)) == len(ids)
    assert audience.read(audience.plain(whom)) == whom
    assert audience.sentence(whom, SAY)


def test_who_wants_to_be_erased_is_in_none(office: Office) -> None:
    office.people(1, first=8, erase_at=NOW + timedelta(days=7))
    assert office.database.read_now(lambda db: audience.count(db, Audience(), NOW)) == 3


def test_who_answered_and_who_did_not(office: Office) -> None:
    office.campaign(draft(ASKING))
    office.tick(2)
    office.write("+8619900000001", "1")

    def ask(given: dict[str, Any]) -> list[int]:
        whom = audience.read(given)
        return office.database.read_now(lambda db: sorted(audience.sample(db, whom, NOW, 10)))

    assert (ask({"answered": [1]}), ask({"unanswered": [1]})) == ([1], [2, 3])


def test_a_filter_reads_as_a_sentence() -> None:
    whom = Audience(counties=("liangzhou", "gulang"), skills=("massage",), age_until=50, not_in_round=(1,))
    assert audience.sentence(whom, SAY) == "住在凉州区或古浪县，会按摩，没有参加第1轮评审，不超过50岁的人"
    assert audience.sentence(Audience(), SAY) == "所有登记的人"


@pytest.mark.parametrize(
    ("given", "key"),
    [({"shoe_size": 42}, "audience.unknown"), ({"age_from": 50, "age_until": 40}, "audience.ages")],
)
def test_filters_that_make_no_sense(given: dict[str, Any], key: str) -> None:
    with pytest.raises(AudienceError) as wrong:
        audience.read(given)
    assert wrong.value.key == key


def test_a_pasted_list(office: Office) -> None:
    pasted = "19900000001，+86 19900000003\n 139 号码 19900000099"
    numbers = audience.numbers(pasted.replace("+86 ", "+86"))
    listed = office.database.write_now(lambda db: audience.save_list(db, "村里给的", numbers, "马丽", NOW))
    assert (listed.found, listed.unknown, listed.refused) == (2, ("+8619900000099",), 2)
    whom = Audience(list_id=listed.audience_id)
    assert office.database.read_now(lambda db: sorted(audience.sample(db, whom, NOW))) == [1, 3]


# --- Before it starts -----------------------------------------------------------------------------------------


def keys(office: Office, like: store.Draft) -> list[tuple[str, bool]]:
    def work(db: Connection) -> list[tuple[str, bool]]:
        made = store.create(db, like, "马丽", office.now)
        found = checks.findings(db, store.get(db, made), office.now)
        for finding in found:
            assert SAY(finding.key, **finding.values).text
        return [(finding.key, finding.fatal) for finding in found]

    return office.database.write_now(work)


def test_nothing_to_say_against_a_plain_one(office: Office) -> None:
    assert keys(office, draft()) == []


def test_an_audience_of_nobody(office: Office) -> None:
    assert ("campaign.nobody", True) in keys(office, draft(audience=Audience(counties=("tianzhu",))))


def test_an_audience_of_people_who_may_not_be_contacted(office: Office) -> None:
    for person in (1, 2, 3):
        office.database.write_now(lambda db, person=person: people.withdraw(db, person, "campaigns", NOW))  # type: ignore[misc]
    assert ("campaign.nobody_left", True) in keys(office, draft())


def test_a_field_that_some_lack(office: Office) -> None:
    said = HELLO | {"variants": [{"words": {"zh-CN": {"sms": "{township}的乡亲。"}}}]}
    assert ("campaign.lacks", False) in keys(office, draft(said))


def test_a_window_that_never_opens(office: Office) -> None:
    office.now = NOW + timedelta(hours=11)  # nine in the evening, for two hours
    assert keys(office, draft(schedule=Schedule(hours=2))) == [("campaign.never_opens", True)]
    festival = Schedule(day="2027-02-06", clock="09:00", hours=24)
    assert ("campaign.never_opens", True) in keys(office, draft(schedule=festival))


def test_a_time_that_is_over(office: Office) -> None:
    assert ("campaign.past", True) in keys(office, draft(schedule=Schedule(day="2026-01-02", hours=2)))


def test_a_number_that_eight_share(office: Office) -> None:
    office.people(8, first=20, phone="+8619900000050")
    assert ("campaign.shared", False) in keys(office, draft())


def test_words_that_carriers_refuse(office: Office) -> None:
    said = HELLO | {"variants": [{"words": {"zh-CN": {"sms": "盲人医疗按摩岗位招聘，月薪3000。"}}}]}
    found = keys(office, draft(said))
    assert {key for key, _ in found} == {"campaign.word.recruitment", "campaign.word.medical"}
    assert keys(office, draft(said | {"neutral": True})) == []


def test_a_job_that_is_gone(office: Office) -> None:
    assert ("campaign.target_gone", True) in keys(office, draft(HELLO | {"action": "listen", "target": 7}))


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"variants": []}, "campaign.content.variants"),
        ({"variants": [{"words": {}}]}, "campaign.content.empty"),
        ({"variants": [{"words": {"zh-CN": {"sms": "{shoe}"}}}]}, "campaign.content.field"),
        ({"variants": [{"words": {"zh-CN": {"sms": "{name"}}}]}, "campaign.content.brace"),
        ({"variants": [{"words": {"zh-CN": {"sms": "长" * 501}}}]}, "campaign.content.long"),
        ({"subject": {}}, "campaign.content.subject"),
        ({"action": "listen"}, "campaign.content.target"),
        ({"action": "questions"}, "campaign.content.questions"),
        ({"questions": ASKING["questions"]}, "campaign.content.questions"),
        ({"action": "questions", "questions": ASKING["questions"] * 3}, "campaign.content.many_questions"),
        (
            {"action": "questions", "questions": [{"words": {"zh-CN": "吗"}, "options": [{"zh-CN": "对"}]}]},
            "campaign.content.options",
        ),
    ],
)
def test_words_that_cannot_be_used(change: dict[str, Any], key: str) -> None:
    with pytest.raises(ContentError) as wrong:
        content.read(HELLO | change)
    assert wrong.value.key == key
    assert SAY(key, **wrong.value.values).text
