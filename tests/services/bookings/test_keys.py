"""How much must be pressed to book a massage for tomorrow morning, from the main menu (voice-interface: at most 8)."""

from sqlalchemy import select

from outreach.services.places import LOCAL
from outreach.store.database import Database
from outreach.store.tables.bookings import bookings
from tests.scenario import Talk

SETTING = (
    "caller +8613893500001",
    "knows liangzhou",
    "provider massage liangzhou 金手指东街店 who=王师傅,李师傅",
    "provider massage minqin 金手指民勤店",
)
KEYS = "31213111"
"""Bookings, massage, this shop, the first service, tomorrow, in the morning, the first time, yes."""
NEAREST = "312111"
"""In the evening the nearest time is tomorrow morning: one key takes it."""


def keyed(database: Database, keys: str, *setting: str) -> str:
    talk = Talk(database, "keys")
    talk.play(iter((*SETTING, *setting, "> 拨打", *(f"> {key}" for key in keys))))
    starts_at = database.read_now(lambda db: db.execute(select(bookings.c.starts_at)).scalar_one())
    return f"{starts_at.astimezone(LOCAL):%m-%d %H:%M}"


def test_tomorrow_morning_is_booked_with_at_most_eight_keys(database: Database) -> None:
    assert len(KEYS) <= 8
    assert keyed(database, KEYS) == "11-25 09:00"


def test_in_the_evening_six_are_enough(database: Database) -> None:
    assert keyed(database, NEAREST, "at 2026-11-24 20:00") == "11-25 09:00"
