"""What the city's plan says on the questions that are asked most."""

from sqlalchemy import Connection, select

from outreach.demo.rows import read
from outreach.services.policies import store
from outreach.store.tables.community import policies


def seed(db: Connection) -> None:
    """Add the answers that are missing; one that a tester has changed stays as it is."""
    entries = read("policies")
    for position, entry in enumerate(entries["policies"], 1):
        same = (policies.c.topic == entry["topic"]) & (policies.c.title == entry["title"])
        if db.execute(select(policies.c.id).where(same)).first() is None:
            words = {name: entry[name] for name in ("topic", "title", "paragraphs")}
            source = {name: entries[name] for name in ("source", "source_on")}
            store.add(db, **words, **source, position=position)
