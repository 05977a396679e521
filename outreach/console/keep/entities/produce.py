"""Offers of produce 农产品: what a seller left, put into words that buyers hear; matched, sold."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select, update

from outreach.console.keep.entities.words import COUNTIES
from outreach.console.keep.entity import Beside, Entity, Field, Heard, Link, Row, Saving, Values
from outreach.console.language import said
from outreach.dialogue.prompts import Prompts
from outreach.services.produce import rules, store
from outreach.store.tables.community import produce_offers, produce_wishes

KINDS: Final[Mapping[str, str]] = {
    "grain": said("粮油"),
    "vegetables": said("蔬菜瓜果"),
    "livestock": said("牛羊家禽"),
    "handicraft": said("手工制品"),
    "other": said("其他"),
}
STATES: Final[Mapping[str, str]] = {
    "received": said("刚收到，还没有播报"),
    "offered": said("在播报"),
    "sold": said("卖掉了"),
    "withdrawn": said("不卖了"),
}


def _heard(db: Connection, prompts: Prompts, offer_id: int) -> Heard | None:
    """Without the seller's number: that is told to buyers one by one."""
    seller = db.scalar(select(produce_offers.c.person_id).where(produce_offers.c.id == offer_id))
    offer = store.own(db, offer_id, seller) if seller is not None else None
    if offer is None or not offer.words:
        return None
    text = rules.text(prompts.bound[2, "sms"], replace(offer, phone=None))
    return Heard(rules.headline(prompts.bound[2, "voice"], offer), text)


def _check(values: Values) -> Mapping[str, str]:
    if values["state"] == "offered" and values["expires_on"] is None:
        return {"expires_on": said("要播报，就要有最后一天。一般是两个月。")}
    return {}


def _change(saving: Saving) -> None:
    values = {**saving.after, "updated_at": saving.audit.now}
    saving.db.execute(update(produce_offers).where(produce_offers.c.id == saving.id).values(values))


def _wishes(db: Connection, offer_id: int) -> Sequence[Row]:
    query = select(func.count()).where(produce_wishes.c.offer_id == offer_id)
    count = db.scalar(query)
    return (Row((said("想买的人"), count)),) if count else ()


def _retire(_now: datetime) -> Values:
    return {"state": "withdrawn"}


PRODUCE: Final = Entity(
    name="produce",
    title=said("农产品买卖"),
    one=said("农产品"),
    table=produce_offers,
    head="words",
    adds=False,
    fields=(
        Field(
            "words",
            said("播报的话"),
            required=True,
            spoken=True,
            help=said("先看卖主留的话，再写成买主听得明白的一句：是什么、多少、什么价。不写电话。"),
        ),
        Field("kind", said("类别"), "choice", required=True, choices=KINDS),
        Field("county", said("县区"), "choice", required=True, choices=COUNTIES),
        Field("state", said("情况"), "choice", required=True, choices=STATES),
        Field("expires_on", said("播报到哪天"), "date"),
    ),
    columns=("kind", "county", "state", "expires_on"),
    filters=("state", "kind", "county"),
    search=("words",),
    check=_check,
    heard=_heard,
    change=_change,
    retire=_retire,
    retired=lambda row: row["state"] in ("withdrawn", "sold"),
    retire_words=said("不再播报"),
    beside=(Beside(said("买主"), (said("情况"), said("人数")), _wishes),),
    links=(Link("seller", said("卖主留的话和买主"), "people.see"),),
)
