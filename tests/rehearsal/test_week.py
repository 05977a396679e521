"""A rehearsed week: repeatable, complete, and nothing of it outside the copy."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select, update

from outreach import demo, effects
from outreach.config import Config
from outreach.dialogue.page import Profile
from outreach.rehearsal import memory
from outreach.rehearsal.ringing import Ringing
from outreach.rehearsal.town import Town
from outreach.rehearsal.week import Rehearsal, Settings
from outreach.rehearse import diary, keep
from outreach.services.titles import publish
from outreach.store import people
from outreach.store.database import Database
from outreach.store.errors import DatabaseError
from outreach.store.schema import deliveries, tasks
from outreach.store.schema import people as person_rows
from outreach.wire import Refused
from tests.scenario import LANGUAGES
from tests.scenes import title_entry, title_round

BEGINS = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
"""Nine in the morning in Wuwei, a Tuesday."""
GOLDEN = Path(__file__).with_name("week.txt")


def week(seed: int = 1, days: int = 7, language: str = "zh-CN") -> list[str]:
    return list(diary(Config(), days, seed, False, language, BEGINS))


def test_one_seed_is_one_week() -> None:
    assert week(2) == week(2)


def test_another_seed_is_another_week() -> None:
    assert week(2) != week(3)


PEOPLE = (
    ("马一", "+8619900000021", True),
    ("马二", "+8619900000022", True),
    ("马三", "+8619900000023", True),
    ("马四", "+8619900000024", False),
    ("马五", "+869352000025", True),
)
"""Name, number, agreed to be reminded. The last is a landline."""


def small_town(db: Connection) -> None:
    title_round(db, "initial notice=-3 county=7 papers=3", BEGINS)
    for name, phone, agreed in PEOPLE:
        person_id = people.create(db, phone, BEGINS, "zh-CN").id
        db.execute(update(person_rows).where(person_rows.c.id == person_id).values(name=name))
        people.give_consent(db, person_id, "service", "test/1", "voice", None, BEGINS)
        if agreed:
            people.give_consent(db, person_id, "reminders", "test/1", "voice", None, BEGINS)
    title_entry(db, "", BEGINS)
    for remind in publish.reminders(db, 1, BEGINS):
        effects.queue(db, remind, "test", Profile(person_id=remind.person_id), "", BEGINS)


def test_the_diary_reads_as_it_did() -> None:
    """What changed in it is to be read, not waved through."""
    database = memory.empty()
    database.write_now(small_town)
    settings = Settings(LANGUAGES, "武威市残联", BEGINS, BEGINS + timedelta(days=7), 7)
    assert "\n".join(keep(database, settings, "zh-CN")) + "\n" == GOLDEN.read_text(encoding="utf-8")


def test_there_is_enough_to_do_in_the_week_that_is_shown() -> None:
    assert sum("短信给" in line for line in week()) >= 3
    assert any("交给" in line for line in week())


def test_it_can_be_read_in_english() -> None:
    assert any(line.strip().endswith("reminders without a reply") for line in week(language="en"))


def test_nobody_is_named_in_it() -> None:
    names = ("张国栋", "王小龙", "赵玉梅", "9900000001")
    assert not any(name in line for line in week() for name in names)


def test_a_house_with_nothing_to_do_says_so() -> None:
    database = memory.empty()
    settings = Settings(LANGUAGES, "武威市残联", BEGINS, BEGINS + timedelta(days=7))
    asyncio.run(Rehearsal(database, settings).run())
    assert database.read_now(lambda db: db.scalar(select(func.count()).select_from(deliveries))) == 0


def test_a_copy_of_the_houses_data_leaves_them_alone(database: Database, database_url: str) -> None:
    database.write_now(lambda db: demo.seed(db, BEGINS))
    count = select(func.count()).select_from(deliveries)
    copied = memory.copy(database_url)
    settings = Settings(LANGUAGES, "武威市残联", BEGINS, BEGINS + timedelta(days=7))
    asyncio.run(Rehearsal(copied, settings).run())
    assert copied.read_now(lambda db: db.scalar(count))
    assert database.read_now(lambda db: db.scalar(count)) == 0


def test_a_copy_of_nothing_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="no database to rehearse with"):
        memory.copy(f"sqlite:///{tmp_path}/none.db")


def test_everybody_who_was_not_reached_has_a_reason() -> None:
    """Whatever the town is like: a reason that can be said in words, and no reminder that just vanished."""
    database = memory.empty()
    database.write_now(lambda db: demo.seed(db, BEGINS))
    settings = Settings(LANGUAGES, "武威市残联", BEGINS, BEGINS + timedelta(days=40), 5)
    asyncio.run(Rehearsal(database, settings).run())
    unreached = select(deliveries.c.reason).where(deliveries.c.state.in_(("failed", "skipped")))
    reasons = database.read_now(lambda db: list(db.scalars(unreached)))
    rung = select(func.count()).where(deliveries.c.channel == "voice", deliveries.c.state == "delivered")
    assert database.read_now(lambda db: db.scalar(rung)), "whoever has a landline is rung"
    for language in LANGUAGES.values():
        assert all(language.bound[2, "sms"](f"reason.{reason}").text for reason in reasons)
    left = database.read_now(lambda db: db.scalar(select(func.count()).select_from(tasks)))
    assert left is not None
    assert left >= reasons.count("expired")


def test_a_carrier_that_refuses_everything_stops_nothing_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(self: object, out: object) -> Refused:
        return Refused("account", "20003")

    monkeypatch.setattr(Town, "send", refuse)
    monkeypatch.setattr(Ringing, "send", refuse)
    database = memory.empty()
    database.write_now(lambda db: demo.seed(db, BEGINS))
    settings = Settings(LANGUAGES, "武威市残联", BEGINS, BEGINS + timedelta(days=4))
    asyncio.run(Rehearsal(database, settings).run())
    # what had gone out before, and calls, which this carrier does not make, are no matter of its own
    asked = (deliveries.c.purpose.like("remind:%"), deliveries.c.channel == "sms", deliveries.c.attempts > 0)
    states = select(deliveries.c.state).where(*asked).distinct()
    assert set(database.read_now(lambda db: list(db.scalars(states)))) <= {"skipped", "failed", "queued"}
