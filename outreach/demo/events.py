"""What takes place in the four counties in the coming weeks, and who comes."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from outreach import effects
from outreach.demo.rows import Entry, found_or_added, read
from outreach.dialogue.page import Forget, Profile, Remind
from outreach.services.events import notices, store
from outreach.services.places import today
from outreach.store import people
from outreach.store.schema import people as person_rows
from outreach.store.tables.community import events

PLAIN = (
    "kind",
    "name",
    "county",
    "place",
    "transport",
    "begins",
    "hours",
    "content",
    "bring",
    "places",
    "contact",
    "phone",
)


def seed(db: Connection, now: datetime) -> None:
    """Add what is missing; an event that was seeded on another day keeps its date and its people."""
    for entry in read("events")["events"]:
        first = today(now) + timedelta(days=entry["in"])
        values = {name: entry[name] for name in PLAIN if name in entry} | {
            "starts_on": first,
            "ends_on": first + timedelta(days=entry.get("for", 1) - 1),
            "published_at": now - timedelta(days=entry["published"]),
        }
        event_id, new = found_or_added(db, events, events.c.name == entry["name"], values)
        if new:
            _coming(db, event_id, entry, now)


def _coming(db: Connection, event_id: int, entry: Entry, now: datetime) -> None:
    event = store.get(db, event_id)
    assert event is not None, "just added"
    for phone in entry.get("coming", ()):
        found = select(person_rows.c.id).where(person_rows.c.phone == phone).order_by(person_rows.c.id)
        person_id = int(db.execute(found.limit(1)).scalar_one())
        people.give_consent(db, person_id, "reminders", "demo/1", "voice", None, now)
        assert store.sign_up(db, event_id, person_id, now) == "coming"
        for effect in notices.signed_up(event, person_id, now):
            assert isinstance(effect, Remind | Forget), "coming sets off nothing else"
            effects.queue(db, effect, "demo", Profile(), "", now)
