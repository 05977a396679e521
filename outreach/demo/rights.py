"""What the demonstration's callers have reported."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from outreach.demo.rows import read
from outreach.services.rights import store
from outreach.store.schema import people
from outreach.store.tables.community import case_messages, cases


def seed(db: Connection, now: datetime) -> None:
    """Add the cases that are missing; what a tester has made of the others stays."""
    for entry in read("rights")["cases"]:
        if db.execute(select(case_messages.c.id).where(case_messages.c.words == entry["words"])).first():
            continue
        callers = select(people.c.id).where(people.c.phone == entry["phone"]).order_by(people.c.id)
        at = now - timedelta(days=entry["days"])
        case = store.add(db, int(db.execute(callers.limit(1)).scalar_one()), entry["kind"], at)
        store.add_message(db, case.id, file=None, words=entry["words"], now=at)
        values = {"state": entry["state"], "urgent": entry.get("urgent", False)}
        db.execute(update(cases).where(cases.c.id == case.id).values(values))
