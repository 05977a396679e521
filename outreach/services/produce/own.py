"""What somebody has for sale."""

from collections.abc import Iterator, Sequence

from outreach.dialogue.page import Turn
from outreach.services.own import Own
from outreach.services.places import last_minute, today
from outreach.services.produce import rules, store


def own(turn: Turn) -> Sequence[Own]:
    """Offers that wait for a counselor or are heard by buyers."""
    person_id = turn.profile.person_id
    return tuple(_own(turn, person_id)) if person_id is not None else ()


def _own(turn: Turn, person_id: int) -> Iterator[Own]:
    for offer_id in store.of_person(turn.db, person_id):
        offer = store.own(turn.db, offer_id, person_id)
        assert offer is not None, "it was found just now"
        if offer.state != "received" and not offer.offered(today(turn.now)):
            continue
        words = rules.headline(turn.say, offer) if offer.words else ()
        at = last_minute(offer.expires_on) if offer.expires_on else None
        yield Own((*words, turn.say(f"produce.own.{offer.state}")), "produce.mine", {"item": offer_id}, at)
