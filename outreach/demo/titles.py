"""Two rounds of title assessment, dated from the day of seeding, and somebody who takes part in one."""

from datetime import datetime

from sqlalchemy import Connection, select

from outreach import effects
from outreach.demo.rows import Entry, dated, read
from outreach.dialogue.page import Profile
from outreach.services.places import today
from outreach.services.titles import publish, store
from outreach.store import people
from outreach.store.schema import people as person_rows
from outreach.store.tables.titles import title_rounds

DATES = (
    "notice_on",
    "unit_by",
    "county_by",
    "city_by",
    "province_by",
    "review_from",
    "review_until",
    "publicity_from",
    "publicity_until",
)


def seed(db: Connection, now: datetime) -> None:
    """Add the rounds that are missing; a round that was seeded on another day keeps its dates."""
    for entry in read("titles")["rounds"]:
        known = select(title_rounds.c.id).where(title_rounds.c.source == entry["source"])
        if db.execute(known).first() is None:
            _round(db, entry, now)


def _round(db: Connection, entry: Entry, now: datetime) -> None:
    values = {name: entry[name] for name in ("level", "body", "contact", "phone", "source")}
    dates = dated(entry, today(now), *DATES)
    papers = [(paper["name"], paper.get("hint", "")) for paper in entry["papers"]]
    round_id = store.add_round(db, {**values, **dates, "year": today(now).year}, entry["rules"], papers)
    for part in entry.get("taking_part", ()):
        person_id = db.execute(
            select(person_rows.c.id).where(person_rows.c.phone == part["phone"])
        ).scalar_one()
        entry_id = store.enter(db, person_id, round_id, now)
        assert entry_id is not None, "each takes part once"
        for paper in store.papers_of(db, round_id)[: part["ready"]]:
            store.tick(db, entry_id, paper.id, True, now)
        people.give_consent(db, person_id, "reminders", "demo/1", "voice", None, now)
    for remind in publish.reminders(db, round_id, now):
        effects.queue(db, remind, "demo", Profile(person_id=remind.person_id), "", now)
