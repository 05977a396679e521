"""What the demonstration's callers need and were given, so that a counselor finds plans at work, and figures live."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from outreach.demo.rows import found_or_added, read
from outreach.services.places import today
from outreach.store.schema import people
from outreach.store.tables.plans import needs, services_given


def seed(db: Connection, now: datetime) -> None:
    """Add what is missing."""
    on = today(now)
    for entry in read("plans")["people"]:
        query = select(people.c.id, people.c.counselor_id).where(people.c.name == entry["name"])
        person = db.execute(query.order_by(people.c.id).limit(1)).one()
        for need in entry["needs"]:
            same = (needs.c.person_id == person.id) & (needs.c.words == need["words"])
            values = {
                "person_id": person.id,
                "kind": need["kind"],
                "words": need["words"],
                "state": need.get("state", "open"),
                "next_step": need.get("next_step", ""),
                "next_on": on + timedelta(days=need["days"]) if "days" in need else None,
                "counselor_id": person.counselor_id,
                "created_at": now - timedelta(days=40),
                "updated_at": now,
            }
            found_or_added(db, needs, same, values)
        for given in entry.get("given", ()):
            same = (services_given.c.person_id == person.id) & (services_given.c.words == given["words"])
            values = {
                "person_id": person.id,
                "kind": given["kind"],
                "words": given["words"],
                "given_on": on + timedelta(days=given["days"]),
                "counselor_id": person.counselor_id,
                "created_at": now + timedelta(days=given["days"]),
            }
            found_or_added(db, services_given, same, values)
