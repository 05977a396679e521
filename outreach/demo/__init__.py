"""Invented openings, counselors and callers, so that a tester who rings finds a line in use.

The words are in the TOML files beside this one; here they become rows, dated from the day of seeding. Never seed
a line that real people ring: the numbers belong to nobody on purpose, and the employers know nothing of it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from outreach.delivery import outbox
from outreach.demo import (
    bookings,
    campaigns,
    events,
    plans,
    policies,
    produce,
    rights,
    titles,
    training,
    users,
)
from outreach.demo.rows import Entry, found_or_added, read
from outreach.store import people
from outreach.store.dialects import insert_or_ignore
from outreach.store.schema import (
    COUNTIES,
    applications,
    counselors,
    duty_hours,
    job_alerts,
    openings,
    saved_openings,
)
from outreach.store.schema import people as person_rows

GANSU = ZoneInfo("Asia/Shanghai")
LISTED = (
    "title",
    "employer",
    "kind",
    "place",
    "pay",
    "shifts",
    "lodging",
    "requirements",
    "contact",
    "phone",
)
WORDING = "demo/1"


def seed(db: Connection, now: datetime) -> None:
    """Add what is missing of the demonstration; what is there already, from whatever day, stays as it is."""
    entries = read("people")
    counselor_ids = {entry["county"]: _counselor(db, entry) for entry in entries["counselors"]}
    opening_ids = {
        opening["employer"]: _opening(db, opening, county, counselor_ids[county], now)
        for county, opening in _openings()
    }
    for entry in entries["people"]:
        _person(db, entry, counselor_ids[entry["county"]], opening_ids, now)
    training.seed(db, now)
    bookings.seed(db, now)
    titles.seed(db, now)
    policies.seed(db)
    events.seed(db, now)
    produce.seed(db, now)
    rights.seed(db, now)
    plans.seed(db, now)
    users.seed(db, now)
    campaigns.seed(db, now)


def _openings() -> Iterator[tuple[str, Entry]]:
    for county in COUNTIES:
        yield from ((county, opening) for opening in read(county)["openings"])


def _counselor(db: Connection, entry: Entry) -> int:
    values = {name: entry[name] for name in ("name", "phone", "county")}
    counselor_id, _ = found_or_added(db, counselors, counselors.c.phone == entry["phone"], values)
    for hours in entry["duty"]:
        for weekday in hours["weekdays"]:
            times = {"starts": hours["starts"], "ends": hours["ends"]}
            insert_or_ignore(db, duty_hours, counselor_id=counselor_id, weekday=weekday, **times)
    return counselor_id


def _opening(db: Connection, entry: Entry, county: str, owner_id: int, now: datetime) -> int:
    today = now.astimezone(GANSU).date()
    values = {name: entry[name] for name in LISTED} | {
        "county": county,
        "places": entry.get("places", 1),
        "access": entry.get("access", ""),
        "exam": entry.get("exam", ""),
        "source": f"演示，{entry['source']}",
        "owner_id": owner_id,
        "checked_on": today - timedelta(days=entry["checked"]),
        "published_at": now - timedelta(days=entry["published"]),
        "expires_on": today + timedelta(days=entry["open"]),
        "filled_at": now - timedelta(days=entry["filled"]) if "filled" in entry else None,
    }
    same = (openings.c.employer == entry["employer"]) & (openings.c.title == entry["title"])
    return found_or_added(db, openings, same, values)[0]


def _person(
    db: Connection, entry: Entry, counselor_id: int, opening_ids: Mapping[str, int], now: datetime
) -> None:
    joined = now - timedelta(days=entry["last_call"] + 30)
    values = {name: entry[name] for name in ("name", "phone", "county", "speed", "wordiness", "patience")} | {
        "language": "zh-CN",
        "counselor_id": counselor_id,
        "created_at": joined,
        "last_call_at": now - timedelta(days=entry["last_call"]),
    }
    same = (person_rows.c.phone == entry["phone"]) & (person_rows.c.name == entry["name"])
    person_id, new = found_or_added(db, person_rows, same, values)
    if not new:
        return  # what a tester changed since is theirs, a consent withdrawn above all
    for scope in entry["consents"]:
        people.give_consent(db, person_id, scope, WORDING, "voice", None, joined)
    for scope in entry.get("withdrawn", ()):
        people.give_consent(db, person_id, scope, WORDING, "voice", None, joined)
        people.withdraw(db, person_id, scope, joined + timedelta(days=3))
    for employer in entry.get("saved", ()):
        insert_or_ignore(
            db, saved_openings, person_id=person_id, opening_id=opening_ids[employer], saved_at=now
        )
    for alert in entry.get("alerts", ()):
        insert_or_ignore(db, job_alerts, person_id=person_id, created_at=joined, **alert)
    for application in entry.get("applied", ()):
        _application(db, application, person_id, counselor_id, opening_ids[application["employer"]], now)


def _application(
    db: Connection, entry: Entry, person_id: int, counselor_id: int, opening_id: int, now: datetime
) -> None:
    made = now - timedelta(days=entry["days"])
    insert_or_ignore(
        db,
        applications,
        person_id=person_id,
        opening_id=opening_id,
        state=entry["state"],
        created_at=made,
        updated_at=made,
    )
    if entry["state"] == "received":
        outbox.queue_task(
            db,
            kind="application",
            purpose=f"application:{person_id}:{opening_id}",
            person_id=person_id,
            counselor_id=counselor_id,
            opening_id=opening_id,
            now=made,
        )
