"""What a seller left, and who would buy it: a counselor brings them together."""

from typing import Any, Final

from sqlalchemy import Connection, select
from starlette.responses import Response

from outreach.console.language import said
from outreach.console.routes import Views
from outreach.console.visit import Visit
from outreach.store.schema import people, recordings
from outreach.store.tables.community import produce_offers, produce_wishes

VIEWS: Final = Views()


@VIEWS.get("/console/keep/produce/{offer_id:int}/seller", "people.see")
async def seller(visit: Visit, offer_id: int) -> Response:
    """Their words as they wrote or said them; the sound itself is the inbox's."""

    def look(db: Connection) -> tuple[Any, Any]:
        offer = produce_offers.c
        query = (
            select(offer.id, offer.words, offer.written, offer.file, offer.share_phone, offer.created_at)
            .add_columns(people.c.id.label("person_id"), people.c.name, people.c.phone)
            .add_columns(recordings.c.id.label("recording_id"))
            .join(people, people.c.id == offer.person_id)
            .outerjoin(recordings, recordings.c.file == offer.file)
            .where(offer.id == offer_id)
        )
        buyers = (
            select(people.c.id.label("person_id"), people.c.name, people.c.phone, produce_wishes.c.created_at)
            .join(people, people.c.id == produce_wishes.c.person_id)
            .where(produce_wishes.c.offer_id == offer_id)
            .order_by(produce_wishes.c.created_at)
        )
        return db.execute(query).one_or_none(), db.execute(buyers).all()

    found, buyers = await visit.read(look)
    offer = visit.need(found)
    return visit.show(
        "produce_seller.html",
        crumbs=[
            (said("农产品买卖"), "/console/keep/produce"),
            (offer.words or str(offer.id), f"/console/keep/produce/{offer.id}"),
        ],
        offer=offer,
        buyers=buyers,
    )
