"""What the demonstration's callers sell."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from outreach.demo.rows import read
from outreach.services.places import today
from outreach.services.produce import store
from outreach.store.schema import people
from outreach.store.tables.community import produce_offers


def seed(db: Connection, now: datetime) -> None:
    """Add the offers that are missing; one that a tester has taken back stays so."""
    for entry in read("produce")["offers"]:
        if db.execute(select(produce_offers.c.id).where(produce_offers.c.words == entry["words"])).first():
            continue
        sellers = select(people.c.id).where(people.c.phone == entry["phone"]).order_by(people.c.id)
        offer_id = store.add(
            db,
            int(db.execute(sellers.limit(1)).scalar_one()),
            kind=entry["kind"],
            county=entry["county"],
            share_phone=entry["share"],
            file=None,
            written=entry["words"],
            now=now - timedelta(days=entry["days"]),
        )
        store.publish(db, offer_id, entry["words"], today(now), now)
