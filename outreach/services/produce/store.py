"""The SQL of the produce line. A seller who no longer agrees to be kept is not offered: every reading query says so."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, case, exists, insert, null, select, update

from outreach.services.produce.rules import OFFERED_DAYS, Offer, Wanted
from outreach.store.dialects import insert_or_ignore
from outreach.store.schema import consents, people
from outreach.store.tables.community import produce_offers, produce_wishes

LONGEST_LIST = 100

_AGREES = exists().where(
    consents.c.person_id == produce_offers.c.person_id,
    consents.c.scope == "service",
    consents.c.withdrawn_at.is_(None),
)
_PHONE = case((produce_offers.c.share_phone & _AGREES, people.c.phone), else_=null())


def _offers() -> Select[Any]:
    offer = produce_offers.c
    columns = (
        offer.id,
        offer.person_id,
        offer.kind,
        offer.county,
        offer.words,
        offer.state,
        offer.expires_on,
    )
    return select(*columns, _PHONE).join(people, people.c.id == offer.person_id)


def find(db: Connection, wanted: Wanted, today: date) -> list[int]:
    """Ids of what is offered, the newest first."""
    query = select(produce_offers.c.id).where(
        produce_offers.c.state == "offered", produce_offers.c.expires_on >= today, _AGREES
    )
    if wanted.county:
        query = query.where(produce_offers.c.county == wanted.county)
    if wanted.kind:
        query = query.where(produce_offers.c.kind == wanted.kind)
    newest = query.order_by(produce_offers.c.created_at.desc(), produce_offers.c.id.desc())
    return list(db.execute(newest.limit(LONGEST_LIST)).scalars())


def get(db: Connection, offer_id: int, today: date) -> Offer | None:
    """One offer that buyers may hear of today."""
    row = db.execute(_offers().where(produce_offers.c.id == offer_id, _AGREES)).one_or_none()
    offer = Offer(*row) if row else None
    return offer if offer and offer.offered(today) else None


def of_person(db: Connection, person_id: int) -> list[int]:
    """Ids of somebody's own offers, the newest first."""
    query = select(produce_offers.c.id).where(produce_offers.c.person_id == person_id)
    newest = query.order_by(produce_offers.c.created_at.desc(), produce_offers.c.id.desc())
    return list(db.execute(newest).scalars())


def own(db: Connection, offer_id: int, person_id: int) -> Offer | None:
    """One of somebody's own offers, in whatever state."""
    query = _offers().where(produce_offers.c.id == offer_id, produce_offers.c.person_id == person_id)
    row = db.execute(query).one_or_none()
    return Offer(*row) if row else None


def add(
    db: Connection,
    person_id: int,
    *,
    kind: str,
    county: str,
    share_phone: bool,
    file: str | None,
    written: str | None,
    now: datetime,
) -> int:
    """Keep what somebody wants to sell, until a counselor has put it into words; its id."""
    values = {"person_id": person_id, "kind": kind, "county": county, "share_phone": share_phone}
    values |= {"file": file, "written": written, "created_at": now, "updated_at": now}
    return int(db.execute(insert(produce_offers).values(values).returning(produce_offers.c.id)).scalar_one())


def publish(db: Connection, offer_id: int, words: str, today: date, now: datetime) -> bool:
    """Have it heard, as a counselor put it. False: it was withdrawn or sold, or is no more."""
    change = update(produce_offers).where(
        produce_offers.c.id == offer_id, produce_offers.c.state.in_(("received", "offered"))
    )
    until = today + timedelta(days=OFFERED_DAYS)
    values = {"words": words, "state": "offered", "expires_on": until, "updated_at": now}
    return db.execute(change.values(values)).rowcount == 1


def withdraw(db: Connection, offer_id: int, person_id: int, now: datetime) -> bool:
    """Its owner no longer sells it. False: it was over already, or is somebody else's."""
    change = update(produce_offers).where(
        produce_offers.c.id == offer_id,
        produce_offers.c.person_id == person_id,
        produce_offers.c.state.in_(("received", "offered")),
    )
    return db.execute(change.values(state="withdrawn", updated_at=now)).rowcount == 1


def wish(db: Connection, person_id: int, offer_id: int, now: datetime) -> bool:
    """This person would buy it; False: that is known."""
    return insert_or_ignore(db, produce_wishes, person_id=person_id, offer_id=offer_id, created_at=now)
