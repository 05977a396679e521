"""What is to be rendered of the offers before anybody rings. Sellers' numbers are not: they are told one by one."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection

from outreach.dialogue.page import Phrase
from outreach.dialogue.prompts import Prompts
from outreach.services.produce import rules, store
from outreach.services.produce.rules import Wanted


def phrases(db: Connection, prompts: Prompts, today: date) -> Iterator[Phrase]:
    """Everything buyers can hear of what is offered today."""
    say = prompts.bound[2, "voice"]
    offers = (store.get(db, offer_id, today) for offer_id in store.find(db, Wanted(), today))
    for offer in filter(None, offers):
        yield from rules.headline(say, offer)
