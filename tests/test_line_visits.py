"""The evaluation's raw material: which lines people came to, a row each time, and nobody's number in it."""

from datetime import UTC, datetime

from sqlalchemy import select

from outreach.store.database import Database
from outreach.store.tables.plans import line_visits
from tests.scenario import Talk

TALK = """
caller +8613893500001
knows liangzhou
opening massage liangzhou 甲店 按摩师
> 拨打
> 1
> **
> 4
> *
> 4
"""


def visits(database: Database) -> list[tuple[str, str, int | None, str | None]]:
    query = select(line_visits.c.channel, line_visits.c.line, line_visits.c.person_id, line_visits.c.county)
    return [
        tuple(row) for row in database.read_now(lambda db: db.execute(query.order_by(line_visits.c.id)).all())
    ]


def talk(database: Database, text: str, channel: str = "voice") -> Talk:
    played = Talk(database, "here")
    played.channel = channel  # type: ignore[assignment]
    played.play(iter(text.splitlines()))
    return played


def test_every_coming_to_a_line_is_a_row(database: Database) -> None:
    talk(database, TALK)
    assert visits(database) == [
        ("voice", "jobs", 1, "liangzhou"),
        ("voice", "titles", 1, "liangzhou"),
        ("voice", "titles", 1, "liangzhou"),
    ]


def test_who_refuses_to_be_kept_is_counted_and_not_known(database: Database) -> None:
    talk(database, "> 拨打\n> 2\n> 4")
    assert visits(database) == [("voice", "titles", None, None)]


def test_texts_count_as_well(database: Database) -> None:
    talk(database, "caller +8613893500001\nknows minqin\n> 写 职称", "sms")
    assert visits(database) == [("sms", "titles", 1, "minqin")]


def test_a_turn_within_a_line_adds_nothing(database: Database) -> None:
    talk(database, TALK + "> 1\n> *\n> 2\n")
    assert len(visits(database)) == 3


def test_its_time_is_the_turns(database: Database) -> None:
    played = talk(database, TALK)
    times = database.read_now(
        lambda db: db.scalars(select(line_visits.c.at).order_by(line_visits.c.at)).all()
    )
    assert datetime(2026, 11, 24, 1, 0, tzinfo=UTC) < times[0] < times[1] < times[2] <= played.now
