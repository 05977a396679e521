"""Courses in the four counties: one full, with people waiting; one finished, its certificates to be fetched."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select

from outreach import effects
from outreach.demo.rows import Entry, found_or_added, read
from outreach.dialogue.page import Forget, Later, Profile, Remind
from outreach.services.places import today
from outreach.services.training import notices, store
from outreach.store import people
from outreach.store.schema import people as person_rows
from outreach.store.tables.training import training_courses as courses
from outreach.store.tables.training import training_registrations as registrations
from outreach.store.tables.training import training_sessions as sessions

ABOUT = ("name", "field", "organiser", "content", "audience", "material", "papers", "fee", "certificate")
HELD = ("county", "place", "transport", "board", "begins", "hours", "seats", "contact", "phone")


def seed(db: Connection, now: datetime) -> None:
    """Add what is missing; a session that was seeded on another day keeps its dates and its people."""
    for course in read("training")["courses"]:
        values = {name: course[name] for name in ABOUT if name in course}
        course_id, _ = found_or_added(db, courses, courses.c.name == course["name"], values)
        for session in course["sessions"]:
            _session(db, course_id, session, now)


def _session(db: Connection, course_id: int, entry: Entry, now: datetime) -> None:
    first = today(now) + timedelta(days=entry["in"])
    values = {name: entry[name] for name in HELD if name in entry} | {
        "course_id": course_id,
        "starts_on": first,
        "ends_on": first + timedelta(days=entry["for"] - 1),
        "deadline_on": today(now) + timedelta(days=entry["until"]),
        "waiting_places": entry.get("waiting", 10),
        "published_at": now - timedelta(days=entry["published"]),
    }
    if "certificate_place" in entry:
        values["certificate_place"] = entry["certificate_place"]
        values["certificate_until"] = today(now) + timedelta(days=entry["certificate_until"])
    same = (sessions.c.course_id == course_id) & (sessions.c.place == entry["place"])
    session_id, new = found_or_added(db, sessions, same, values)
    if not new:
        return
    for phone in (*entry.get("registered", ()), *entry.get("waiting_list", ())):
        _registration(db, session_id, phone, now)
    for seat, phone in enumerate(entry.get("attended", ()), 1):
        when = {"queued_at": now, "created_at": now, "updated_at": now}
        row = {"session_id": session_id, "session_seats": entry["seats"], "person_id": _person(db, phone)}
        db.execute(insert(registrations).values(**row, **when, state="attended", seat=seat))


def _registration(db: Connection, session_id: int, phone: str, now: datetime) -> None:
    person_id, session = _person(db, phone), store.get(db, session_id)
    assert session is not None, "just added"
    people.give_consent(db, person_id, "reminders", "demo/1", "voice", None, now)
    if store.wait(db, session_id, person_id, now) != "registered":
        return
    for effect in notices.registered(session, person_id, now):
        assert isinstance(effect, Remind | Later | Forget), "a seat sets off nothing else"
        effects.queue(db, effect, "demo", Profile(), "", now)


def _person(db: Connection, phone: str) -> int:
    """Who has it; of several, the one who was there first."""
    found = select(person_rows.c.id).where(person_rows.c.phone == phone).order_by(person_rows.c.id)
    return int(db.execute(found.limit(1)).scalar_one())
